/** What the other parties of an account add to what one of them asks for. *Pure.* */
import { type Json, sameJson } from "./canonical.ts";
import type { AccountData, PostingData } from "./event.ts";
import { foreignIdOf } from "./event.ts";
import type { Evidence } from "./evidence.ts";
import type { Parked } from "./parking.ts";

/** The billing party of an account, under whose customer records all of its charges are made. */
export interface Billing {
  readonly party: string;
  /** By ERP connection. */
  readonly records: CustomerRecords;
}
export type CustomerRecords = Readonly<Record<string, { readonly outsideId: string; readonly foreignId: string }>>;

/** A document that a target already had, found by its number. */
export interface Found {
  readonly foreignId: string;
  readonly data: PostingData;
}

export interface Peers {
  /** CRM connection → the account's own id there, the smallest where it has several. */
  readonly crm: Readonly<Record<string, string>>;
  /** CRM connection → when that account last changed, on the vendor's clock. Epoch ms. */
  readonly crmChangedAt: Readonly<Record<string, number>>;
  /** Name and email as the policy's authority has them; null: the party's own count. */
  readonly master: { readonly name: string | null; readonly email: string | null } | null;
  /** ERP connection → its customers in this account. */
  readonly erp: Readonly<Record<string, ReadonlyArray<string>>>;
  /** Receivables of a target in this account that carry the number. */
  readonly find: (target: string, number: string) => ReadonlyArray<Found>;
  /** What a target says of one of its documents. */
  readonly posting: (target: string, foreignId: string) => PostingData | null;
  /** The smallest where there are several; null: nobody of the account is billed by a system. */
  readonly billing: Billing | null;
  /** Some member has charges that are due. */
  readonly charging: boolean;
  /** A member that a person parked: nothing goes out for any, also for those that joined later. */
  readonly parked: Pick<Parked, "by" | "reason"> | null;
}

export const noPeers: Peers = {
  crm: {},
  crmChangedAt: {},
  master: null,
  erp: {},
  find: () => [],
  posting: () => null,
  billing: null,
  charging: false,
  parked: null,
};

/** All that a plan depends on, but for the documents themselves. */
const toPlan = ({ crm, master, erp, billing, charging, parked }: Peers): Json =>
  ({ crm, master, erp, billing: charging ? billing : null, charging, parked }) as unknown as Json;
export const samePeers = (a: Peers, b: Peers): boolean => a === b || sameJson(toPlan(a), toPlan(b));

export interface Member {
  readonly connection: string;
  readonly customer: string;
  readonly evidence: Evidence;
  readonly parked?: Parked | null;
  readonly customerRecords?: CustomerRecords;
  readonly isCharging?: boolean;
}

export interface Places {
  readonly isCrm: (connection: string) => boolean;
  readonly isErp: (connection: string) => boolean;
  readonly isBilling: (connection: string) => boolean;
  /** Smaller is the better authority for the customer; null: it has no say. */
  readonly rankOf: (connection: string) => number | null;
}

/** `members` in order of their ids. */
export const peersOf = (members: ReadonlyArray<Member>, places: Places): Peers => {
  const crm: Record<string, string> = {};
  const crmChangedAt: Record<string, number> = {};
  const erp: Record<string, string[]> = {};
  let best: { readonly rank: number; readonly name: string | null; readonly email: string | null } | null = null;
  for (const { connection, customer, evidence } of members) {
    const shown = evidence.shown(`account/${customer}`)?.observation;
    const account = shown?.data as AccountData | undefined;
    const stands = account?.status !== "deleted";
    if (places.isCrm(connection) && stands && crm[connection] === undefined) {
      crm[connection] = customer;
      if (shown !== undefined) crmChangedAt[connection] = shown.at;
    }
    if (places.isErp(connection)) {
      erp[connection] ??= [];
      erp[connection].push(customer);
    }
    const rank = places.rankOf(connection);
    if (rank !== null && account?.name && stands && (best === null || rank < best.rank))
      best = { rank, name: account.name, email: account.email };
  }
  const parked = members.find((member) => member.parked)?.parked ?? null;
  const biller = members.find(({ connection }) => places.isBilling(connection));
  const inErp = (target: string): ReadonlyArray<Evidence> =>
    members.filter(({ connection }) => connection === target && places.isErp(target)).map(({ evidence }) => evidence);
  return {
    crm,
    crmChangedAt,
    master: best === null ? null : { name: best.name, email: best.email },
    erp,
    find: (target, number) =>
      inErp(target).flatMap((evidence) =>
        [...(evidence.postingsByNumber.get(number) ?? [])].sort().flatMap((subject) => {
          const data = evidence.data<PostingData>(subject)!;
          const live = data.recordType === "invoice" && data.status !== "void" && data.status !== "deleted";
          return live ? [{ foreignId: documentIdOf(subject), data }] : [];
        }),
      ),
    posting: (target, foreignId) => {
      for (const evidence of inErp(target)) {
        const data = evidence.data<PostingData>(`posting/invoice:${foreignId}`);
        if (data) return data;
      }
      return null;
    },
    billing:
      biller === undefined
        ? null
        : { party: `${biller.connection}:${biller.customer}`, records: biller.customerRecords ?? {} },
    charging: members.some(({ isCharging = false }) => isCharging),
    parked: parked === null ? null : { by: parked.by, reason: parked.reason },
  };
};

/** `posting/invoice:4412` → `4412`. */
const documentIdOf = (subject: string): string => {
  const id = foreignIdOf(subject);
  return id.slice(id.indexOf(":") + 1);
};
