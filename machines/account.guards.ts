/** What the guards of the chart ask of the facts: one answer per region, exclusive. *Pure.* */
import type { AccountFacts } from "../domain/facts.ts";
import { levelOf, type Standing } from "../domain/lifecycle.ts";

export type SubscriptionRegion = "none" | "trialing" | "active" | "past_due" | "paused" | "canceled";
export type LedgerRegion = "clear" | "posting" | "posted" | "blocked";
export type CashRegion = "clear" | "due" | "partial" | "settled" | "disputed";
export type SyncRegion = "agreed" | "propagating" | "drifting" | "parked";

const subscriptionOf = (facts: AccountFacts): SubscriptionRegion => {
  switch (facts.subscription) {
    case null:
    case "incomplete":
    case "incomplete_expired":
      return "none";
    case "unpaid":
      return "past_due";
    default:
      return facts.subscription;
  }
};

const ledgerOf = ({ receivables }: AccountFacts): LedgerRegion =>
  receivables.blocked > 0
    ? "blocked"
    : receivables.posting > 0
      ? "posting"
      : receivables.posted > 0
        ? "posted"
        : "clear";

const cashOf = ({ cash }: AccountFacts): CashRegion =>
  cash.disputed > 0
    ? "disputed"
    : cash.partial > 0
      ? "partial"
      : cash.due > 0
        ? "due"
        : cash.settled > 0
          ? "settled"
          : "clear";

/** An ambiguous object, or a command that can move by itself, is on its way; drift and refusals wait for a person. */
const syncOf = ({ sync }: AccountFacts): SyncRegion =>
  sync.parked > 0
    ? "parked"
    : sync.open > 0 || sync.unsettled > 0
      ? "propagating"
      : sync.drift > 0
        ? "drifting"
        : "agreed";

export const is = {
  beyond: (facts: AccountFacts, standing: Standing): boolean =>
    !is.churned(facts) && levelOf(facts.standing) > levelOf(standing),
  before: (facts: AccountFacts, standing: Standing): boolean =>
    !is.churned(facts) && levelOf(facts.standing) < levelOf(standing),
  churned: (facts: AccountFacts): boolean => facts.standing === "churned",
  subscription: (facts: AccountFacts, region: SubscriptionRegion): boolean => subscriptionOf(facts) === region,
  ledger: (facts: AccountFacts, region: LedgerRegion): boolean => ledgerOf(facts) === region,
  cash: (facts: AccountFacts, region: CashRegion): boolean => cashOf(facts) === region,
  sync: (facts: AccountFacts, region: SyncRegion): boolean => syncOf(facts) === region,
};

/** Where the facts put each region: what the walk must arrive at, whatever it passed. */
export const regionsOf = (facts: AccountFacts) => ({
  lifecycle: facts.standing,
  subscription: subscriptionOf(facts),
  ledger: ledgerOf(facts),
  cash: cashOf(facts),
  sync: syncOf(facts),
});
export type Regions = ReturnType<typeof regionsOf>;
