/**
 * One revenue line on its way: what is not earned yet runs down its curve; what is taken back or restored changes the rest of the
 * way, never what was posted. *Pure.*
 */
import { addDays, type Day } from "../calendar/day.ts";
import { divide, isZero, multiply, one, type Rational, ratio, roundMinor, subtract, zero } from "../rating/rational.ts";
import { type Curve, earnedBefore } from "./curve.ts";

export interface Pool {
  readonly line: string;
  readonly amountMinor: number;
  readonly curve: Curve;
  /** Nothing is posted before it; what was earned earlier is caught up with. */
  readonly known: Day;
  /** Not earned at `base`, and the share of the curve that was earned then. */
  readonly leftMinor: number;
  readonly base: Rational;
  readonly earnedSinceMinor: number;
  /** Revenue less what was given back of it. */
  readonly recognizedMinor: number;
  readonly billed: boolean;
}

export const poolOf = (line: string, amountMinor: number, curve: Curve, known: Day): Pool => ({
  line,
  amountMinor,
  curve,
  known,
  leftMinor: amountMinor,
  base: zero,
  earnedSinceMinor: 0,
  recognizedMinor: 0,
  billed: false,
});

export const unearned = ({ leftMinor, earnedSinceMinor }: Pool): number => leftMinor - earnedSinceMinor;

/** What an amount that was not earned at `base` has earned before a day. */
const earnedOf = (amountMinor: number, { curve }: Pool, base: Rational, day: Day): number => {
  const rest = subtract(one, base);
  const share = isZero(rest) ? one : divide(subtract(earnedBefore(curve, day), base), rest);
  return roundMinor(multiply(ratio(amountMinor), share));
};

/** Earn up to the beginning of a day. */
export const earn = (pool: Pool, day: Day): { readonly pool: Pool; readonly deltaMinor: number } => {
  if (day <= pool.known) return { pool, deltaMinor: 0 };
  const target = earnedOf(pool.leftMinor, pool, pool.base, day);
  const deltaMinor = target - pool.earnedSinceMinor;
  const recognizedMinor = pool.recognizedMinor + deltaMinor;
  return { pool: { ...pool, earnedSinceMinor: target, recognizedMinor }, deltaMinor };
};

/** Change what is not earned yet, and what counts as recognized, from a day on that everything was earned up to. */
export const adjust = (pool: Pool, day: Day, change: { leftMinor: number; recognizedMinor: number }): Pool => ({
  ...pool,
  leftMinor: unearned(pool) + change.leftMinor,
  base: day <= pool.known ? pool.base : earnedBefore(pool.curve, day),
  earnedSinceMinor: 0,
  recognizedMinor: pool.recognizedMinor + change.recognizedMinor,
});

/** What comes back after it was cut off on an earlier day: its part for the days between is earned at once. */
export const caughtUp = (pool: Pool, cutMinor: number, cutOn: Day, day: Day): number =>
  day <= pool.known ? 0 : earnedOf(cutMinor, pool, cutOn <= pool.known ? zero : earnedBefore(pool.curve, cutOn), day);

/** When nothing is left to earn by time; null for a line that only waits for its use. */
export const endOf = ({ curve, known }: Pool): Day | null =>
  curve.stretches.length === 0 ? null : curve.to > known ? curve.to : addDays(known, 1);
