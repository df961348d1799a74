/** Stored bytes under another decoder: the difference first, then corrections, once. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import { it } from "vitest";
import type { CanonicalEvent } from "../../domain/event.ts";
import type { Decoded } from "../../domain/ports/system.ts";
import { makeBulkRunner } from "../bulk/runner.ts";
import { type Loose, makeWorld, type World } from "../testing/world.ts";
import { makeReplayRunner } from "./runner.ts";

/** Makes the world's decoder of Stripe another one. */
const decodes = (world: World, turn: (decoded: Decoded) => Decoded): (() => void) => {
  const system = world.engine.systems.get("stripe")!;
  const { decode } = system.inbound;
  Object.assign(system.inbound, { decode: (body: Uint8Array, name: string) => turn(decode(body, name)) });
  return () => void Object.assign(system.inbound, { decode });
};
const each =
  (change: (event: CanonicalEvent) => CanonicalEvent) =>
  (decoded: Decoded): Decoded =>
    decoded._tag === "Events" ? { ...decoded, events: decoded.events.map(change) } : decoded;
/** A decoder that reads every total a hundred times too great. */
const wrong = each((event) => {
  if (!event.subject.startsWith("invoice/")) return event;
  const data = event.data as unknown as { readonly totalMinor: number };
  return { ...event, data: { ...event.data, totalMinor: data.totalMinor * 100 } as never };
});

const act = async (world: World, path: string, body: object): Promise<Loose> => {
  const response = await world.app.request(`http://localhost${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ reason: "the decoder was put right", ...body }),
  });
  const answered = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answered));
  return answered;
};
const ran = async (world: World): Promise<void> => {
  const runner = makeReplayRunner(world.engine, () => {});
  while (await Effect.runPromise(runner.turn)) {}
  await world.host.idle();
};
const report = (world: World): Promise<Loose> => world.host.ask({ name: "report" }) as Promise<Loose>;

const sold = async (turn: ((decoded: Decoded) => Decoded) | null) => {
  const world = await makeWorld();
  const restore = turn === null ? () => {} : decodes(world, turn);
  const { operations } = world.stripe;
  const customer = operations.createCustomer({ name: "Acme" });
  const invoice = operations.createInvoice({ customer, amountMinor: 5000 });
  operations.finalizeInvoice(invoice);
  await world.deliver();
  restore();
  return { world, customer, invoice };
};
const evidenceIn = (found: Loose): Loose =>
  found.accounts.map(({ id, parties }: Loose) => [id, parties.map(({ party, evidence }: Loose) => [party, evidence])]);

it("[RE1] the difference comes first: fields, states, commands and money that would change, and nothing is written", async () => {
  const { world, customer } = await sold(wrong);
  const head = await Effect.runPromise(world.engine.journal.head);
  const preview = await act(world, "/v1/replays", { filter: {}, dryRun: true });
  assert.equal(await Effect.runPromise(world.engine.journal.head), head);
  assert.ok(preview.counts.other >= 2 && preview.counts.same >= 1, JSON.stringify(preview.counts));
  const [field] = preview.entries[0].fields;
  assert.deepEqual([field.field, field.to * 100], ["totalMinor", field.from]);
  assert.equal(preview.totals.accounts, 1);
  // The receivable of 500,000 is taken back; the one of 5,000 follows it.
  assert.deepEqual(preview.totals.moneyMinor, { netsuite: { USD: -500_000 } });
  assert.equal(preview.totals.inverses, 1);
  assert.equal((await world.get(`/v1/accounts/stripe:${customer}`)).body.invoices[0].totalMinor, 500_000);
});

it("[RE2] replayed, it is what it had been under the right decoder from the beginning; each correction names its entry, and again corrects nothing", async () => {
  const right = await sold(null);
  const { world, customer } = await sold(wrong);
  const { id } = await act(world, "/v1/replays", { filter: {} });
  await ran(world);
  const { body: job } = await world.get(`/v1/replays/${id}`);
  assert.deepEqual([job.state, job.counts.failed], ["ended", 0]);
  assert.ok(job.counts.corrected >= 2);
  const { body: account } = await world.get(`/v1/accounts/stripe:${customer}`);
  assert.deepEqual([account.invoices[0].totalMinor, account.regions.sync], [5000, "agreed"]);
  const shape = (found: Loose): string => JSON.stringify(evidenceIn(found)).replaceAll(/"at":\d+|At":\d+/g, "at");
  assert.equal(shape(await report(world)), shape(await report(right.world)));
  const receivable = world.netsuite.committed.filter(({ side }) => side === "receivable");
  assert.equal(
    receivable.reduce((sum, { amountMinor, reverses }) => sum + (reverses ? amountMinor : amountMinor), 0),
    5000,
  );
  const head = await Effect.runPromise(world.engine.journal.head);
  const again = await act(world, "/v1/replays", { filter: {} });
  await ran(world);
  const { body: second } = await world.get(`/v1/replays/${again.id}`);
  assert.deepEqual([second.counts.corrected, second.counts.same], [0, job.counts.looked]);
  const entries = await Effect.runPromise(world.engine.journal.read(head, 100));
  assert.ok(entries.every(({ kind }) => kind !== "webhook"));
  const chain = (await world.get(`/v1/explain/invoice/${encodeURIComponent(account.invoices[0].id)}`)).body;
  assert.ok(chain.hops.some(({ hop, says }: Loose) => hop === "entry" && says.note?.corrects !== undefined));
  assert.deepEqual(((await world.host.ask({ name: "verify" })) as Loose).findings, []);
});

it("[RE3 P1] what could not be decoded when it came is a fault until a replay reads it, and then counts as any event", async () => {
  const { world, customer, invoice } = await sold((decoded) =>
    decoded._tag === "Events" && decoded.events.some(({ subject }) => subject.startsWith("invoice/"))
      ? { _tag: "Undecodable", envelope: decoded.envelope, reason: "not yet" }
      : decoded,
  );
  assert.ok(world.engine.core.faults.size >= 2);
  const preview = await act(world, "/v1/replays", { filter: { undecodable: true }, dryRun: true });
  assert.deepEqual(preview.totals.moneyMinor, { netsuite: { USD: 5000 } });
  await act(world, "/v1/replays", { filter: { undecodable: true } });
  await ran(world);
  assert.equal(world.engine.core.faults.size, 0);
  const { body } = await world.get(`/v1/accounts/stripe:${customer}`);
  assert.deepEqual([body.invoices[0].id, body.stage], [`stripe:${invoice}`, "posted"]);
});

it("[RE4] one entry, one event, one account, a connection, a type and a span of time are each gone over alone; what is wrong with a filter is told", async () => {
  const { world, customer } = await sold(wrong);
  const entries = await Effect.runPromise(world.engine.journal.read(0, 100));
  const first = entries.find(({ events }) => events.some(({ subject }) => subject.startsWith("invoice/")))!;
  const looked = async (filter: object): Promise<number> =>
    (await act(world, "/v1/replays", { filter, dryRun: true })).counts.looked;
  assert.equal(await looked({ position: first.position }), 1);
  assert.equal(await looked({ event: first.dedup!.id }), 1);
  assert.equal(
    await looked({ type: first.dedup!.type, connection: "stripe" }),
    entries.filter(({ dedup }) => dedup?.type === first.dedup!.type).length,
  );
  assert.equal(await looked({ to: "2020-01-01T00:00:00Z" }), 0);
  assert.equal(
    await looked({ account: `stripe:${customer}` }),
    entries.filter(({ kind }) => kind === "webhook").length,
  );
  const refused = await world.app.request("http://localhost/v1/replays", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ filter: { positoin: 1 }, reason: "try" }),
  });
  assert.equal(refused.status, 422);
  assert.match(((await refused.json()) as Loose).detail, /positoin is not known/);
  assert.equal(await Effect.runPromise(makeBulkRunner(world.engine, () => {}).turn), false);
});

it("[RE5] under the stored decodings a replay changes nothing", async () => {
  const { world } = await sold(wrong);
  const preview = await act(world, "/v1/replays", { filter: {}, dryRun: true, decoder: "stored" });
  assert.deepEqual([preview.counts.other, preview.totals.accounts], [0, 0]);
  await act(world, "/v1/replays", { filter: {}, decoder: "stored" });
  await ran(world);
  assert.equal((await world.get("/v1/replays")).body.items[0].counts.corrected, 0);
});
