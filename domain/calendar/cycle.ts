/**
 * Billing cycles counted from an anchor. Every boundary is the anchor moved, never the boundary before it, so an anchor on the
 * 31st gives 31 January, 28 or 29 February, 31 March. *Pure.*
 */
import * as Schema from "effect/Schema";
import { field, optionalField } from "../field.ts";
import { addDays, addMonths, civil, Day, daysBetween, lengthOfMonth, wholeMonths } from "./day.ts";
import { addLocalMonths } from "./zone.ts";

export const CycleUnit = Schema.Literal("day", "week", "month", "year");
export type CycleUnit = typeof CycleUnit.Type;

export const Cycle = Schema.Struct({
  anchor: field(Day, "a date on which a cycle starts"),
  unit: field(CycleUnit, "what a cycle is counted in"),
  every: field(Schema.Int.pipe(Schema.between(1, 1200)), "units to a cycle: 3 months is a quarter"),
  anchorDay: optionalField(
    Schema.Int.pipe(Schema.between(1, 31)),
    "the wished date in the month, where the anchor's own month is too short for it",
  ),
});
export type Cycle = typeof Cycle.Type;

export interface CycleSpan {
  /** Counted from the anchor; below zero before it. */
  readonly index: number;
  readonly from: Day;
  /** Exclusive: the start of the next. */
  readonly to: Day;
}

const months = (cycle: Cycle): number => (cycle.unit === "year" ? 12 : 1) * cycle.every;

export const cycleStart = (cycle: Cycle, index: number): Day => {
  switch (cycle.unit) {
    case "day":
      return addDays(cycle.anchor, index * cycle.every);
    case "week":
      return addDays(cycle.anchor, index * 7 * cycle.every);
    case "month":
    case "year":
      return addMonths(cycle.anchor, index * months(cycle), cycle.anchorDay);
  }
};

export const cycleAt = (cycle: Cycle, index: number): CycleSpan => ({
  index,
  from: cycleStart(cycle, index),
  to: cycleStart(cycle, index + 1),
});

/** The cycle that contains a date. */
export const cycleOf = (cycle: Cycle, day: Day): CycleSpan => {
  const step = cycle.unit === "week" ? 7 * cycle.every : cycle.every;
  let index =
    cycle.unit === "day" || cycle.unit === "week"
      ? Math.floor(daysBetween(cycle.anchor, day) / step)
      : Math.floor(wholeMonths(cycle.anchor, day) / months(cycle));
  while (cycleStart(cycle, index) > day) index -= 1;
  while (cycleStart(cycle, index + 1) <= day) index += 1;
  return cycleAt(cycle, index);
};

/** Every cycle that a half-open range touches. */
export const cyclesIn = (cycle: Cycle, from: Day, to: Day): ReadonlyArray<CycleSpan> => {
  const spans: CycleSpan[] = [];
  if (from >= to) return spans;
  for (let span = cycleOf(cycle, from); span.from < to; span = cycleAt(cycle, span.index + 1)) spans.push(span);
  return spans;
};

/** What an invoice made on a date covers: the cycle that begins then, or in arrears the one that has just ended. */
export const billedSpan = (cycle: Cycle, billedOn: Day, inAdvance: boolean): CycleSpan => {
  const current = cycleOf(cycle, billedOn);
  return inAdvance ? current : cycleAt(cycle, current.index - 1);
};

/** A monthly cycle on a date of the month, as seen from a day: anchored in a month that has that date. */
export const monthlyOn = (date: number, day: Day): Cycle => {
  let anchor = addMonths(day, 0, date);
  for (let back = 0; civil(anchor).day !== date; back++) anchor = addMonths(day, -back, date);
  return { anchor, unit: "month", every: 1, anchorDay: date };
};

/** Cycles between instants: clock time and date of the anchor in its zone, across clock changes. Epoch ms. */
export const instantCycleStart = (anchorMs: number, everyMonths: number, index: number, zone: string): number =>
  addLocalMonths(anchorMs, index * everyMonths, zone);

/** The half-open instant cycle that contains an instant. */
export const instantCycleOf = (
  anchorMs: number,
  everyMonths: number,
  zone: string,
  atMs: number,
): { readonly fromMs: number; readonly toMs: number } => {
  const perMonth = 2_629_800_000;
  let index = Math.floor((atMs - anchorMs) / (perMonth * everyMonths));
  while (instantCycleStart(anchorMs, everyMonths, index, zone) > atMs) index -= 1;
  while (instantCycleStart(anchorMs, everyMonths, index + 1, zone) <= atMs) index += 1;
  return {
    fromMs: instantCycleStart(anchorMs, everyMonths, index, zone),
    toMs: instantCycleStart(anchorMs, everyMonths, index + 1, zone),
  };
};

export const isLastOfMonth = (day: Day): boolean => {
  const { year, month, day: date } = civil(day);
  return date === lengthOfMonth(year, month);
};
