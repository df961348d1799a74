/**
 * What a part of a period costs. Dates are half-open; an inclusive end is said so and becomes the day after. The convention is data
 * and stands in every working. Each line is rounded once; parts that fill a period are split so that they sum to it. *Pure.*
 */
import * as Schema from "effect/Schema";
import { type Counted, DayCount, portions, thirty360 } from "../calendar/count.ts";
import { Cycle } from "../calendar/cycle.ts";
import { addDays, Day, toNumber } from "../calendar/day.ts";
import { Moment, momentMs, ZoneName } from "../calendar/moment.ts";
import { currencyField, field, optionalField } from "../field.ts";
import { splitMinor, sumMinor, toDecimal } from "../money.ts";
import { weightsOf } from "../rating/pool.ts";
import {
  Decimal,
  divide,
  exactMinor,
  majorOf,
  multiply,
  type Rational,
  Rounding,
  ratio,
  roundMinor,
  toText,
} from "../rating/rational.ts";

/** Dates; or, under `second`, instants or dates of `zone`. `to` is exclusive. */
export interface Range {
  readonly from: string;
  readonly to: string;
}

/** How long a part of a period and the period are, in days, or in seconds under `second`. */
const countedOf = (period: Range, part: Range, by: DayCount, zone: string): Counted => {
  const placeOf = (moment: string): number => (by === "second" ? momentMs(moment, zone) : toNumber(moment));
  const within = placeOf(period.from) <= placeOf(part.from) && placeOf(part.to) <= placeOf(period.to);
  if (!within)
    throw new RangeError(`proration: ${part.from} to ${part.to} is not within ${period.from} to ${period.to}`);
  if (placeOf(part.to) < placeOf(part.from))
    throw new RangeError(`proration: the part from ${part.from} ends before it starts, on ${part.to}`);
  if (by === "actual_365")
    throw new RangeError("proration: actual_365 needs a cycle of months; state cycle and range instead of period");
  const strict = ({ from, to }: Range): Rational => ratio(thirty360(from, to, by === "thirty_360_us"));
  const plain = ({ from, to }: Range): Rational =>
    ratio(placeOf(to) - placeOf(from), by === "second" ? msPerSecond : 1);
  const isStrict = by === "thirty_360" || by === "thirty_360_us";
  const whole = isStrict || by === "actual_360" ? strict(period) : plain(period);
  if (whole.n <= 0n) throw new RangeError(`proration: the period from ${period.from} to ${period.to} is empty`);
  return { part: isStrict ? strict(part) : plain(part), whole };
};
const msPerSecond = 1000;

/** The share of a period that a part of it is. */
export const shareOf = (period: Range, part: Range, by: DayCount, zone = "UTC"): Rational => {
  const { part: some, whole } = countedOf(period, part, by, zone);
  return divide(some, whole);
};

export interface ProratedLine {
  readonly label: string;
  readonly from: string;
  /** Exclusive. */
  readonly to: string;
  /** How long the part is, and its whole, as the convention counts. */
  readonly part: string;
  readonly of: string;
  readonly unit: "days" | "seconds";
  readonly share: string;
  /** What the whole costs, in major units. */
  readonly whole: string;
  readonly exact: string;
  readonly amountMinor: number;
}

interface Terms {
  readonly currency: string;
  readonly rounding: Rounding;
  readonly by: DayCount;
  readonly zone: string;
}

const line = (
  label: string,
  range: Range,
  { part, whole }: Counted,
  wholeMinor: number,
  terms: Terms,
): ProratedLine => {
  const share = divide(part, whole);
  const exact = multiply(ratio(wholeMinor), share);
  return {
    label,
    from: range.from,
    to: range.to,
    part: toText(part),
    of: toText(whole),
    unit: terms.by === "second" ? "seconds" : "days",
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
): ReadonlyArray<number> =>
  splitMinor(wholeMinor, weightsOf(partsOf(period, cuts).map((part) => shareOf(period, part, by, zone))));

const partsOf = (period: Range, cuts: ReadonlyArray<string>): ReadonlyArray<Range> => {
  const edges = [period.from, ...cuts, period.to];
  return edges.slice(1).map((to, index) => ({ from: edges[index]!, to }));
};

const Change = Schema.Struct({
  on: field(Moment, "when the new price begins: a date, or an instant under `second`"),
  matched: optionalField(
    Schema.Array(
      Schema.Struct({ old: field(Decimal, "for a whole period"), new: field(Decimal, "for a whole period") }),
    ),
    "prices that are exchanged for another",
  ),
  removed: optionalField(Schema.Array(Decimal), "prices of what is removed, each for a whole period"),
  added: optionalField(Schema.Array(Decimal), "prices of what is added, each for a whole period"),
});

/** Credit for the unused rest of the old, charge for the rest with the new. At the period's end there is nothing to do. */
const changeLines = (change: typeof Change.Type, period: Range, terms: Terms): ReadonlyArray<ProratedLine> => {
  const rest = { from: change.on, to: period.to };
  const counted = countedOf(period, rest, terms.by, terms.zone);
  if (counted.part.n === 0n) return [];
  const one = (label: string, amount: Decimal, sign: 1 | -1): ProratedLine =>
    // From its first day on a period is whole, also where the convention counts more days than it has.
    line(
      label,
      rest,
      change.on === period.from ? { ...counted, part: counted.whole } : counted,
      sign * exactMinor(amount, terms.currency),
      terms,
    );
  return [
    ...(change.matched ?? []).flatMap((pair) => [
      one("unused time of the old price", pair.old, -1),
      one("remaining time at the new price", pair.new, 1),
    ]),
    ...(change.removed ?? []).map((amount) => one("unused time of what is removed", amount, -1)),
    ...(change.added ?? []).map((amount) => one("remaining time of what is added", amount, 1)),
  ];
};

const PartialCycle = Schema.Literal("prorate", "full");

/** A price per cycle over any range of dates, one line a cycle. */
const rangeLines = (
  wholeMinor: number,
  cycle: Cycle,
  range: Range,
  partialCycle: typeof PartialCycle.Type,
  terms: Terms,
): ReadonlyArray<ProratedLine> =>
  portions(cycle, range.from, range.to, terms.by).map(({ cycle: span, part, whole, ...piece }) =>
    line(
      `cycle ${span.from} to ${span.to}`,
      piece,
      { part: partialCycle === "full" ? whole : part, whole },
      wholeMinor,
      terms,
    ),
  );

const common = {
  currency: currencyField,
  convention: field(DayCount, "how days are counted"),
  rounding: optionalField(Rounding, "of each line, at its end; default `half_up`, away from zero"),
  zone: optionalField(ZoneName, "IANA time zone of dates under `second`; default UTC"),
  endInclusive: optionalField(Schema.Boolean, "whether the `to` of every range is its last day; default false"),
};
const amount = field(Decimal, "for the whole period");
const RangeInput = Schema.Struct({
  from: field(Moment, "first day, or instant under `second`"),
  to: field(Moment, "the day after the last, or the last under `endInclusive`"),
});
const period = field(RangeInput, "what the price is for");

/** The forms of `tieout calc prorate`. */
export const prorateInputs = {
  change: Schema.Struct({ ...common, period, change: field(Change, "what changes within the period") }),
  part: Schema.Struct({ ...common, amount, period, part: field(RangeInput, "the part that is charged") }),
  cuts: Schema.Struct({
    ...common,
    amount,
    period,
    cuts: field(Schema.Array(Moment), "where the period is cut, ascending; the parts sum to the amount"),
  }),
  range: Schema.Struct({
    ...common,
    amount: field(Decimal, "for a cycle"),
    cycle: field(Cycle, "what the price is for, again and again"),
    range: field(
      Schema.Struct({
        from: field(Day, "first day"),
        to: field(Day, "the day after the last, or the last under `endInclusive`"),
      }),
      "what is charged",
    ),
    partialCycle: optionalField(
      PartialCycle,
      "whether a cycle that the range covers in part is charged by its days (default `prorate`) or whole",
    ),
  }),
};
export type ProrateInput = (typeof prorateInputs)[keyof typeof prorateInputs]["Type"];

export interface ProrateAnswer {
  readonly currency: string;
  readonly convention: DayCount;
  /** Of each line; parts that fill a period are split by largest remainder. */
  readonly rounding: Rounding | "largest_remainder";
  readonly netMinor: number;
  readonly net: string;
  readonly lines: ReadonlyArray<ProratedLine>;
}

export const calculateProrate = (input: ProrateInput): ProrateAnswer => {
  const { currency, convention: by, zone = "UTC", rounding = "half_up" } = input;
  const terms = { currency, rounding, by, zone };
  const open = (range: Range): Range => (input.endInclusive ? { from: range.from, to: addDays(range.to, 1) } : range);
  const lines = ((): ReadonlyArray<ProratedLine> => {
    if ("change" in input) return changeLines(input.change, open(input.period), terms);
    const wholeMinor = exactMinor(input.amount, currency);
    if ("range" in input)
      return rangeLines(wholeMinor, input.cycle, open(input.range), input.partialCycle ?? "prorate", terms);
    const whole = open(input.period);
    const lineOf = (label: string, part: Range): ProratedLine =>
      line(label, part, countedOf(whole, part, by, zone), wholeMinor, terms);
    if ("part" in input) return [lineOf("part of the period", open(input.part))];
    const split = prorateParts(wholeMinor, whole, input.cuts, by, zone);
    return partsOf(whole, input.cuts).map((part, at) => ({ ...lineOf("part", part), amountMinor: split[at]! }));
  })();
  const netMinor = sumMinor(lines.map(({ amountMinor }) => amountMinor));
  return {
    currency,
    convention: by,
    rounding: "cuts" in input ? "largest_remainder" : rounding,
    netMinor,
    net: toDecimal(netMinor, currency),
    lines,
  };
};
