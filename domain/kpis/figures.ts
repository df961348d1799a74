/** The figures as the field names them, over a stretch of days: each with its unit and how it is computed, in one sentence. *Pure.* */
import { dayMs, type Kpis, type Milestones } from "./fold.ts";
import { added, emptyHistogram, type Histogram, percentile, sumOf } from "./histogram.ts";

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
  readonly id: string;
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
const earliest = (all: ReadonlyArray<Milestones>, point: keyof Milestones): number | null =>
  all.reduce<number | null>((least, one) => {
    const at = one[point];
    return at === undefined || (least !== null && least <= at) ? least : at;
  }, null);

const between = (
  accounts: Iterable<ReadonlyArray<Milestones>>,
  begin: keyof Milestones,
  end: keyof Milestones,
  stretch: Stretch,
): Histogram => {
  let histogram = emptyHistogram;
  for (const parties of accounts) {
    const [from, to] = [earliest(parties, begin), earliest(parties, end)];
    if (from !== null && to !== null && within(to, stretch)) histogram = added(histogram, to - from);
  }
  return histogram;
};

/** `rootOf`: which account a party belongs to, as the links stand now; null leaves out what is counted by account, which costs most. */
export const figuresOf = (
  kpis: Kpis,
  stretch: Stretch,
  rootOf: ((party: string) => string) | null,
): ReadonlyArray<Figure> => {
  const days = [...kpis.days].filter(([day]) => day >= stretch.from && day < stretch.to).map(([, day]) => day);
  const total = (name: string): number => days.reduce((sum, { counts }) => sum + (counts[name] ?? 0), 0);
  const times = (name: string): Histogram => sumOf(days.flatMap((day) => day.times[name] ?? []));
  const accounts = new Map<string, Milestones[]>();
  for (const [party, milestones] of rootOf === null ? [] : kpis.parties) {
    const root = rootOf!(party);
    accounts.set(root, [...(accounts.get(root) ?? []), milestones]);
  }
  const timed = (id: FigureId, histogram: Histogram, none: string): Figure => ({
    ...blank(id, "milliseconds"),
    spread: spreadOf(histogram),
    reason: histogram.count === 0 ? none : null,
  });
  const share = (id: FigureId, part: number, whole: number, none: string): Figure => ({
    ...blank(id, "share"),
    share: { part, whole },
    reason: whole === 0 ? none : null,
  });
  const pairs = [...new Set(days.flatMap((day) => Object.keys(day.times)))]
    .filter((name) => name.startsWith("sync "))
    .sort();
  const byAccount = () => [
    timed(
      "order-to-activation",
      between(accounts.values(), "orderedAt", "activeAt", stretch),
      "no account with an order in the CRM became active then",
    ),
    timed(
      "contract-to-bill",
      between(accounts.values(), "contractAt", "billedAt", stretch),
      "no account with a contract in the CRM was billed for the first time then",
    ),
  ];
  return [
    ...(rootOf === null ? [] : byAccount()),
    ...(pairs.length === 0 ? [timed("sync-latency", emptyHistogram, "no command was acknowledged then")] : []),
    ...pairs.map((name): Figure => {
      const [, from = "", to = ""] = name.split(" ");
      return { ...blank("sync-latency", "milliseconds"), pair: { from, to }, spread: spreadOf(times(name)) };
    }),
    share("invoice-exception-rate", total("invoiceExceptions"), total("invoices"), "no invoice was finalized then"),
    { ...blank("unbilled-usage", "minor units"), count: 0, reason: "no usage is rated yet, so there is none to bill" },
    share("usage-attributed", total("usageAttributed"), total("usage"), "no usage was taken in then"),
    share("duplicate-rate", total("duplicates"), total("duplicates") + total("webhooks"), "nothing was delivered then"),
    timed("recovery-time", times("recovery"), "no command that had failed came through then"),
    timed("exception-resolution-time", times("resolution"), "no exception ended then"),
    { ...blank("retries", "commands"), count: total("retries") + total("unknown") },
    { ...blank("dead-letters", "commands"), count: total("deadLetters") },
    timed("days-to-close", times("close"), "no period was closed then"),
  ];
};

/** It is of now, whatever the stretch. */
export const varianceFigure = ({
  sumMinor,
  reason,
}: {
  readonly sumMinor: number;
  readonly reason: string | null;
}): Figure => ({ ...blank("reconciliation-variance", "minor units"), count: sumMinor, reason });
