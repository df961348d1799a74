/** Controlled degradation: under a limit or an open breaker the rows that others rest on go first, and what waits says for what. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import { it } from "vitest";
import { type Loose, makeWorld, type World } from "../testing/world.ts";
import { serviceStates } from "./service-states.ts";
import { usualQueues } from "./settings.ts";

const receive = async (world: World): Promise<void> => {
  for (const event of world.stripe.drainEvents()) await world.post(JSON.stringify(event));
  await Effect.runPromise(world.engine.fold);
};
const waiting = async (world: World, why: string): Promise<ReadonlyArray<Loose>> => {
  const found: Loose[] = [];
  for (let cursor = ""; ; ) {
    const { status, body } = await world.get(`/v1/commands?waiting=${why}&limit=7${cursor}`);
    assert.equal(status, 200, JSON.stringify(body));
    found.push(...body.items);
    if (body.nextCursor === null) return found;
    cursor = `&cursor=${body.nextCursor}`;
  }
};

it("[Q10] with mixed rows the more urgent take the room; the others are listed with what they wait for, and all are sent in the end", async () => {
  const world = await makeWorld();
  const { engine } = world;
  const { operations } = world.stripe;
  const invoice = (customer: string) => operations.createInvoice({ customer, amountMinor: 700 });
  const known = Array.from({ length: 12 }, (_, i) => operations.createCustomer({ name: `Known ${i}` }));
  for (const customer of known) operations.finalizeInvoice(invoice(customer));
  await world.deliver();
  for (const customer of known) operations.finalizeInvoice(invoice(customer));
  await receive(world);
  for (let i = 0; i < 3; i++) operations.finalizeInvoice(invoice(operations.createCustomer({ name: `New ${i}` })));
  await receive(world);
  const jobs = engine.jobs(Date.now());
  for (const job of jobs) engine.begin(job, Date.now());
  const [late, limited] = [await waiting(world, "priority"), await waiting(world, "limit")];
  const sendable = [...engine.core.open.values()].filter(({ planned }) => planned.blockedBy === null).length;
  assert.equal(jobs.length + late.length + limited.length, sendable);
  assert.ok(limited.length > 0, "the limit is felt");
  assert.ok(limited.every(({ row, waiting: why }) => row === limited[0].row && why === "limit"));
  assert.equal((await world.get(`/v1/commands/${limited[0].key}`)).body.waiting, "limit");
  const metrics = (await world.get("/metrics")).body;
  assert.match(metrics, new RegExp(`tieout_commands_waiting\\{target="netsuite",why="limit"\\} ${limited.length}`));

  // The vendor goes away: the breaker opens, and everything that could go waits for it and says so.
  const gate = engine.gates.get("netsuite")!;
  for (let i = 0; i < 8; i++) gate.failed(Date.now());
  assert.equal(gate.state(Date.now()).breaker, "open");
  assert.equal(engine.jobs(Date.now()).length, 0);
  const broken = await waiting(world, "any");
  assert.ok(broken.length === late.length + limited.length && broken.every(({ waiting: why }) => why === "breaker"));
  assert.equal((await world.get("/v1/commands?waiting=odd")).status, 400);

  gate.answered();
  await Promise.all(jobs.map((job) => Effect.runPromise(engine.run(job))));
  await world.host.idle();
  assert.deepEqual(await waiting(world, "any"), []);
  assert.equal(world.netsuite.committed.filter(({ recordType }) => recordType === "invoice").length, 27);
});

it("[Q10] where the room is short, a less urgent row waits for the more urgent ones and says that it is for them", async () => {
  const world = await makeWorld();
  const { operations } = world.stripe;
  const known = operations.createCustomer({ name: "Known" });
  operations.finalizeInvoice(operations.createInvoice({ customer: known, amountMinor: 100 }));
  await world.deliver();
  operations.finalizeInvoice(operations.createInvoice({ customer: known, amountMinor: 200 }));
  for (let i = 0; i < 40; i++)
    operations.finalizeInvoice(
      operations.createInvoice({ customer: operations.createCustomer({ name: `${i}` }), amountMinor: 100 }),
    );
  await receive(world);
  const [only, ...others] = await waiting(world, "priority");
  assert.deepEqual([only.row, only.waiting, others.length], ["invoice.posted", "priority", 0]);
  await world.host.idle();
  assert.equal(world.netsuite.committed.filter(({ recordType }) => recordType === "invoice").length, 42);
});

it("[SL2] a flow that owes too long is breached with its oldest command and team, at risk before that, and well again when it is sent", async () => {
  const world = await makeWorld();
  const { operations } = world.stripe;
  const customer = operations.createCustomer({ name: "Shop" });
  operations.finalizeInvoice(operations.createInvoice({ customer, amountMinor: 700 }));
  await receive(world);
  const settings = { ...usualQueues, teams: { netsuite: "finance-systems" } };
  const posting = (now: number) =>
    serviceStates(world.engine, settings, now).find(({ level }) => level.name === "invoice-posting")!;
  const said = posting(Date.now()).measured.oldest!.since;
  const minutes = (many: number): number => said + many * 60_000 + 1;
  assert.deepEqual(
    [45, 46, 60, 61].map((many) => posting(minutes(many) - 1).measured.state),
    ["ok", "at-risk", "at-risk", "breached"],
  );
  const late = posting(minutes(90));
  assert.deepEqual(
    [late.measured.breached, late.measured.oldest?.row, late.team],
    [1, "invoice.posted", "finance-systems"],
  );
  const { items } = (await world.get("/v1/service-levels")).body;
  assert.deepEqual(
    items.map(({ name, state }: Loose) => [name, state]),
    [
      ["order-sync", "ok"],
      ["invoice-posting", "ok"],
      ["payment-status", "ok"],
      ["revenue-data", "ok"],
    ],
  );
  assert.equal(items[1].open, 1);
  await world.host.idle();
  assert.equal(posting(minutes(90)).measured.open, 0);
});
