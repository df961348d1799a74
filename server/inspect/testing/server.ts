/** For tests of inspection: the sandbox as it is served, and an HTTP server beside it whose WebSockets are the inspector's. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as Effect from "effect/Effect";
import WebSocket from "ws";
import { loadConfig } from "../../config/config.ts";
import type { HostMode } from "../../host/make.ts";
import { type RunningServer, startServer } from "../../runtime.ts";
import type { Loose } from "../../testing/world.ts";
import { attachInspector, InspectedRequest, type Inspector, type InspectorOptions } from "../door.ts";

export interface Watched {
  readonly server: RunningServer;
  readonly inspector: Inspector;
  /** Of the HTTP server that takes WebSockets. */
  readonly url: string;
}

export type DoorSettings = Partial<Omit<InspectorOptions, "host">>;

/** A door of its own before a running host. */
export const openDoor = async (host: InspectorOptions["host"], settings: DoorSettings = {}) => {
  const http = createServer({ IncomingMessage: InspectedRequest }, (request, response) => {
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on("end", () => response.end(`plain ${bytes}`));
  });
  const inspector = attachInspector(http, {
    host,
    sandbox: true,
    apiKey: null,
    enabled: true,
    ready: () => true,
    ...settings,
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const close = async (): Promise<void> => {
    await inspector.close();
    await new Promise((resolve) => http.close(resolve));
  };
  return { inspector, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, close };
};

export const withServer = <A>(
  directory: string,
  mode: HostMode,
  work: (watched: Watched) => Promise<A>,
  settings: DoorSettings = {},
): Promise<A> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const config = yield* loadConfig({ env: { PORT: "0", TIEOUT_DATA_DIR: directory }, cwd: directory });
        const server = yield* startServer(config, { mode, log: () => {}, fatal: (reason) => assert.fail(reason) });
        yield* Effect.promise(() => server.host.recovered);
        const door = yield* Effect.acquireRelease(
          Effect.promise(() => openDoor(server.host, settings)),
          ({ close }) => Effect.promise(close),
        );
        return yield* Effect.promise(() => work({ server, inspector: door.inspector, url: door.url }));
      }),
    ),
  );

/** A customer with a finalized invoice, to be told. */
export const bill = ({ server }: Watched, name: string) => {
  const { operations } = server.sandbox!.stripe;
  const customer = operations.createCustomer({ name, email: `${name.toLowerCase()}@example.test` });
  const invoice = operations.createInvoice({ customer, amountMinor: 77_031 });
  operations.finalizeInvoice(invoice);
  return { customer, invoice };
};

/** By signed webhooks; resolves when everything has come to rest. */
export const tell = async (server: RunningServer): Promise<void> => {
  for (const event of server.sandbox!.stripe.drainEvents()) {
    const delivered = await server.sandbox!.deliver("stripe", event);
    assert.equal(delivered?.status, 202, delivered?.body);
  }
  await server.idle();
};

export const socketUrl = (url: string, ...ids: ReadonlyArray<string>): string =>
  `${url.replace("http", "ws")}/inspect?${ids.map((id) => `account=${encodeURIComponent(id)}`).join("&")}`;

/** A client of our own, for what the package's receiver cannot do: send headers, pause, see why it ended. */
export const connect = (target: string, options: WebSocket.ClientOptions = {}, protocols: string[] = []) => {
  const socket = new WebSocket(target, protocols, options);
  const messages: Loose[] = [];
  socket.on("message", (data) => messages.push(JSON.parse(String(data))));
  const opened = new Promise<{ readonly status: number; readonly body: Loose }>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () => resolve({ status: 101, body: null }));
    socket.on("unexpected-response", (_, response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += String(chunk);
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    });
  });
  const closed = new Promise<{ readonly code: number; readonly reason: string }>((resolve) =>
    socket.on("close", (code, reason) => resolve({ code, reason: String(reason) })),
  );
  return { socket, messages, opened, closed };
};

export const until = async (holds: () => boolean, what: string, ms = 5000): Promise<void> => {
  for (const end = Date.now() + ms; Date.now() < end; ) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`not within ${ms} ms: ${what}`);
};
