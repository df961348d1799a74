/**
 * What the account's machine is told: a few counts and answers, summed over the parties of the account. Counts are kept by
 * taking a group's old share away and adding its new one. *Pure.*
 */
import type { SubscriptionData } from "./event.ts";
import type { Group } from "./group.ts";
import { levelOf, reached, type Stage, type Standing } from "./lifecycle.ts";

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

/** Non-void invoices of one contract, by billed period and standing. */
export type Periods = Map<number, Map<Standing, number>>;

export const addGroup = (tally: Tally, contracts: Map<string, Periods>, group: Group, by: 1 | -1): void => {
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
    periods = new Map();
    contracts.set(view.contract, periods);
  }
  let standings = periods.get(view.period);
  if (!standings) {
    standings = new Map();
    periods.set(view.period, standings);
  }
  const count = (standings.get(view.standing) ?? 0) + by;
  if (count === 0) standings.delete(view.standing);
  else standings.set(view.standing, count);
  if (standings.size === 0) periods.delete(view.period);
  if (periods.size === 0) contracts.delete(view.contract);
};

export interface ContractFacts {
  /** `connection:sub_1`, or `connection:none`. */
  readonly id: string;
  readonly subscription: SubscriptionData | null;
  /** Billed something. */
  readonly periods: Periods | null;
}

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

const notStarted: ReadonlySet<string> = new Set(["incomplete", "incomplete_expired"]);
const leastOfNewest = (periods: Periods): Standing | null => {
  let newest = Number.NEGATIVE_INFINITY;
  for (const period of periods.keys()) if (period > newest) newest = period;
  let least: Standing | null = null;
  for (const standing of periods.get(newest)?.keys() ?? []) {
    if (least === null || levelOf(standing) < levelOf(least)) least = standing;
  }
  return least;
};

/** Before the first invoice a contract stands at its own evidence, then at the least stage of its newest billed period. */
export const contractStanding = (contract: ContractFacts, required: ReadonlySet<Stage>): Standing => {
  const own = contract.id.endsWith(":none");
  const started = own || (contract.subscription !== null && !notStarted.has(contract.subscription.status));
  const billed = contract.periods ? leastOfNewest(contract.periods) : null;
  const level = billed === null ? 0 : levelOf(billed);
  const has = (stage: Stage): boolean => level >= levelOf(stage);
  const evidence = {
    quoted: has("quoted"),
    activated: started,
    invoiced: has("invoiced"),
    posted: has("posted"),
    paid: has("paid"),
    recognized: has("recognized"),
  };
  return reached(required, evidence) ?? "prospect";
};

interface Term {
  readonly start: number;
  readonly end: number;
}
const termOf = ({ subscription }: ContractFacts): Term => ({
  start: subscription?.startAt ?? Number.NEGATIVE_INFINITY,
  end: subscription?.endAt ?? (isCancelled(subscription) ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY),
});
const isCancelled = (subscription: SubscriptionData | null): boolean =>
  subscription?.status === "canceled" || subscription?.status === "incomplete_expired";

/** The next instant after `now` at which the current contract may change; null when none will. */
export const nextTermBoundary = (contracts: ReadonlyArray<ContractFacts>, now: number): number | null => {
  let next: number | null = null;
  for (const contract of contracts) {
    const { start, end } = termOf(contract);
    for (const at of [start, end]) if (Number.isFinite(at) && at > now && (next === null || at < next)) next = at;
  }
  return next;
};

/** The current contract: term contains now (latest start, smallest id), else last ended, else next to start, else `none`. */
export const currentContract = (contracts: ReadonlyArray<ContractFacts>, now: number): ContractFacts | null => {
  if (contracts.length === 1) return contracts[0]!;
  const own = contracts.filter((contract) => !contract.id.endsWith(":none"));
  const best = (
    candidates: ReadonlyArray<ContractFacts>,
    better: (a: Term, b: Term) => number,
  ): ContractFacts | undefined =>
    [...candidates].sort((a, b) => better(termOf(a), termOf(b)) || (a.id < b.id ? -1 : 1))[0];
  const containing = own.filter((c) => termOf(c).start <= now && now < termOf(c).end);
  const ended = own.filter((c) => termOf(c).end <= now);
  const toStart = own.filter((c) => termOf(c).start > now);
  return (
    best(containing, (a, b) => compare(b.start, a.start)) ??
    best(ended, (a, b) => compare(b.end, a.end)) ??
    best(toStart, (a, b) => compare(a.start, b.start)) ??
    [...contracts].filter((c) => c.id.endsWith(":none")).sort((a, b) => (a.id < b.id ? -1 : 1))[0] ??
    null
  );
};
const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);

/** Parties of one account share the contract `none` of their connection. */
const mergeNone = (contracts: ReadonlyArray<ContractFacts>): ReadonlyArray<ContractFacts> => {
  const none = contracts.filter((contract) => contract.id.endsWith(":none"));
  if (none.length < 2) return contracts;
  const merged = new Map<string, ContractFacts>();
  for (const { id, periods } of none) {
    const sum: Periods = merged.get(id)?.periods ?? new Map();
    for (const [period, standings] of periods ?? []) {
      const into = sum.get(period) ?? new Map<Standing, number>();
      for (const [standing, count] of standings) into.set(standing, (into.get(standing) ?? 0) + count);
      sum.set(period, into);
    }
    merged.set(id, { id, subscription: null, periods: sum });
  }
  return [...contracts.filter((contract) => !contract.id.endsWith(":none")), ...merged.values()];
};

export interface PartyShare {
  readonly tally: Tally;
  readonly contracts: ReadonlyArray<ContractFacts>;
  /** Ambiguous registers, and objects that two parties claim. */
  readonly unsettled: number;
  readonly conflicts: number;
}

export const accountFacts = (
  parties: ReadonlyArray<PartyShare>,
  required: ReadonlySet<Stage>,
  now: number,
): AccountFacts => {
  const total = emptyTally();
  let unsettled = 0;
  let conflicts = 0;
  for (const party of parties) {
    for (const field of fields) total[field] += party.tally[field];
    unsettled += party.unsettled;
    conflicts += party.conflicts;
  }
  const current = currentContract(mergeNone(parties.flatMap((party) => party.contracts)), now);
  const churned = current !== null && isCancelled(current.subscription) && termOf(current).end <= now;
  return {
    standing: current === null ? "prospect" : churned ? "churned" : contractStanding(current, required),
    contract: current?.id ?? null,
    subscription: current?.subscription?.status ?? null,
    receivables: { posting: total.posting, posted: total.posted, blocked: total.blocked },
    cash: { due: total.due, partial: total.partial, settled: total.settled, disputed: total.disputed },
    sync: { open: total.open, parked: total.parked + conflicts, drift: total.drift, unsettled },
  };
};
