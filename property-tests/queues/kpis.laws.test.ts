/** The figures: percentiles of any times, and a journal that is cut, put down and taken up again wherever. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { it } from "vitest";
import { canonical, type Json } from "../../domain/canonical.ts";
import { figuresOf, ofAccounts } from "../../domain/kpis/figures.ts";
import { type Added, Kpis } from "../../domain/kpis/fold.ts";
import {
  added,
  bucketOf,
  emptyHistogram,
  histogramOf,
  percentile,
  sumOf,
  upperOf,
} from "../../domain/kpis/histogram.ts";
import type { Entry } from "../../domain/ports/store.ts";

const value = fc.oneof(fc.nat(100), fc.nat(100_000), fc.integer({ min: 0, max: 4e11 }));

it("[KP1] a percentile is told to a thirty-second of its value, and two parts add up to the whole", () => {
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 60 }),
      fc.nat(60),
      fc.constantFrom(50, 90, 99),
      (all, cut, of) => {
        const spread = (values: ReadonlyArray<number>) => values.reduce(added, emptyHistogram);
        const whole = spread(all);
        assert.deepEqual(sumOf([spread(all.slice(0, cut)), spread(all.slice(cut))]), whole);
        const exact = [...all].sort((a, b) => a - b)[Math.ceil((all.length * of) / 100) - 1]!;
        const told = percentile(whole, of)!;
        assert.ok(told >= exact && told - exact <= exact / 32, `${told} for ${exact}`);
      },
    ),
  );
  fc.assert(
    fc.property(
      value,
      (one) => upperOf(bucketOf(one)) >= one && (one === 0 || upperOf(bucketOf(one - 1)) <= upperOf(bucketOf(one))),
    ),
  );
  assert.equal(percentile(emptyHistogram, 50), null);
});

const minute = 60_000;
const base = { connection: "stripe", partition: 0, dedup: null, events: [], conflictOf: null };
const slot = { party: "stripe:cus_1", slot: "netsuite|invoice/in_1|receivable" };
const other = { party: "stripe:cus_1", slot: "netsuite|invoice/in_2|receivable" };
const command = (note: object): Partial<Entry> => ({ kind: "command", note: note as Json });
const event = (
  type: string,
  subject: string,
  data: object,
  time: number,
  owner: string | null,
  source = "stripe",
): Partial<Entry> => ({
  kind: "webhook",
  note: null,
  events: [{ id: `e ${type} ${subject}`, source, type, subject, time, owner, data } as never],
});
const decision = (note: object): Partial<Entry> => ({
  kind: "decision",
  note: { party: "@controls", ...note } as Json,
});
const seen = { source: "stripe:invoice/in_1" };

/** A story of which every figure is known by hand; minutes since the epoch. */
const story: ReadonlyArray<readonly [minutes: number, Partial<Entry>]> = [
  [0, event("quote.updated", "quote/q", { status: "won", closedAt: 0 }, 0, "A1", "salesforce")],
  [
    1,
    event("contract.updated", "contract/c", { status: "activated", startAt: 10 * minute }, minute, "A1", "salesforce"),
  ],
  [20, event("subscription.created", "subscription/s", { status: "active" }, 20 * minute, "cus_1")],
  [30, event("invoice.finalized", "invoice/in_1", { finalizedAt: 30 * minute }, 30 * minute, "cus_1")],
  [30, event("invoice.finalized", "invoice/in_2", { finalizedAt: 30 * minute }, 30 * minute, "cus_1")],
  [31, command({ type: "command.claimed", ...slot, since: 30 * minute, command: { target: "netsuite" } })],
  [32, command({ type: "command.acked", ...slot })],
  [31, command({ type: "command.claimed", ...other, since: 30 * minute, command: { target: "netsuite" } })],
  [33, command({ type: "command.retrying", ...other })],
  [34, command({ type: "command.claimed", ...other, since: 30 * minute, command: { target: "netsuite" } })],
  [35, command({ type: "command.rejected", ...other })],
  [40, command({ type: "command.claimed", ...other, since: 30 * minute, command: { target: "netsuite" } })],
  [43, command({ type: "command.acked", ...other })],
  [36, decision({ type: "desk.opened", exception: "exc_1", seen })],
  [44, decision({ type: "desk.closed", exception: "exc_1" })],
  [50, decision({ type: "intake.counted", duplicates: 5 })],
  [60, decision({ type: "period.closed", until: 55 * minute })],
];
const entries = story.map(
  ([minutes, part], i) => ({ ...base, ...part, position: i + 1, at: minutes * minute }) as Entry,
);
const rootOf = (party: string): string => (party === "salesforce:A1" ? "stripe:cus_1" : party);

it("[KP2] each figure of a story is what counting by hand gives, with its unit and how it is computed", () => {
  const kpis = new Kpis();
  for (const entry of entries) kpis.apply(entry);
  const figures = figuresOf(kpis, { from: 0, to: 1 }, rootOf);
  const of = (id: string) => figures.find((figure) => figure.id === id)!;
  const about = (told: number | null | undefined, minutes: number): void =>
    assert.ok(
      told != null && told >= minutes * minute && told <= minutes * minute * (1 + 1 / 32),
      `${told} for ${minutes} min`,
    );
  about(of("order-to-activation").spread?.p50Ms, 20);
  about(of("contract-to-bill").spread?.p50Ms, 20);
  assert.deepEqual(of("sync-latency").pair, { from: "stripe", to: "netsuite" });
  about(of("sync-latency").spread?.p50Ms, 2);
  about(of("sync-latency").spread?.p99Ms, 13);
  about(of("recovery-time").spread?.p50Ms, 10);
  about(of("exception-resolution-time").spread?.p50Ms, 8);
  about(of("days-to-close").spread?.p50Ms, 5);
  assert.deepEqual(of("invoice-exception-rate").share, { part: 1, whole: 2 });
  assert.deepEqual(of("duplicate-rate").share, { part: 5, whole: 10 });
  assert.deepEqual([of("retries").count, of("dead-letters").count], [1, 1]);
  assert.match(of("unbilled-usage").reason ?? "", /no usage/);
  for (const { how, reason, spread, share } of figures) {
    assert.match(how, /\.$/);
    assert.ok(reason !== null || (spread?.count ?? 1) > 0, how);
    assert.ok(reason !== null || (share?.whole ?? 1) > 0, how);
  }
  // Nothing of it in another month.
  assert.equal(figuresOf(kpis, { from: 30, to: 60 }, rootOf).find(({ id }) => id === "retries")?.count, 0);
});

it("[KP3] cut into pages, put down as text and taken up again anywhere, and read twice, it is the same to the byte", () => {
  const whole = new Kpis();
  for (const entry of entries) whole.apply(entry);
  const expected = canonical(whole.checkpoint as unknown as Json);
  fc.assert(
    fc.property(fc.array(fc.nat(entries.length), { maxLength: 4 }), (cuts) => {
      let kpis = new Kpis();
      for (const [i, entry] of entries.entries()) {
        kpis.apply(entry);
        kpis.apply(entry);
        if (cuts.includes(i)) kpis = Kpis.restored(JSON.parse(JSON.stringify(kpis.checkpoint)));
      }
      assert.equal(canonical(kpis.checkpoint as unknown as Json), expected);
    }),
  );
});

it("[KP5] what is told to be added, name by name, is what every day holds, and makes each figure", () => {
  const kpis = new Kpis();
  const heard: Added[] = [];
  kpis.heard = (added) => heard.push(added);
  for (const entry of entries) kpis.apply(entry);
  const [day] = [...kpis.days.values()];
  const of = (name: string): ReadonlyArray<number> =>
    heard.filter((one) => one.name === name).map(({ value }) => value);
  for (const [name, count] of Object.entries(day!.counts))
    assert.equal(
      of(name).reduce((a, b) => a + b, 0),
      count,
    );
  for (const [name, times] of Object.entries(day!.times)) assert.deepEqual(histogramOf(of(name)), times);
  assert.equal(new Set(heard.map(({ name }) => name)).size, Object.keys({ ...day!.counts, ...day!.times }).length);
  for (const { since, position, name } of heard) {
    assert.ok(since === null || since < position, name);
    if (name.startsWith("sync ")) assert.equal(entries[since! - 1]!.note!["type" as never], "command.claimed");
  }
  const [account] = [...ofAccounts(kpis, "order-to-activation", { from: 0, to: 1 }, rootOf)];
  assert.deepEqual(account, { root: "stripe:cus_1", position: 3, since: 1, day: 0, value: 20 * minute });
  fc.assert(
    fc.property(fc.array(value), (all) => assert.deepEqual(histogramOf(all), all.reduce(added, emptyHistogram))),
  );
});
