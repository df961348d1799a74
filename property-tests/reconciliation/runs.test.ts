/** Runs on the real engine: what a pull finds, what is kept, healed and escalated, and what a kill costs. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, test } from "vitest";
import { makeReconciliationRunner } from "../../server/reconciliation/runner.ts";
import { type Loose, makeWorld } from "../../server/testing/world.ts";
import { Company, type Firm } from "./company.ts";

let company: Company;
let firm: Firm;
let other: Firm;

beforeAll(async () => {
  company = await Company.make({ healBelowMinor: 300 });
  firm = company.firm(0);
  other = company.firm(3);
  await company.rest();
  for (const one of [firm, other]) await company.beside(one);
  await company.rest();
  company.pass();
});
afterAll(() => company.world.host.close(0));

/** Turns of the runner until nothing is left; `most`: then the process is gone. */
const turns = async (
  most = 500,
  runner = makeReconciliationRunner(company.world.engine, () => {}),
): Promise<number> => {
  for (let turn = 0; turn < most; turn++) {
    const busy = await Effect.runPromise(runner.turn);
    await company.world.host.idle();
    if (!busy) return turn;
  }
  return most;
};
const started = async (pull: boolean): Promise<string> => (await company.act("/v1/reconciliations", { pull })).id;
const run = async (id: string): Promise<Loose> => (await company.world.get(`/v1/reconciliations/${id}`)).body;
const open = async (): Promise<ReadonlyArray<Loose>> => (await company.latest()).items;
const raised = async (): Promise<ReadonlyArray<Loose>> =>
  (await company.world.get("/v1/exceptions?type=reconciliation")).body.items;

test("[RC10] A run over a company that agrees lists every system and keeps no line; a second one finds no news", async () => {
  const id = await started(true);
  assert.equal((await run(id)).state, "pulling");
  await turns();
  const done = await run(id);
  assert.equal(done.state, "finished");
  assert.deepEqual(done.items, []);
  for (const connection of ["stripe", "netsuite", "salesforce"]) {
    const { objects, done: listed, failure } = done.pulled[connection];
    assert.ok(objects >= 4 && listed, JSON.stringify(done.pulled));
    assert.equal(failure, null);
  }
  const again = await started(true);
  await turns();
  const second = await run(again);
  const news = Object.values(second.pulled).map((pulled) => (pulled as Loose).news);
  assert.deepEqual(news, [0, 0, 0], JSON.stringify(second.pulled));
});

test("[RC11 P1] What no webhook told is found by the pull, taken in through the journal, and carried on", async () => {
  const { stripe } = company.world;
  const invoice = stripe.operations.createInvoice({ customer: firm.customer, amountMinor: 4321, currency: "usd" });
  stripe.operations.finalizeInvoice(invoice);
  stripe.drainEvents();
  assert.deepEqual(await open(), []);
  const id = await started(true);
  await turns();
  await company.rest();
  assert.ok((await run(id)).pulled.stripe.news >= 1);
  const { body } = await company.world.get(`/v1/invoices/stripe:${invoice}`);
  assert.deepEqual([body.totalMinor, body.systems.netsuite.status], [4321, "posted"]);
  assert.deepEqual(await open(), []);
});

test("[RC12] What an ERP's own list does not show is missing, also when nobody said that it went; the next list may show it", async () => {
  const { id } = company.document(firm, "receivable", firm.open);
  const hidden = company.world.netsuite;
  const { engine } = company.world;
  const system = engine.systems.get("netsuite")!;
  const real = system.outbound.list!;
  const without = (...args: Parameters<typeof real>) =>
    Effect.map(real(...args), (answer) => ({
      ...answer,
      events: answer.events.filter(({ subject }) => subject !== `posting/invoice:${id}`),
    }));
  const listing = system.outbound as { list: typeof real };
  assert.ok(hidden.record("invoice", id));
  listing.list = without;
  const first = await started(true);
  await turns();
  const found = await run(first);
  listing.list = real;
  assert.deepEqual(
    found.items.map(({ leg, status, owner }: Loose) => [leg, status, owner.connection]),
    [["invoices", "missing", "netsuite"]],
  );
  const [exception] = await raised();
  assert.deepEqual([exception.owner, exception.moneyMinor], ["netsuite", 5000]);
  await started(true);
  await turns();
  assert.deepEqual(await open(), []);
  assert.deepEqual(await raised(), []);
});

test("[RC13] Below the threshold it is asked for again and heals, from it on it is finance's; no exception is told twice", async () => {
  const { engine } = company.world;
  const { id, outside } = company.document(firm, "receivable", firm.paid);
  const party = engine.core.parties.get(`stripe:${firm.customer}`)!;
  const acked = [...party.slots.values()].find(({ held }) => held?.foreignId === id)!.held!.ackedAt;
  const at = Math.ceil(acked / 1000) * 1000 + 1000;
  // NetSuite never said so: asked again, it says what it has.
  await company.told(
    "netsuite",
    `posting/invoice:${id}`,
    { status: "open", recordType: "invoice", number: null, currency: "USD", amountMinor: 11_700 },
    { externalId: outside, owner: company.record(firm), time: at, clock: { at, tick: 1000, trust: 1000 } },
  );
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, at + 2100 - Date.now())));
  const own = await company.enter(other, "invoice", 7, "HAND-9");
  company.pass();
  const first = await run(await started(false));
  assert.equal(first.by, "sandbox");
  await turns();
  const done = await run(first.id);
  assert.equal(done.totals.healed, 1, JSON.stringify(done.totals));
  assert.equal(done.totals.escalated, 1);
  const notes = (await Effect.runPromise(engine.journal.read(0, 5000))).flatMap(({ note }) => (note as Loose) ?? []);
  const acts = notes.filter(({ type }: Loose) => type === "run.healed");
  assert.ok(acts.some(({ asks }: Loose) => asks.includes(`posting/invoice:${id}`)));
  assert.ok(acts.every(({ by }: Loose) => by === "tieout"));
  assert.deepEqual(
    (await open()).map(({ evidence }) => evidence),
    [[`netsuite:posting/invoice:${own}`]],
    "what was asked again is healed",
  );
  const [exception, ...more] = await raised();
  assert.deepEqual([exception.source, exception.moneyMinor, more], [`netsuite:posting/invoice:${own}`, 700, []]);
  await company.strike(other, "invoice", own, "HAND-9", 7);
  await started(false);
  await turns();
  assert.deepEqual(await raised(), []);
});

test("[RC14] A kill in the middle of a run costs at most the connection under way: it goes on and ends once", async () => {
  const id = await started(true);
  let killed = 0;
  for (; killed < 3; killed++) assert.equal(await turns(2), 2, "it is not over after so few turns");
  await turns();
  const done = await run(id);
  assert.equal(done.state, "finished");
  const { engine } = company.world;
  const entries = await Effect.runPromise(engine.journal.read(0, 10_000));
  const ends = entries.filter(({ note }) => (note as Loose)?.type === "run.finished" && (note as Loose).run === id);
  assert.equal(ends.length, 1);
});

test("[RC15] A run is refused while another is under way, and its lines are paged as they were", async () => {
  const extra: string[] = [];
  for (let n = 0; n < 5; n++) extra.push(await company.enter(other, "invoice", 9 + n, `PAGE-${n}`));
  const id = await started(false);
  const response = await company.world.app.request("/v1/reconciliations", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ reason: "again" }),
  });
  assert.equal(response.status, 409);
  await turns();
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const path: string = `/v1/reconciliations/${id}?limit=2${cursor === null ? "" : `&cursor=${cursor}`}`;
    const { body }: { body: Loose } = await company.world.get(path);
    assert.ok(body.items.length <= 2);
    seen.push(...body.items.flatMap(({ evidence }: Loose) => evidence));
    cursor = body.nextCursor;
  } while (cursor !== null);
  assert.deepEqual([...seen].sort(), extra.map((one) => `netsuite:posting/invoice:${one}`).sort());
});

test("[RC10] By itself it runs as often as it is told, and not at once", async () => {
  const world = await makeWorld();
  const runner = makeReconciliationRunner(world.engine, () => {}, { everyMs: 300, pull: [] });
  const told = async (): Promise<ReadonlyArray<Loose>> => (await world.get("/v1/reconciliations")).body.items;
  await turns(3, runner);
  assert.deepEqual(await told(), []);
  await new Promise((resolve) => setTimeout(resolve, 310));
  await turns(5, runner);
  const ran = await told();
  assert.deepEqual(
    ran.map(({ by, state }) => [by, state]),
    [["tieout", "finished"]],
  );
});
