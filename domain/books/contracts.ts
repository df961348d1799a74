/**
 * The contracts of an account: what was agreed in terms, and for subscriptions that no terms cover, what billing says of them. One
 * for each legal entity that earns a part of it. *Pure.*
 */
import { type Agreement, agreementsOf, orphansOf } from "../agreement.ts";
import type { Contract } from "../contract/contract.ts";
import { timelineOf } from "../contract/timeline.ts";
import { type AmendmentData, foreignIdOf } from "../event.ts";
import type { Party } from "../party.ts";
import { subjectsOf } from "../reconciliation/account.ts";
import { entityOfConnection, type Keeping } from "./keeping.ts";
import { type SaidLine, subscribed } from "./subscribed.ts";
import { refusal, type Unstated } from "./unstated.ts";

export interface KnownContract {
  /** Of the whole: `cpq:terms/C-1`, or `stripe:sub_1`. */
  readonly id: string;
  readonly basis: "terms" | "subscription";
  readonly party: string;
  /** What to explain. */
  readonly about: string;
  readonly entity: string;
  readonly contract: Contract;
}

export interface Contracts {
  readonly all: ReadonlyArray<KnownContract>;
  readonly agreements: ReadonlyArray<Agreement>;
  /** `connection:subscription/…` → the id of its contract. */
  readonly ofSubscription: ReadonlyMap<string, string>;
  readonly unstated: ReadonlyArray<Unstated>;
}

/** `stripe:sub_1` as a subject with its connection: `stripe:subscription/sub_1`. */
const subscriptionName = (named: string): string => {
  const colon = named.indexOf(":");
  return `${named.slice(0, colon)}:subscription/${named.slice(colon + 1)}`;
};

/** `linesBy`: lines of invoices by their subscription, per party. */
export const contractsOf = (
  members: ReadonlyArray<Party>,
  linesBy: (party: Party) => ReadonlyMap<string, ReadonlyArray<SaidLine>>,
  keeping: Keeping,
): Contracts => {
  const all: KnownContract[] = [];
  const unstated: Unstated[] = [];
  const ofSubscription = new Map<string, string>();
  const agreements = members.flatMap(agreementsOf);
  for (const party of members)
    for (const subject of orphansOf(party)) {
      const { terms } = party.evidence.data<AmendmentData>(subject)!;
      const about = `${party.connection}:${subject}`;
      unstated.push({ about, reason: `it waits for ${terms}`, entity: null, currency: null, amountMinor: null });
    }
  const billing = members.filter(({ connection }) => keeping.bills(connection));
  const usual = new Set(billing.map(({ connection }) => entityOfConnection(keeping, connection)));
  for (const agreement of agreements) {
    const { id, subscription, connection } = agreement;
    const named = subscription === null ? null : subscriptionName(subscription);
    if (named !== null) ofSubscription.set(named, id);
    const biller = subscription === null ? null : subscription.slice(0, subscription.indexOf(":"));
    const entity =
      biller === null && usual.size === 1 ? [...usual][0]! : entityOfConnection(keeping, biller ?? connection);
    for (const { id: amendment, reason } of agreement.ignored)
      unstated.push({ about: `${connection}:${amendment}`, reason, entity, currency: null, amountMinor: null });
    const known = { id, basis: "terms", party: agreement.party, about: id.slice(connection.length + 1) } as const;
    sound(agreement.contract, id, entity, unstated, () => {
      for (const [earning, contract] of byEntity(agreement, entity)) all.push({ ...known, entity: earning, contract });
    });
  }
  for (const party of billing) {
    const lines = linesBy(party);
    for (const subject of subjectsOf(party, "subscription")) {
      const name = `${party.connection}:${subject}`;
      if (ofSubscription.has(name)) continue;
      const id = `${party.connection}:${foreignIdOf(subject)}`;
      ofSubscription.set(name, id);
      const entity = entityOfConnection(keeping, party.connection);
      const found = subscribed(party, subject, lines.get(subject) ?? [], keeping);
      if ("unstated" in found) {
        unstated.push({ about: name, reason: found.unstated, entity, currency: null, amountMinor: null });
        continue;
      }
      for (const contract of found.contracts)
        sound(contract, name, entity, unstated, () => {
          all.push({ id, basis: "subscription", party: party.id, about: subject, entity, contract });
        });
    }
  }
  return { all, agreements, ofSubscription, unstated };
};

/** A contract that contradicts itself is left out, and says so. */
const sound = (contract: Contract, about: string, entity: string, unstated: Unstated[], keep: () => void): void => {
  try {
    timelineOf(contract);
    keep();
  } catch (error) {
    unstated.push({ about, reason: refusal(error), entity, currency: contract.currency, amountMinor: null });
  }
};

const byEntity = (agreement: Agreement, usual: string): ReadonlyMap<string, Contract> => {
  const { contract, placements } = agreement;
  const entityOf = (item: string): string =>
    (Object.hasOwn(placements, item) ? placements[item]!.entity : null) ?? usual;
  const acts = contract.amendments ?? [];
  const ids = [...contract.items, ...acts.flatMap((act) => (act.do === "add" ? [act.item] : []))].map(({ id }) => id);
  const entities = [...new Set(ids.map(entityOf))].sort();
  if (entities.length < 2) return new Map([[entities[0] ?? usual, contract]]);
  return new Map(
    entities.map((entity) => {
      const own = (item: string): boolean => entityOf(item) === entity;
      const amendments = acts.filter((act) => {
        if (!("item" in act)) return true;
        return own(typeof act.item === "string" ? act.item : act.item.id);
      });
      return [entity, { ...contract, items: contract.items.filter(({ id }) => own(id)), amendments }];
    }),
  );
};
