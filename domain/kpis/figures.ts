/** The figures as the field names them, over a stretch of days: each with its unit and how it is computed, in one sentence. *Pure.* */
import { type Added, dayMs, type Kpis, type Milestone, type Milestones } from "./fold.ts";
import { emptyHistogram, type Histogram, histogramOf, percentile, sumOf } from "./histogram.ts";

export interface Spread {
  readonly count: number;
  readonly meanMs: number | null;
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p99Ms: number | null;
}
export interface Share {
  readonly part: number;
  readonly whole: number;
}
export interface Figure {
  readonly id: FigureId;
  readonly unit: "milliseconds" | "share" | "commands" | "minor units";
  readonly how: string;
  /** `from to`: two connections; null: over all. */
  readonly pair: { readonly from: string; readonly to: string } | null;
  readonly spread: Spread | null;
  readonly share: Share | null;
  readonly count: number | null;
  /** Why there is no number, or why it is zero. */
  readonly reason: string | null;
}

const how = {
  "order-to-activation":
    "From the first won deal or activated contract of an account in the CRM to its first active subscription, by when it became active.",
  "contract-to-bill":
    "From the start of an account's first activated contract to its first finalized invoice, by when that was finalized.",
  "sync-latency":
    "From the time of the source's event to the acknowledgement of the command that carried it on, by when it was acknowledged; customer records are not counted.",
  "invoice-exception-rate": "Exceptions about an invoice that were first seen, of `invoice.finalized` events taken in.",
  "unbilled-usage": "Value of rated usage that no invoice has billed.",
  "reconciliation-variance":
    "Money at risk in the open lines of the live reconciliation, as of now, all currencies at the stated rates of the priorities.",
  "usage-attributed": "Reports of usage that named their customer, of all that were taken in.",
  "duplicate-rate":
    "Deliveries that were taken in before, of all deliveries; counted once a minute, so the last minute before a crash is missing.",
  "recovery-time":
    "From a command's first failure (no answer, unclear, refused) to its acknowledgement, by when it was acknowledged.",
  "exception-resolution-time":
    "From when an exception was first seen to when its cause went away or a person settled it, by when it ended.",
  retries: "Times that a command got no clear answer, or a refusal for now, and was looked up or sent again.",
  "dead-letters": "Times that a target refused a command.",
  "days-to-close": "From the end of an accounting period to its close, by when it was closed.",
} as const;
export type FigureId = keyof typeof how;

const blank = (id: FigureId, unit: Figure["unit"]): Figure => ({
  id,
  unit,
  how: how[id],
  pair: null,
  spread: null,
  share: null,
  count: null,
  reason: null,
});

export const spreadOf = (histogram: Histogram): Spread => ({
  count: histogram.count,
  meanMs: histogram.count === 0 ? null : Math.floor(histogram.sum / histogram.count),
  p50Ms: percentile(histogram, 50),
  p90Ms: percentile(histogram, 90),
  p99Ms: percentile(histogram, 99),
});

/** From a day to before another, in days since the epoch, UTC. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

const within = (at: number, { from, to }: Stretch): boolean => at >= from * dayMs && at < to * dayMs;

/** The earliest of each point over the parties of one account. */
const earliest = (all: ReadonlyArray<Milestones>, point: keyof Milestones): Milestone | null =>
  all.reduce<Milestone | null>((least, one) => {
    const found = one[point];
    return found === undefined || (least !== null && least[0] <= found[0]) ? least : found;
  }, null);

/** What each figure that is counted by account is timed between. */
export const between = {
  "order-to-activation": ["orderedAt", "activeAt"],
  "contract-to-bill": ["contractAt", "billedAt"],
} as const satisfies Partial<Record<FigureId, readonly [keyof Milestones, keyof Milestones]>>;
export type ByAccount = keyof typeof between;

/** One account's part in such a figure. */
export interface OfAccount extends Omit<Added, "name"> {
  readonly root: string;
}

export function* ofAccounts(
  kpis: Kpis,
  id: ByAccount,
  stretch: Stretch,
  rootOf: (party: string) => string,
): Iterable<OfAccount> {
  const accounts = new Map<string, Milestones[]>();
  for (const [party, milestones] of kpis.parties) {
    const root = rootOf(party);
    const found = accounts.get(root);
    if (found === undefined) accounts.set(root, [milestones]);
    else found.push(milestones);
  }
  const [begin, end] = between[id];
  for (const [root, parties] of accounts) {
    const [from, to] = [earliest(parties, begin), earliest(parties, end)];
    if (from === null || to === null || !within(to[0], stretch)) continue;
    yield { root, position: to[1], since: from[1], day: Math.floor(to[0] / dayMs), value: to[0] - from[0] };
  }
}

/** What of a day makes a figure: the names of its counts or times. A sync latency's own come with its pair. */
export const madeOf = {
  "invoice-exception-rate": { part: ["invoiceExceptions"], whole: ["invoices"] },
  "usage-attributed": { part: ["usageAttributed"], whole: ["usage"] },
  "duplicate-rate": { part: ["duplicates"], whole: ["duplicates", "webhooks"] },
  "recovery-time": { times: ["recovery"] },
  "exception-resolution-time": { times: ["resolution"] },
  "days-to-close": { times: ["close"] },
  retries: { counts: ["retries", "unknown"] },
  "dead-letters": { counts: ["deadLetters"] },
} as const satisfies Partial<Record<FigureId, Made>>;

export type Made =
  | { readonly times: ReadonlyArray<string> }
  | { readonly counts: ReadonlyArray<string> }
  | { readonly part: ReadonlyArray<string>; readonly whole: ReadonlyArray<string> };

/** Of one pair of systems. */
export const syncName = (from: string, to: string): string => `sync ${from} ${to}`;

/** `rootOf`: which account a party belongs to, as the links stand now; null leaves out what is counted by account, which costs most. */
export const figuresOf = (
  kpis: Kpis,
  stretch: Stretch,
  rootOf: ((party: string) => string) | null,
): ReadonlyArray<Figure> => {
  const days = [...kpis.days].filter(([day]) => day >= stretch.from && day < stretch.to).map(([, day]) => day);
  const total = (names: ReadonlyArray<string>): number =>
    days.reduce((sum, { counts }) => sum + names.reduce((all, name) => all + (counts[name] ?? 0), 0), 0);
  const times = (names: ReadonlyArray<string>): Histogram =>
    sumOf(days.flatMap((day) => names.flatMap((name) => day.times[name] ?? [])));
  const timed = (id: FigureId, histogram: Histogram, none: string): Figure => ({
    ...blank(id, "milliseconds"),
    spread: spreadOf(histogram),
    reason: histogram.count === 0 ? none : null,
  });
  const share = (id: "invoice-exception-rate" | "usage-attributed" | "duplicate-rate", none: string): Figure => {
    const { part, whole } = madeOf[id];
    const [some, all] = [total(part), total(whole)];
    return { ...blank(id, "share"), share: { part: some, whole: all }, reason: all === 0 ? none : null };
  };
  const pairs = [...new Set(days.flatMap((day) => Object.keys(day.times)))]
    .filter((name) => name.startsWith("sync "))
    .sort();
  const byAccount = (id: ByAccount, none: string): Figure =>
    timed(id, histogramOf([...ofAccounts(kpis, id, stretch, rootOf!)].map(({ value }) => value)), none);
  return [
    ...(rootOf === null
      ? []
      : [
          byAccount("order-to-activation", "no account with an order in the CRM became active then"),
          byAccount("contract-to-bill", "no account with a contract in the CRM was billed for the first time then"),
        ]),
    ...(pairs.length === 0 ? [timed("sync-latency", emptyHistogram, "no command was acknowledged then")] : []),
    ...pairs.map((name): Figure => {
      const [, from = "", to = ""] = name.split(" ");
      return { ...blank("sync-latency", "milliseconds"), pair: { from, to }, spread: spreadOf(times([name])) };
    }),
    share("invoice-exception-rate", "no invoice was finalized then"),
    { ...blank("unbilled-usage", "minor units"), count: 0, reason: "no usage is rated yet, so there is none to bill" },
    share("usage-attributed", "no usage was taken in then"),
    share("duplicate-rate", "nothing was delivered then"),
    timed("recovery-time", times(madeOf["recovery-time"].times), "no command that had failed came through then"),
    timed("exception-resolution-time", times(madeOf["exception-resolution-time"].times), "no exception ended then"),
    { ...blank("retries", "commands"), count: total(madeOf.retries.counts) },
    { ...blank("dead-letters", "commands"), count: total(madeOf["dead-letters"].counts) },
    timed("days-to-close", times(madeOf["days-to-close"].times), "no period was closed then"),
  ];
};

/** Under which name it is asked for. */
export const figureName = ({ id, pair }: Pick<Figure, "id" | "pair">): string =>
  pair === null ? id : `${id}:${pair.from}:${pair.to}`;

/** It is of now, whatever the stretch. */
export const varianceFigure = ({
  sumMinor,
  reason,
}: {
  readonly sumMinor: number;
  readonly reason: string | null;
}): Figure => ({ ...blank("reconciliation-variance", "minor units"), count: sumMinor, reason });
