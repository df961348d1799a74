/** Receivables by age, and contracts that end soon with the signs that they may not be renewed. *Pure; the date is an argument.* */
import { addDays, type Day, daysBetween } from "../calendar/day.ts";
import type { Contract } from "../contract/contract.ts";
import { statusOn, timelineOf } from "../contract/timeline.ts";
import { sumMinor } from "../money.ts";
import { recurringOn } from "./recurring.ts";

export interface OpenInvoice {
  readonly id: string;
  readonly account: string;
  readonly currency: string;
  readonly due: Day;
  readonly openMinor: number;
}

export interface AgingRow {
  readonly account: string;
  readonly currency: string;
  /** Not due yet, then by days over due. */
  readonly currentMinor: number;
  readonly bucketsMinor: ReadonlyArray<number>;
  readonly totalMinor: number;
  readonly oldestDays: number;
}
export interface Aging {
  readonly asOf: Day;
  /** `1-30`, `31-60`, …, `91+`. */
  readonly buckets: ReadonlyArray<string>;
  readonly rows: ReadonlyArray<AgingRow>;
  readonly totals: ReadonlyArray<Omit<AgingRow, "account">>;
}

/** `limits`: the last day of each bucket but the open one. Currencies have rows of their own. */
export const aging = (
  invoices: ReadonlyArray<OpenInvoice>,
  asOf: Day,
  limits: ReadonlyArray<number> = [30, 60, 90],
): Aging => {
  const buckets = [
    ...limits.map((limit, index) => `${(limits[index - 1] ?? 0) + 1}-${limit}`),
    `${limits.at(-1)! + 1}+`,
  ];
  const row = (account: string, currency: string, own: ReadonlyArray<OpenInvoice>): AgingRow => {
    const late = own.map((invoice) => ({ ...invoice, days: daysBetween(invoice.due, asOf) }));
    const sum = (from: number, to: number): number =>
      sumMinor(late.filter(({ days }) => days >= from && days <= to).map(({ openMinor }) => openMinor));
    return {
      account,
      currency,
      currentMinor: sum(Number.NEGATIVE_INFINITY, 0),
      bucketsMinor: buckets.map((_, index) =>
        sum((limits[index - 1] ?? 0) + 1, limits[index] ?? Number.POSITIVE_INFINITY),
      ),
      totalMinor: sumMinor(own.map(({ openMinor }) => openMinor)),
      oldestDays: Math.max(0, ...late.map(({ days }) => days)),
    };
  };
  const open = invoices.filter(({ openMinor }) => openMinor !== 0);
  const group = (key: (invoice: OpenInvoice) => string): ReadonlyArray<ReadonlyArray<OpenInvoice>> => {
    const groups = new Map<string, OpenInvoice[]>();
    for (const invoice of open) groups.set(key(invoice), [...(groups.get(key(invoice)) ?? []), invoice]);
    return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, own]) => own);
  };
  return {
    asOf,
    buckets,
    rows: group(({ account, currency }) => `${account}\u0000${currency}`).map((own) =>
      row(own[0]!.account, own[0]!.currency, own),
    ),
    totals: group(({ currency }) => currency).map((own) => {
      const { account: _, ...sums } = row("", own[0]!.currency, own);
      return sums;
    }),
  };
};

/** What is known of an account beside its contract. */
export interface RenewalFacts {
  readonly overdueMinor?: number;
  readonly disputes?: number;
  /** Use of the last period and of the one before. */
  readonly used?: number;
  readonly usedBefore?: number;
  readonly openTickets?: number;
}

export interface RenewalRow {
  readonly contract: string;
  readonly endsOn: Day;
  readonly inDays: number;
  readonly automatic: boolean;
  /** Last day to give notice; null when it does not renew by itself. */
  readonly noticeBy: Day | null;
  readonly currency: string;
  readonly mrrMinor: number;
  readonly arrMinor: number;
  /** In plain words, each a fact. */
  readonly signals: ReadonlyArray<string>;
}

const signalsOf = (contract: Contract, asOf: Day, facts: RenewalFacts): ReadonlyArray<string> => {
  const signals: string[] = [];
  if ((facts.overdueMinor ?? 0) > 0) signals.push(`${facts.overdueMinor} minor units are overdue`);
  if ((facts.disputes ?? 0) > 0) signals.push(`${facts.disputes} payments are disputed`);
  if (
    facts.used !== undefined &&
    facts.usedBefore !== undefined &&
    facts.used * 2 <= facts.usedBefore &&
    facts.usedBefore > 0
  )
    signals.push(`use fell from ${facts.usedBefore} to ${facts.used}`);
  if ((facts.openTickets ?? 0) > 0) signals.push(`${facts.openTickets} support tickets are open`);
  const status = statusOn(contract, asOf);
  if (status === "paused" || status === "trialing") signals.push(`the contract is ${status}`);
  const reduced = recurringOn(contract, asOf).mrrMinor < recurringOn(contract, contract.start).mrrMinor;
  if (reduced) signals.push("it brings less than at its start");
  return signals;
};

/** Running contracts whose term ends within as many days, the nearest first. */
export const renewalsDue = (
  contracts: ReadonlyArray<Contract>,
  asOf: Day,
  withinDays: number,
  factsOf: (contract: string) => RenewalFacts = () => ({}),
): ReadonlyArray<RenewalRow> =>
  contracts
    .flatMap((contract): ReadonlyArray<RenewalRow> => {
      const { terms, end, cancelledOn } = timelineOf(contract, asOf);
      const endsOn = terms.find(({ from, to }) => from <= asOf && asOf < to)?.to ?? end;
      const inDays = daysBetween(asOf, endsOn);
      if (asOf < contract.start || asOf >= end || cancelledOn !== null || inDays > withinDays) return [];
      const { mrrMinor, arrMinor, currency } = recurringOn(contract, asOf);
      const automatic = contract.autoRenew !== undefined;
      const noticeBy = contract.autoRenew ? addDays(endsOn, -(contract.autoRenew.noticeDays ?? 0)) : null;
      const signals = signalsOf(contract, asOf, factsOf(contract.id));
      return [{ contract: contract.id, endsOn, inDays, automatic, noticeBy, currency, mrrMinor, arrMinor, signals }];
    })
    .sort((a, b) => a.inDays - b.inDays || (a.contract < b.contract ? -1 : 1));
