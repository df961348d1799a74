/** The figures of a running server: the same after a restart as from the beginning, and told by route and command line alike. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterAll, it } from "vitest";
import { makeMemory } from "../../adapters/stores/memory.ts";
import { canonical, type Json } from "../../domain/canonical.ts";
import { Journal, type NewEntry } from "../../domain/ports/store.ts";
import { type Loose, scratch, within } from "../operators/testing/company.ts";
import { quick, until } from "../queues/testing/quick.ts";
import { makeScan } from "./scan.ts";

const { folder, remove } = scratch();
afterAll(remove);

it("[KP4] latency, recovery, resolution and duplicates of a server that worked are told, and the same after a restart", async () => {
  const dataDir = join(folder, "server");
  const figures = async (get: (path: string) => Promise<Loose>): Promise<Loose> => {
    const { items, behind } = await get("/v1/kpis");
    assert.equal(behind, 0);
    // That one is of now, not of the journal.
    const variance = items.find(({ id }: Loose) => id === "reconciliation-variance");
    assert.ok(variance.count >= 0 && /lines are open/.test(variance.reason), JSON.stringify(variance));
    return items.filter((one: Loose) => one !== variance);
  };
  const first = await within(
    dataDir,
    async (company) => {
      const { netsuite, stripe } = company.server.sandbox!;
      netsuite.faults.outageUntil = Date.now() + 60_000;
      const { invoice } = company.invoiced(6000);
      stripe.operations.payInvoice(invoice);
      for (const event of stripe.drainEvents()) await company.server.sandbox!.deliver("stripe", event);
      await until(
        () => company.get("/v1/commands?state=retrying,unknown"),
        ({ items }) => items.length > 0,
      );
      netsuite.faults.outageUntil = 0;
      await company.server.idle();
      const customer = stripe.operations.createCustomer({ name: "Shop" });
      const charge = stripe.operations.createCharge({ customer, amountMinor: 500 });
      const events = stripe.drainEvents();
      await company.tell(events);
      await company.tell(events.slice(0, 1));
      const own = ({ moneyMinor }: Loose): boolean => moneyMinor === 500;
      const whereOwn = (status: string) =>
        until(
          () => company.get(`/v1/exceptions?type=unapplied&status=${status}`),
          (page) => page.items.some((one: Loose) => own(one) && one.firstSeenAt !== null),
        );
      await whereOwn("open");
      stripe.operations.refundCharge(charge, { amountMinor: 500 });
      await company.deliver();
      await whereOwn("closed");
      const items = await figures(company.get);
      const of = (id: string): Loose => items.find((one: Loose) => one.id === id);
      assert.deepEqual(of("sync-latency").pair, { from: "stripe", to: "netsuite" });
      assert.ok(of("sync-latency").spread.count >= 2);
      assert.ok(of("recovery-time").spread.count >= 1 && of("recovery-time").spread.p50Ms >= 0);
      // Others may have come and gone while it was delivered.
      assert.ok(of("exception-resolution-time").spread.count >= 1);
      assert.ok(of("retries").count + of("dead-letters").count >= 1);
      assert.deepEqual([of("invoice-exception-rate").share.whole, of("duplicate-rate").share.part], [1, 1]);
      assert.equal((await company.ask("/v1/kpis?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z")).status, 400);
      assert.equal((await company.ask("/v1/kpis?from=yesterday")).status, 400);
      const none = await company.get("/v1/kpis?from=2001-01-01T00:00:00Z&to=2001-02-01T00:00:00Z");
      assert.equal(none.items.find((one: Loose) => one.id === "retries").count, 0);
      const metrics = await (await fetch(`${company.server.url}/metrics`)).text();
      assert.match(metrics, /tieout_kpi_seconds\{kpi="sync-latency",from="stripe",to="netsuite",quantile="0.9"\} \d/);
      assert.match(metrics, /tieout_kpi_share_ratio\{kpi="duplicate-rate"\} 0\.\d/);
      let [before, last] = [null as Loose, items];
      while (canonical(before) !== canonical(last)) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        [before, last] = [last, await figures(company.get)];
      }
      return last;
    },
    { desk: quick() },
  );
  await within(dataDir, async (company) => assert.deepEqual(await figures(company.get), first), { desk: quick() });
});

it("[KP3] what is put down in a file and taken up again equals a reading from the beginning; a damaged file costs only that", async () => {
  const store = makeMemory();
  const file = join(folder, "kpis.json");
  const entry = (i: number): NewEntry => ({
    kind: "command",
    connection: "netsuite",
    at: i * 1000,
    partition: 0,
    dedup: null,
    events: [],
    note: { type: i % 3 === 0 ? "command.retrying" : "command.acked", party: "stripe:cus", slot: `s${i % 7}` },
    raw: null,
  });
  const told = await Effect.runPromise(
    Effect.gen(function* () {
      const journal = yield* Journal;
      const all = Array.from({ length: 3000 }, (_, i) => entry(i));
      yield* journal.append(all.slice(0, 1500));
      const before = makeScan(journal, file);
      assert.equal(yield* before.advance(60_000), 0);
      before.save();
      yield* journal.append(all.slice(1500));
      const states: string[] = [];
      const position = JSON.parse(readFileSync(file, "utf8")).position as number;
      assert.equal(position, 1500);
      for (const text of [
        readFileSync(file, "utf8"),
        "{",
        JSON.stringify({ version: 1, position: 9_999_999, days: [], parties: [], claims: [], failing: [], open: [] }),
      ]) {
        writeFileSync(file, text);
        const scan = makeScan(journal, file);
        while ((yield* scan.advance(0)) > 0);
        states.push(canonical(scan.kpis.checkpoint as unknown as Json));
      }
      return states;
    }).pipe(Effect.provide(store.layer)),
  );
  assert.equal(new Set(told).size, 1);
  assert.match(told[0]!, /"retries":1000/);
});
