/**
 * How soon one system must know what another said: a flow is rows of the obligation table between connections, measured from the
 * time of the source's event to the acknowledged command. Data from the configuration. *Pure.*
 */
import type { Party } from "./party.ts";
import type { Planned } from "./plan.ts";
import { rowName } from "./wish.ts";

export interface ServiceLevel {
  readonly name: string;
  /** Rows of the obligation table. */
  readonly rows: ReadonlyArray<string>;
  /** Source connections; null: any. */
  readonly from: ReadonlyArray<string> | null;
  /** Target connections; null: any. */
  readonly to: ReadonlyArray<string> | null;
  readonly withinMinutes: number;
  /** From so long on it may still be late. */
  readonly atRiskMinutes: number;
  /** Null: the team of the target. */
  readonly team: string | null;
}

export type ServiceState = "ok" | "at-risk" | "breached";

const usual = (name: string, rows: ReadonlyArray<string>, withinMinutes: number): ServiceLevel => ({
  name,
  rows,
  from: null,
  to: null,
  withinMinutes,
  atRiskMinutes: atRiskOf(withinMinutes),
  team: null,
});

/** Where the configuration does not say: after three quarters of the time. */
export const atRiskOf = (withinMinutes: number): number => withinMinutes - Math.ceil(withinMinutes / 4);

/** What is measured where the configuration names nothing. */
export const usualServiceLevels: ReadonlyArray<ServiceLevel> = [
  usual("order-sync", ["customer.present", "subscription.shown"], 60),
  usual("invoice-posting", ["invoice.posted", "credit.posted"], 60),
  usual("payment-status", ["payment.applied", "refund.posted", "dispute.posted", "invoice.shown"], 60),
  usual("revenue-data", ["revenue.scheduled"], 1440),
];

/** When the source said what the command carries on, epoch milliseconds; null: nothing says. */
export const saidAt = (party: Party, planned: Pick<Planned, "kind" | "source" | "slot" | "verb" | "effectiveAt">) => {
  // The customer record is made for its first document, whenever the company itself was last heard of.
  if (planned.kind === "customer") return null;
  const own = party.slots.get(planned.slot)?.period?.from ?? planned.effectiveAt;
  if (planned.verb === "post" && !planned.kind.startsWith("crm_") && own > 0) return own;
  return party.evidence.shown(planned.source)?.observation.at ?? null;
};

/** One command that is owed. */
export interface Owed {
  readonly key: string;
  readonly row: string;
  readonly source: string;
  readonly target: string;
  readonly since: number;
}

/** What a system is owed: not what it is only shown to be, in mode `observe`. */
export const owedOf = (party: Party, planned: Planned): Owed | null => {
  if (planned.hold === "observe") return null;
  const since = saidAt(party, planned);
  if (since === null) return null;
  const { key, target, kind, source } = planned;
  return { key, row: rowName(kind), source: `${party.connection}:${source}`, target, since };
};

export interface Measured {
  readonly state: ServiceState;
  /** Owed now, and of those past the point of risk, and past the limit. */
  readonly open: number;
  readonly atRisk: number;
  readonly breached: number;
  readonly oldest: Owed | null;
}

const belongs = (level: ServiceLevel, owed: Owed): boolean =>
  level.rows.includes(owed.row) &&
  (level.from === null || level.from.includes(owed.source.slice(0, owed.source.indexOf(":")))) &&
  (level.to === null || level.to.includes(owed.target));

/** By when what is owed must be carried on, epoch milliseconds; null: no service level says. */
export const dueOf = (levels: ReadonlyArray<ServiceLevel>, owed: Owed): number | null => {
  const within = levels.filter((level) => belongs(level, owed)).map(({ withinMinutes }) => withinMinutes);
  return within.length === 0 ? null : owed.since + Math.min(...within) * 60_000;
};

/** `now`: epoch milliseconds. */
export const measure = (level: ServiceLevel, all: Iterable<Owed>, now: number): Measured => {
  let open = 0;
  let atRisk = 0;
  let breached = 0;
  let oldest: Owed | null = null;
  for (const owed of all) {
    if (!belongs(level, owed)) continue;
    open += 1;
    const age = now - owed.since;
    if (age > level.withinMinutes * 60_000) breached += 1;
    else if (age > level.atRiskMinutes * 60_000) atRisk += 1;
    if (oldest === null || owed.since < oldest.since || (owed.since === oldest.since && owed.key < oldest.key))
      oldest = owed;
  }
  return { state: breached > 0 ? "breached" : atRisk > 0 ? "at-risk" : "ok", open, atRisk, breached, oldest };
};
