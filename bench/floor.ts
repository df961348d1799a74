/**
 * The floor: what any webhook receiver must do. A bare Hono route, no Effect: read the body, Stripe's HMAC, `JSON.parse`, append
 * to a file with group-committed fdatasync, answer 200.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { fdatasync, openSync, write } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const [directory, secret] = process.argv.slice(2) as [string, string];
const file = openSync(join(directory, "floor.log"), "a");
const writeAll = promisify(write) as (fd: number, buffer: Buffer) => Promise<unknown>;
const sync = promisify(fdatasync);

let waiting: Array<{ readonly bytes: Buffer; readonly done: () => void }> = [];
let busy = false;
const commit = async (): Promise<void> => {
  busy = true;
  while (waiting.length > 0) {
    const batch = waiting;
    waiting = [];
    await writeAll(file, Buffer.concat(batch.map(({ bytes }) => bytes)));
    await sync(file);
    for (const { done } of batch) done();
  }
  busy = false;
};
const append = (bytes: Buffer): Promise<void> =>
  new Promise((done) => {
    waiting.push({ bytes, done });
    if (!busy) setImmediate(commit);
    busy = true;
  });

const app = new Hono();
app.post("/webhooks/stripe", async (c) => {
  const body = Buffer.from(await c.req.arrayBuffer());
  const header = c.req.header("stripe-signature") ?? "";
  const [, timestamp] = /t=(\d+)/.exec(header) ?? [];
  const [, signature] = /v1=([0-9a-f]{64})/.exec(header) ?? [];
  const expected = createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest();
  if (!signature || !timingSafeEqual(Buffer.from(signature, "hex"), expected)) return c.text("bad signature", 401);
  const event = JSON.parse(body.toString("utf8")) as { readonly id: string };
  if (!event.id) return c.text("no event", 400);
  await append(body);
  return c.json({ received: true });
});

const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
  process.send!({ type: "listening", port }),
);
let cpu = process.cpuUsage();
process.on("message", ({ type }: { readonly type: string }) => {
  if (type === "begin") {
    cpu = process.cpuUsage();
    process.send!({ type: "begun" });
  } else if (type === "settle") {
    const { user, system } = process.cpuUsage(cpu);
    process.send!({ type: "settled", cpuMicros: user + system, rss: process.memoryUsage().rss });
  } else if (type === "end") {
    server.close();
    process.exit(0);
  }
});
