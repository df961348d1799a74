/** What holds with a customer: the terms as signed with every amendment to them, in whatever order both arrived. *Pure.* */
import type { Contract } from "./contract/contract.ts";
import { type AmendmentData, foreignIdOf, type TermsData } from "./event.ts";
import type { Party } from "./party.ts";
import type { ChargeVersion } from "./rating/version.ts";
import { subjectsOf } from "./reconciliation/account.ts";
import type { MeterTerms, Placement } from "./terms.ts";

export interface Agreement {
  /** `connection:terms/C-1`. */
  readonly id: string;
  readonly party: string;
  readonly connection: string;
  /** `connection:sub_1`; null: no subscription in billing fulfils it. */
  readonly subscription: string | null;
  readonly timeZone: string;
  readonly contract: Contract;
  readonly meters: ReadonlyArray<MeterTerms>;
  readonly placements: Readonly<Record<string, Placement>>;
  readonly grants: NonNullable<TermsData["grants"]>;
  /** Subjects of the amendments that it holds. */
  readonly amendments: ReadonlyArray<string>;
  /** Amendments that say nothing to it, each with its reason. */
  readonly ignored: ReadonlyArray<{ readonly id: string; readonly reason: string }>;
}

interface Amended {
  readonly subject: string;
  readonly data: AmendmentData;
}

/** Amendments of the party's own terms that wait for them. */
export const orphansOf = (party: Party): ReadonlyArray<string> =>
  subjectsOf(party, "amendment").filter((subject) => {
    const data = party.evidence.data<AmendmentData>(subject);
    return data !== undefined && data.status === "active" && !party.evidence.has(data.terms);
  });

/** Of one party, by id. Drafts and withdrawn terms are none. */
export const agreementsOf = (party: Party): ReadonlyArray<Agreement> => {
  const terms = subjectsOf(party, "terms");
  if (terms.length === 0) return [];
  const amendments = new Map<string, Amended[]>();
  for (const subject of subjectsOf(party, "amendment")) {
    const data = party.evidence.data<AmendmentData>(subject);
    if (data === undefined || data.status !== "active") continue;
    const known = amendments.get(data.terms);
    if (known) known.push({ subject, data });
    else amendments.set(data.terms, [{ subject, data }]);
  }
  return terms.flatMap((subject) => {
    const data = party.evidence.data<TermsData>(subject);
    if (data === undefined || data.status !== "active") return [];
    return [amended(party, subject, data, amendments.get(subject) ?? [])];
  });
};

const amended = (party: Party, subject: string, terms: TermsData, all: ReadonlyArray<Amended>): Agreement => {
  const ignored: Array<{ id: string; reason: string }> = [];
  const changes: Array<NonNullable<Contract["amendments"]>[number]> = [...(terms.contract.amendments ?? [])];
  const meters = new Map(terms.meters.map((meter) => [meter.meter, meter]));
  const placements: Record<string, Placement> = { ...terms.placements };
  const items = new Set(terms.contract.items.map(({ id }) => id));
  for (const { data } of all) if (data.change.do === "add") items.add(data.change.item.id);
  for (const { subject: id, data } of all) {
    const { change } = data;
    if (change.do === "charge") {
      const meter = meters.get(change.meter);
      if (meter === undefined) {
        ignored.push({ id, reason: `the terms have no meter ${change.meter}` });
        continue;
      }
      const version: ChargeVersion = {
        version: change.version,
        inForceFrom: change.on,
        ...(data.publishedAt === null ? {} : { published: new Date(data.publishedAt).toISOString() }),
        charge: change.charge,
      };
      meters.set(change.meter, { ...meter, versions: [...meter.versions, version] });
      continue;
    }
    if ("item" in change && typeof change.item === "string" && !items.has(change.item)) {
      ignored.push({ id, reason: `the terms have no item ${change.item}` });
      continue;
    }
    changes.push(change);
    if (change.do === "add" && data.placement !== undefined) placements[change.item.id] = data.placement;
  }
  const contract: Contract = changes.length === 0 ? terms.contract : { ...terms.contract, amendments: changes };
  return {
    id: `${party.connection}:${subject}`,
    party: party.id,
    connection: party.connection,
    subscription: terms.subscription,
    timeZone: terms.timeZone,
    contract: { ...contract, id: contract.id || foreignIdOf(subject) },
    meters: [...meters.values()],
    placements,
    grants: terms.grants ?? [],
    amendments: all.map(({ subject: id }) => id),
    ignored,
  };
};
