/**
 * How much an exception presses: from its type, its money at a stated rate and the stage of its account; and by when it should be
 * closed. All of it data, from the configuration. Money is converted here for comparing alone, never for a book. *Pure.*
 */
import type { Exception, ExceptionType } from "./exceptions.ts";
import { exponentOf } from "./money.ts";
import { parse } from "./rating/rational.ts";

/** The most pressing first. */
export const priorities = ["urgent", "high", "normal", "low"] as const;
export type Priority = (typeof priorities)[number];

export interface PriorityRules {
  /** What the thresholds below are in. */
  readonly currency: string;
  /** So many units of `currency` for one unit of another; one that is not named counts as one for one. Decimals as text. */
  readonly rates: Readonly<Record<string, string>>;
  /** Of what has no money, and the least of what has. */
  readonly types: Readonly<Partial<Record<ExceptionType, Priority>>>;
  /** Minor units of `currency` from which an exception is at least so pressing. */
  readonly money: Readonly<Partial<Record<Priority, number>>>;
  /** Stages of the account at which everything presses less, by one step. */
  readonly calmStages: ReadonlyArray<string>;
  /** From when it was first seen. */
  readonly dueMinutes: Readonly<Record<Priority, number>>;
}

export const usualPriorities: PriorityRules = {
  currency: "USD",
  rates: {},
  types: {
    rejected: "high",
    drift: "high",
    gap: "high",
    contested: "normal",
    currency: "normal",
    "refund-without-credit": "normal",
    unapplied: "normal",
    unmatched: "normal",
    approval: "normal",
    ambiguous: "normal",
    unattributed: "normal",
    "link-held": "normal",
    "negative-total": "low",
    parked: "low",
  },
  money: { urgent: 1_000_000, high: 100_000 },
  calmStages: ["churned"],
  dueMinutes: { urgent: 240, high: 1440, normal: 4320, low: 14_400 },
};

/** Money at the stated rate, in minor units of `currency`, toward zero; null where there is none. */
export const atRate = (
  { moneyMinor, currency }: Pick<Exception, "moneyMinor" | "currency">,
  { currency: reference, rates }: Pick<PriorityRules, "currency" | "rates">,
): bigint | null => {
  if (moneyMinor === null) return null;
  const rate = currency === null || currency === reference ? undefined : rates[currency];
  const { n, d } = rate === undefined ? { n: 1n, d: 1n } : parse(rate);
  const up = 10n ** BigInt(exponentOf(reference) ?? 2);
  const down = 10n ** BigInt((currency === null ? null : exponentOf(currency)) ?? 2);
  return (BigInt(Math.abs(moneyMinor)) * n * up) / (d * down);
};

const rankOf = (priority: Priority): number => priorities.indexOf(priority);

/** `stage`: of its account; null where it has none. */
export const priorityOf = (
  exception: Pick<Exception, "type" | "moneyMinor" | "currency">,
  stage: string | null,
  rules: PriorityRules,
): Priority => {
  const worth = atRate(exception, rules);
  let rank = rankOf(rules.types[exception.type] ?? "normal");
  if (worth !== null) {
    for (const [i, priority] of priorities.entries()) {
      const from = rules.money[priority];
      if (from !== undefined && worth >= BigInt(from)) rank = Math.min(rank, i);
    }
  }
  if (stage !== null && rules.calmStages.includes(stage)) rank += 1;
  return priorities[Math.min(rank, priorities.length - 1)]!;
};

/** Milliseconds from when it was first seen. */
export const dueInMs = (priority: Priority, { dueMinutes }: PriorityRules): number => dueMinutes[priority] * 60_000;
