/** For tests: somebody who takes alerts, over real HTTP on loopback, and judges their signature as the public library does. */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

export const secret = "whsec_dGllb3V0LWRldmVsb3BtZW50LWFsZXJ0cw==";

export interface Received {
  readonly id: string;
  /** What the body says; null: its signature does not verify. */
  readonly body: ReturnType<typeof JSON.parse>;
}

export interface Receiver {
  readonly url: string;
  readonly received: ReadonlyArray<Received>;
  /** The status of the next answers; `hang`: none at all. */
  answer: number | "hang";
  /** Nothing listens any more; `open` takes the same port again. */
  readonly close: () => Promise<void>;
  readonly open: () => Promise<void>;
}

export const makeReceiver = async (): Promise<Receiver> => {
  const received: Received[] = [];
  const hanging = new Set<ServerResponse>();
  let server: Server;
  let port = 0;
  const receiver = { url: "", received, answer: 200 as number | "hang", close: async () => {}, open: async () => {} };
  receiver.open = async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        );
        let body: Received["body"] = null;
        try {
          body = new Webhook(secret).verify(Buffer.concat(chunks).toString("utf8"), headers);
        } catch {
          // It is kept as what does not verify.
        }
        received.push({ id: headers["webhook-id"] ?? "", body });
        if (receiver.answer === "hang") hanging.add(response);
        else response.writeHead(receiver.answer).end();
      });
    });
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
    receiver.url = `http://127.0.0.1:${port}/alerts`;
  };
  receiver.close = () =>
    new Promise((resolve) => {
      for (const response of hanging) response.destroy();
      hanging.clear();
      server.closeAllConnections();
      server.close(() => resolve());
    });
  await receiver.open();
  return receiver;
};
