/** What the laws of money are tried on: amounts, prices, dates, usage, contracts and stories. */
import * as fc from "fast-check";
import { addDays, type Day, fromNumber } from "../../domain/calendar/day.ts";
import type { Amendment, Contract } from "../../domain/contract/contract.ts";
import type { Tier } from "../../domain/rating/charge.ts";
import type { UsageEvent } from "../../domain/rating/usage.ts";
import type { Recognition } from "../../domain/revenue/recognition.ts";
import type { Story, StoryAct } from "../../domain/revenue/story.ts";

export const runs = { numRuns: 1000 };
export const fewer = { numRuns: 300 };

export const minor = fc.integer({ min: -10_000_000, max: 10_000_000 });
/** Price text with up to `digits` decimals. */
export const price = (most: number, digits: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.nat(most), fc.nat(10 ** digits - 1))
    .map(([whole, part]) => `${whole}.${String(part).padStart(digits, "0")}`);

/** 2019 to 2030. */
export const day: fc.Arbitrary<Day> = fc.integer({ min: 17_897, max: 22_000 }).map(fromNumber);
export const range = (most: number): fc.Arbitrary<{ from: Day; to: Day }> =>
  fc.tuple(day, fc.integer({ min: 1, max: most })).map(([from, days]) => ({ from, to: addDays(from, days) }));

/** Ascending whole bounds, the last without an end; unit prices below the cent and flat prices. */
export const tiers: fc.Arbitrary<ReadonlyArray<Tier>> = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 4 }),
    fc.array(fc.tuple(price(3, 4), fc.option(price(20, 2))), { minLength: 5, maxLength: 5 }),
  )
  .map(([bounds, prices]) =>
    [...bounds.sort((a, b) => a - b), null].map((upTo, index) => {
      const [unit, flat] = prices[index]!;
      return { upTo, unit, ...(flat === null ? {} : { flat }) };
    }),
  );

const dayOfMonth = fc.integer({ min: 1, max: 28 }).map((date) => `2024-03-${String(date).padStart(2, "0")}`);
export const usage: fc.Arbitrary<ReadonlyArray<UsageEvent>> = fc
  .array(
    fc.record({
      date: dayOfMonth,
      quantity: fc.integer({ min: -3, max: 40 }),
      value: fc.constantFrom("a", "b", "c"),
      corrects: fc.option(fc.nat(6), { freq: 4 }),
      voided: fc.boolean(),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((all) =>
    all.map(({ date, quantity, value, corrects, voided }, index): UsageEvent => {
      const event = { source: "s", id: `e${index}`, meter: "calls", time: `${date}T12:00:00Z`, quantity, value };
      return corrects === null || corrects === index ? event : { ...event, corrects: `e${corrects}`, void: voided };
    }),
  );

export const recognition: fc.Arbitrary<Recognition> = range(500).chain(({ from, to }) =>
  fc.oneof(
    fc.constant<Recognition>({ method: "day", from, to }),
    fc
      .constantFrom("actual" as const, "full" as const, "shared" as const)
      .map((partialMonth): Recognition => ({ method: "month", from, to, partialMonth })),
    fc.constant<Recognition>({ method: "half_month", from, to }),
    fc.constant<Recognition>({ method: "next_month", from, to }),
    fc.constant<Recognition>({ method: "start_month", from, to }),
    fc.tuple(fc.nat(23), fc.constantFrom("elapsed" as const, "even" as const)).map(
      ([hour, wholeMonths]): Recognition => ({
        method: "second",
        from: `${from}T${String(hour).padStart(2, "0")}:30:00Z`,
        to: `${to}T12:00:00Z`,
        zone: "America/New_York",
        wholeMonths,
      }),
    ),
    fc.constant<Recognition>({ method: "point", on: from }),
    fc.array(fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 4 }).map(
      (steps): Recognition => ({
        method: "milestone",
        steps: steps.map(([at, share]) => ({ on: addDays(from, at), share })),
      }),
    ),
  ),
);

/** Two items from a start, and amendments within the two years after it. */
export const contract: fc.Arbitrary<Contract> = fc
  .record({
    start: day,
    months: fc.integer({ min: 1, max: 18 }),
    prices: fc.tuple(price(900, 2), price(900, 2)),
    trial: fc.option(fc.nat(40)),
    acts: fc.array(
      fc.record({
        after: fc.nat(600),
        what: fc.constantFrom("price", "quantity", "remove", "pause", "resume", "add"),
        to: fc.nat(500),
        item: fc.constantFrom("a", "b"),
      }),
      { maxLength: 5 },
    ),
  })
  .map(({ start, months, prices, trial, acts }) => ({
    id: "c",
    currency: "USD",
    start,
    months,
    items: [
      { id: "a", product: "A", price: prices[0], ...(trial === null ? {} : { trialUntil: addDays(start, trial) }) },
      { id: "b", product: "B", price: prices[1], quantity: 3, per: { unit: "year", every: 1 } },
    ],
    amendments: acts.map(({ after, what, to, item }, index): Amendment => {
      const base = { id: `m${index}`, on: addDays(start, after) };
      switch (what) {
        case "price":
          return { ...base, do: "price", item, price: to };
        case "quantity":
          return { ...base, do: "quantity", item, quantity: to };
        case "remove":
          return { ...base, do: "remove", item };
        case "pause":
          return { ...base, do: "pause" };
        case "resume":
          return { ...base, do: "resume" };
        default:
          return { ...base, do: "add", item: { id: `x${index}`, product: "X", price: to } };
      }
    }),
  }));

/** One or two invoices of up to three lines, one of them a credit, and what may happen to them in a lawful order. */
export const story: fc.Arbitrary<Story> = fc
  .record({
    lines: fc.array(fc.tuple(fc.integer({ min: 100, max: 90_000 }), recognition), { minLength: 1, maxLength: 3 }),
    tax: fc.nat(2000),
    billAt: fc.nat(500),
    fate: fc.constantFrom("paid", "refund", "credit", "void", "uncollectible", "recovered", "dispute", "won", "open"),
    part: fc.integer({ min: 1, max: 100 }),
    gaps: fc.tuple(fc.nat(90), fc.nat(90), fc.nat(200)),
    closed: fc.constantFrom([], ["2021-01", "2021-02", "2022-06"]),
    start: day,
  })
  .map(({ lines, tax, billAt, fate, part, gaps, closed, start }): Story => {
    const text = (amount: number): string => `${Math.trunc(amount / 100)}.${String(amount % 100).padStart(2, "0")}`;
    const total = lines.reduce((sum, [amount]) => sum + amount, tax);
    const share = Math.max(1, Math.floor((total * part) / 100));
    const billed = addDays(start, billAt);
    const paid = addDays(billed, gaps[0]);
    const then = addDays(paid, gaps[1]);
    const last = addDays(then, gaps[2]);
    const at = { invoice: "in" };
    const pay = (on: Day): StoryAct => ({ ...at, id: "pay", on, do: "payment", amount: text(total) });
    const fates: Readonly<Record<string, ReadonlyArray<StoryAct>>> = {
      open: [],
      paid: [pay(paid)],
      refund: [pay(paid), { ...at, id: "t", on: then, do: "refund", amount: text(share) }],
      credit: [
        pay(paid),
        { ...at, id: "t", on: then, do: "credit_note", amount: text(share) },
        { ...at, id: "u", on: last, do: "refund", amount: text(share) },
      ],
      void: [{ ...at, id: "t", on: then, do: "void" }],
      uncollectible: [{ ...at, id: "t", on: then, do: "uncollectible" }],
      recovered: [{ ...at, id: "t", on: then, do: "uncollectible" }, pay(last)],
      dispute: [pay(paid), { ...at, id: "t", on: then, do: "dispute", amount: text(share) }],
      won: [
        pay(paid),
        { ...at, id: "t", on: then, do: "dispute", amount: text(share) },
        { ...at, id: "u", on: last, do: "dispute_won", dispute: "t" },
      ],
    };
    return {
      id: "s",
      entity: "us",
      currency: "USD",
      lines: lines.map(([amount, how], index) => ({ id: `l${index}`, amount: text(amount), recognition: how })),
      acts: [
        { ...at, id: "bill", on: billed, do: "invoice", lines: lines.map((_, index) => `l${index}`), tax: text(tax) },
        ...fates[fate]!,
      ],
      closedPeriods: closed,
    };
  });
