/** A version published late re-rates: the difference is new lines, and no line is ever edited. *Pure.* */
import type { Day } from "../calendar/day.ts";
import { sumMinor, toDecimal } from "../money.ts";
import type { RatedLines } from "./rater.ts";

/** What a re-rating adds to lines that stand: one line each, positive or negative, that points to what it corrects. */
export interface Delta {
  readonly corrects: string;
  readonly period: Day;
  readonly wasMinor: number;
  readonly nowMinor: number;
  readonly deltaMinor: number;
  readonly delta: string;
  readonly reason: string;
}

interface PeriodTotal {
  readonly amountMinor: number;
  readonly versions: string;
}

const periodTotals = (rated: RatedLines): ReadonlyMap<Day, PeriodTotal> => {
  const totals = new Map<Day, PeriodTotal>();
  for (const { period, version, rated: line } of rated.lines) {
    const before = totals.get(period);
    totals.set(period, {
      amountMinor: sumMinor([before?.amountMinor ?? 0, line.amountMinor]),
      versions: before ? `${before.versions}, ${version}` : String(version),
    });
  }
  return totals;
};

/** Period by period, since a back-dated version may cut lines anew. Periods without a difference have no line. */
export const rerate = (before: RatedLines, after: RatedLines, currency: string): ReadonlyArray<Delta> => {
  const [was, now] = [periodTotals(before), periodTotals(after)];
  return [...new Set([...was.keys(), ...now.keys()])].sort().flatMap((period) => {
    const [old, fresh] = [was.get(period), now.get(period)];
    const [wasMinor, nowMinor] = [old?.amountMinor ?? 0, fresh?.amountMinor ?? 0];
    if (wasMinor === nowMinor) return [];
    const deltaMinor = nowMinor - wasMinor;
    const delta = toDecimal(deltaMinor, currency);
    const reason = `period ${period} re-rated: version ${old?.versions ?? "none"} gave ${toDecimal(wasMinor, currency)}, version ${fresh?.versions ?? "none"} gives ${toDecimal(nowMinor, currency)}`;
    return [{ corrects: period, period, wasMinor, nowMinor, deltaMinor, delta, reason }];
  });
};
