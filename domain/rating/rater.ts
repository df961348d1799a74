/**
 * Rates use as it comes: one reading after another, in any order, in memory that grows with the periods and not with the uses (but for
 * `unique`, which keeps each value). *Pure but for the rater itself.*
 */
import { type Cycle, type CycleSpan, cycleOf } from "../calendar/cycle.ts";
import type { Day } from "../calendar/day.ts";
import { localDay, startOfDay } from "../calendar/zone.ts";
import { sumMinor } from "../money.ts";
import type { Price } from "./charge.ts";
import { type ChargeVersion, knownBy, type Stretch, stretchesOf } from "./in-force.ts";
import { type Aggregation, type Reading, type Tally, tally } from "./meter.ts";
import { type Rated, rateExactly } from "./rate.ts";
import { add, type Rational, zero } from "./rational.ts";

export interface RatingTerms {
  readonly currency: string;
  readonly zone: string;
  readonly meter: Aggregation;
  /** Periods of use: tiers, minimum and included volume count within one. */
  readonly cycle: Cycle;
  readonly versions: ReadonlyArray<ChargeVersion>;
}

/** One rated line; its key stays the same through every re-rating. */
export interface UsageLine {
  readonly key: string;
  readonly period: Day;
  readonly from: string;
  readonly version: number;
  readonly uses: number;
  readonly rated: Rated;
}

export interface RatedLines {
  /** By time. */
  readonly lines: ReadonlyArray<UsageLine>;
  readonly totalMinor: number;
}

export interface Rater {
  /** False when no version was in force then: it is not priced, and the caller keeps and shows it. */
  readonly take: (reading: Reading) => boolean;
  /** What everything taken so far comes to. May be asked at any time, and taking goes on. */
  readonly rated: () => RatedLines;
}

interface Period {
  readonly span: CycleSpan;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stretches: ReadonlyArray<Stretch>;
  readonly uses: number[];
  readonly tally: Tally;
}

/** Fees, allowances or limits of single events, which a metered quantity no longer knows. */
const isPerEvent = ({ model: _, ratePercent: __, ...single }: Extract<Price, { model: "percentage" }>): boolean =>
  Object.values(single).some((each) => each !== undefined);

/** With the versions that were published by `knownAtMs`. */
export const rater = (terms: RatingTerms, knownAtMs = Number.POSITIVE_INFINITY): Rater => {
  const versions = knownBy(terms.versions, terms.zone, knownAtMs);
  const single = versions.find(({ charge }) => charge.price.model === "percentage" && isPerEvent(charge.price));
  if (single)
    throw new RangeError(
      `rating: version ${single.version} charges each event by itself; rate its events as transactions`,
    );
  const periods = new Map<Day, Period>();
  let current: Period | null = null;

  const periodOf = (atMs: number): Period => {
    if (current !== null && atMs >= current.fromMs && atMs < current.toMs) return current;
    const span = cycleOf(terms.cycle, localDay(atMs, terms.zone));
    const known = periods.get(span.from);
    if (known) return known;
    const [fromMs, toMs] = [startOfDay(span.from, terms.zone), startOfDay(span.to, terms.zone)];
    const stretches = stretchesOf(versions, fromMs, toMs);
    const uses = stretches.map(() => 0);
    const fresh = { span, fromMs, toMs, stretches, uses, tally: tally(terms.meter, stretches.length) };
    periods.set(span.from, fresh);
    return fresh;
  };

  const take = (reading: Reading): boolean => {
    current = periodOf(reading.atMs);
    const { stretches, uses } = current;
    let at = stretches.length - 1;
    while (reading.atMs < stretches[at]!.fromMs) at -= 1;
    current.tally.take(at, reading);
    uses[at]! += reading.count ?? 1;
    return stretches[at]!.version !== null;
  };

  const linesOf = ({ span, stretches, uses, tally: counted }: Period): ReadonlyArray<UsageLine> => {
    const quantities = counted.adds();
    const last = stretches.findLastIndex(({ version }) => version !== null);
    let [position, billed, first]: [Rational, Rational, boolean] = [zero, zero, true];
    return stretches.flatMap(({ fromMs, version }, at) => {
      if (version === null) return [];
      const quantity = quantities[at]!;
      const restart = version.charge.tierPosition === "restart";
      const { rated, exact } = rateExactly(version.charge, terms.currency, quantity, {
        position: restart ? zero : position,
        first: first || restart,
        last: at === last,
        billedBefore: billed,
      });
      [position, billed, first] = [add(position, quantity), add(billed, exact), false];
      const key = `${span.from}/v${version.version}/${fromMs}`;
      const from = localDay(fromMs, terms.zone);
      return [{ key, period: span.from, from, version: version.version, uses: uses[at]!, rated }];
    });
  };

  const rated = (): RatedLines => {
    const lines = [...periods.values()].sort((a, b) => a.fromMs - b.fromMs).flatMap(linesOf);
    return { lines, totalMinor: sumMinor(lines.map((line) => line.rated.amountMinor)) };
  };
  return { take, rated };
};

export interface RatedUsage<A extends Reading = Reading> extends RatedLines {
  /** Used when no version was in force: kept and shown, not priced. By time. */
  readonly unpriced: ReadonlyArray<A>;
}

/** Rate every period that uses fall in, as the versions stood that were published by `knownAtMs`. */
export const rateUsage = <A extends Reading>(
  terms: RatingTerms,
  uses: Iterable<A>,
  knownAtMs = Number.POSITIVE_INFINITY,
): RatedUsage<A> => {
  const { take, rated } = rater(terms, knownAtMs);
  const unpriced: A[] = [];
  for (const use of uses) if (!take(use)) unpriced.push(use);
  return { ...rated(), unpriced: unpriced.sort((a, b) => a.atMs - b.atMs) };
};
