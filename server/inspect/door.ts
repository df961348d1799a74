/** `GET /inspect` as a WebSocket: admits a watcher, joins the engine's messages to its outlet, and takes both apart again. */
import { IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { allows } from "../../domain/scopes.ts";
import { type Authenticator, makeAuthenticator } from "../access/authenticate.ts";
import type { Host, Sight, WatchAnswer, Watchable } from "../host/host.ts";
import type { Access } from "../http/access.ts";
import { storeProblem } from "../http/door.ts";
import { problem } from "../http/problem.ts";
import { requestIdOf } from "../http/request-id.ts";
import { admit, bearerFrom, protocolName, refusalText } from "./entrance.ts";
import { type Limits, makeOutlet, type Outlet, usualLimits } from "./outlet.ts";

export interface InspectorOptions extends Access {
  readonly host: Watchable & Pick<Host, "ask" | "accept">;
  /** Default: of `apiKey` and of made keys. */
  readonly authenticator?: Authenticator;
  readonly enabled: boolean;
  readonly ready: () => boolean;
  readonly limits?: Partial<Limits>;
}

export interface Inspector {
  /** Connections that are watching or about to. */
  readonly watchers: () => number;
  /** Every watcher is told that the server goes, and its connection ends. Before the HTTP server closes, which would wait for them. */
  readonly close: () => Promise<void>;
}

/**
 * For `createServer({ IncomingMessage: InspectedRequest }, …)`. With a listener for upgrades Node hands over every request that offers
 * any protocol (`Upgrade: h2c` of Java's client); only a WebSocket is one, the others stay plain requests.
 */
export class InspectedRequest extends IncomingMessage {
  /** Set while the base class is made: a field with a value of its own would come too late. */
  declare private offered: boolean | null;
  get upgrade(): boolean | null {
    return this.offered === true ? this.headers.upgrade?.toLowerCase() === "websocket" : this.offered;
  }
  set upgrade(offered: boolean | null) {
    this.offered = offered;
  }
}

/** How long a watcher may take to answer a close. Milliseconds. */
const closeGraceMs = 2000;
const goingAway = 1001;

export const attachInspector = (server: Server, options: InspectorOptions): Inspector => {
  const { host } = options;
  const { authenticate } = options.authenticator ?? makeAuthenticator({ ...options, now: Date.now });
  const limits = { ...usualLimits, ...options.limits };
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload: 1024,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(protocolName) ? protocolName : false),
  });
  let watching = 0;
  let closing = false;

  const refuse = async (socket: Duplex, refused: Response): Promise<void> => {
    const text = await refusalText(refused);
    if (!socket.destroyed) socket.end(text);
  };

  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    socket.on("error", () => socket.destroy());
    const { headers } = request;
    const requestId = requestIdOf(headers["x-request-id"] as string | undefined);
    const { enabled } = options;
    const protocols = headers["sec-websocket-protocol"];
    let caller: Awaited<ReturnType<typeof authenticate>>;
    try {
      caller = await authenticate(headers.authorization ?? bearerFrom(protocols), headers.host);
    } catch (failure) {
      return refuse(socket, storeProblem(failure, requestId));
    }
    const keyRefused = "refused" in caller ? caller.refused : null;
    const admitted = admit(
      { keyRefused, enabled, ready: options.ready() && !closing, mostAccounts: limits.mostAccounts },
      {
        url: request.url ?? "/",
        requestId,
        host: headers.host,
        origin: headers.origin,
      },
    );
    if ("refused" in admitted) return refuse(socket, admitted.refused);
    if ("scopes" in caller && !allows(caller.scopes, "read")) {
      const detail = `watching needs the scope read, and ${caller.by} has none`;
      return refuse(socket, problem("forbidden", detail, requestId, { members: { scope: "read" } }));
    }
    if (watching >= limits.mostWatchers) {
      const detail = `${limits.mostWatchers} connections are watching already; end one of them`;
      return refuse(socket, problem("overloaded", detail, requestId, { headers: { "retry-after": "5" } }));
    }
    const hidden = "refused" in caller ? null : await outOfSight(admitted.ids, caller.sight);
    if (hidden !== null) return refuse(socket, noAccount(hidden, requestId));
    watching += 1;
    const outlet = makeOutlet(limits, Date.now);
    const watch = host.watch(admitted.ids, outlet.push);
    let left = false;
    const leave = (): void => {
      if (left) return;
      left = true;
      watching -= 1;
      outlet.close();
      watch.stop().catch(() => {});
    };
    socket.once("close", leave);
    let answer: WatchAnswer;
    try {
      answer = await watch.started;
    } catch (failure) {
      leave();
      return refuse(socket, storeProblem(failure, requestId));
    }
    if ("missing" in answer) {
      leave();
      return refuse(socket, noAccount(answer.missing, requestId));
    }
    if (left || socket.destroyed) return leave();
    serve(request, socket, head, outlet);
  };

  const noAccount = (id: string, requestId: string): Response =>
    problem("no-such-account", `no account, party or object is known as ${JSON.stringify(id)}`, requestId);

  /** The first that a limited key may not know of. */
  const outOfSight = async (ids: ReadonlyArray<string>, sight: Sight | null): Promise<string | null> => {
    if (sight?.connections == null) return null;
    for (const id of ids) if ((await host.ask({ name: "account", id }, sight)) === null) return id;
    return null;
  };

  const serve = (request: IncomingMessage, socket: Duplex, head: Buffer, outlet: Outlet): void => {
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const end = (code: number, reason: string): void => {
        ws.close(code, reason.slice(0, 120));
        setTimeout(() => ws.terminate(), closeGraceMs).unref();
      };
      ws.on("error", () => ws.terminate());
      ws.on("pong", outlet.pong);
      outlet.open({
        get bufferedAmount() {
          return ws.bufferedAmount;
        },
        send: (text) => ws.send(text),
        ping: () => ws.ping(),
        close: end,
      });
    });
  };

  const listener = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    upgrade(request, socket, head).catch((error: Error) => {
      console.error(`tieout: /inspect: ${error.stack ?? error.message}`);
      socket.destroy();
    });
  };
  server.on("upgrade", listener);

  return {
    watchers: () => watching,
    close: async () => {
      closing = true;
      const ended = [...sockets.clients].map(
        (ws) =>
          new Promise<void>((resolve) => {
            ws.once("close", () => resolve());
            ws.close(goingAway, "the server is shutting down");
            setTimeout(() => ws.terminate(), closeGraceMs).unref();
          }),
      );
      await Promise.all(ended);
      server.off("upgrade", listener);
    },
  };
};
