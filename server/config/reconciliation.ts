/** What reconciliation is told by the configuration file: how often it runs, whether it pulls, and the terms of its legs. */
import * as Schema from "effect/Schema";
import { type LegName, type LegTerms, legNames, legsWith } from "../../domain/reconciliation/leg.ts";
import type { LiveSettings } from "../reconciliation/live.ts";
import { neverByItself, type RunSchedule } from "../reconciliation/schedule.ts";

const Minor = Schema.Int.pipe(Schema.nonNegative());
const Minutes = Schema.Int.pipe(Schema.between(0, 525_600));

const Terms = Schema.partialWith(
  Schema.Struct({
    /** A difference up to this is matched, and shown as rounding. */
    toleranceMinor: Minor,
    roundingAccount: Schema.NullOr(Schema.NonEmptyTrimmedString),
    /** Until it is so old, what is not there yet is timing. */
    windowMinutes: Minutes,
    /** Below this it heals itself where that is safe; from it on it is an exception. */
    healBelowMinor: Minor,
  }),
  { exact: true },
);

/** For the outer struct of the file. */
export const reconciliationFields = {
  /** Minutes between two runs; null: only when somebody asks. */
  reconcileEvery: Schema.optionalWith(Schema.NullOr(Schema.Int.pipe(Schema.between(1, 525_600))), {
    default: () => 60,
  }),
  reconciliation: Schema.optionalWith(
    Schema.Struct({
      /** Whether a scheduled run lists everything anew from the systems themselves. */
      pull: Schema.optionalWith(Schema.Boolean, { default: () => false }),
      legs: Schema.optionalWith(
        Schema.partialWith(Schema.Record({ key: Schema.Literal(...legNames), value: Terms }), { exact: true }),
        { default: () => ({}) },
      ),
    }),
    { default: () => ({ pull: false, legs: {} }) },
  ),
};
const Fields = Schema.Struct(reconciliationFields);
export type ReconciliationFile = typeof Fields.Type;

/** Plain data: it crosses to the engine's thread as it is. */
export type ReconciliationSettings = LiveSettings & { readonly schedule: RunSchedule };

const minute = 60_000;

/** Undefined: the sandbox, where runs are asked for. */
export const reconciliationSettings = (file: ReconciliationFile | undefined): ReconciliationSettings => {
  if (file === undefined) return { legs: legsWith({}), schedule: neverByItself };
  const { reconcileEvery, reconciliation } = file;
  const terms = Object.fromEntries(
    Object.entries(reconciliation.legs).map(([leg, said]): [string, Partial<LegTerms>] => {
      const { windowMinutes, ...rest } = said ?? {};
      return [leg, { ...rest, ...(windowMinutes === undefined ? {} : { windowMs: windowMinutes * minute }) }];
    }),
  ) as Partial<Record<LegName, Partial<LegTerms>>>;
  const everyMs = reconcileEvery === null ? null : reconcileEvery * minute;
  return { legs: legsWith(terms), schedule: { everyMs, pull: reconciliation.pull ? null : [] } };
};
