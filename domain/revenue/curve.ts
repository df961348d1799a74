/**
 * How a promise is fulfilled over time: which share of it is earned before a date. Every method is a list of stretches with weights,
 * linear by day within each; a point in time is a stretch of one day. *Pure.*
 */
import { cyclesWorth, monthShare } from "../calendar/count.ts";
import {
  addDays,
  type Day,
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
import { momentMs } from "../calendar/moment.ts";
import { localDay, startOfDay } from "../calendar/zone.ts";
import {
  add,
  ceiling,
  compare,
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
import type { Recognition } from "./recognition.ts";

export type { Recognition };

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

/** What a day in a month covered in part weighs, when such months share by days what the whole ones leave of the service's length. */
const sharedDay = (from: Day, to: Day): Rational => {
  const shares = monthsOf(from, to).map((month) => monthShare(month, from, to));
  const whole = shares.filter((share) => compare(share, one) === 0).length;
  const days = monthsOf(from, to).map((month, index) =>
    compare(shares[index]!, one) === 0 ? 0 : daysIn(month, from, to),
  );
  const left = subtract(cyclesWorth({ anchor: from, unit: "month", every: 1 }, from, to, "actual"), ratio(whole));
  const sum = days.reduce((all, each) => all + each, 0);
  return sum === 0 ? zero : divide(left, ratio(sum));
};
const daysIn = (month: Month, from: Day, to: Day): number =>
  daysBetween(later(from, firstOf(month)), earlier(to, firstOf(nextMonth(month))));

/** What lies of `[fromMs, toMs)` in one month, by its local days. */
interface MonthPart {
  readonly days: ReadonlyArray<Stretch>;
  readonly ms: number;
  /** The service covers all of it. */
  readonly whole: boolean;
}
const msPerDay = 86_400_000;

/** Whole days of one length that follow each other are one stretch. */
const partOf = (month: Month, fromMs: number, toMs: number, zone: string): MonthPart => {
  const [first, next] = [firstOf(month), firstOf(nextMonth(month))];
  const [begins, ends] = [startOfDay(first, zone), startOfDay(next, zone)];
  // Without a clock change each day has 24 hours, and the zone need not be asked for each.
  const plain = ends - begins === daysBetween(first, next) * msPerDay;
  const startsAt = (day: Day): number => (plain ? begins + daysBetween(first, day) * msPerDay : startOfDay(day, zone));
  const [start, stop] = [Math.max(begins, fromMs), Math.min(ends, toMs)];
  const days: Stretch[] = [];
  let each = 0;
  for (let day = localDay(start, zone), at = start; at < stop; day = addDays(day, 1)) {
    const end = Math.min(startsAt(addDays(day, 1)), stop);
    const last = days.at(-1);
    if (last && end - at === each)
      days[days.length - 1] = { ...last, to: addDays(day, 1), weight: add(last.weight, ratio(each)) };
    else days.push(oneDay(day, ratio(end - at)));
    [each, at] = [end - at, end];
  }
  return { days, ms: stop - start, whole: begins >= fromMs && ends <= toMs };
};

/** By the time gone by; under `even` the whole months share their time equally. */
const timeOf = (service: Extract<Recognition, { method: "second" }>): ReadonlyArray<Stretch> => {
  const zone = service.zone ?? "UTC";
  const [fromMs, toMs] = [momentMs(service.from, zone), momentMs(service.to, zone)];
  if (fromMs >= toMs)
    throw new RangeError(`revenue: the service from ${service.from} ends before it starts, at ${service.to}`);
  const months = monthsOf(localDay(fromMs, zone), addDays(localDay(toMs - 1, zone), 1));
  const parts = months.map((month) => partOf(month, fromMs, toMs, zone));
  const between = parts.filter(({ whole }) => whole);
  const sumMs = between.reduce((sum, { ms }) => sum + ms, 0);
  return parts.flatMap(({ days, ms, whole }) => {
    if (!whole || service.wholeMonths !== "even") return days;
    const even = ratio(sumMs, between.length * ms);
    return days.map((day) => ({ ...day, weight: multiply(day.weight, even) }));
  });
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
    case "second":
      return curve(timeOf(recognition));
    default:
      break;
  }
  const { from, to } = halfOpen(recognition.from, recognition.to, recognition.endInclusive ?? false);
  switch (recognition.method) {
    case "day":
      return curve(from < to ? [{ from, to, weight: one }] : []);
    case "month": {
      const by = recognition.partialMonth ?? "actual";
      const perDay = by === "shared" ? sharedDay(from, to) : zero;
      const weightOf = (month: Month): Rational => {
        const share = monthShare(month, from, to);
        if (by !== "shared") return partial(share, by);
        return compare(share, one) === 0 ? one : multiply(perDay, ratio(daysIn(month, from, to)));
      };
      return curve(
        monthsOf(from, to).map((month) => ({
          from: later(from, firstOf(month)),
          to: earlier(to, firstOf(nextMonth(month))),
          weight: weightOf(month),
        })),
      );
    }
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
    case "start_month": {
      const first = recognition.method === "next_month" ? 1 : 0;
      return curve(
        Array.from({ length: monthCount(from, to) }, (_, index) =>
          wholeMonth(nextMonth(monthOf(from), index + first), one),
        ),
      );
    }
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
