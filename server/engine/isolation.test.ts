/**
 * One account's trouble stays its own under load: the same 200 accounts are billed twice in one run, once with a neighbour that is
 * poison, impossible or endless, and what the others wait is compared.
 */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import { it } from "vitest";
import type { Json } from "../../domain/canonical.ts";
import type { CanonicalEvent } from "../../domain/event.ts";
import type { NewEntry } from "../../domain/ports/store.ts";
import { makeWorld, type World } from "../testing/world.ts";

const accounts = 200;
const run = <A, E>(effect: Effect.Effect<A, E>): Promise<A> => Effect.runPromise(effect);

/** Events as the door appends them, without the door. */
const entriesOf = (world: World): ReadonlyArray<NewEntry> => {
  const system = world.engine.systems.get("stripe")!;
  return world.stripe.drainEvents().flatMap((event) => {
    const decoded = system.inbound.decode(new TextEncoder().encode(JSON.stringify(event)), "stripe");
    return decoded._tag === "Events" ? [entryOf(decoded.events, decoded.envelope.id)] : [];
  });
};
const entryOf = (events: ReadonlyArray<CanonicalEvent>, id: string): NewEntry => ({
  kind: "webhook",
  connection: "stripe",
  at: Date.now(),
  partition: 0,
  dedup: { id, type: "t", hash: id },
  events,
  note: null,
  raw: null,
});

/** Everything that the customers of `round` owe, brought to the ledger; how long each waited in turns of the engine and in time. */
const bill = async (world: World, customers: ReadonlyArray<string>, between: ReadonlyArray<NewEntry>) => {
  const { operations } = world.stripe;
  for (const customer of customers)
    operations.finalizeInvoice(operations.createInvoice({ customer, amountMinor: 700 }));
  const own = entriesOf(world);
  // The neighbour's stand among the others' all along.
  const step = Math.max(1, Math.ceil(own.length / Math.max(1, between.length)));
  const each = Math.ceil(between.length / Math.max(1, Math.ceil(own.length / step)));
  const mixed = own.flatMap((entry, i) =>
    i % step === 0 ? [entry, ...between.slice((i / step) * each, (i / step + 1) * each)] : [entry],
  );
  const before = world.netsuite.committed.length;
  const began = performance.now();
  for (let from = 0; from < mixed.length; from += 512) await run(world.engine.append(mixed.slice(from, from + 512)));
  const waited: number[] = [];
  let turns = 0;
  for (let seen = before; waited.length < customers.length; turns++) {
    assert.ok(turns < 3000, `${waited.length} of ${customers.length} came through`);
    await run(world.engine.fold);
    const now = Date.now();
    const jobs = world.engine.jobs(now);
    for (const job of jobs) world.engine.begin(job, now);
    await Promise.all(jobs.map((job) => run(world.engine.run(job))));
    if (jobs.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    const { committed } = world.netsuite;
    for (; seen < committed.length; seen++)
      if (committed[seen]!.recordType === "invoice") waited.push(performance.now() - began);
  }
  waited.sort((a, b) => a - b);
  return { p90: waited[Math.floor(waited.length * 0.9)]!, turns, own: own.length };
};

it("[Q11 P7] 10,000 events of one account, half of them poison, and its refused commands cost 200 others little, and only it is in trouble", async () => {
  const world = await makeWorld();
  const { operations } = world.stripe;
  const customers = Array.from({ length: accounts }, (_, i) => operations.createCustomer({ name: `Shop ${i}` }));
  const loud = operations.createCustomer({ name: "Loud" });
  // The target knows the customers, and the code is warm.
  await bill(world, customers, []);
  const quiet = await bill(world, customers, []);

  // What the target refuses for good, and what the fold cannot take.
  world.netsuite.faults.rejectCustomers.add(loud);
  for (let i = 0; i < 20; i++)
    operations.finalizeInvoice(operations.createInvoice({ customer: loud, amountMinor: 100 + i }));
  const real = entriesOf(world);
  const template = real.flatMap(({ events }) => events).find(({ subject }) => subject.startsWith("invoice/"))!;
  const storm = Array.from({ length: 10_000 }, (_, i): NewEntry => {
    const event = { ...template, id: `storm_${i}`, clock: { ...template.clock, at: template.clock.at + i * 5000 } };
    if (i % 2 === 0) return entryOf([event], `storm_${i}`);
    const poison = { ...event, data: null } as unknown as CanonicalEvent;
    return entryOf([poison], `storm_${i}`);
  });
  const noisy = await bill(world, customers, [...real, ...storm]);

  // The storm's own entries have to be read and folded by the one thread there is: that time is nobody's delay but the journal's.
  const alone = performance.now();
  const again = storm.map((entry) => ({
    ...entry,
    dedup: { ...entry.dedup!, id: `again_${entry.dedup!.id}`, hash: `again_${entry.dedup!.id}` },
  }));
  for (let from = 0; from < again.length; from += 512) await run(world.engine.append(again.slice(from, from + 512)));
  await run(world.engine.fold);
  const storming = performance.now() - alone;
  assert.ok(
    noisy.p90 <= 3 * (quiet.p90 + storming),
    `p90 ${Math.round(quiet.p90)} ms alone, ${Math.round(noisy.p90)} ms beside it; the storm alone ${Math.round(storming)} ms`,
  );
  assert.ok(noisy.turns <= 2 * quiet.turns + 20, `${quiet.turns} turns alone, ${noisy.turns} beside it`);
  const faults = [...world.engine.core.faults.values()].filter(({ kind }) => kind === "poison");
  assert.equal(faults.length, 10_000);
  const others = (await world.get("/v1/exceptions?limit=200")).body.items.filter(
    ({ party }: { readonly party: string }) => party !== `stripe:${loud}`,
  );
  assert.deepEqual(others, [] as Json);
});
