/** The laws of revenue: schedules, allocation, modification, stories, and the period of an entry. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { describe, it } from "vitest";
import { type JournalEntry, movements, type Role, roles, sumOf, trialBalance } from "../../domain/accounting/entry.ts";
import { assignPeriod } from "../../domain/accounting/period.ts";
import { addDays, type Day, monthOf, nextMonth, toNumber } from "../../domain/calendar/day.ts";
import { startOfDay } from "../../domain/calendar/zone.ts";
import { toDecimal } from "../../domain/money.ts";
import { exactMinor, multiply, ratio, roundMinor, toDigits } from "../../domain/rating/rational.ts";
import { allocate, positionOf } from "../../domain/revenue/allocate.ts";
import { creditRevenue } from "../../domain/revenue/credits.ts";
import { curveOf, earnedBefore } from "../../domain/revenue/curve.ts";
import { modify, treatmentOf } from "../../domain/revenue/modify.ts";
import { type Granularity, type Residue, scheduleOf } from "../../domain/revenue/schedule.ts";
import type { Story, StoryAct } from "../../domain/revenue/story.ts";
import { tell } from "../../domain/revenue/tell.ts";
import { day, fewer, minor, range, recognition, runs, story } from "./arbitraries.ts";

const sum = (amounts: Iterable<number>): number => [...amounts].reduce((all, each) => all + each, 0);
const of = (entries: ReadonlyArray<JournalEntry>, role: Role): number => sum(movements(entries, role).values());
const residues: ReadonlyArray<Residue> = ["cumulative", "last", "first", "truncate", "largest_remainder"];
const grains: ReadonlyArray<Granularity> = ["day", "half_month", "month", "quarter", "year"];

describe("revenue", () => {
  it("[RV1 P8] a schedule sums to its total in every granularity, and finer entries sum to coarser", () => {
    fc.assert(
      fc.property(minor, recognition, fc.constantFrom(...residues), (amount, how, residue) => {
        const schedules = grains.map((granularity) => scheduleOf(amount, "USD", how, { granularity, residue }).entries);
        for (const entries of schedules) assert.equal(sum(entries.map(({ amountMinor }) => amountMinor)), amount);
        const months = (entries: (typeof schedules)[number]) => {
          const byMonth = new Map<string, number>();
          for (const { period, amountMinor } of entries) byMonth.set(period, (byMonth.get(period) ?? 0) + amountMinor);
          return [...byMonth].sort();
        };
        assert.deepEqual(months(schedules[0]!), months(schedules[2]!));
        assert.deepEqual(months(schedules[1]!), months(schedules[2]!));
        assert.equal(schedules[2]!.at(-1)!.remainingMinor, 0);
      }),
      { numRuns: 60 },
    );
  });

  it("[RV2] by day, what is earned to date is the days gone by of all days, rounded once", () => {
    fc.assert(
      fc.property(minor, range(800), (amount, { from, to }) => {
        const days = toNumber(to) - toNumber(from);
        let [gone, date] = [0, from];
        for (const entry of scheduleOf(amount, "USD", { method: "day", from, to }).entries) {
          while (date < entry.to) [gone, date] = [gone + 1, addDays(date, 1)];
          assert.equal(entry.recognizedMinor, roundMinor(multiply(ratio(amount), ratio(gone, days))));
        }
      }),
      fewer,
    );
  });

  it("[RV3] what is earned never falls, from nothing before the service to all of it after", () => {
    fc.assert(
      fc.property(recognition, fc.nat(600), fc.nat(600), (how, a, b) => {
        const curve = curveOf(how);
        const at = (days: number) => earnedBefore(curve, addDays(curve.from, days));
        const [low, high] = [at(Math.min(a, b)), at(Math.max(a, b))];
        assert.ok(low.n * high.d <= high.n * low.d);
        assert.equal(earnedBefore(curve, curve.from).n, 0n);
        assert.deepEqual(earnedBefore(curve, curve.to), ratio(1));
      }),
      runs,
    );
  });

  it("[RV4] use earns as it is used up to what was promised, the rest when it expires; months in part count by days, halves or whole", () => {
    const uses = [
      { on: "2024-01-10", quantity: 30 },
      { on: "2024-02-10", quantity: 90 },
    ];
    const used = scheduleOf(1000, "USD", { method: "usage", whole: 100, uses });
    assert.deepEqual(
      used.entries.map(({ date, amountMinor }) => [date, amountMinor]),
      [
        ["2024-01-10", 300],
        ["2024-02-10", 700],
      ],
    );
    const part = { method: "usage", whole: 100, uses: uses.slice(0, 1) } as const;
    assert.equal(scheduleOf(1000, "USD", part).scheduledMinor, 300);
    assert.deepEqual(
      scheduleOf(1000, "USD", { ...part, expires: "2024-06-30" }).entries.map(({ period, amountMinor }) => [
        period,
        amountMinor,
      ]),
      [
        ["2024-01", 300],
        ["2024-06", 700],
      ],
    );
    const months = (partialMonth: "actual" | "half" | "full") =>
      scheduleOf(3000, "USD", { method: "month", from: "2024-04-21", to: "2024-06-01", partialMonth }).entries.map(
        ({ amountMinor }) => amountMinor,
      );
    const shared = { method: "month", from: "2024-01-15", to: "2024-04-15", partialMonth: "shared" } as const;
    assert.deepEqual(
      scheduleOf(30_000, "USD", shared).entries.map(({ amountMinor, share }) => [amountMinor, share]),
      [
        [5484, "17/93"],
        [10_000, "1/3"],
        [10_000, "1/3"],
        [4516, "14/93"],
      ],
      "17 and 14 days share one month",
    );
    assert.deepEqual(
      [months("actual"), months("half"), months("full")],
      [
        [750, 2250],
        [1000, 2000],
        [1500, 1500],
      ],
    );
  });

  it("[RV17] by the second a service earns by the time gone by, also over clock changes", () => {
    const zone = fc.constantFrom("UTC", "America/New_York", "Europe/Berlin");
    const hours = fc.integer({ min: 1, max: 24 * 400 });
    fc.assert(
      fc.property(day, fc.nat(23), hours, zone, fc.nat(400), (from, hour, length, zone, at) => {
        const fromMs = Date.parse(`${from}T${String(hour).padStart(2, "0")}:20:00Z`);
        const toMs = fromMs + length * 3_600_000;
        const [begins, ends] = [fromMs, toMs].map((ms) => new Date(ms).toISOString()) as [string, string];
        const curve = curveOf({ method: "second", from: begins, to: ends, zone });
        const date = addDays(from, at);
        const gone = Math.min(Math.max(startOfDay(date, zone), fromMs), toMs) - fromMs;
        assert.deepEqual(earnedBefore(curve, date), ratio(gone, toMs - fromMs));
      }),
      fewer,
    );
    const even = curveOf({ method: "second", from: "2024-01-01", to: "2024-04-01", wholeMonths: "even" });
    assert.deepEqual(earnedBefore(even, "2024-02-01"), ratio(1, 3));
    assert.throws(() => curveOf({ method: "second", from: "2024-01-02", to: "2024-01-02" }), /ends before it starts/);
  });

  const obligations = fc.uniqueArray(
    fc.record({ id: fc.constantFrom("a", "b", "c", "d", "e"), ssp: fc.integer({ min: 1, max: 9999 }) }),
    {
      minLength: 2,
      selector: ({ id }) => id,
    },
  );

  it("[RV5 P8] an allocation sums to the price, follows standalone prices, and does not depend on the order of obligations", () => {
    fc.assert(
      fc.property(obligations, fc.nat(9999), fc.nat(500), (all, price, discount) => {
        const targets = [all[0]!.id, all[1]!.id];
        const input = { currency: "JPY", price, obligations: all, discounts: [{ amount: discount, to: targets }] };
        const { lines } = allocate(input);
        assert.equal(sum(lines.map(({ amountMinor }) => amountMinor)), price);
        assert.equal(sum(lines.map(({ discountsMinor }) => discountsMinor)), discount);
        for (const { id, discountsMinor, beforeDiscountsMinor, sspMinor } of lines) {
          if (!targets.includes(id)) assert.equal(discountsMinor, 0);
          const all_ = sum(all.map(({ ssp }) => ssp));
          assert.ok(Math.abs(beforeDiscountsMinor * all_ - (price + discount) * sspMinor) < all_);
        }
        const byId = (answer: typeof lines) => [...answer].sort((a, b) => (a.id < b.id ? -1 : 1));
        assert.deepEqual(byId(allocate({ ...input, obligations: all.toReversed() }).lines), byId(lines));
      }),
      runs,
    );
    const residual = allocate({
      currency: "USD",
      price: 100,
      obligations: [
        { id: "a", ssp: 60 },
        { id: "b", ssp: null },
      ],
    });
    assert.deepEqual(
      residual.lines.map(({ amount }) => amount),
      ["60.00", "40.00"],
    );
    assert.deepEqual(positionOf(10, 4), { assetMinor: 0, liabilityMinor: 6 });
  });

  it("[RV6] a modification conserves money: before, the day's adjustment and the rest are the whole price", () => {
    const units = fc.integer({ min: 1, max: 200 });
    fc.assert(
      fc.property(
        units,
        units,
        units,
        fc.nat(300),
        fc.nat(300),
        fc.constantFrom("separate" as const, "prospective" as const, "catch_up" as const),
        (all, done, added, price, addedPrice, treatment) => {
          const delivered = Math.min(all, done);
          const changed = modify({
            currency: "USD",
            treatment,
            units: all,
            unitPrice: price,
            delivered,
            addedUnits: added,
            addedUnitPrice: addedPrice,
          });
          assert.equal(
            changed.recognizedBeforeMinor + changed.adjustmentMinor + changed.remainingMinor,
            changed.totalMinor,
          );
          assert.equal(changed.totalMinor, (all * price + added * addedPrice) * 100);
          if (treatment !== "catch_up") assert.equal(changed.adjustmentMinor, 0);
        },
      ),
      runs,
    );
  });

  it("[RV7] the standard's own examples: one price for the rest after a credit, and a catch-up of a building contract", () => {
    const prospective = modify({
      currency: "USD",
      treatment: "prospective",
      units: 120,
      unitPrice: 100,
      delivered: 60,
      addedUnits: 30,
      addedUnitPrice: 80,
      creditForDelivered: 900,
    });
    assert.deepEqual([prospective.adjustmentMinor, prospective.remainingMinor], [-90_000, 840_000]);
    assert.equal(prospective.lines.at(-1)!.perUnit, "280/3");
    const building = modify({
      currency: "USD",
      treatment: "catch_up",
      price: 1_000_000,
      progressBefore: "0.6",
      addedPrice: 350_000,
      progressAfter: "0.512",
    });
    assert.equal(building.adjustmentMinor, 9_120_000);
    const exact = modify({
      currency: "USD",
      treatment: "catch_up",
      price: 1_000_000,
      progressBefore: { done: 420, whole: 700 },
      addedPrice: 350_000,
      progressAfter: { done: 420, whole: 820 },
    });
    assert.equal(toDigits(ratio(exact.adjustmentMinor, 100), 2), "91463.41");
    const facts = { addedDistinct: true, addedAtStandalonePrice: false, remainingDistinct: true };
    assert.deepEqual(
      [facts, { ...facts, addedAtStandalonePrice: true }, { ...facts, remainingDistinct: false }].map(treatmentOf),
      ["prospective", "separate", "catch_up"],
    );
  });

  it("[RV8 P8] every story's entries balance, and in the end nothing is deferred that was billed, nor unbilled that was earned", () => {
    fc.assert(
      fc.property(story, (each) => {
        const { entries, lines } = tell(each);
        for (const entry of entries) assert.equal(sumOf(entry.lines, "debit"), sumOf(entry.lines, "credit"));
        assert.equal(of(entries, "DeferredRevenue"), 0);
        assert.equal(of(entries, "UnbilledReceivable"), 0);
        const contra = sum((["Refunds", "Voids", "CreditNotes", "Disputes"] as const).map((role) => of(entries, role)));
        const recovered = of(entries, "Recoverables");
        const kept = of(entries, "Revenue") - contra - of(entries, "BadDebt") + recovered;
        const money =
          of(entries, "Cash") +
          of(entries, "AccountsReceivable") -
          of(entries, "TaxPayable") -
          of(entries, "CustomerCredits");
        assert.equal(kept, money);
        assert.ok(lines.every(({ unearnedMinor }) => unearnedMinor === 0));
      }),
      { numRuns: 120 },
    );
  });

  it("[RV16 P8] a story's entries balance and are the same minor units in currencies of none, two and three digits", () => {
    const inCurrency = (each: Story, currency: string): Story => {
      const text = (amount: string | number): string => toDecimal(exactMinor(amount, "USD"), currency);
      return {
        ...each,
        currency,
        lines: each.lines.map((line) => ({ ...line, amount: text(line.amount) })),
        acts: each.acts.map((act) => ({
          ...act,
          ...("amount" in act && act.amount !== undefined ? { amount: text(act.amount) } : {}),
          ...("tax" in act && act.tax !== undefined ? { tax: text(act.tax) } : {}),
        })) as Story["acts"],
      };
    };
    fc.assert(
      fc.property(story, (each) => {
        const dollars = tell(each).entries;
        for (const currency of ["JPY", "BHD"]) {
          const { entries } = tell(inCurrency(each, currency));
          for (const { lines } of entries) assert.equal(sumOf(lines, "debit"), sumOf(lines, "credit"));
          assert.deepEqual(
            entries.map(({ date, lines }) => [date, lines]),
            dollars.map(({ date, lines }) => [date, lines]),
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  it("[RV9 P2] the acts of a story count by day, whatever order they arrive in", () => {
    fc.assert(
      fc.property(story, (each) => assert.deepEqual(tell({ ...each, acts: each.acts.toReversed() }), tell(each))),
      { numRuns: 60 },
    );
  });

  it("[RV10 P6] a dispute that is won, and its withdrawal, leave what was recognized as if there had been none", () => {
    fc.assert(
      fc.property(story, (each) => {
        const quiet: Story = {
          ...each,
          acts: each.acts.filter((act) => act.do !== "dispute" && act.do !== "dispute_won"),
        };
        if (!each.acts.some((act) => act.do === "dispute_won")) return;
        const [with_, without] = [tell(each).entries, tell(quiet).entries];
        for (const role of roles) assert.equal(of(with_, role), of(without, role), role);
      }),
      { numRuns: 600 },
    );
  });

  it("[RV11 P9] an entry is in its own period while that is open, else in the first open one after it, with reason and pointer", () => {
    fc.assert(
      fc.property(day, fc.array(fc.integer({ min: 0, max: 6 })), (date, offsets) => {
        const closed = offsets.map((offset) => nextMonth(monthOf(date), offset - 2));
        const { period, late } = assignPeriod(date, { closed });
        assert.ok(!closed.includes(period));
        assert.equal(late === null, period === monthOf(date));
        for (let month = monthOf(date); month < period; month = nextMonth(month)) assert.ok(closed.includes(month));
        if (late) assert.match(late.reason, new RegExp(`${date}.*${monthOf(date)}.*${period}`));
      }),
      runs,
    );
    const fiscal = [
      { id: "FY1", from: "2024-02-01", to: "2024-03-01" },
      { id: "FY2", from: "2024-03-01", to: "2024-04-01" },
    ];
    assert.equal(assignPeriod("2024-02-10", { closed: ["FY1"], fiscal }).period, "FY2");
    assert.throws(() => assignPeriod("2024-03-10", { closed: ["FY2"], fiscal }), /open one after it/);
  });

  it("[RV12 P9] closed periods change where entries are booked, neither their dates nor their sums", () => {
    fc.assert(
      fc.property(story, (each) => {
        const { entries: open } = tell({ ...each, closedPeriods: [] });
        const closed = [...new Set(open.map(({ period }) => period))].filter((_, index) => index % 2 === 0);
        const { entries } = tell({ ...each, closedPeriods: closed });
        assert.deepEqual(
          entries.map(({ date, lines }) => [date, lines]),
          open.map(({ date, lines }) => [date, lines]),
        );
        assert.ok(
          entries.every(
            ({ period, late, date }) => !closed.includes(period) && (late === null) === (period === monthOf(date)),
          ),
        );
        assert.deepEqual(trialBalance(entries), trialBalance(open));
      }),
      { numRuns: 60 },
    );
  });

  const line = { id: "a", amount: "90", recognition: { method: "day", from: "2024-01-01", to: "2024-03-31" } } as const;
  const bill: StoryAct = { id: "1", on: "2024-01-01", do: "invoice", invoice: "in", lines: ["a"], tax: "9" };
  const told = (...acts: ReadonlyArray<StoryAct>) =>
    tell({ id: "s", entity: "us", currency: "USD", lines: [line], acts: [bill, ...acts] }).entries;
  const at = (on: Day, id: string) => ({ id, on, invoice: "in" });

  it("[RV13 P6] a refund takes tax, earned and deferred in proportion; a bad debt keeps its tax owed; what is impossible is refused", () => {
    const half = told(
      { ...at("2024-01-05", "2"), do: "payment", amount: "99" },
      { ...at("2024-02-15", "3"), do: "refund", amount: "49.50" },
    );
    const refund = half.filter(({ kind }) => kind === "refund");
    assert.deepEqual(
      (["Cash", "TaxPayable", "Refunds", "DeferredRevenue"] as const).map((role) => of(refund, role)),
      [-4950, -450, 2250, -2250],
    );
    assert.deepEqual(
      [...movements(half, "Revenue")],
      [
        ["2024-01", 3100],
        ["2024-02", 2150],
        ["2024-03", 1500],
      ],
      "the rest of the way runs at half",
    );
    const bad = told({ ...at("2024-02-15", "2"), do: "uncollectible" });
    assert.deepEqual(
      (["TaxPayable", "BadDebt", "AccountsReceivable"] as const).map((role) => of(bad, role)),
      [900, 5400, 0],
    );
    assert.throws(
      () => told({ ...at("2024-01-05", "2"), do: "refund", amount: "1" }),
      /refund 2 of 2024-01-05 on invoice in: 1 is more than the 0.00 received/,
    );
    assert.throws(() => told({ id: "2", on: "2024-01-05", invoice: "no", do: "void" }), /no such invoice/);
    assert.throws(
      () => told({ ...at("2024-01-05", "2"), do: "payment", amount: "99" }, { ...at("2024-01-06", "3"), do: "void" }),
      /refund or credit it/,
    );
  });

  it("[RV14] use that is billed at the end of its month is an unbilled receivable until then", () => {
    const arrears = tell({
      id: "s",
      entity: "us",
      currency: "USD",
      lines: [{ ...line, amount: "31", recognition: { method: "day", from: "2024-01-01", to: "2024-02-01" } }],
      acts: [{ id: "1", on: "2024-02-03", do: "invoice", invoice: "in", lines: ["a"] }],
    }).entries;
    assert.deepEqual(
      [...movements(arrears, "UnbilledReceivable")],
      [
        ["2024-01", 3100],
        ["2024-02", -3100],
      ],
    );
    assert.equal(of(arrears, "DeferredRevenue"), 0);
  });

  it("[RV15] credits earn up to what was paid for them, never falling, and all of it by the time they expire", () => {
    fc.assert(
      fc.property(fc.nat(9999), fc.nat(9999), fc.nat(9999), fc.nat(9999), (face, paid, a, b) => {
        const grant = { currency: "USD", faceMinor: face, paidMinor: paid };
        const [low, high] = [Math.min(a, b, face), Math.min(Math.max(a, b), face)];
        const [first, second] = [creditRevenue(grant, low), creditRevenue(grant, high)];
        assert.ok(first.earnedMinor <= second.earnedMinor && second.earnedMinor <= paid);
        assert.equal(second.earnedMinor + second.onExpiryMinor, paid);
      }),
      runs,
    );
  });
});
