/** Recurring revenue: prices as monthly amounts, and how the sum moves from month to month. Without trials, tax, metered and one-time items. *Pure.* */
import * as Schema from "effect/Schema";
import { CycleUnit } from "../calendar/cycle.ts";
import { Day, type Month, monthOf, nextMonth } from "../calendar/day.ts";
import type { Contract } from "../contract/contract.ts";
import { type Segment, segmentsOf } from "../contract/segments.ts";
import { currencyField, field, optionalField } from "../field.ts";
import { sumMinor, toDecimal } from "../money.ts";
import {
  Decimal,
  divide,
  minorOf,
  multiply,
  parse,
  type Rational,
  ratio,
  roundMinor,
  toDigits,
  toText,
  total,
} from "../rating/rational.ts";

/** What a price for a stretch of time is in a month: a year is 12, a week is 12 of 52, a day 12 of 365. */
export const monthlyShare = (unit: CycleUnit, every: number): Rational => {
  const perYear = { day: 365, week: 52, month: 12, year: 1 }[unit];
  return ratio(perYear, 12 * every);
};

export const Priced = Schema.Struct({
  price: field(Decimal, "for one unit, for one `per`"),
  quantity: optionalField(Decimal, "default 1"),
  per: field(
    Schema.Struct({
      unit: field(CycleUnit, "what the price is for"),
      every: field(Schema.Int.pipe(Schema.positive()), "how many of them"),
    }),
    "the stretch of time that the price is for",
  ),
  trial: optionalField(Schema.Boolean, "on trial: left out"),
  metered: optionalField(Schema.Boolean, "priced by use: left out"),
});
export type Priced = typeof Priced.Type;

const monthly = ({ price, quantity, per }: Priced): Rational =>
  multiply(multiply(parse(price), parse(quantity ?? 1)), monthlyShare(per.unit, per.every));

export interface Recurring {
  readonly currency: string;
  readonly mrrMinor: number;
  readonly mrr: string;
  readonly arrMinor: number;
  readonly arr: string;
}

const recurring = (mrr: Rational, currency: string): Recurring => {
  const mrrMinor = roundMinor(minorOf(mrr, currency));
  const arrMinor = roundMinor(multiply(minorOf(mrr, currency), ratio(12)));
  return { currency, mrrMinor, mrr: toDecimal(mrrMinor, currency), arrMinor, arr: toDecimal(arrMinor, currency) };
};

export const recurringOf = (prices: ReadonlyArray<Priced>, currency: string): Recurring =>
  recurring(total(prices.filter(({ trial, metered }) => !trial && !metered).map(monthly)), currency);

/** Of a contract on a date. */
export const recurringOn = (contract: Contract, day: Day): Recurring =>
  recurringIn(contract, segmentsOf(contract, day), day);

/** The same where the contract's segments are known, through that date at least. */
export const recurringIn = (contract: Contract, segments: ReadonlyArray<Segment>, day: Day): Recurring => {
  const items = new Map(
    [...contract.items, ...(contract.amendments ?? []).flatMap((act) => (act.do === "add" ? [act.item] : []))].map(
      (item) => [item.id, item],
    ),
  );
  const running = segments.filter(
    ({ from, to, status, metered, once }) => from <= day && day < to && status === "active" && !metered && !once,
  );
  const each = running.map((segment) => {
    const per = items.get(segment.item)?.per;
    const stated = per === undefined || per === "once" ? { unit: "month" as const, every: 1 } : per;
    return monthly({ price: segment.price, quantity: segment.quantity, per: stated });
  });
  return recurring(total(each), contract.currency);
};

/** From a date on, a subscription's monthly amount is this; zero: it has ended. */
export const Level = Schema.Struct({
  on: field(Day, "from this date on"),
  customer: field(Schema.String, "whose it is: movements are by customer"),
  subscription: field(Schema.String, "which of the customer's"),
  mrrMinor: field(Schema.Int.pipe(Schema.nonNegative()), "its monthly amount, in minor units; 0: it has ended"),
});
export type Level = typeof Level.Type;

export interface MovementRow {
  readonly month: Month;
  readonly startMinor: number;
  readonly newMinor: number;
  readonly expansionMinor: number;
  readonly contractionMinor: number;
  readonly churnMinor: number;
  readonly reactivationMinor: number;
  readonly endMinor: number;
  /** Of those who were customers at the start, in percent with two digits; null without any. */
  readonly nrrPercent: string | null;
  readonly grrPercent: string | null;
}

type Movement = "newMinor" | "expansionMinor" | "contractionMinor" | "churnMinor" | "reactivationMinor";

/**
 * By customer, and netted within a day, so that a change of plan is no churn. `netted: "month"` compares month ends only. Levels of
 * one subscription on one day: the last in the list stands.
 */
export const mrrMovement = (
  levels: ReadonlyArray<Level>,
  options: { readonly netted?: "day" | "month"; readonly through?: Month } = {},
): ReadonlyArray<MovementRow> => {
  const sorted = levels
    .map((level, index) => ({ level, index }))
    .sort((a, b) => (a.level.on === b.level.on ? a.index - b.index : a.level.on < b.level.on ? -1 : 1));
  const first = sorted[0];
  if (!first) return [];
  const lastMonth = options.through ?? monthOf(sorted.at(-1)!.level.on);
  const now = new Map<string, Map<string, number>>();
  const ever = new Set<string>();
  const sumFor = (customer: string): number => sumMinor(now.get(customer)?.values() ?? []);
  const rows: MovementRow[] = [];
  let at = 0;
  for (let month = monthOf(first.level.on); month <= lastMonth; month = nextMonth(month)) {
    const start = new Map([...now.keys()].map((customer) => [customer, sumFor(customer)]));
    const moved: Record<Movement, number> = {
      newMinor: 0,
      expansionMinor: 0,
      contractionMinor: 0,
      churnMinor: 0,
      reactivationMinor: 0,
    };
    while (at < sorted.length && monthOf(sorted[at]!.level.on) <= month) {
      const on = sorted[at]!.level.on;
      const before = new Map<string, number>();
      const within = (day: Day): boolean => (options.netted === "month" ? monthOf(day) === monthOf(on) : day === on);
      while (at < sorted.length && within(sorted[at]!.level.on)) {
        const { customer, subscription, mrrMinor } = sorted[at]!.level;
        if (!before.has(customer)) before.set(customer, sumFor(customer));
        now.set(customer, (now.get(customer) ?? new Map<string, number>()).set(subscription, mrrMinor));
        at += 1;
      }
      for (const [customer, was] of before) {
        const is = sumFor(customer);
        const kind: Movement =
          was === 0
            ? ever.has(customer)
              ? "reactivationMinor"
              : "newMinor"
            : is === 0
              ? "churnMinor"
              : is > was
                ? "expansionMinor"
                : "contractionMinor";
        moved[kind] = sumMinor([moved[kind], is - was]);
        if (is > 0) ever.add(customer);
      }
    }
    const startMinor = sumMinor(start.values());
    const endMinor = sumMinor([...now.keys()].map(sumFor));
    const kept = retention([...start].map(([customer, was]) => ({ startMinor: was, endMinor: sumFor(customer) })));
    rows.push({ month, startMinor, ...moved, endMinor, ...kept });
  }
  return rows;
};

/** Net and gross retention of those who were there at the start. */
export const retention = (
  cohort: ReadonlyArray<{ readonly startMinor: number; readonly endMinor: number }>,
): { readonly nrrPercent: string | null; readonly grrPercent: string | null } => {
  const there = cohort.filter(({ startMinor }) => startMinor > 0);
  const start = sumMinor(there.map(({ startMinor }) => startMinor));
  if (start === 0) return { nrrPercent: null, grrPercent: null };
  const percent = (end: number): string => toDigits(divide(ratio(BigInt(end) * 100n), ratio(start)), 2);
  return {
    nrrPercent: percent(sumMinor(there.map(({ endMinor }) => endMinor))),
    grrPercent: percent(sumMinor(there.map(({ startMinor, endMinor }) => Math.min(startMinor, endMinor)))),
  };
};

/** The input of `tieout calc mrr`: prices to sum, levels to follow, or both. */
export const MrrInput = Schema.Struct({
  currency: currencyField,
  prices: optionalField(Schema.Array(Priced), "what recurs: summed to monthly and yearly revenue"),
  levels: optionalField(Schema.Array(Level), "subscriptions over time: followed from month to month"),
  netted: optionalField(
    Schema.Literal("day", "month"),
    "whether changes of one customer are netted within a day (default) or between month ends",
  ),
});
export type MrrInput = typeof MrrInput.Type;

export interface MrrLine {
  readonly price: string;
  readonly quantity: string;
  readonly per: string;
  /** Major units, exact. */
  readonly monthly: string;
  readonly counted: boolean;
}
export interface MrrAnswer {
  readonly currency: string;
  /** Null: no prices were stated. */
  readonly recurring: Recurring | null;
  readonly lines: ReadonlyArray<MrrLine>;
  readonly movement: ReadonlyArray<MovementRow>;
}

export const calculateMrr = (input: MrrInput): MrrAnswer => {
  if (input.prices === undefined && input.levels === undefined)
    throw new RangeError("recurring: state prices to sum, levels to follow, or both");
  const prices = input.prices ?? [];
  return {
    currency: input.currency,
    recurring: input.prices === undefined ? null : recurringOf(prices, input.currency),
    lines: prices.map((price) => ({
      price: toText(parse(price.price)),
      quantity: toText(parse(price.quantity ?? 1)),
      per: `${price.per.every} ${price.per.unit}`,
      monthly: toText(monthly(price)),
      counted: !price.trial && !price.metered,
    })),
    movement: mrrMovement(input.levels ?? [], input.netted === undefined ? {} : { netted: input.netted }),
  };
};
