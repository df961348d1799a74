/**
 * Day counts: which share of a cycle a part of it is. The convention is data of the contract, and every result names its own.
 * *Pure.*
 */
import * as Schema from "effect/Schema";
import { divide, type Rational, ratio, total, zero } from "../rating/rational.ts";
import { type Cycle, cyclesIn, isLastOfMonth } from "./cycle.ts";
import { civil, type Day, daysBetween, earlier, later, lengthOfMonth } from "./day.ts";

/**
 * `actual`: days over the days of the cycle. `thirty_360`: every month has 30 days, the 31st counts as the 30th (30E/360).
 * `thirty_360_us`: the bond basis, where a February end also counts as the 30th. `actual_360`: days over 30 for each month.
 * `actual_365`: days over 365 and a cycle of n months over n twelfths of 365. `second`: between instants; between dates it counts as
 * `actual`.
 */
export const DayCount = Schema.Literal("actual", "thirty_360", "thirty_360_us", "actual_360", "actual_365", "second");
export type DayCount = typeof DayCount.Type;

/** Days from one date to another as 30/360 counts them. */
export const thirty360 = (from: Day, to: Day, us = false): number => {
  const [a, b] = [civil(from), civil(to)];
  let [first, last] = [Math.min(a.day, 30), b.day];
  if (us) {
    const february = (day: Day): boolean => civil(day).month === 2 && isLastOfMonth(day);
    if (february(from)) {
      if (february(to)) last = 30;
      first = 30;
    }
    if (last === 31 && first === 30) last = 30;
  } else last = Math.min(last, 30);
  return (b.year - a.year) * 360 + (b.month - a.month) * 30 + (last - first);
};

const monthsOfCycle = (cycle: Cycle): number | null =>
  cycle.unit === "year" ? 12 * cycle.every : cycle.unit === "month" ? cycle.every : null;

/** How long a part is and how long its whole, as the convention counts them. */
export interface Counted {
  readonly part: Rational;
  readonly whole: Rational;
}

/** Days of a part `[from, to)` of one cycle and of the cycle; a whole cycle is whole under every convention. */
const counted = (cycle: Cycle, span: { from: Day; to: Day }, from: Day, to: Day, by: DayCount): Counted => {
  const months = monthsOfCycle(cycle);
  const whole =
    by === "actual" || by === "second" || months === null
      ? ratio(daysBetween(span.from, span.to))
      : by === "actual_365"
        ? ratio(365 * months, 12)
        : ratio(30 * months);
  if (from === span.from && to === span.to) return { part: whole, whole };
  const strict = months !== null && (by === "thirty_360" || by === "thirty_360_us");
  return { part: ratio(strict ? thirty360(from, to, by === "thirty_360_us") : daysBetween(from, to)), whole };
};

export interface Portion extends Counted {
  readonly cycle: { readonly from: Day; readonly to: Day };
  readonly from: Day;
  readonly to: Day;
  /** Of the cycle; 1 when it is whole. */
  readonly share: Rational;
}

/** A half-open range cut at the cycles' boundaries, each part with its share of its own cycle. */
export const portions = (cycle: Cycle, from: Day, to: Day, by: DayCount): ReadonlyArray<Portion> =>
  cyclesIn(cycle, from, to).map((span) => {
    const part = { from: later(from, span.from), to: earlier(to, span.to) };
    const days = counted(cycle, span, part.from, part.to, by);
    return { cycle: { from: span.from, to: span.to }, ...part, ...days, share: divide(days.part, days.whole) };
  });

/** How many cycles a range is. */
export const cyclesWorth = (cycle: Cycle, from: Day, to: Day, by: DayCount): Rational =>
  from >= to ? zero : total(portions(cycle, from, to, by).map(({ share: each }) => each));

/** Months that a range covers, each partial calendar month by its days over its length. */
export const monthShare = (month: string, from: Day, to: Day): Rational => {
  const { year, month: number } = civil(`${month}-01`);
  const length = lengthOfMonth(year, number);
  const [first, end] = [
    Math.max(0, daysBetween(`${month}-01`, from)),
    Math.min(length, daysBetween(`${month}-01`, to)),
  ];
  return ratio(Math.max(0, end - first), length);
};
