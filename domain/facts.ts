/**
 * What the account's machine is told: a few counts and answers, summed over the parties of the account. Counts are kept by
 * taking a group's old share away and adding its new one. *Pure.*
 */
import type { SubscriptionData } from "./event.ts";
import type { Group } from "./group.ts";
import type { Policy, Stage, Standing } from "./lifecycle.ts";
import { BilledPeriods } from "./periods-billed.ts";
import {
  type ContractFacts,
  contractsOf,
  currentContract,
  isChurned,
  type SoldContracts,
  standingOf,
} from "./standing.ts";

/** The shares that groups add; every field is a count. */
export interface Tally {
  posting: number;
  posted: number;
  blocked: number;
  due: number;
  partial: number;
  settled: number;
  disputed: number;
  /** Commands that can still move by themselves, and hand-overs not decided yet. */
  open: number;
  /** Commands that a person must look at. */
  parked: number;
  drift: number;
}

export const emptyTally = (): Tally => ({
  posting: 0,
  posted: 0,
  blocked: 0,
  due: 0,
  partial: 0,
  settled: 0,
  disputed: 0,
  open: 0,
  parked: 0,
  drift: 0,
});

const fields = Object.keys(emptyTally()) as ReadonlyArray<keyof Tally>;

export const addGroup = (tally: Tally, contracts: Map<string, BilledPeriods>, group: Group, by: 1 | -1): void => {
  for (const planned of group.planned) {
    if (planned.state === "rejected" || planned.state === "held") tally.parked += by;
    else tally.open += by;
  }
  tally.open += by * group.undecided;
  tally.drift += by * group.drift.length;
  const { view } = group;
  if (!view) return;
  if (view.receivable !== "none") tally[view.receivable] += by;
  if (view.cash !== "none") tally[view.cash] += by;
  if (view.money.disputed) tally.disputed += by;
  if (view.standing === "prospect") return;
  let periods = contracts.get(view.contract);
  if (!periods) {
    periods = new BilledPeriods();
    contracts.set(view.contract, periods);
  }
  periods.add(view.period, view.standing, by);
  if (periods.isEmpty) contracts.delete(view.contract);
};

/** What the guards read. Plain and small: it is the machine's context. */
export interface AccountFacts {
  readonly standing: Standing;
  /** The current contract; null for an account without one. */
  readonly contract: string | null;
  readonly subscription: SubscriptionData["status"] | null;
  readonly receivables: { readonly posting: number; readonly posted: number; readonly blocked: number };
  readonly cash: {
    readonly due: number;
    readonly partial: number;
    readonly settled: number;
    readonly disputed: number;
  };
  readonly sync: { readonly open: number; readonly parked: number; readonly drift: number; readonly unsettled: number };
}

export interface PartyShare {
  readonly tally: Tally;
  readonly contracts: ReadonlyArray<ContractFacts>;
  /** What a CRM says was agreed; null for a party of another role. */
  readonly sold: SoldContracts | null;
  /** Ambiguous registers, and objects that two parties claim. */
  readonly unsettled: number;
  readonly conflicts: number;
  /** An operator keeps everything of the party back. */
  readonly parked: boolean;
}

export const accountFacts = (
  parties: ReadonlyArray<PartyShare>,
  required: ReadonlySet<Stage>,
  policy: Policy,
  now: number,
): AccountFacts => {
  const total = emptyTally();
  let unsettled = 0;
  let conflicts = 0;
  for (const party of parties) {
    for (const field of fields) total[field] += party.tally[field];
    unsettled += party.unsettled;
    conflicts += party.conflicts + (party.parked ? 1 : 0);
  }
  const contracts = contractsOf(parties);
  const current = currentContract(contracts.all, policy, now);
  return {
    standing: isChurned(current, policy, now) ? "churned" : standingOf(current, contracts.wonQuotes, required),
    contract: current?.id ?? null,
    subscription: current?.subscription?.status ?? null,
    receivables: { posting: total.posting, posted: total.posted, blocked: total.blocked },
    cash: { due: total.due, partial: total.partial, settled: total.settled, disputed: total.disputed },
    sync: { open: total.open, parked: total.parked + conflicts, drift: total.drift, unsettled },
  };
};
