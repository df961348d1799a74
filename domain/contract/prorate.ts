/**
 * What a part of a period costs. Dates are half-open; an inclusive end is said so and becomes the day after. The convention is data
 * and stands in every working. Each line is rounded once; parts that fill a period are split so that they sum to it. *Pure.*
 */
import * as Schema from "effect/Schema";
import { DayCount, portions, thirty360 } from "../calendar/count.ts";
import { Cycle } from "../calendar/cycle.ts";
import { addDays, Day, daysBetween } from "../calendar/day.ts";
import { splitMinor, sumMinor, toDecimal } from "../money.ts";
import { weightsOf } from "../rating/pool.ts";
import {
  Decimal,
  exactMinor,
  majorOf,
  multiply,
  type Rational,
  Rounding,
  ratio,
  roundMinor,
  toText,
} from "../rating/rational.ts";
import { Moment, momentMs } from "../rating/version.ts";

/** Dates; or, under `second`, instants or dates of `zone`. `to` is exclusive. */
export interface Range {
  readonly from: string;
  readonly to: string;
}

/** The share of a period that a part of it is. */
export const shareOf = (period: Range, part: Range, by: DayCount, zone = "UTC"): Rational => {
  const length = ({ from, to }: Range): number => {
    if (by === "second") return momentMs(to, zone) - momentMs(from, zone);
    if (by === "thirty_360" || by === "thirty_360_us") return thirty360(from, to, by === "thirty_360_us");
    return daysBetween(from, to);
  };
  const whole = length(period);
  if (whole <= 0) throw new RangeError(`proration: the period from ${period.from} to ${period.to} is empty`);
  if (by !== "second" && (part.from < period.from || part.to > period.to))
    throw new RangeError(`proration: ${part.from} to ${part.to} is not within ${period.from} to ${period.to}`);
  if (by === "actual_365")
    throw new RangeError("proration: actual_365 needs a cycle of months; state cycle instead of period");
  return ratio(length(part), whole);
};

export interface ProratedLine {
  readonly label: string;
  readonly from: string;
  /** Exclusive. */
  readonly to: string;
  readonly share: string;
  /** Of the whole period, major units. */
  readonly whole: string;
  readonly exact: string;
  readonly amountMinor: number;
}

interface Terms {
  readonly currency: string;
  readonly rounding: Rounding;
}

const line = (label: string, range: Range, share: Rational, wholeMinor: number, terms: Terms): ProratedLine => {
  const exact = multiply(ratio(wholeMinor), share);
  return {
    label,
    from: range.from,
    to: range.to,
    share: toText(share),
    whole: toDecimal(wholeMinor, terms.currency),
    exact: toText(majorOf(exact, terms.currency)),
    amountMinor: roundMinor(exact, terms.rounding),
  };
};

/** Parts that follow each other from the start of a period to its end: they sum to the whole. */
export const prorateParts = (
  wholeMinor: number,
  period: Range,
  cuts: ReadonlyArray<string>,
  by: DayCount,
  zone = "UTC",
): ReadonlyArray<number> => {
  const edges = [period.from, ...cuts, period.to];
  const shares = edges.slice(1).map((to, index) => shareOf(period, { from: edges[index]!, to }, by, zone));
  return splitMinor(wholeMinor, weightsOf(shares));
};

export const Change = Schema.Struct({
  on: Moment,
  /** What is exchanged for another price. */
  matched: Schema.optional(Schema.Array(Schema.Struct({ old: Decimal, new: Decimal }))),
  removed: Schema.optional(Schema.Array(Decimal)),
  added: Schema.optional(Schema.Array(Decimal)),
});
export type Change = typeof Change.Type;

/** Credit for the unused rest of the old, charge for the rest with the new. At the period's end there is nothing to do. */
export const changeLines = (
  change: Change,
  period: Range,
  by: DayCount,
  terms: Terms,
  zone = "UTC",
): ReadonlyArray<ProratedLine> => {
  const rest = { from: change.on, to: period.to };
  const share = shareOf(period, rest, by, zone);
  if (share.n === 0n) return [];
  const one = (label: string, amount: Decimal, sign: 1 | -1): ProratedLine =>
    line(label, rest, share, sign * exactMinor(amount, terms.currency), terms);
  return [
    ...(change.matched ?? []).flatMap((pair) => [
      one("unused time of the old price", pair.old, -1),
      one("remaining time at the new price", pair.new, 1),
    ]),
    ...(change.removed ?? []).map((amount) => one("unused time of what is removed", amount, -1)),
    ...(change.added ?? []).map((amount) => one("remaining time of what is added", amount, 1)),
  ];
};

/** A price per cycle over any range of dates, one line a cycle. */
export const rangeLines = (
  wholeMinor: number,
  cycle: Cycle,
  range: Range,
  by: DayCount,
  terms: Terms,
): ReadonlyArray<ProratedLine> =>
  portions(cycle, range.from, range.to, by).map(({ cycle: whole, share, ...part }) =>
    line(`cycle ${whole.from} to ${whole.to}`, part, share, wholeMinor, terms),
  );

const common = {
  currency: Schema.String,
  convention: DayCount,
  rounding: Schema.optional(Rounding),
  zone: Schema.optional(Schema.String),
  /** Whether the `to` of every range is its last day. Default: the day after. */
  endInclusive: Schema.optional(Schema.Boolean),
};
const RangeInput = Schema.Struct({ from: Moment, to: Moment });

/** The forms of `tieout calc prorate`. */
export const prorateInputs = {
  change: Schema.Struct({ ...common, period: RangeInput, change: Change }),
  part: Schema.Struct({ ...common, amount: Decimal, period: RangeInput, part: RangeInput }),
  cuts: Schema.Struct({ ...common, amount: Decimal, period: RangeInput, cuts: Schema.Array(Moment) }),
  range: Schema.Struct({ ...common, amount: Decimal, cycle: Cycle, range: Schema.Struct({ from: Day, to: Day }) }),
};
export const ProrateInput = Schema.Union(
  prorateInputs.change,
  prorateInputs.part,
  prorateInputs.cuts,
  prorateInputs.range,
);
export type ProrateInput = typeof ProrateInput.Type;

export interface ProrateAnswer {
  readonly currency: string;
  readonly convention: DayCount;
  readonly rounding: Rounding;
  readonly netMinor: number;
  readonly net: string;
  readonly lines: ReadonlyArray<ProratedLine>;
}

export const calculateProrate = (input: ProrateInput): ProrateAnswer => {
  const { currency, convention: by, zone = "UTC", rounding = "half_up" } = input;
  const terms = { currency, rounding };
  const open = (range: Range): Range => (input.endInclusive ? { from: range.from, to: addDays(range.to, 1) } : range);
  const lines = ((): ReadonlyArray<ProratedLine> => {
    if ("change" in input) return changeLines(input.change, open(input.period), by, terms, zone);
    const wholeMinor = exactMinor(input.amount, currency);
    if ("range" in input) return rangeLines(wholeMinor, input.cycle, open(input.range), by, terms);
    const period = open(input.period);
    if ("part" in input) {
      const part = open(input.part);
      return [line("part of the period", part, shareOf(period, part, by, zone), wholeMinor, terms)];
    }
    const edges = [period.from, ...input.cuts, period.to];
    return prorateParts(wholeMinor, period, input.cuts, by, zone).map((amountMinor, index) => {
      const range = { from: edges[index]!, to: edges[index + 1]! };
      return { ...line("part", range, shareOf(period, range, by, zone), wholeMinor, terms), amountMinor };
    });
  })();
  const netMinor = sumMinor(lines.map(({ amountMinor }) => amountMinor));
  return { currency, convention: by, rounding, netMinor, net: toDecimal(netMinor, currency), lines };
};
