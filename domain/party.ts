/**
 * A party: one customer id of one connection, with its objects. The unit of storage and of journal position.
 * Holds the evidence (a lattice), the ledger of documents outside, and what follows from both. *Pure* but for its own maps.
 */
import { addInvoice, type BilledIn } from "./billed.ts";
import { canonical, type Json } from "./canonical.ts";
import type { Reset } from "./correction.ts";
import type {
  AccountData,
  CanonicalEvent,
  ContractData,
  InvoiceData,
  LinkClaim,
  ObjectData,
  PostingData,
  SubscriptionData,
  UseData,
} from "./event.ts";
import { foreignIdOf, kindOf } from "./event.ts";
import { Evidence, replicaPrefix } from "./evidence.ts";
import { addGroup, emptyTally, type PartyShare, type Tally } from "./facts.ts";
import { type Drift, driftOf, driftOfAdopted, type Group, mayTrouble, viewOf } from "./group.ts";
import { connectionOf } from "./ids.ts";
import { type Folded, fold, type Slot } from "./ledger.ts";
import type { Policy, Stage } from "./lifecycle.ts";
import { bestClaim, joinLink, type LinkRegister } from "./link.ts";
import { type LinkNode, legalIdKey } from "./link-graph.ts";
import { Charges, chargeIn, chargeSubject, chargesDue, isChargeCell } from "./metering/charges.ts";
import type { UsageApproved, UsageIdle, UseFound } from "./metering/note.ts";
import { isUseCell, Uses } from "./metering/uses.ts";
import { type InvoiceMoney, moneyOf } from "./movement.ts";
import type { LedgerNote } from "./note.ts";
import { type Orders, observationsOf, subjectOfCell } from "./observation.ts";
import { keptBackBy, noRules, type Parked, type ParkRules, parkedObject } from "./parking.ts";
import { type CustomerRecords, noPeers, type Peers, type Places, samePeers } from "./peers.ts";
import type { BilledPeriods } from "./periods-billed.ts";
import { type Planned, plan } from "./plan.ts";
import { changesOf, type Found, type Refreshed } from "./refreshed.ts";
import type { Register } from "./register.ts";
import { type Replica, Replicas } from "./replicas.ts";
import type { ConnectionRules } from "./rules.ts";
import type { ContractFacts, SoldContracts } from "./standing.ts";
import {
  chargeWishes,
  crmInvoiceWish,
  crmPostingWish,
  crmSubscriptionWish,
  customerWish,
  invoiceWishes,
  isReceivable,
  type Wish,
} from "./wish.ts";

/** What is the same for every party of one deployment. */
export interface Surroundings {
  readonly orders: (connection: string) => Orders;
  /** Connections that should hold the financial documents of a party, by policy and routing. */
  readonly targets: (connection: string) => ReadonlyArray<string>;
  /** Connections that take the charges for use of any party. */
  readonly chargeTargets?: ReadonlyArray<string>;
  /** CRMs that should show what becomes of a party, once it is linked there. */
  readonly crms: (connection: string) => ReadonlyArray<string>;
  readonly rulesOf: (target: string) => ConnectionRules;
  readonly required: ReadonlySet<Stage>;
  readonly policy: Policy;
  readonly places: Places;
  /** The same deployment under another policy. */
  readonly under?: (policy: Policy) => Surroundings;
  /** As the configuration has them, where people switched them since. */
  readonly configured?: Surroundings;
  /** When the target's mappings last changed. Epoch ms; 0: never. */
  readonly mappedAt?: (target: string) => number;
}

export interface Asked {
  /** Greatest clock among the tied observations when the object was asked for again. */
  readonly through: number;
  readonly outcome: "answered" | "absent";
}

const customerGroup = "customer";
const none: ReadonlySet<string> = new Set();

export class Party {
  readonly id: string;
  readonly connection: string;
  readonly customer: string;
  readonly evidence: Evidence;
  readonly uses = new Uses();
  readonly charges = new Charges();
  /** Grows with every change of terms and amendments. */
  termsVersion = 0;
  readonly slots = new Map<string, Slot>();
  readonly groups = new Map<string, Group>();
  readonly tally: Tally = emptyTally();
  /** What its invoices add up to. */
  readonly invoiced: BilledIn = new Map();
  readonly asked = new Map<string, Asked>();
  /** Objects of ours that another party claims as well, with those parties: frozen until a person decides. */
  readonly contested = new Map<string, ReadonlyArray<string>>();
  /** Objects that an operator gave to one of their claimants. */
  readonly assigned = new Map<string, string>();
  parked: Parked | null = null;
  /** Objects that a person keeps back, by subject. */
  readonly parkedObjects = new Map<string, Parked>();
  /** Set by who knows them, before anything is planned. */
  parkRules: ParkRules = noRules;
  /** What the other parties of the account add; set by who knows them. */
  private peers: Peers = noPeers;
  links: LinkRegister = [];
  /** Acknowledgements folded so far. */
  acks = 0;
  /** Cells that changed since they were last taken. */
  readonly dirty = new Set<string>();

  private readonly surroundings: Surroundings;
  private readonly contracts = new Map<string, BilledPeriods>();
  /** Group → its slots that hold or held something. */
  private readonly slotsByGroup = new Map<string, Set<string>>();
  private readonly replicas: Replicas;
  /** Outside id → the slot that holds the document. */
  private readonly holders = new Map<string, string>();
  private readonly stale = new Set<string>();
  private readonly contractSubjects = new Set<string>();
  /** Whether any group asked for the customer's own record when that was last planned. Its group may be there without a wish. */
  private customerWanted = false;
  /** Groups that ask for documents, and with them for the customer's own record. */
  private readonly needCustomer = new Set<string>();
  /** Groups with documents from before the start date that the target shows nothing of. */
  private readonly unmatched = new Set<string>();
  /** Groups that a person may have to look at. */
  readonly troubled = new Set<string>();
  /** Groups of which something was refused. */
  private readonly rejected = new Set<string>();
  /** Groups of which a CRM refused something that a change of the account there may put right. */
  private readonly refused = new Set<string>();
  private readonly agreed = new Map<string, ContractData>();
  private readonly wonQuotes = new Set<string>();
  /** Documents that this party's own system made of charges of ours. */
  private readonly billed = new Set<string>();

  constructor(id: string, surroundings: Surroundings) {
    this.id = id;
    this.connection = connectionOf(id);
    this.customer = id.slice(this.connection.length + 1);
    this.surroundings = surroundings;
    this.evidence = new Evidence(surroundings.orders(this.connection));
    this.replicas = new Replicas(this.evidence);
  }

  // ---------------------------------------------------------------- joining

  /** Join one event of this party. */
  observe(event: CanonicalEvent): void {
    for (const { cell, observation } of observationsOf(event)) {
      this.touched(cell, this.evidence.observe(cell, observation, event.read));
    }
    for (const claim of event.links) this.claim(claim, event.clock.at);
  }

  /** Count one use. `again`: its id was counted before, with other content. */
  use(event: CanonicalEvent, again: boolean): void {
    const cells = this.uses.take(foreignIdOf(event.subject), event.data as UseData, event.time, again);
    for (const cell of cells) this.dirty.add(cell);
    for (const claim of event.links) this.claim(claim, event.clock.at);
  }

  /** A period of an agreement went by without use. */
  useIdle(note: UsageIdle): void {
    for (const cell of this.uses.passed(note)) this.dirty.add(cell);
  }

  /** What a corrected use had said. */
  useFound({ use, content }: UseFound): void {
    for (const cell of this.uses.found(use, content)) this.dirty.add(cell);
  }

  /** Lines of an approved batch. Answers the charges that changed. `now`: journal time, epoch ms. */
  charge(note: UsageApproved, now: number): ReadonlyArray<string> {
    const ids = this.charges.take(note, now);
    for (const id of ids) {
      this.dirty.add(chargeSubject(id));
      if (this.charges.isDue(id)) this.stale.add(chargeSubject(id));
    }
    return ids;
  }

  /** Journal time, as of an entry that touches the party: charges may be due by it. */
  reach(now: number): void {
    for (const id of this.charges.reach(now)) {
      this.stale.add(chargeSubject(id));
      this.dirty.add(chargesDue);
    }
  }

  /** Join a register that was waiting for its party. */
  adopt(cell: string, register: Register<ObjectData>): void {
    this.touched(cell, this.evidence.join(cell, register));
  }

  /** A target reports a document that carries one of our outside ids: what it is known to say, not source evidence. */
  observeReplica(event: CanonicalEvent): void {
    const subject = `${replicaPrefix}${event.source}:${event.subject}`;
    const data = { ...event.data, externalId: event.externalId } as unknown as ObjectData;
    const observation = { status: data.status, at: event.clock.at, trust: event.clock.trust, data };
    if (this.evidence.observe(subject, observation, event.read) === null) return;
    this.dirty.add(subject);
    this.indexReplica(subject);
  }

  private indexReplica(subject: string): void {
    const outsideId = this.replicas.add(subject);
    const holder = outsideId === null ? undefined : this.holders.get(outsideId);
    if (holder !== undefined) this.stale.add(groupOf(this.slots.get(holder)!));
  }

  claim(claim: LinkClaim, at: number): void {
    const joined = joinLink(this.links, { ...claim, at });
    if (joined === this.links) return;
    this.links = joined;
    this.dirty.add("links");
  }

  /** Whom this one says it is the same company as, and what the law knows it by. */
  get linkNode(): LinkNode {
    const claim = bestClaim(this.links);
    const link = claim === null || claim.target === null ? null : { target: claim.target, rank: claim.rank };
    const account = this.evidence.data<AccountData>(`account/${this.customer}`);
    return { link, legalId: legalIdKey(account?.legalId) };
  }

  private touched(cell: string, invoices: Set<string> | null): void {
    if (invoices === null) return;
    this.dirty.add(cell);
    this.track(subjectOfCell(cell), invoices);
  }

  /** What a correction says that registers hold without the wrong decoding. */
  correct({ subject, cells, links }: Reset): void {
    for (const [cell, register] of Object.entries(cells)) {
      const invoices = this.evidence.reset(cell, register);
      this.dirty.add(cell);
      for (const invoice of invoices) this.stale.add(invoice);
    }
    if (isTerms(subject)) this.termsVersion += 1;
    if (this.evidence.has(subject)) this.track(subject, new Set());
    else {
      this.agreed.delete(subject);
      this.wonQuotes.delete(subject);
      this.contractSubjects.delete(subject);
      this.billed.delete(subject);
      this.contested.delete(subject);
      this.dirty.add("contested");
      this.stale.add(kindOf(subject) === "account" ? customerGroup : subject);
    }
    if (links !== undefined) {
      this.links = links;
      this.dirty.add("links");
    }
  }

  private track(subject: string, invoices: Set<string>): void {
    const kind = kindOf(subject);
    if (kind === "subscription") {
      this.contractSubjects.add(subject);
      this.stale.add(subject);
    }
    if (kind === "contract") this.agreed.set(subject, this.evidence.data<ContractData>(subject)!);
    if (kind === "quote") {
      if (this.evidence.data(subject)!.status === "won") this.wonQuotes.add(subject);
      else this.wonQuotes.delete(subject);
    }
    if (kind === "posting") {
      const bills = (this.evidence.data<PostingData>(subject)?.charges?.length ?? 0) > 0;
      if (bills || this.billed.has(subject)) this.stale.add(subject);
      mark(this.billed, subject, bills);
    }
    if (isTerms(subject)) this.termsVersion += 1;
    if (kind === "account") this.named();
    for (const invoice of invoices) this.stale.add(invoice);
  }

  /** Rules may look at the name, whatever object they keep back. */
  private named(): void {
    this.stale.add(customerGroup);
    if (this.parkRules.all.some(({ nameContains }) => nameContains !== null)) this.staleAll();
  }

  contest(subject: string, parties: ReadonlyArray<string>): void {
    if (this.assigned.has(subject) || canonical(this.contested.get(subject) ?? []) === canonical(parties)) return;
    this.contested.set(subject, parties);
    this.dirty.add("contested");
    this.staleWith(subject);
  }

  /** A person said whose the object is: nothing of it is frozen any more, and the others ask for nothing of it. */
  assign(subject: string, owner: string): void {
    this.contested.delete(subject);
    this.assigned.set(subject, owner);
    this.dirty.add("contested");
    this.dirty.add("assigned");
    this.staleWith(subject);
  }

  private staleWith(subject: string): void {
    if (kindOf(subject) === "invoice") this.stale.add(subject);
    else for (const invoice of this.evidence.invoicesOf(subject)) this.stale.add(invoice);
  }

  park(parked: Parked | null): void {
    this.parked = parked;
    this.dirty.add("parked");
    this.staleAll();
  }

  parkObject(subject: string, parked: Parked | null): void {
    if (parked === null) this.parkedObjects.delete(subject);
    else this.parkedObjects.set(subject, parked);
    this.dirty.add("parked-objects");
    this.staleAll();
  }

  /** Rules came or went. */
  reviewParking(): void {
    this.staleAll();
  }

  /** Why nothing of this object goes out, beside what is said of the whole party; null: nothing keeps it back. */
  keptBack(subject: string, rules: ParkRules["all"] = this.parkRules.all): string | null {
    if (rules.length === 0 && this.parkedObjects.size === 0) return null;
    const parked = this.parkedObjects.get(subject);
    if (parked !== undefined) return parked.reason;
    return keptBackBy(rules, () => parkedObject(this, subject, (one) => this.evidence.data(one), this.parkRules));
  }

  /** Why a command of an object or of what it belongs to is kept back. */
  keptBackBy(command: Pick<Slot, "kind" | "source" | "part">): string | null {
    return this.keptBack(command.source) ?? this.keptBack(this.subjectOfGroup(groupOf(command)));
  }

  private subjectOfGroup(key: string): string {
    return key === customerGroup ? `account/${this.customer}` : key;
  }

  /** As of this entry of the journal: what depends on more than this party (a stage) is left to the plan. */
  private refusesClaim(command: Pick<Slot, "kind" | "source" | "part">): boolean {
    if (this.parked !== null) return true;
    const rules = this.parkRules.all.filter(({ stage }) => stage === null);
    const group = this.subjectOfGroup(groupOf(command));
    return this.keptBack(command.source, rules) !== null || this.keptBack(group, rules) !== null;
  }

  /** The rest of the account, as it is now. True when something of this party has to be looked at again. */
  meet(peers: Peers): boolean {
    const same = samePeers(peers, this.peers);
    this.peers = peers;
    if (same) {
      for (const group of this.unmatched) this.stale.add(group);
      for (const group of this.refused) this.stale.add(group);
    } else this.staleAll();
    if (this.wantsCustomer !== this.customerWanted) this.stale.add(customerGroup);
    return this.stale.size > 0;
  }

  private staleAll(): void {
    for (const group of this.groups.keys()) this.stale.add(group);
    for (const subject of this.contractSubjects) this.stale.add(subject);
    for (const subject of this.billed) this.stale.add(subject);
    for (const id of this.charges.ids) if (this.charges.isDue(id)) this.stale.add(chargeSubject(id));
  }

  // ---------------------------------------------------------------- the ledger

  /** Fold what became of a command. Answers whether it stands. */
  note(note: LedgerNote, at: number): Folded {
    // It was started before the party was parked, and the journal has the parking first: nothing goes out.
    if (note.type === "command.claimed" && this.refusesClaim(note.command))
      return { slots: [], acked: false, stands: false };
    const folded = fold(this.slots, this.connection, note, at, this.acks);
    for (const slot of folded.slots) {
      const before = this.slots.get(slot.key);
      this.dirty.add(`slot/${slot.key}`);
      this.keep(slot);
      // Everything else waits for the customer record.
      if (slot.kind === "customer" && (before?.held == null) !== (slot.held == null)) {
        for (const key of this.groups.keys()) this.stale.add(key);
      }
    }
    if (folded.acked) {
      this.acks += 1;
      this.dirty.add("acks");
      for (const key of this.rejected) this.stale.add(key);
    }
    return folded;
  }

  private keep(slot: Slot): void {
    const group = groupOf(slot);
    this.slots.set(slot.key, slot);
    if (slot.held) this.holders.set(slot.held.outsideId, slot.key);
    const slots = this.slotsByGroup.get(group);
    if (slots) slots.add(slot.key);
    else this.slotsByGroup.set(group, new Set([slot.key]));
    this.stale.add(group);
  }

  /** An object was asked for again because its register is ambiguous. */
  noteAsked(subject: string, asked: Asked): void {
    const before = this.asked.get(subject);
    if (before && before.through >= asked.through) return;
    this.asked.set(subject, asked);
    this.dirty.add("asked");
  }

  /** Ambiguous registers: those that a re-read may still settle, and those that it could not. */
  private get doubts(): { readonly unsettled: number; readonly unanswered: number } {
    const total = [...this.evidence.ambiguous].filter((subject) => !subject.startsWith(replicaPrefix)).length;
    const unsettled = total === 0 ? 0 : this.toAsk.length;
    return { unsettled, unanswered: total - unsettled };
  }

  /** Ambiguous registers that have not been asked for since they tied: the subject and the clock to get past. */
  get toAsk(): ReadonlyArray<{ readonly subject: string; readonly through: number }> {
    const result = [];
    for (const subject of this.evidence.ambiguous) {
      if (subject.startsWith(replicaPrefix)) continue;
      const through = Math.max(...this.evidence.doubted(subject).map((o) => o.at));
      const asked = this.asked.get(subject);
      if (!asked || asked.through < through) result.push({ subject, through });
    }
    return result;
  }

  // ---------------------------------------------------------------- what follows

  get hasStale(): boolean {
    return this.stale.size > 0;
  }

  /** Look again at every group that something touched; the cost is that of the groups, not of the party. */
  refresh(): Refreshed {
    const found: Found = { commands: [], reattributions: [], adoptions: [] };
    // A slot may move between groups (a payment that turns out to pay another invoice): plan invoices first, customer last.
    const keys = [...this.stale].sort();
    this.stale.clear();
    for (const key of keys) {
      if (key === customerGroup) continue;
      if (kindOf(key) === "subscription") this.refreshSubscription(key, found);
      else if (isChargeCell(key)) this.refreshCharge(key, found);
      else if (kindOf(key) === "posting") this.refreshBilled(key, found);
      else this.refreshInvoice(key, found);
    }
    if (keys.includes(customerGroup) || this.wantsCustomer !== this.customerWanted) this.refreshCustomer(found);
    return found;
  }

  private refreshInvoice(subject: string, found: Found): void {
    const targets = this.surroundings.targets(this.connection);
    const data = this.disowned(subject) ? undefined : this.evidence.data<InvoiceData>(subject);
    const wishes: Wish[] = [];
    const money = data ? moneyOf(this.evidence, subject, data) : null;
    if (data && money) {
      for (const target of targets) wishes.push(...invoiceWishes(target, subject, data, money));
      for (const [target, account] of this.linkedCrms) {
        const shown = crmInvoiceWish(target, account, subject, data, money);
        if (shown) wishes.push(shown);
      }
    }
    this.replan(subject, wishes, found, money);
  }

  private refreshSubscription(subject: string, found: Found): void {
    const data = this.evidence.data<SubscriptionData>(subject);
    const wishes = data
      ? this.linkedCrms.map(([target, account]) => crmSubscriptionWish(target, account, subject, data))
      : [];
    this.replan(subject, wishes, found);
  }

  private refreshCharge(key: string, found: Found): void {
    const charge = this.charges.get(chargeIn(key))!;
    this.replan(
      key,
      this.chargeTargets.flatMap((target) => chargeWishes(target, chargeIn(key), charge)),
      found,
    );
  }

  /** An invoice that an ERP made of charges of ours. */
  private refreshBilled(subject: string, found: Found): void {
    const data = this.evidence.data<PostingData>(subject);
    const shown = data?.recordType === "invoice" && this.billed.has(subject) ? data : null;
    const wishes = this.linkedCrms.flatMap(([target, account]) =>
      shown === null ? [] : (crmPostingWish(target, account, subject, shown) ?? []),
    );
    this.replan(subject, wishes, found);
  }

  private get chargeTargets(): ReadonlyArray<string> {
    return this.surroundings.chargeTargets ?? [];
  }

  // ---------------------------------------------------------------- under whose customer record charges go

  get isCharging(): boolean {
    return this.charges.isOwed;
  }

  /** Its own customer records, by target. */
  get customerRecords(): CustomerRecords {
    const records: Record<string, CustomerRecords[string]> = {};
    for (const key of this.slotsByGroup.get(customerGroup) ?? []) {
      const { held, target } = this.slots.get(key)!;
      if (held) records[target] = { outsideId: held.outsideId, foreignId: held.foreignId };
    }
    return records;
  }

  /** Whether charges of the account go under the record of this very party. */
  private get isCharged(): boolean {
    const { billing, charging } = this.peers;
    if (billing !== null) return billing.party === this.id && charging;
    if (!this.isCharging) return false;
    return [...this.charges.ids].some(
      (id) => this.charges.isDue(id) && !this.isBilledElsewhere(this.charges.get(id)!.billed.subscription),
    );
  }

  /** The terms name a subscription of a system that bills, and whoever has it there is not known yet. */
  private isBilledElsewhere(subscription: string | null): boolean {
    const { isBilling } = this.surroundings.places;
    return subscription !== null && isBilling(connectionOf(subscription)) && !isBilling(this.connection);
  }

  /** The record that a charge of this party goes under; null: it is not there. */
  chargedRecord(target: string): CustomerRecords[string] | null {
    const { billing } = this.peers;
    const records = billing === null || billing.party === this.id ? this.customerRecords : billing.records;
    return records[target] ?? null;
  }

  private lacksCustomer({ source, target }: Slot): string | null {
    const subscription = this.charges.get(chargeIn(source))?.billed.subscription ?? null;
    if (this.peers.billing === null && this.isBilledElsewhere(subscription))
      return `waits for the customer of ${subscription}, which its terms name and this account does not have`;
    return this.chargedRecord(target) === null ? `waits for the customer record in ${target}` : null;
  }

  private get wantsCustomer(): boolean {
    return this.needCustomer.size > 0 || this.isCharged;
  }

  private get linkedCrms(): ReadonlyArray<readonly [target: string, account: string]> {
    return this.surroundings.crms(this.connection).flatMap((target) => {
      const account = this.peers.crm[target];
      return account === undefined ? [] : [[target, account] as const];
    });
  }

  private refreshCustomer(found: Found): void {
    this.customerWanted = this.wantsCustomer;
    const charged = this.isCharged ? this.chargeTargets : [];
    const targets = [...new Set([...this.surroundings.targets(this.connection), ...charged])];
    let held = false;
    for (const key of this.slotsByGroup.get(customerGroup) ?? none) {
      const slot = this.slots.get(key)!;
      if (slot.kind === "customer" && (slot.held || slot.attempt)) held = true;
    }
    const wishes =
      this.customerWanted || held
        ? targets.map((target) => customerWish(target, this.evidence, this.customer, this.peers.master))
        : [];
    this.replan(customerGroup, wishes, found);
  }

  /** An operator gave the object to another of its claimants. */
  private disowned(subject: string): boolean {
    const owner = this.assigned.get(subject);
    return owner !== undefined && owner !== this.id;
  }

  private replan(key: string, wishes: ReadonlyArray<Wish>, found: Found, money: InvoiceMoney | null = null): void {
    const before = this.groups.get(key);
    const inLedger = this.slotsByGroup.get(key) ?? none;
    const known = [...inLedger];
    for (const { slot } of wishes) if (!inLedger.has(slot)) known.push(slot);
    const isInvoice = kindOf(key) === "invoice";
    // Nothing is there, and nothing is asked for.
    if (known.length === 0 && before === undefined && !isInvoice) return;
    const { planned, reattributions, adoptions, unmatched } = plan({
      connection: this.connection,
      customer: `account/${this.customer}`,
      slots: this.slots,
      known: inLedger,
      before: before?.planned ?? [],
      wishes,
      acks: this.acks,
      frozen: this.frozen(key),
      parked: this.parked?.reason ?? this.peers.parked?.reason ?? this.keptBack(this.subjectOfGroup(key)),
      parkedObject: (source) => this.keptBack(source),
      rulesOf: this.surroundings.rulesOf,
      gate: (wish) => this.gated(wish),
      lacksCustomer: (slot) => this.lacksCustomer(slot),
      mappedAt: (target) => this.surroundings.mappedAt?.(target) ?? 0,
      peers: this.peers,
    });
    found.reattributions.push(...reattributions);
    found.adoptions.push(...adoptions);
    mark(this.unmatched, key, unmatched.length > 0);
    const rejected = planned.filter(({ state }) => state === "rejected");
    mark(this.rejected, key, rejected.length > 0);
    mark(
      this.refused,
      key,
      rejected.some(({ kind }) => kind.startsWith("crm_")),
    );
    const asks =
      kindOf(key) === "invoice" && (planned.length > 0 || known.some((slot) => this.slots.get(slot)?.held != null));
    mark(this.needCustomer, key, asks && known.some((slot) => slot.endsWith("|receivable")));
    const drift: Drift[] = [];
    for (const slotKey of inLedger) {
      const slot = this.slots.get(slotKey)!;
      if (!slot.held) continue;
      if (slot.held.adopted)
        drift.push(...driftOfAdopted(slot, wishes, this.peers.posting(slot.target, slot.held.foreignId)));
      else drift.push(...driftOf(this.connection, slot, this.replicasOf(slot.held.outsideId)));
    }
    const view = isInvoice
      ? viewOf(
          this.evidence,
          key,
          this.surroundings.targets(this.connection),
          this.slots,
          planned,
          unmatched,
          this.surroundings.required,
          money,
          (slot) => this.isConfirmed(slot),
        )
      : null;
    const undecided = reattributions.length + adoptions.length;
    const after: Group = { key, view, planned, undecided, slots: known, drift, unmatched };
    mark(this.troubled, key, mayTrouble(after));
    if (before) addGroup(this.tally, this.contracts, before, -1);
    addGroup(this.tally, this.contracts, after, 1);
    addInvoice(this.invoiced, before?.view ?? null, -1);
    addInvoice(this.invoiced, view, 1);
    if (view === null && planned.length === 0 && known.length === 0) this.groups.delete(key);
    else this.groups.set(key, after);
    found.commands.push(...changesOf(before?.planned ?? [], planned));
  }

  /** The surroundings are others now: everything has to be looked at again. */
  lookAgain(): void {
    this.staleAll();
  }

  /** Under a policy that lets the ERP decide, its own report of a document is what counts. */
  private isConfirmed(key: string): boolean {
    if (!this.surroundings.policy.gates.includes("erp-confirms")) return true;
    const held = this.slots.get(key)?.held;
    if (!held) return false;
    if (held.adopted) return true;
    return this.replicasOf(held.outsideId).some(({ data: { status } }) => status !== "void" && status !== "deleted");
  }

  /** What comes after the receivable waits until the ERP has confirmed it; what is there already is left alone. */
  private gated({ kind, source, part }: Wish): string | null {
    if (!this.surroundings.policy.gates.includes("erp-confirms")) return null;
    if (kind === "customer" || kind === "receivable" || kind === "charge" || kind === "crm_subscription") return null;
    const invoice = kind === "crm_invoice" ? source : part.slice(part.indexOf(":") + 1);
    const data = this.evidence.data<InvoiceData>(invoice);
    if (data === undefined || !isReceivable(data)) return null;
    for (const target of this.surroundings.targets(this.connection))
      if (!this.isConfirmed(`${target}|${invoice}|receivable`))
        return `waits until ${target} itself reports the receivable`;
    return null;
  }

  private frozen(group: string): string | null {
    if (this.contested.size === 0 || group === customerGroup) return null;
    const parties =
      this.contested.get(group) ??
      [...(this.evidence.paymentsByInvoice.get(group) ?? [])]
        .map((p) => this.contested.get(p))
        .find((p) => p !== undefined);
    return parties ? `claimed by ${parties.join(" and ")}: link them or correct the source` : null;
  }

  replicasOf(outsideId: string): ReadonlyArray<Replica> {
    return this.replicas.of(outsideId);
  }

  // ---------------------------------------------------------------- shares of the account

  get contractFacts(): ReadonlyArray<ContractFacts> {
    const subjects = new Set([...this.contractSubjects, ...this.contracts.keys()]);
    return [...subjects].map((subject) => ({
      id: `${this.connection}:${subject === "none" ? "none" : foreignIdOf(subject)}`,
      sold: null,
      won: false,
      subscription: this.evidence.data<SubscriptionData>(subject) ?? null,
      periods: this.contracts.get(subject) ?? null,
    }));
  }

  /** What a CRM says was agreed; null where nothing was. */
  get sold(): SoldContracts | null {
    if (this.agreed.size === 0 && this.wonQuotes.size === 0) return null;
    return { connection: this.connection, contracts: this.agreed, wonQuotes: this.wonQuotes };
  }

  get share(): PartyShare {
    const { unsettled, unanswered } = this.doubts;
    return {
      tally: this.tally,
      contracts: this.contractFacts,
      sold: this.sold,
      unsettled,
      conflicts: this.contested.size + unanswered,
      parked: this.parked !== null,
    };
  }

  /** Every planned command, group by group. */
  *planned(): Iterable<Planned> {
    for (const group of this.groups.values()) yield* group.planned;
  }

  // ---------------------------------------------------------------- cells

  /** The stored form of one cell; null when it holds nothing. */
  cell(name: string): string | null {
    if (name === "links") return this.links.length > 0 ? canonical(this.links as unknown as Json) : null;
    if (name === "acks") return this.acks > 0 ? canonical(this.acks) : null;
    if (name === "asked") return mapText(this.asked);
    if (name === "contested") return mapText(this.contested);
    if (name === "assigned") return mapText(this.assigned);
    if (name === "parked-objects") return mapText(this.parkedObjects);
    if (name === "parked") return this.parked === null ? null : canonical(this.parked as unknown as Json);
    if (name.startsWith("slot/")) {
      const slot = this.slots.get(name.slice(5));
      return slot ? canonical(slot as unknown as Json) : null;
    }
    if (isUseCell(name)) return this.uses.cell(name);
    if (isChargeCell(name)) return this.charges.cell(name);
    const register = this.evidence.registers.get(name);
    return register ? canonical(register as unknown as Json) : null;
  }

  get cellNames(): ReadonlyArray<string> {
    return [
      ...this.evidence.registers.keys(),
      ...this.uses.cellNames,
      ...this.charges.cellNames,
      ...[...this.slots.keys()].map((key) => `slot/${key}`),
      ...["links", "acks", "asked", "contested", "assigned", "parked", "parked-objects"].filter(
        (name) => this.cell(name) !== null,
      ),
    ];
  }

  private restoreCharge(name: string, body: string): void {
    this.charges.restore(name, body);
    const touched = name === chargesDue ? this.charges.ids : [chargeIn(name)];
    for (const id of touched) if (this.charges.isDue(id)) this.stale.add(chargeSubject(id));
  }

  /** Put a stored cell back. Call `refresh` when all are in. */
  restore(name: string, body: string): void {
    const value = JSON.parse(body);
    if (name === "links") this.links = value;
    else if (name === "acks") this.acks = value;
    else if (name === "asked") for (const [key, asked] of Object.entries(value)) this.asked.set(key, asked as Asked);
    else if (name === "contested") for (const [key, p] of Object.entries(value)) this.contested.set(key, p as string[]);
    else if (name === "assigned") for (const [key, p] of Object.entries(value)) this.assigned.set(key, p as string);
    else if (name === "parked") this.parked = value;
    else if (name === "parked-objects")
      for (const [key, p] of Object.entries(value)) this.parkedObjects.set(key, p as Parked);
    else if (name.startsWith("slot/")) {
      this.keep(value as Slot);
    } else if (isUseCell(name)) this.uses.restore(name, body);
    else if (isChargeCell(name)) this.restoreCharge(name, body);
    else {
      const touched = this.evidence.join(name, value as Register<ObjectData>);
      if (name.startsWith(replicaPrefix)) this.indexReplica(name);
      else this.track(subjectOfCell(name), touched ?? new Set());
    }
  }
}

const isTerms = (subject: string): boolean => kindOf(subject) === "terms" || kindOf(subject) === "amendment";

const mark = (set: Set<string>, key: string, on: boolean): void => {
  if (on) set.add(key);
  else set.delete(key);
};

const mapText = (map: ReadonlyMap<string, unknown>): string | null =>
  map.size > 0 ? canonical(Object.fromEntries(map) as Json) : null;

/** Parts name their invoice where the source does not: `cash_application:invoice/in_1`. */
const groupOf = (slot: Pick<Slot, "kind" | "source" | "part">): string => {
  if (slot.kind === "customer") return customerGroup;
  if (slot.kind === "receivable" || slot.kind === "charge" || slot.kind.startsWith("crm_")) return slot.source;
  const colon = slot.part.indexOf(":");
  return colon < 0 ? customerGroup : slot.part.slice(colon + 1);
};
