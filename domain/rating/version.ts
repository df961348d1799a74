/**
 * Which version of a contract prices a use: the one in force at the time of use, neither when it was published nor when the use
 * arrived. A back-dated version re-rates, and the difference is new lines; no line is ever edited. *Pure.*
 */
import * as Schema from "effect/Schema";
import { type Cycle, type CycleSpan, cycleOf } from "../calendar/cycle.ts";
import { type Day, isDay } from "../calendar/day.ts";
import { instantOf, localDay, startOfDay } from "../calendar/zone.ts";
import { toDecimal } from "../money.ts";
import { Charge, type Price } from "./charge.ts";
import { type Aggregation, stretches } from "./meter.ts";
import { type Rated, rateExactly } from "./rate.ts";
import { add, type Rational, zero } from "./rational.ts";
import type { Use } from "./usage.ts";

/** A date, which begins at midnight of the contract's zone, or an RFC 3339 instant. */
export const Moment = Schema.String;

export const ChargeVersion = Schema.Struct({
  version: Schema.Int,
  inForceFrom: Moment,
  /** When it became known; default: when it is in force. */
  published: Schema.optional(Moment),
  charge: Charge,
});
export type ChargeVersion = typeof ChargeVersion.Type;

export const momentMs = (moment: string, zone: string): number =>
  isDay(moment) ? startOfDay(moment, zone) : instantOf(moment);

export interface RatingTerms {
  readonly currency: string;
  readonly zone: string;
  readonly meter: Aggregation;
  /** Periods of use: tiers, minimum and included volume count within one. */
  readonly cycle: Cycle;
  readonly versions: ReadonlyArray<ChargeVersion>;
}

interface Known extends ChargeVersion {
  readonly fromMs: number;
  readonly publishedMs: number;
}

const known = ({ versions, zone }: RatingTerms, knownAtMs: number): ReadonlyArray<Known> =>
  versions
    .map((version) => ({
      ...version,
      fromMs: momentMs(version.inForceFrom, zone),
      publishedMs: momentMs(version.published ?? version.inForceFrom, zone),
    }))
    .filter(({ published, publishedMs }) => published === undefined || publishedMs <= knownAtMs)
    .sort((a, b) => a.fromMs - b.fromMs || a.publishedMs - b.publishedMs || a.version - b.version);

/** The versions that hold within `[fromMs, toMs)`; of several with one start the last published. */
const inForce = (
  all: ReadonlyArray<Known>,
  fromMs: number,
  toMs: number,
): ReadonlyArray<{ readonly fromMs: number; readonly toMs: number; readonly version: Known | null }> => {
  const cuts = [...new Set([fromMs, ...all.map((v) => v.fromMs).filter((at) => at > fromMs && at < toMs)])].sort(
    (a, b) => a - b,
  );
  return cuts.map((start, index) => ({
    fromMs: start,
    toMs: cuts[index + 1] ?? toMs,
    version: all.filter((v) => v.fromMs <= start).at(-1) ?? null,
  }));
};

/** One rated line; its key stays the same through every re-rating. */
export interface UsageLine {
  readonly key: string;
  readonly period: Day;
  readonly from: string;
  readonly version: number;
  readonly uses: number;
  readonly rated: Rated;
}

export interface RatedUsage {
  readonly lines: ReadonlyArray<UsageLine>;
  readonly totalMinor: number;
  /** Used when no version was in force: kept and shown, not priced. */
  readonly unpriced: ReadonlyArray<Use>;
}

/** Fees, allowances or limits of single events, which a metered quantity no longer knows. */
const isPerEvent = ({ model: _, ratePercent: __, ...single }: Extract<Price, { model: "percentage" }>): boolean =>
  Object.values(single).some((each) => each !== undefined);

const inTime = (uses: ReadonlyArray<Use>): ReadonlyArray<Use> =>
  uses.every((use, index) => index === 0 || uses[index - 1]!.atMs <= use.atMs)
    ? uses
    : [...uses].sort((a, b) => a.atMs - b.atMs);

/** Rate every period that uses fall in, as the versions stood that were published by `knownAtMs`. */
export const rateUsage = (
  terms: RatingTerms,
  uses: ReadonlyArray<Use>,
  knownAtMs = Number.POSITIVE_INFINITY,
): RatedUsage => {
  const versions = known(terms, knownAtMs);
  const single = versions.find(({ charge }) => charge.price.model === "percentage" && isPerEvent(charge.price));
  if (single)
    throw new RangeError(
      `rating: version ${single.version} charges each event by itself; rate its events as transactions`,
    );
  const periods: Array<{ readonly span: CycleSpan; readonly fromMs: number; readonly toMs: number; uses: Use[] }> = [];
  for (const use of inTime(uses)) {
    const current = periods.at(-1);
    if (current && use.atMs < current.toMs) {
      current.uses.push(use);
      continue;
    }
    const span = cycleOf(terms.cycle, localDay(use.atMs, terms.zone));
    const [fromMs, toMs] = [startOfDay(span.from, terms.zone), startOfDay(span.to, terms.zone)];
    periods.push({ span, fromMs, toMs, uses: [use] });
  }
  const lines: UsageLine[] = [];
  const unpriced: Use[] = [];
  for (const { span, fromMs, toMs, uses: own } of periods) {
    const parts = stretches(terms.meter, own, inForce(versions, fromMs, toMs));
    unpriced.push(...parts.flatMap((part) => (part.span.version === null ? part.uses : [])));
    const priced = parts.filter((part) => part.span.version !== null);
    let [position, billed, first]: [Rational, Rational, boolean] = [zero, zero, true];
    for (const [at, part] of priced.entries()) {
      const version = part.span.version!;
      const restart = version.charge.tierPosition === "restart";
      const { rated, exact } = rateExactly(version.charge, terms.currency, part.quantity, {
        position: restart ? zero : position,
        first: first || restart,
        last: at === priced.length - 1,
        billedBefore: billed,
      });
      const from = localDay(part.span.fromMs, terms.zone);
      const line = { period: span.from, from, version: version.version, uses: part.uses.length, rated };
      lines.push({ key: `${span.from}/v${version.version}/${part.span.fromMs}`, ...line });
      [position, billed, first] = [add(position, part.quantity), add(billed, exact), false];
    }
  }
  return { lines, totalMinor: lines.reduce((all, { rated }) => all + rated.amountMinor, 0), unpriced };
};

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

const periodTotals = (rated: RatedUsage): ReadonlyMap<string, { amountMinor: number; versions: string }> => {
  const totals = new Map<string, { amountMinor: number; versions: string }>();
  for (const { period, version, rated: line } of rated.lines) {
    const before = totals.get(period);
    totals.set(period, {
      amountMinor: (before?.amountMinor ?? 0) + line.amountMinor,
      versions: before ? `${before.versions}, ${version}` : String(version),
    });
  }
  return totals;
};

/** Period by period, since a back-dated version may cut lines anew. Periods without a difference have no line. */
export const rerate = (before: RatedUsage, after: RatedUsage, currency: string): ReadonlyArray<Delta> => {
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
