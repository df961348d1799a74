/** The laws of the comparison, over items drawn at random: order-free, totals tie, never by amount alone, a match taken back leaves no trace. */
import assert from "node:assert/strict";
import * as FastCheck from "effect/FastCheck";
import { expect, test } from "vitest";
import { canonical, type Json } from "../../domain/canonical.ts";
import { type MatchNotes, match } from "../../domain/controls/match.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { addTotals, compare, sumsOf, type Totals } from "../../domain/reconciliation/compare.ts";
import { type Item, type Pair, plain } from "../../domain/reconciliation/item.ts";
import { type Leg, type LegName, legNames, legs } from "../../domain/reconciliation/leg.ts";
import { lineStatuses, statusAt } from "../../domain/reconciliation/line.ts";

const few = <A>(...values: ReadonlyArray<A>) => FastCheck.constantFrom(...values);

/** Few tokens and few amounts, so that they collide often. */
const itemOf = (leg: Leg): FastCheck.Arbitrary<Item> =>
  few(...leg.sides.map(({ name }) => name)).chain((side) =>
    FastCheck.record({
      side: FastCheck.constant(side),
      system: FastCheck.integer({ min: 1, max: 2 }).map((n) => `${side}-${n}`),
      id: FastCheck.integer({ min: 1, max: 999 }).map((n) => `${side}:thing/${n}`),
      outside: FastCheck.array(few("tie_1", "tie_2", "tie_3"), { maxLength: 1 }),
      references: FastCheck.array(few("a:thing/1", "a:thing/2", "b:thing/1"), { maxLength: 1 }),
      number: few(null, null, "N-1", "N-2"),
      amountMinor: few(null, 0, 1000, 1001, 2500, -300),
      currency: few("USD", "EUR"),
      since: few(null, 1_000, 2_000),
      period: few(null, "2026-01", "2026-02"),
      entity: few(null, "us", "de"),
      fields: FastCheck.record({ name: few(null, "Acme", "Beta"), quantity: few(null, "1", "1.00", "2") }),
      expects: FastCheck.subarray(leg.sides.map(({ name }) => `side:${name}`)),
      needs: few(null, null, leg.authority),
      underway: FastCheck.constant([]),
      twin: FastCheck.constant(null),
    }),
  );

const drawn = few(...legNames).chain((name) =>
  FastCheck.record({
    leg: FastCheck.constant<Leg>({ ...legs[name], toleranceMinor: 1 }),
    items: FastCheck.uniqueArray(itemOf(legs[name]), { maxLength: 12, selector: ({ id }) => id }),
  }),
);
const runs = { numRuns: 100 };

test("[RC1 P2] The lines do not depend on the order in which the items come", () => {
  FastCheck.assert(
    FastCheck.property(drawn, FastCheck.infiniteStream(FastCheck.nat()), ({ leg, items }, draw) => {
      const shuffled = items
        .map((item) => ({ item, at: draw.next().value as number }))
        .sort((a, b) => a.at - b.at)
        .map(({ item }) => item);
      const told = (all: ReadonlyArray<Item>) => canonical(compare(leg, all, []) as unknown as Json);
      assert.equal(told(shuffled), told(items));
    }),
    runs,
  );
});

test("[RC2 P8] Every item is in exactly one line, and each system's lines sum to its items, currency by currency", () => {
  FastCheck.assert(
    FastCheck.property(drawn, ({ leg, items }) => {
      const lines = compare(leg, items, []);
      const ids = lines.flatMap((line) => line.items.map(({ id }) => id));
      assert.deepEqual([...ids].sort(), items.map(({ id }) => id).sort());
      assert.equal(new Set(lines.map(({ id }) => id)).size, lines.length);
      const told = lines.reduce((totals, { systems }) => addTotals(totals, systems), {} as Totals);
      for (const [system, { count, moneyMinor }] of Object.entries(sumsOf(items))) {
        assert.equal(told[system]?.count, count);
        assert.deepEqual(told[system]?.moneyMinor, moneyMinor);
      }
    }),
    runs,
  );
});

test("[RC3] Items that share no name are never in one line, whatever their amounts", () => {
  const nameless = drawn.map(({ leg, items }) => ({
    leg,
    items: items.map((item, n) => ({
      ...item,
      outside: [`tie_${n}`],
      references: [],
      number: null,
      amountMinor: 1000,
    })),
  }));
  FastCheck.assert(
    FastCheck.property(nameless, ({ leg, items }) => {
      for (const line of compare(leg, items, [])) assert.equal(line.items.length, 1);
    }),
    runs,
  );
});

test("[RC4] What a person matched is one line, and taken back it is what it was", () => {
  const said = { party: controlsParty, by: "fin", reason: "the bank says so", match: "m", parties: [] } as const;
  FastCheck.assert(
    FastCheck.property(drawn, ({ leg, items }) => {
      FastCheck.pre(items.length >= 2);
      const ids = [items[0]!.id, items[1]!.id];
      const fold = (notes: ReadonlyArray<MatchNotes>): ReadonlyArray<Pair> => {
        const record = notes.reduce(
          (before, note, position) => match.fold(before, note, { at: position, position }),
          null as ReturnType<typeof match.fold>,
        );
        return record === null || record.undone !== null ? [] : [{ id: "m", leg: record.leg, items: record.items }];
      };
      const made: MatchNotes = { ...said, type: "match.made", leg: leg.name, items: ids };
      const undone: MatchNotes = { ...said, type: "match.undone" };
      const told = (notes: ReadonlyArray<MatchNotes>) => canonical(compare(leg, items, fold(notes)) as unknown as Json);
      const together = compare(leg, items, fold([made]));
      const holding = together.filter((line) => line.items.some(({ id }) => ids.includes(id)));
      const one = holding.filter(({ status }) => status !== "duplicate");
      assert.ok(one.length <= 1, "a pair may only be cut where one of the two is too many");
      assert.equal(told([made, undone]), told([]));
      assert.equal(told([made, undone, undone]), told([]));
    }),
    runs,
  );
});

test("[RC5 P11] Inside its window a line is timing, after it what it is; now is an input", () => {
  FastCheck.assert(
    FastCheck.property(drawn, FastCheck.nat(10_000_000), ({ leg, items }, now) => {
      for (const line of compare(leg, items, [])) {
        const open = line.timingUntil !== null && now < line.timingUntil;
        assert.equal(statusAt(line, now), open ? "timing" : line.status);
        if (line.timingUntil !== null) assert.equal(line.timingUntil, line.ageFrom! + leg.windowMs);
        if (line.status === "matched") assert.equal(line.timingUntil, null);
      }
    }),
    runs,
  );
});

test("[RC2] The items drawn reach every status", () => {
  const seen = new Set<string>();
  for (const { leg, items } of FastCheck.sample(drawn, { numRuns: 500, seed: 7 }))
    for (const line of compare(leg, items, [])) seen.add(line.status);
  expect([...seen].sort()).toEqual(lineStatuses.filter((status) => status !== "timing").sort());
});

// ---------------------------------------------------------------- by hand

const make = (side: string, id: string, more: Partial<Item>): Item => ({ ...plain, side, system: side, id, ...more });
const lines = (name: LegName, items: ReadonlyArray<Item>, terms: Partial<Leg> = {}) =>
  compare({ ...legs[name], ...terms }, items, []);

test("[RC6] A payout is the sum of what it is made of, and of the deposits that name it", () => {
  const payout = make("gateway", "s:payout/po_1", {
    outside: ["REF1"],
    amountMinor: 970,
    currency: "USD",
    expects: ["side:erp"],
  });
  const parts = [1000, -30].map((amountMinor, n) =>
    make("balance", `s:payout_item/${n}`, { references: [payout.id], amountMinor, currency: "USD" }),
  );
  const deposits = [900, 70].map((amountMinor, n) =>
    make("erp", `n:deposit/${n}`, { outside: ["REF1"], amountMinor, currency: "USD", needs: "gateway" }),
  );
  const [line, ...more] = lines("payouts", [payout, ...parts, ...deposits]);
  assert.deepEqual([line?.status, line?.by, more], ["matched", ["outside-id", "reference"], []]);
  const [short] = lines("payouts", [payout, ...parts, deposits[0]!]);
  assert.deepEqual(
    [short?.status, short?.differenceMinor, short?.breaks[0]?.system],
    ["amount-break", { USD: -70 }, "erp"],
  );
});

test("[RC7 P8] A difference within the tolerance is matched with its rounding; two currencies are never set off", () => {
  const invoice = make("billing", "s:invoice/1", { number: "A-1", amountMinor: 1000, currency: "USD" });
  const posted = (amountMinor: number, currency = "USD") =>
    make("erp", "n:posting/1", { number: "A-1", amountMinor, currency });
  const [near] = lines("invoices", [invoice, posted(1002)], { toleranceMinor: 2 });
  assert.deepEqual([near?.status, near?.roundingMinor, near?.differenceMinor], ["matched", { USD: 2 }, {}]);
  const [far] = lines("invoices", [invoice, posted(1003)], { toleranceMinor: 2 });
  assert.deepEqual([far?.status, far?.differenceMinor], ["amount-break", { USD: 3 }]);
  const [other] = lines("invoices", [invoice, posted(1000, "EUR")], { toleranceMinor: 2000 });
  assert.deepEqual([other?.status, other?.differenceMinor], ["wrong-currency", { EUR: 1000, USD: -1000 }]);
});

test("[RC3] An outside id goes before a number, and a second document of a number is one too many", () => {
  const invoice = make("billing", "s:invoice/1", {
    outside: ["tie_x"],
    number: "A-1",
    amountMinor: 1000,
    currency: "USD",
  });
  const ours = make("erp", "n:posting/9", { outside: ["tie_x"], amountMinor: 1000, currency: "USD" });
  const copy = make("erp", "n:posting/2", { number: "A-1", amountMinor: 1000, currency: "USD" });
  const found = lines("invoices", [copy, ours, invoice]).map(({ status, items }) => [
    status,
    items.map(({ id }) => id),
  ]);
  assert.deepEqual(found.sort(), [
    ["duplicate", [copy.id]],
    ["matched", [invoice.id, ours.id]],
  ]);
});

test("[RC8] Along a chain each side is measured against the first that says something", () => {
  const say = (side: string, fields: Item["fields"]) => make(side, `x:${side}/1`, { outside: ["c p"], fields });
  const chain = (quantity: string) => [
    say("quote", { price: "1000", quantity: "5" }),
    say("subscription", { price: "1000.0", quantity }),
    say("invoice", { price: "1000", quantity: "5.0" }),
  ];
  const [agreed] = lines("terms", chain("5"));
  assert.deepEqual(
    agreed?.breaks.map(({ field }) => field),
    [],
  );
  const [broken] = lines("terms", chain("6"));
  assert.deepEqual(
    broken?.breaks.map(({ status, system, field, kind, ours, theirs }) => [status, system, field, kind, ours, theirs]),
    [["field-break", "subscription", "quantity", "quantity", "5", "6"]],
  );
});
