/** Who approves a batch, what happens to it when the process dies, and what the sandbox does without anybody. */
import assert from "node:assert/strict";
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import { test } from "vitest";
import { usagePrice } from "../../domain/controls/usage-price.ts";
import { policies } from "../../domain/lifecycle.ts";
import { batchId, cutsOf } from "../../domain/metering/batch.ts";
import type { BatchLine } from "../../domain/metering/billed.ts";
import { boundaryOf, promptCadence } from "../../domain/metering/cadence.ts";
import { makeEngine } from "../../server/engine/engine.ts";
import { makeUsageRunner } from "../../server/metering/runner.ts";
import { perform } from "../../server/operators/perform.ts";
import type { Loose } from "../../server/testing/world.ts";
import { byHand, Metered, terms, use } from "./metered.ts";

const jan = (day: number) => `2026-01-${String(day).padStart(2, "0")}T12:00:00Z`;

test("[UB12] A batch above the amount needs two persons, and none approves more than they may; who did it is in the audit trail", async () => {
  const company = await Metered.make();
  const { engine, host } = company.world;
  Object.assign(engine, { approvals: [{ act: "usage-batch.approve", aboveMinor: 500, currency: "USD", persons: 2 }] });
  await company.send(terms("C-1"), use("a", jan(3), "100"));
  await company.run();
  const [{ id }] = (await company.get("/v1/usage-batches")).items;
  const says = async (by: string, more: object = {}) =>
    perform(host, () => Date.now(), {
      ...{
        id: `act-${by}-${JSON.stringify(more)}`,
        hash: `${by}${JSON.stringify(more)}`,
        by,
        reason: "looked through",
      },
      act: { type: "control", topic: "usage-batch", verb: "approve", id, fields: {} },
      problems: [],
      ...more,
    });
  const over = (await says("joan", { approveUpToMinor: { USD: 999 } })) as Loose;
  assert.deepEqual([over.status, over.problem], ["refused", "forbidden"]);
  assert.match(over.detail, /1000 minor units of USD, and joan may approve 999/);
  assert.equal(((await says("ada")) as Loose).answer.status, "waiting");
  assert.equal(((await says("ada", { id: "again", hash: "again" })) as Loose).status, "refused");
  assert.equal(((await says("grace")) as Loose).answer.state, "approved");
  await company.run();
  assert.equal(company.charges().length, 1);
  const { items } = await company.get("/v1/audit?type=usage-batch.approved");
  assert.deepEqual(
    items.map(({ by }: Loose) => by),
    ["grace"],
  );
});

test("[UB13 P1 P5] Whoever goes on after a death, from the snapshot or the journal, cuts nothing twice and charges nothing twice", async () => {
  const company = await Metered.make();
  const { engine, store, netsuite, host } = company.world;
  await company.send(terms("C-1"), use("a", jan(3), "100"));
  await company.run();
  const [{ id }] = (await company.get("/v1/usage-batches")).items;
  const reborn = async (owner: string) => {
    const other = await Effect.runPromise(
      makeEngine({
        ...{ systems: engine.systems, policy: policies["billing-led"], rules: new Map(), owner },
        ...{ retry: { baseMs: 1, capMs: 5 }, sendTimeoutMs: 1000, settleWindowMs: 50 },
        ...{ snapshotCells: 10_000, hotParties: 10_000 },
      }).pipe(Effect.provide(store.layer)),
    );
    await Effect.runPromise(other.recover);
    const runner = makeUsageRunner(other, () => {}, byHand);
    const rest = async (): Promise<void> => {
      for (let turns = 0; turns < 50; turns++) {
        while (await Effect.runPromise(runner.turn));
        const jobs = other.jobs(Date.now());
        if (jobs.length === 0) return;
        for (const job of jobs) other.begin(job, Date.now());
        await Promise.all(jobs.map((job) => Effect.runPromise(other.run(job))));
      }
    };
    await rest();
    return { other, rest };
  };
  const { other: second } = await reborn("second");
  assert.equal([...second.core.controls.all({ name: "usage-batch" } as never).keys()].length, 2);
  // Approved, and dead before anything was released.
  assert.equal((await company.act(`/v1/usage-batches/${id}/approve`)).status, 200);
  await Effect.runPromise(engine.snapshot);
  await reborn("third");
  await reborn("fourth");
  assert.equal(netsuite.committed.filter(({ recordType }) => recordType === "charge").length, 1);
  await host.idle();
  await company.run();
  assert.equal(company.charges().length, 1);
  await company.send(use("b", jan(4), "1"));
  await company.approve();
  assert.deepEqual(
    company.charges().map(({ amount }) => amount),
    [10, 0.1],
  );
  await company.verified();
});

test("[UB14] Where nobody has to approve, each change of what is rated goes out at once, also within its period; products have their own items", async () => {
  const company = await Metered.make(promptCadence);
  const mapped = await company.act("/v1/mappings", { target: "netsuite", name: "item:api-calls", to: "31" });
  assert.equal(mapped.status, 200, JSON.stringify(mapped.body));
  const today = new Date().toISOString();
  await company.send(
    terms("C-1", { contract: { id: "C-1", currency: "USD", start: today.slice(0, 10), months: 1, items: [] } }),
  );
  await company.send(use("a", today, "100"));
  await company.run();
  await company.send(use("b", today, "30"));
  await company.run();
  const [first, second] = company.charges();
  assert.deepEqual([first.amount, second.amount, first.billingItem.id], [10, 3, "31"]);
  assert.equal(second.custrecord_tieout_applies_to, `charge:${first.id}`);
  assert.ok(first.chargeDate <= today.slice(0, 10), "not dated after it was taken in");
  const { items } = await company.get("/v1/usage-batches");
  assert.deepEqual(
    items.map(({ state, decided }: Loose) => [state, decided.by]),
    [
      ["released", "tieout"],
      ["released", "tieout"],
    ],
  );
  await company.get("/v1/accounts/contracts:acme/timeline");
  await company.verified();
});

test("[UB15 P11] Batches are cut when the books' day begins, the first at the next one; until then what changed is rated alone", async () => {
  const company = await Metered.make();
  const { engine } = company.world;
  Object.assign(engine, { accounting: { timeZone: "America/New_York", fiscalStartMonth: 1, entities: {} } });
  const runner = makeUsageRunner(engine, () => {}, { ...byHand, rate: "hour", approve: "day" });
  const clock = { now: Date.now() };
  const virtual: Clock.Clock = Object.assign(Object.create(Clock.make()), {
    currentTimeMillis: Effect.sync(() => clock.now),
  });
  const turns = async (): Promise<number> => {
    while (await Effect.runPromise(Effect.withClock(runner.turn, virtual)));
    return (await company.get("/v1/usage-batches")).items.length;
  };
  await company.send(terms("C-1"), use("a", jan(3), "100"));
  assert.equal(await turns(), 0);
  assert.equal(await turns(), 0);
  assert.notEqual(engine.core.controls.get(usagePrice, "calls"), null, "it was rated, and its price is known");
  const midnight = boundaryOf("day", clock.now + 86_400_000, "America/New_York");
  clock.now = midnight - 1;
  assert.equal(await turns(), 0);
  clock.now = midnight;
  assert.equal(await turns(), 1);
  await company.send(use("b", jan(4), "1"));
  clock.now = midnight + 3_600_000;
  assert.equal(await turns(), 1);
  clock.now = midnight + 90_000_000;
  assert.equal(await turns(), 2);
});

test("[UB16] A batch has at most five hundred lines of one legal entity and currency, and whoever cuts it gives it the same id", () => {
  const line = (index: number, entity: string, currency: string): BatchLine => ({
    ...{ key: `k${String(index).padStart(5, "0")}`, agreement: "a", party: "p:1", subscription: null, meter: "m" },
    ...{ product: "p", usedBy: null, entity, jurisdiction: null, currency, period: "2026-01-01" },
    ...{ periodEnd: "2026-02-01", endsAt: 0, quantity: "1", quantityToDate: "1", amountMinor: 1, ratedToDateMinor: 1 },
    ...{ taxes: [], taxMinor: 0, versions: [], basis: { price: "", corrections: 0 }, corrects: null, reason: "first" },
  });
  const lines = Array.from({ length: 1201 }, (_, index) => line(index, index % 2 === 0 ? "us" : "eu", "USD"));
  const cuts = cutsOf([...lines, line(9999, "us", "EUR")]);
  assert.deepEqual(
    cuts.map(({ entity, currency, page, lines: own }) => `${entity} ${currency} ${page}: ${own.length}`),
    ["eu USD 1: 500", "eu USD 2: 100", "us EUR 1: 1", "us USD 1: 500", "us USD 2: 101"],
  );
  assert.equal(new Set(cuts.map((cut) => batchId(7, cut))).size, cuts.length);
  assert.deepEqual(
    cutsOf([...lines].slice(0, 10)).map((cut) => batchId(7, cut)),
    [cuts[0]!, cuts[3]!].map((cut) => batchId(7, cut)),
  );
});
