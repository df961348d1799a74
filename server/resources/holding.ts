/** One party as the canonical resources see it: which objects it has of a kind, and each as the API shows it. *Pure* over a loaded party. */
import type { Json } from "../../domain/canonical.ts";
import {
  type DisputeFundsData,
  dataSchemas,
  foreignIdOf,
  kindOf,
  type ObjectData,
  type ObjectKind,
  type PaymentData,
  type RefundData,
  type SubscriptionData,
} from "../../domain/event.ts";
import { type Evidence, replicaPrefix } from "../../domain/evidence.ts";
import { accountId, outsideId } from "../../domain/ids.ts";
import type { Slot } from "../../domain/ledger.ts";
import { shareOf } from "../../domain/movement.ts";
import type { Party } from "../../domain/party.ts";
import type { Core } from "../engine/core.ts";
import { contractsJson } from "../views/account.ts";
import { type Collection, fieldsOf } from "./collections.ts";
import { type SlotIndex, slotIndex, systemsOf } from "./systems.ts";

type Fields = { readonly [key: string]: Json };

interface Index {
  readonly registers: number;
  /** Kind → subjects in order; what a target reports of our documents stands with the kind that it is there. */
  readonly byKind: ReadonlyMap<string, ReadonlyArray<string>>;
}

const indexes = new WeakMap<Evidence, Index>();

/** Made again only when a register was added: they never go. */
const indexOf = (evidence: Evidence): Index => {
  const { size } = evidence.registers;
  const known = indexes.get(evidence);
  if (known?.registers === size) return known;
  const byKind = new Map<string, Set<string>>();
  for (const cell of evidence.registers.keys()) {
    // A field of an object has a register of its own where the source tells fields: `account/001#name`.
    const subject = evidence.shown(cell) ? cell : cell.slice(0, Math.max(0, cell.lastIndexOf("#")));
    if (!evidence.shown(subject)) continue;
    const kind = kindOf(inTarget(subject)?.subject ?? subject);
    const subjects = byKind.get(kind);
    if (subjects) subjects.add(subject);
    else byKind.set(kind, new Set([subject]));
  }
  const index = { registers: size, byKind: new Map([...byKind].map(([kind, all]) => [kind, [...all].sort()])) };
  indexes.set(evidence, index);
  return index;
};

/** Where an object is, and its subject there. */
interface Place {
  readonly connection: string;
  readonly subject: string;
}

/** Of `replica/netsuite:posting/invoice:812`, netsuite and `posting/invoice:812`. */
const inTarget = (subject: string): Place | null => {
  if (!subject.startsWith(replicaPrefix)) return null;
  const at = subject.indexOf(":");
  return { connection: subject.slice(replicaPrefix.length, at), subject: subject.slice(at + 1) };
};

export class Holding {
  readonly core: Core;
  readonly party: Party;
  /** False for what waits for its customer: the party is then a stand-in. */
  private readonly owned: boolean;
  private slots: SlotIndex | null = null;
  private contracts: ReadonlyMap<string, Fields> | null = null;
  private documents: ReadonlyMap<string, Slot> | null = null;

  constructor(core: Core, party: Party, owned = true) {
    this.core = core;
    this.party = party;
    this.owned = owned;
  }

  /** Subjects of a collection, in order. */
  subjects({ path, kind }: Collection): ReadonlyArray<string> {
    const of = (wanted: ObjectKind) => indexOf(this.party.evidence).byKind.get(wanted) ?? [];
    const own = path === "postings" ? of(kind) : of(kind).filter((subject) => !subject.startsWith(replicaPrefix));
    if (path !== "contracts" || !this.owned) return own;
    const alone = of("subscription").filter((subject) => this.contractsById.has(this.idOf(subject)));
    return [...own, ...alone];
  }

  idOf(subject: string): string {
    const there = inTarget(subject);
    return `${there?.connection ?? this.party.connection}:${foreignIdOf(there?.subject ?? subject)}`;
  }

  statusOf({ path }: Collection, subject: string): string {
    const { status } = this.party.evidence.shown(subject)!.observation.data;
    return path === "contracts" && kindOf(subject) === "subscription" ? agreedStatus(status) : status;
  }

  item(collection: Collection, subject: string): Json {
    const { core, party } = this;
    const shown = party.evidence.shown(subject)!;
    const there = inTarget(subject) ?? { connection: party.connection, subject };
    const { status } = shown.observation.data;
    const { sources, fields } = this.worked(collection, subject);
    return {
      id: this.idOf(subject),
      connection: there.connection,
      account: this.owned ? accountId(core.root(party.id)) : null,
      party: this.owned ? party.id : null,
      ...this.said(collection, there, shown.observation.data),
      ...fields,
      ambiguous: shown.ambiguous,
      kept: shown.ambiguous ? this.kept(collection, there, subject) : [],
      systems: systemsOf(
        party,
        { ...there, status: shown.ambiguous ? `${status} (ambiguous)` : status },
        sources,
        this.slotIndex,
      ),
      seq: core.position,
    };
  }

  private get slotIndex(): SlotIndex {
    this.slots ??= slotIndex(this.party);
    return this.slots;
  }

  /** What the system said, in the fields of the domain; objects of the same connection by their public ids. */
  private said(collection: Collection, { connection, subject }: Place, data: ObjectData): Fields {
    if (collection.path === "contracts" && kindOf(subject) === "subscription") {
      return agreedBySubscription(data as SubscriptionData, `${connection}:${foreignIdOf(subject)}`);
    }
    const values = data as unknown as Readonly<Record<string, Json>>;
    return Object.fromEntries(
      Object.keys(dataSchemas[collection.kind].fields).map((field) => {
        const value = values[field] ?? null;
        const refers = collection.references.has(field) && typeof value === "string";
        return [field, refers ? `${connection}:${foreignIdOf(value)}` : value];
      }),
    );
  }

  private kept(collection: Collection, there: Place, subject: string): ReadonlyArray<Json> {
    const { registers } = this.party.evidence;
    const whole = registers.get(subject);
    if (whole) {
      return whole.observations.map(({ at, data }) => ({
        field: null,
        clock: at,
        value: this.said(collection, there, data),
      }));
    }
    return (fieldsOf(kindOf(subject)) ?? []).flatMap((field) => {
      const told = registers.get(`${subject}#${field}`)?.observations ?? [];
      if (told.length < 2) return [];
      return told.map(({ at, data }) => ({ field, clock: at, value: (data as unknown as { value: Json }).value }));
    });
  }

  /** What follows for the object, and the subjects whose documents stand for it. */
  private worked(collection: Collection, subject: string): { sources: ReadonlyArray<string>; fields: Fields } {
    const { evidence, connection } = this.party;
    const id = this.idOf(subject);
    switch (collection.path) {
      case "contracts": {
        const basis = kindOf(subject) === "contract" ? "contract" : "subscription";
        const { stage = "prospect", recognizedShare = null } = this.owned ? (this.contractsById.get(id) ?? {}) : {};
        return { sources: [subject], fields: { stage, recognizedShare, basis } };
      }
      case "invoices": {
        const view = this.party.groups.get(subject)?.view ?? null;
        const settledMinor = view?.money.settledMinor ?? 0;
        const creditsMinor = view?.money.creditsMinor ?? 0;
        const owed = view !== null && view.cash !== "none" ? view.data.totalMinor - settledMinor - creditsMinor : 0;
        const fields = { stage: view?.standing ?? "prospect", settledMinor, creditsMinor, dueMinor: Math.max(0, owed) };
        return { sources: [subject], fields };
      }
      case "payments":
        return { sources: [subject], fields: movedOf(evidence, connection, subject) };
      case "disputes": {
        const funds = `dispute_funds/${foreignIdOf(subject)}`;
        const data = evidence.data<DisputeFundsData>(funds);
        const shown = data
          ? {
              status: data.status,
              currency: data.currency,
              amountMinor: data.amountMinor,
              withdrawnAt: data.withdrawnAt,
            }
          : null;
        return { sources: [subject, funds], fields: { funds: shown } };
      }
      case "postings":
        return { sources: [], fields: { carries: this.carries(subject) } };
      default:
        return { sources: [subject], fields: {} };
    }
  }

  /** As the account has them, so that both answers say the same. */
  private get contractsById(): ReadonlyMap<string, Fields> {
    if (this.contracts) return this.contracts;
    const { core, party } = this;
    const members = core.membersOf(core.root(party.id)).map((id) => core.parties.get(id));
    const known = members.filter((member) => member !== undefined);
    const shown = contractsJson(core, known.length > 0 ? known : [party]) as ReadonlyArray<Fields>;
    this.contracts = new Map(shown.map((contract) => [String(contract["id"]), contract]));
    return this.contracts;
  }

  private carries(subject: string): Json {
    const { externalId } = this.party.evidence.data(subject) as unknown as { readonly externalId?: string };
    if (externalId === undefined) return null;
    const slot = this.slotsByOutsideId.get(externalId);
    if (slot === undefined) return null;
    const source = `${this.party.connection}:${foreignIdOf(slot.source)}`;
    return { outsideId: externalId, kind: slot.kind, source, sourceKind: kindOf(slot.source) };
  }

  /** Also of documents that were reversed since: each generation had its id. */
  private get slotsByOutsideId(): ReadonlyMap<string, Slot> {
    if (this.documents) return this.documents;
    const slots = new Map<string, Slot>();
    for (const slot of this.party.slots.values()) {
      const source = `${this.party.connection}:${slot.source}`;
      for (let generation = 0; generation <= slot.generation; generation++) {
        slots.set(outsideId(slot.target, source, slot.part, generation), slot);
      }
    }
    for (const slot of this.party.slots.values()) if (slot.held) slots.set(slot.held.outsideId, slot);
    this.documents = slots;
    return slots;
  }
}

const movedOf = (evidence: Evidence, connection: string, payment: string): Fields => {
  const data = evidence.data<PaymentData>(payment)!;
  const allocations = evidence.invoicesOf(payment).map((invoice) => ({
    invoice: `${connection}:${foreignIdOf(invoice)}`,
    amountMinor: shareOf(evidence, payment, data, invoice),
  }));
  const sum = (subjects: ReadonlySet<string> | undefined, status: string): number =>
    [...(subjects ?? [])]
      .map((subject) => evidence.data<RefundData>(subject)!)
      .filter((back) => back.currency === data.currency && (back.status as string) === status)
      .reduce((total, { amountMinor }) => total + amountMinor, 0);
  return {
    allocations,
    refundedMinor: sum(evidence.refundsByPayment.get(payment), "succeeded"),
    withdrawnMinor: sum(evidence.fundsByPayment.get(payment), "withdrawn"),
  };
};

const agreedStatus = (status: string): string =>
  status === "incomplete" ? "draft" : /^(incomplete_expired|canceled)$/.test(status) ? "cancelled" : "activated";

/** A subscription without a contract is its own: the fields of a contract, as far as a subscription has them. */
const agreedBySubscription = ({ status, startAt, endAt }: SubscriptionData, subscription: string): Fields => ({
  ...Object.fromEntries(Object.keys(dataSchemas.contract.fields).map((field) => [field, null])),
  status: agreedStatus(status),
  startAt,
  endAt,
  subscription,
});
