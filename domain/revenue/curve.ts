/**
 * How a promise is fulfilled over time: which share of it is earned before a date. Every method is a list of stretches with weights,
 * linear by day within each; a point in time is a stretch of one day. *Pure.*
 */
import * as Schema from "effect/Schema";
import { cyclesWorth, monthShare } from "../calendar/count.ts";
import {
  addDays,
  Day,
  daysBetween,
  earlier,
  firstOf,
  halfOpen,
  later,
  type Month,
  monthOf,
  monthsOf,
  nextMonth,
} from "../calendar/day.ts";
import {
  add,
  ceiling,
  compare,
  Decimal,
  divide,
  multiply,
  one,
  parse,
  type Rational,
  ratio,
  round,
  subtract,
  total,
  zero,
} from "../rating/rational.ts";

const service = { from: Day, to: Day, endInclusive: Schema.optional(Schema.Boolean) };

export const Recognition = Schema.Union(
  /** Evenly by day. */
  Schema.Struct({ method: Schema.Literal("day"), ...service }),
  /**
   * Evenly by month. A month that is covered in part counts by its days (`actual`), to the nearest half (`half`), or whole
   * (`full`).
   */
  Schema.Struct({
    method: Schema.Literal("month"),
    ...service,
    partialMonth: Schema.optional(Schema.Literal("actual", "half", "full")),
  }),
  /** Half a month in the first, half in the month after the last: N months of service are N + 1 months of revenue. */
  Schema.Struct({ method: Schema.Literal("half_month"), ...service }),
  /** Each month of service in the month after it. */
  Schema.Struct({ method: Schema.Literal("next_month"), ...service }),
  /** At once: on delivery or acceptance. */
  Schema.Struct({ method: Schema.Literal("point"), on: Day }),
  /** By steps as they are reached; `share` in any unit, against `whole` or their sum. */
  Schema.Struct({
    method: Schema.Literal("milestone"),
    steps: Schema.Array(Schema.Struct({ on: Day, share: Decimal })).pipe(Schema.minItems(1)),
    whole: Schema.optional(Decimal),
  }),
  /** As it is used, against the quantity promised; use beyond it earns nothing of this amount. */
  Schema.Struct({
    method: Schema.Literal("usage"),
    uses: Schema.Array(Schema.Struct({ on: Day, quantity: Decimal })),
    whole: Decimal,
    /** The rest is earned here: credits that expire. */
    expires: Schema.optional(Day),
  }),
);
export type Recognition = typeof Recognition.Type;

export interface Stretch {
  readonly from: Day;
  /** Exclusive, after `from`. */
  readonly to: Day;
  readonly weight: Rational;
}
export interface Curve {
  readonly stretches: ReadonlyArray<Stretch>;
  /** What the weights are shares of: at least their sum. */
  readonly whole: Rational;
  readonly from: Day;
  /** Exclusive: everything that is earned at all is earned before. */
  readonly to: Day;
}

const curve = (stretches: ReadonlyArray<Stretch>, whole?: Rational): Curve => {
  const kept = stretches.filter(({ weight }) => weight.n !== 0n);
  const sum = total(kept.map(({ weight }) => weight));
  if (kept.some(({ weight }) => weight.n < 0n))
    throw new RangeError("revenue: a part of a schedule has a share below zero");
  const all = whole ?? sum;
  if (all.n === 0n) throw new RangeError("revenue: the service is empty; state a range of at least one day");
  if (compare(sum, all) > 0) throw new RangeError("revenue: the steps are more than the whole");
  const [from, to] = [
    kept.map((each) => each.from).sort()[0],
    kept
      .map((each) => each.to)
      .sort()
      .at(-1),
  ];
  return { stretches: kept, whole: all, from: from ?? "", to: to ?? "" };
};

const oneDay = (on: Day, weight: Rational): Stretch => ({ from: on, to: addDays(on, 1), weight });
const wholeMonth = (month: Month, weight: Rational): Stretch => ({
  from: firstOf(month),
  to: firstOf(nextMonth(month)),
  weight,
});

/** How many revenue months a service has: started months from its first day. */
const monthCount = (from: Day, to: Day): number =>
  Number(ceiling(cyclesWorth({ anchor: from, unit: "month", every: 1 }, from, to, "actual")));

const partial = (share: Rational, by: "actual" | "half" | "full"): Rational => {
  if (by === "actual" || compare(share, one) >= 0 || share.n === 0n) return share;
  return by === "full" ? one : ratio(round(multiply(share, ratio(2))), 2);
};

export const curveOf = (recognition: Recognition): Curve => {
  switch (recognition.method) {
    case "point":
      return curve([oneDay(recognition.on, one)]);
    case "milestone":
      return curve(
        recognition.steps.map(({ on, share }) => oneDay(on, parse(share))),
        recognition.whole === undefined ? undefined : parse(recognition.whole),
      );
    case "usage": {
      const whole = parse(recognition.whole);
      const stretches: Stretch[] = [];
      let used = zero;
      for (const { on, quantity } of [...recognition.uses].sort((a, b) => (a.on < b.on ? -1 : 1))) {
        const next = add(used, parse(quantity));
        const capped = compare(next, whole) > 0 ? whole : next;
        stretches.push(oneDay(on, subtract(capped, used)));
        used = capped;
      }
      if (recognition.expires !== undefined) stretches.push(oneDay(recognition.expires, subtract(whole, used)));
      return curve(stretches, whole);
    }
    default:
      break;
  }
  const { from, to } = halfOpen(recognition.from, recognition.to, recognition.endInclusive ?? false);
  switch (recognition.method) {
    case "day":
      return curve(from < to ? [{ from, to, weight: one }] : []);
    case "month":
      return curve(
        monthsOf(from, to).map((month) => ({
          from: later(from, firstOf(month)),
          to: earlier(to, firstOf(nextMonth(month))),
          weight: partial(monthShare(month, from, to), recognition.partialMonth ?? "actual"),
        })),
      );
    case "half_month": {
      const count = monthCount(from, to);
      const half = ratio(1, 2);
      return curve(
        Array.from({ length: count + 1 }, (_, index) =>
          wholeMonth(nextMonth(monthOf(from), index), index === 0 || index === count ? half : one),
        ),
      );
    }
    case "next_month":
      return curve(
        Array.from({ length: monthCount(from, to) }, (_, index) =>
          wholeMonth(nextMonth(monthOf(from), index + 1), one),
        ),
      );
  }
};

/** The share earned before a date begins, between 0 and 1. */
export const earnedBefore = ({ stretches, whole }: Curve, day: Day): Rational => {
  let earned = zero;
  for (const { from, to, weight } of stretches) {
    if (to <= day) earned = add(earned, weight);
    else if (from < day) earned = add(earned, multiply(weight, ratio(daysBetween(from, day), daysBetween(from, to))));
  }
  return divide(earned, whole);
};
