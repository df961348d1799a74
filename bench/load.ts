/**
 * The sender, a process of its own: pre-signed requests over keep-alive connections, as fast as they are answered.
 * Told by its parent: `{ port, path, secret, accounts, rounds, prefix, connections }`.
 */
import { createConnection } from "node:net";
import { signWebhook } from "../adapters/stripe/webhook.ts";
import { makeLoad } from "./workload.ts";

interface Order {
  readonly port: number;
  readonly path: string;
  readonly secret: string;
  readonly accounts: number;
  readonly rounds: number;
  readonly prefix: string;
  readonly connections: number;
}

let requests: Buffer[] = [];
let order: Order;

const prepare = (): void => {
  const timestamp = Math.floor(Date.now() / 1000);
  requests = makeLoad(order.accounts, order.rounds, order.prefix).bodies.map((body) => {
    const head = `POST ${order.path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nstripe-signature: ${signWebhook(body, order.secret, timestamp)}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    return Buffer.from(head + body);
  });
};

const run = async (): Promise<void> => {
  const cpu = process.cpuUsage();
  const latencies: number[] = [];
  let next = 0;
  let refused = 0;
  await Promise.all(
    Array.from(
      { length: order.connections },
      () =>
        new Promise<void>((resolve, reject) => {
          const socket = createConnection(order.port, "127.0.0.1");
          socket.setNoDelay(true);
          let text = "";
          let sentAt = 0;
          const send = (): void => {
            const request = requests[next++];
            if (request === undefined) {
              socket.end();
              resolve();
              return;
            }
            sentAt = performance.now();
            socket.write(request);
          };
          socket.on("connect", send);
          socket.on("error", reject);
          socket.on("data", (chunk) => {
            text += chunk.toString("latin1");
            const end = text.indexOf("\r\n\r\n");
            if (end < 0) return;
            const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
            const whole = Number.isNaN(length) ? text.endsWith("0\r\n\r\n") : text.length >= end + 4 + length;
            if (!whole) return;
            if (!text.startsWith("HTTP/1.1 20")) refused += 1;
            text = "";
            latencies.push(performance.now() - sentAt);
            send();
          });
        }),
    ),
  );
  const { user, system } = process.cpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  process.send!({
    type: "done",
    sent: requests.length,
    refused,
    cpuMicros: user + system,
    p50: latencies[latencies.length >> 1],
    p99: latencies[Math.floor(latencies.length * 0.99)],
  });
};

process.on("message", (message: { readonly type: string; readonly order?: Order }) => {
  if (message.type === "prepare") {
    order = message.order!;
    prepare();
    const bytes = requests.reduce((sum, request) => sum + request.byteLength, 0);
    process.send!({ type: "prepared", events: requests.length, bytes: Math.round(bytes / requests.length) });
  } else if (message.type === "run") void run();
});
