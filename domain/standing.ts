/**
 * Where a contract stands, and which of an account's contracts is the current one. A subscription that no CRM contract claims is
 * its own contract; an invoice without either belongs to the contract `none` of its connection. *Pure.*
 */
import type { ContractData, SubscriptionData } from "./event.ts";
import { foreignIdOf } from "./event.ts";
import { levelOf, type Policy, reached, type Stage, type Standing } from "./lifecycle.ts";
import type { BilledPeriods } from "./periods-billed.ts";

export interface ContractFacts {
  /** `connection:contractId`, `connection:sub_1`, or `connection:none`. */
  readonly id: string;
  /** What the CRM has of it; null when no CRM does. */
  readonly sold: ContractData | null;
  /** The CRM's contract itself says that it was won, or a quote that it names. */
  readonly won: boolean;
  readonly subscription: SubscriptionData | null;
  /** Billed something. */
  readonly periods: BilledPeriods | null;
}

/** What a party of a CRM adds. */
export interface SoldContracts {
  readonly connection: string;
  /** By subject. */
  readonly contracts: ReadonlyMap<string, ContractData>;
  /** Subjects of quotes that were won. */
  readonly wonQuotes: ReadonlySet<string>;
}

export interface Contracts {
  readonly all: ReadonlyArray<ContractFacts>;
  /** By the name that each has in its party: its name in the account. */
  readonly names: ReadonlyMap<string, string>;
  /** Deals that were won, anywhere in the account. */
  readonly wonQuotes: number;
}

const agreed: ReadonlySet<string> = new Set(["activated", "expired", "cancelled"]);
const notStarted: ReadonlySet<string> = new Set(["incomplete", "incomplete_expired"]);
const isNone = (contract: ContractFacts): boolean => contract.id.endsWith(":none");

/** The contracts of an account: CRM contracts with the subscriptions that fulfil them, and what no CRM contract claims. */
export const contractsOf = (
  parties: ReadonlyArray<{ readonly contracts: ReadonlyArray<ContractFacts>; readonly sold: SoldContracts | null }>,
): Contracts => {
  const sold = new Map<string, { readonly data: ContractData; readonly won: boolean }>();
  const fulfilled = new Map<string, string>();
  let wonQuotes = 0;
  for (const { sold: said } of parties) {
    if (said === null) continue;
    wonQuotes += said.wonQuotes.size;
    for (const [subject, data] of said.contracts) {
      if (data.status === "deleted") continue;
      const id = `${said.connection}:${foreignIdOf(subject)}`;
      sold.set(id, {
        data,
        won: agreed.has(data.status) || (data.quote !== null && said.wonQuotes.has(data.quote)),
      });
      if (data.subscription !== null) fulfilled.set(data.subscription, smaller(fulfilled.get(data.subscription), id));
    }
  }
  const merged = new Map<string, ContractFacts>();
  const names = new Map<string, string>();
  for (const { contracts } of parties)
    for (const contract of contracts) {
      const named = contract.subscription?.contract ?? null;
      const id = named !== null && sold.has(named) ? named : (fulfilled.get(contract.id) ?? contract.id);
      names.set(contract.id, id);
      const said = sold.get(id);
      const facts = { ...contract, id, sold: said?.data ?? null, won: said?.won ?? false };
      const before = merged.get(id);
      merged.set(id, before === undefined ? facts : together(before, facts));
    }
  for (const [id, { data, won }] of sold)
    if (won && !merged.has(id)) merged.set(id, { id, sold: data, won, subscription: null, periods: null });
  return { all: [...merged.values()], names, wonQuotes };
};

const smaller = (a: string | undefined, b: string): string => (a === undefined || b < a ? b : a);

/** Two that one contract covers, whatever their order. */
const together = (a: ContractFacts, b: ContractFacts): ContractFacts => ({
  ...a,
  subscription:
    [a.subscription, b.subscription]
      .filter((one) => one !== null)
      .sort(
        (x, y) =>
          Number(isOver(x)) - Number(isOver(y)) || (y.startAt ?? 0) - (x.startAt ?? 0) || order(x.status, y.status),
      )
      .at(0) ?? null,
  periods: a.periods === null ? b.periods : b.periods === null ? a.periods : a.periods.with(b.periods),
});
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const isOver = (subscription: SubscriptionData): boolean =>
  subscription.status === "canceled" || subscription.status === "incomplete_expired";

const leastOfNewest = (periods: BilledPeriods): Standing | null => {
  let least: Standing | null = null;
  for (const standing of periods.ofNewest) {
    if (least === null || levelOf(standing) < levelOf(least)) least = standing;
  }
  return least;
};

/** Evidence that a contract has for each stage. */
const evidenceOf = (contract: ContractFacts, wonQuotes: number) => {
  const billed = contract.periods ? leastOfNewest(contract.periods) : null;
  const level = billed === null ? 0 : levelOf(billed);
  const has = (stage: Stage): boolean => level >= levelOf(stage);
  return {
    quoted: contract.sold === null ? wonQuotes > 0 : contract.won,
    activated: isNone(contract) || (contract.subscription !== null && !notStarted.has(contract.subscription.status)),
    invoiced: has("invoiced"),
    posted: has("posted"),
    paid: has("paid"),
    recognized: has("recognized"),
  };
};

/** Before the first invoice a contract stands at its own evidence, then at the least stage of its newest billed period. */
export const contractStanding = (contract: ContractFacts, wonQuotes: number, required: ReadonlySet<Stage>): Standing =>
  reached(required, evidenceOf(contract, wonQuotes)) ?? "prospect";

/** Where an account stands by its current contract; one that has none yet, by its won deals. */
export const standingOf = (current: ContractFacts | null, wonQuotes: number, required: ReadonlySet<Stage>): Standing =>
  current !== null
    ? contractStanding(current, wonQuotes, required)
    : required.has("quoted") && wonQuotes > 0
      ? "quoted"
      : "prospect";

/** Billed or running, and nobody agreed to it. */
export const lacksQuote = (contract: ContractFacts, wonQuotes: number, required: ReadonlySet<Stage>): boolean => {
  const { quoted, activated } = evidenceOf(contract, wonQuotes);
  return required.has("quoted") && !quoted && ((activated && !isNone(contract)) || contract.periods !== null);
};

interface Term {
  readonly start: number;
  readonly end: number;
}
const isCancelled = ({ subscription, sold }: ContractFacts): boolean =>
  subscription !== null ? isOver(subscription) : sold?.status === "cancelled";

/** Whose dates count: the policy's authority for contracts, and the other where that one has none. */
const termOf = (contract: ContractFacts, policy: Policy): Term => {
  const { subscription, sold } = contract;
  const crmFirst = policy.authority.contract.indexOf("crm") < policy.authority.contract.indexOf("billing");
  const [first, second] = crmFirst && sold?.startAt != null ? [sold, subscription] : [subscription, sold];
  const source = first ?? second;
  return {
    start: source?.startAt ?? Number.NEGATIVE_INFINITY,
    end:
      (isCancelled(contract) ? (subscription ?? source)?.endAt : source?.endAt) ??
      (isCancelled(contract) ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY),
  };
};

export const isChurned = (current: ContractFacts | null, policy: Policy, now: number): boolean =>
  current !== null && isCancelled(current) && termOf(current, policy).end <= now;

/** The next instant after `now` at which the current contract may change; null when none will. */
export const nextTermBoundary = (
  contracts: ReadonlyArray<ContractFacts>,
  sold: SoldContracts | null,
  now: number,
): number | null => {
  let next: number | null = null;
  const sooner = (at: number | null | undefined) => {
    if (at != null && at > now && (next === null || at < next)) next = at;
  };
  for (const { subscription } of contracts) {
    sooner(subscription?.startAt);
    sooner(subscription?.endAt);
  }
  for (const { startAt, endAt } of sold?.contracts.values() ?? []) {
    sooner(startAt);
    sooner(endAt);
  }
  return next;
};

/** The current contract: term contains now (latest start, smallest id), else last ended, else next to start, else `none`. */
export const currentContract = (
  contracts: ReadonlyArray<ContractFacts>,
  policy: Policy,
  now: number,
): ContractFacts | null => {
  if (contracts.length === 1) return contracts[0]!;
  let current: ContractFacts | null = null;
  let best: Dated | null = null;
  for (const contract of contracts) {
    if (isNone(contract)) continue;
    const dated = { ...termOf(contract, policy), id: contract.id };
    if (best !== null && nearer(best, dated, now) <= 0) continue;
    current = contract;
    best = dated;
  }
  return current ?? contracts.filter(isNone).sort((a, b) => (a.id < b.id ? -1 : 1))[0] ?? null;
};

interface Dated extends Term {
  readonly id: string;
}
/** Under way, over, still to come. */
const phase = ({ start, end }: Term, now: number): number => (end <= now ? 1 : start <= now ? 0 : 2);
/** Below zero: `a` is current rather than `b`. */
const nearer = (a: Dated, b: Dated, now: number): number => {
  const at = phase(a, now);
  if (at !== phase(b, now)) return at - phase(b, now);
  const dates = at === 0 ? compare(b.start, a.start) : at === 1 ? compare(b.end, a.end) : compare(a.start, b.start);
  return dates || order(a.id, b.id);
};
const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);
