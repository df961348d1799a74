/** The simulators' durable log, and the sandbox as a whole: started, worked with, stopped, found again. */
import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, it } from "vitest";
import { loadConfig } from "./config/config.ts";
import { type RunningServer, type StartError, startServer } from "./runtime.ts";
import { openDurableLog } from "./sandbox/durable-log.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tieout-sandbox-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("[X1] what a simulator has answered is there again, and a torn last line is not", async () => {
  const path = join(folder, "log");
  const first = await openDurableLog<string, number>(path);
  await Promise.all([first.append(1), first.append(2), first.append(3)]);
  await first.close();
  appendFileSync(join(path, "log.jsonl"), '{"torn');
  const second = await openDurableLog<string, number>(path);
  assert.deepEqual([second.snapshot, second.lines], [null, [1, 2, 3]]);
  await second.append(4);
  await second.save("all of it");
  await second.append(5);
  await second.close();
  const third = await openDurableLog<string, number>(path);
  assert.deepEqual([third.snapshot, third.lines], ["all of it", [5]]);
  await third.close();
  appendFileSync(join(path, "log.jsonl"), "dam\n7\n");
  await assert.rejects(openDurableLog(path), /line 2 is damaged/);
});

const within = <A>(dataDir: string, work: (server: RunningServer) => Promise<A>, more = {}): Promise<A> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const config = yield* loadConfig({ env: { PORT: "0", TIEOUT_DATA_DIR: dataDir }, cwd: folder });
        const server = yield* startServer(config, { log: () => {}, fatal: (reason) => assert.fail(reason), ...more });
        return yield* Effect.promise(() => work(server));
      }),
    ),
  );

/** One paid invoice, told by signed webhooks. */
const sell = async ({ sandbox }: RunningServer): Promise<string> => {
  const { operations, drainEvents } = sandbox!.stripe;
  const customer = operations.createCustomer({ name: "Acme", email: null });
  const invoice = operations.createInvoice({ customer, amountMinor: 12_345 });
  operations.finalizeInvoice(invoice);
  operations.payInvoice(invoice);
  for (const event of drainEvents()) {
    const delivered = await sandbox!.deliver("stripe", event);
    assert.equal(delivered?.status, 202, delivered?.body);
  }
  return customer;
};
const account = async ({ url }: RunningServer, id: string) =>
  (await (await fetch(`${url}/v1/accounts/stripe:${id}`)).json()) as {
    readonly stage: string;
    readonly regions: { readonly sync: string };
  };

it("[X2 P1 P5] the sandbox carries a sale to NetSuite; stopped and started it is where it was and sends nothing again", async () => {
  const dataDir = join(folder, "sale");
  const customer = await within(dataDir, async (server) => {
    const id = await sell(server);
    await server.idle();
    assert.equal(server.ready(), true);
    const { stage, regions } = await account(server, id);
    assert.deepEqual([stage, regions.sync], ["paid", "agreed"]);
    assert.equal(server.sandbox!.netsuite.committed.length, 3);
    return id;
  });
  await within(dataDir, async (server) => {
    await server.idle();
    assert.equal((await account(server, customer)).stage, "paid");
    assert.equal(server.sandbox!.netsuite.committed.length, 3);
    assert.equal(server.sandbox!.stripe.get("customer", customer)?.["name"], "Acme");
    await sell(server);
    await server.idle();
    assert.equal(server.sandbox!.netsuite.committed.length, 6);
  });
});

it("[X3] an outage of NetSuite is waited out, and its own webhooks arrive", async () => {
  await within(join(folder, "outage"), async (server) => {
    server.sandbox!.outage(4000);
    const id = await sell(server);
    assert.equal(server.sandbox!.netsuite.committed.length, 0);
    await server.idle();
    assert.equal((await account(server, id)).regions.sync, "agreed");
    const timeline = await (await fetch(`${server.url}/v1/accounts/stripe:${id}/timeline`)).text();
    assert.match(timeline, /ns-evt-0000/);
  });
});

it("[X4] a second server on the directory is refused before it touches the simulators' state", async () => {
  const dataDir = join(folder, "shared");
  await within(dataDir, async (server) => {
    await sell(server);
    await server.idle();
    const log = readFileSync(join(dataDir, "simulators", "netsuite", "log.jsonl"), "utf8");
    const refused = await within(dataDir, async () => null).catch((error: StartError) => error);
    assert.match(String(refused), /in use by process/);
    assert.match(String(refused), new RegExp(server.url));
    assert.equal(readFileSync(join(dataDir, "simulators", "netsuite", "log.jsonl"), "utf8"), log);
  });
});

it("[X5] a taken port is told in plain words, and the directory is free again", async () => {
  const dataDir = join(folder, "port");
  await within(dataDir, async ({ port }) => {
    const config = await Effect.runPromise(
      loadConfig({ env: { PORT: String(port), TIEOUT_DATA_DIR: join(folder, "other") }, cwd: folder }),
    );
    const failure = await Effect.runPromise(Effect.flip(Effect.scoped(startServer(config, { log: () => {} }))));
    assert.match(failure.reason, new RegExp(`port ${port} of 127.0.0.1 is taken`));
  });
  await within(join(folder, "other"), async (server) => assert.equal(typeof server.url, "string"));
});
