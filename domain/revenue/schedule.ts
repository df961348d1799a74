/**
 * A revenue schedule: an amount over its curve, month by month, each with effective date and period. It sums to its total, and so does
 * it in days, half months, quarters and years, since these only cut or add up the months. *Pure.*
 */
import * as Schema from "effect/Schema";
import { type Assigned, assignPeriod, type PeriodBook } from "../accounting/period.ts";
import { addDays, type Day, earlier, firstOf, later, monthsOf } from "../calendar/day.ts";
import { currencyField, field, optionalField } from "../field.ts";
import { splitMinor, sumMinor, toDecimal } from "../money.ts";
import { weightsOf } from "../rating/pool.ts";
import {
  add,
  compare,
  Decimal,
  divide,
  exactMinor,
  multiply,
  type Rational,
  ratio,
  roundMinor,
  subtract,
  toText,
  total,
  zero,
} from "../rating/rational.ts";
import { type Curve, curveOf, earnedBefore } from "./curve.ts";
import { Recognition } from "./recognition.ts";

export const Granularity = Schema.Literal("day", "half_month", "month", "quarter", "year");
export type Granularity = typeof Granularity.Type;

/**
 * Who bears the parts of a minor unit. `cumulative`: what is earned to date is rounded, an entry is the difference; `last` and
 * `first`: equal rounding, the rest in that entry; `truncate`: every entry is cut, the rest in the last of the greatest;
 * `largest_remainder`.
 */
export const Residue = Schema.Literal("cumulative", "last", "first", "truncate", "largest_remainder");
export type Residue = typeof Residue.Type;

export interface ScheduleEntry extends Assigned {
  readonly from: Day;
  /** Exclusive. */
  readonly to: Day;
  /** Effective: the last day of the stretch that earns. */
  readonly date: Day;
  /** Of the whole. */
  readonly share: string;
  readonly amountMinor: number;
  readonly amount: string;
  readonly recognizedMinor: number;
  readonly remainingMinor: number;
}

export interface Schedule {
  readonly currency: string;
  readonly totalMinor: number;
  /** Below the total only while steps or use are still to come. */
  readonly scheduledMinor: number;
  readonly residue: Residue;
  readonly entries: ReadonlyArray<ScheduleEntry>;
}

interface Range {
  readonly from: Day;
  readonly to: Day;
}
interface Part extends Range {
  readonly share: Rational;
}

/** A range cut at edges; parts that earn nothing are left out. */
const cut = (curve: Curve, { from: start, to: end }: Range, edges: ReadonlyArray<Day>): ReadonlyArray<Part> => {
  const all = [...new Set([start, ...edges.filter((edge) => edge > start && edge < end), end])].sort();
  return all
    .slice(1)
    .map((to, index) => {
      const from = all[index]!;
      return { from, to, share: subtract(earnedBefore(curve, to), earnedBefore(curve, from)) };
    })
    .filter(({ share }) => share.n !== 0n);
};

/** Whole minor units for shares of an amount that need not fill it. */
const amountsOf = (totalMinor: number, shares: ReadonlyArray<Rational>, residue: Residue): ReadonlyArray<number> => {
  let [sum, before] = [zero, 0];
  const cumulative = shares.map((share) => {
    sum = add(sum, share);
    const upTo = roundMinor(multiply(ratio(totalMinor), sum));
    const amount = upTo - before;
    before = upTo;
    return amount;
  });
  if (residue === "cumulative") return cumulative;
  const all = sumMinor(cumulative);
  if (residue === "largest_remainder") return splitMinor(all, weightsOf(shares));
  const mode = residue === "truncate" ? "down" : "half_up";
  const rounded = shares.map((share) => roundMinor(multiply(ratio(totalMinor), share), mode));
  const at = residue === "last" ? rounded.length - 1 : residue === "truncate" ? lastGreatest(shares) : 0;
  rounded[at] = rounded[at]! + all - sumMinor(rounded);
  return rounded;
};

const lastGreatest = (shares: ReadonlyArray<Rational>): number =>
  shares.reduce((best, share, index) => (compare(share, shares[best]!) >= 0 ? index : best), 0);

const edgesOf = ({ from, to }: Range, granularity: Granularity): ReadonlyArray<Day> => {
  const months = monthsOf(from, to);
  switch (granularity) {
    case "month":
      return months.map(firstOf);
    case "half_month":
      return months.flatMap((month) => [firstOf(month), addDays(firstOf(month), 15)]);
    case "quarter":
      return months.filter((month) => ["01", "04", "07", "10"].includes(month.slice(5))).map(firstOf);
    case "year":
      return months.filter((month) => month.endsWith("-01")).map(firstOf);
    case "day": {
      const days: Day[] = [];
      for (let day = from; day < to; day = addDays(day, 1)) days.push(day);
      return days;
    }
  }
};

/** By month first; finer entries cut a month, coarser ones add months up. */
export const scheduleOf = (
  totalMinor: number,
  currency: string,
  recognition: Recognition,
  options: { readonly granularity?: Granularity; readonly residue?: Residue; readonly book?: PeriodBook } = {},
): Schedule => {
  const { granularity = "month", residue = "cumulative", book } = options;
  const curve = curveOf(recognition);
  const empty = { currency, totalMinor, scheduledMinor: 0, residue, entries: [] };
  if (curve.stretches.length === 0) return empty;
  const months = cut(curve, curve, edgesOf(curve, "month"));
  const amounts = amountsOf(
    totalMinor,
    months.map(({ share }) => share),
    residue,
  );
  const fine = months.flatMap((month, index) => {
    const amountMinor = amounts[index]!;
    if (granularity !== "day" && granularity !== "half_month") return [{ ...month, amountMinor }];
    const parts = cut(curve, month, edgesOf(month, granularity));
    const within = parts.map(({ share }) => divide(share, month.share));
    const split = amountsOf(amountMinor, within, residue);
    return parts.map((part, at) => ({ ...part, amountMinor: split[at]! }));
  });
  const coarse = granularity === "quarter" || granularity === "year" ? gather(fine, curve, granularity) : fine;
  let recognizedMinor = 0;
  const entries = coarse.map((part): ScheduleEntry => {
    recognizedMinor = sumMinor([recognizedMinor, part.amountMinor]);
    const date = lastEarning(curve, part);
    return {
      from: part.from,
      to: part.to,
      date,
      ...assignPeriod(date, book),
      share: toText(part.share),
      amountMinor: part.amountMinor,
      amount: toDecimal(part.amountMinor, currency),
      recognizedMinor,
      remainingMinor: totalMinor - recognizedMinor,
    };
  });
  return { currency, totalMinor, scheduledMinor: recognizedMinor, residue, entries };
};

type Amounted = Part & { readonly amountMinor: number };

const gather = (parts: ReadonlyArray<Amounted>, curve: Curve, by: Granularity): ReadonlyArray<Amounted> => {
  const starts = [curve.from, ...edgesOf(curve, by).filter((edge) => edge > curve.from)];
  return starts.flatMap((from, index): ReadonlyArray<Amounted> => {
    const to = starts[index + 1] ?? curve.to;
    const inside = parts.filter((part) => part.from >= from && part.from < to);
    if (inside.length === 0) return [];
    return [
      {
        from,
        to,
        share: total(inside.map(({ share }) => share)),
        amountMinor: sumMinor(inside.map(({ amountMinor }) => amountMinor)),
      },
    ];
  });
};

/** The last day of a part on which something is earned. */
const lastEarning = (curve: Curve, part: Part): Day => {
  const ends = curve.stretches
    .filter(({ from, to }) => from < part.to && to > part.from)
    .map(({ to }) => earlier(to, part.to))
    .sort();
  return addDays(later(ends.at(-1) ?? part.to, addDays(part.from, 1)), -1);
};

/** The input of `tieout calc schedule`. */
export const ScheduleInput = Schema.Struct({
  currency: currencyField,
  amount: field(Decimal, "what is to be earned, without tax"),
  recognition: field(Recognition, "how the promise is fulfilled"),
  granularity: optionalField(Granularity, "length of an entry; default `month`"),
  residue: optionalField(
    Residue,
    "who bears the parts of a minor unit: what is earned to date is rounded (default `cumulative`), one entry, or the largest remainders",
  ),
  closedPeriods: optionalField(
    Schema.Array(Schema.String),
    "months that are closed, `2024-01`: their entries go to the first open one",
  ),
});
export type ScheduleInput = typeof ScheduleInput.Type;

export const calculateSchedule = (input: ScheduleInput): Schedule =>
  scheduleOf(exactMinor(input.amount, input.currency), input.currency, input.recognition, {
    ...(input.granularity === undefined ? {} : { granularity: input.granularity }),
    ...(input.residue === undefined ? {} : { residue: input.residue }),
    book: { closed: input.closedPeriods ?? [] },
  });

/** Periods that follow each other from the schedule's first to its last, with zero where nothing is earned. */
export const byPeriod = (schedule: Schedule): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>();
  for (const { period, amountMinor } of schedule.entries)
    sums.set(period, sumMinor([sums.get(period) ?? 0, amountMinor]));
  return sums;
};
