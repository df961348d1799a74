/**
 * The fold: journal entries in position order → parties, accounts, and what changed. Synchronous and deterministic; it reads
 * no clock and does no I/O. What it needs loaded it names first (`needs`), and who runs it loads that.
 */
import { amountTermOf } from "../../domain/amount-term.ts";
import { type BilledSum, sumBilled } from "../../domain/billed.ts";
import { canonical, type Json, sameJson } from "../../domain/canonical.ts";
import { Controls, cellOf, isControl } from "../../domain/controls/controls.ts";
import { mappedAt, mapping } from "../../domain/controls/mapping.ts";
import { touchedBy } from "../../domain/controls/match.ts";
import { parkRule } from "../../domain/controls/park-rule.ts";
import { policyAt, policyTopic, switches } from "../../domain/controls/policy.ts";
import { type ControlNote, controlsParty } from "../../domain/controls/topic.ts";
import { isBatch, type UsageBatchNotes, usageBatch } from "../../domain/controls/usage-batch.ts";
import { usagePrice } from "../../domain/controls/usage-price.ts";
import { type Correction, correctionIn } from "../../domain/correction.ts";
import {
  type CanonicalEvent,
  catalogueKinds,
  foreignIdOf,
  kindOf,
  type ObjectData,
  type PostingData,
  type UseData,
} from "../../domain/event.ts";
import { type Exception, exceptionsOf } from "../../domain/exceptions.ts";
import { type AccountFacts, accountFacts } from "../../domain/facts.ts";
import { accountId, connectionOf, isOutsideId, partyId } from "../../domain/ids.ts";
import { policies } from "../../domain/lifecycle.ts";
import { LinkGraph, type LinkNode, sameNode, samePlace } from "../../domain/link-graph.ts";
import { MeteredAccounts } from "../../domain/metering/account.ts";
import type { BatchLine } from "../../domain/metering/billed.ts";
import { chargeSubject } from "../../domain/metering/charges.ts";
import { isUseNote, type UseNote } from "../../domain/metering/note.ts";
import { nobody } from "../../domain/metering/uses.ts";
import type { LedgerNote } from "../../domain/note.ts";
import { observationsOf, orderOf, type Said } from "../../domain/observation.ts";
import type { OperatorNote } from "../../domain/operator.ts";
import { noRules, type ParkRules } from "../../domain/parking.ts";
import { Party, type Surroundings } from "../../domain/party.ts";
import { noPeers, peersOf } from "../../domain/peers.ts";
import { entersClosed } from "../../domain/periods.ts";
import type { Planned } from "../../domain/plan.ts";
import type { AccountRow, Cell, CommandRow, Entry, Ownership, Term } from "../../domain/ports/store.ts";
import { emptyRegister, observe, type Register } from "../../domain/register.ts";
import { contractsOf, lacksQuote, nextTermBoundary } from "../../domain/standing.ts";
import { type AccountActor, activate, regionsIn, tell } from "../../machines/account.actor.ts";
import type { Regions } from "../../machines/account.guards.ts";
import { attemptRow, commandRow } from "./command-row.ts";
import { Moves } from "./moves.ts";
import { abouts, Trace } from "./trace.ts";

/** Parties that are not customers: what waits for its owner, the catalogue, links, faults, poll cursors. */
export const poolOf = (connection: string): string => `@${connection}`;
export const linksParty = "@links";
export const faultsParty = "@faults";
export const metaParty = "@meta";
/** Of `@meta`: how far the snapshot goes, read together with what it holds. */
export const throughCell = "through";
export const exceptionsParty = "@exceptions";
export const actsParty = "@acts";
/** Parties with use or terms, each with the position of the last change that no cut has looked at; 0: none. */
export const usageParty = "@usage";
const isPool = (party: string): boolean => party.startsWith("@");

export interface Fault {
  readonly position: number;
  readonly kind: "undecodable" | "unknown-type" | "conflicting-content" | "poison" | "envelope";
  readonly connection: string;
  readonly event: string | null;
  readonly reason: string;
  readonly at: number;
}

/** An operator's act as it was taken in, by the id of its request. */
export interface Acted {
  /** Of what was asked: the same request again is the same act. */
  readonly hash: string;
  readonly position: number;
  /** False: when its turn came nothing was left that it could change. */
  readonly stands: boolean;
}

export interface Waiting {
  /** `connection:subject` that it waits for; null when nothing says whose it is. */
  via: string | null;
  /** By the name that each register will have in its party. */
  registers: Readonly<Record<string, Register<ObjectData>>>;
}

export interface AccountState {
  readonly id: string;
  readonly root: string;
  readonly members: ReadonlyArray<string>;
  facts: AccountFacts;
  name: string;
  /** What its invoices add up to. */
  billed: BilledSum;
  regions: Regions;
}

/** One command that may move: to be sent, or to be read back. */
export interface Open {
  readonly party: string;
  readonly planned: Planned;
  /** W3C trace context of the entry that asked for it last; also in its outbox row, so that it outlives the process. */
  readonly traceparent: string | null;
  /** When that was: of the fold, epoch milliseconds. Null: not told. */
  readonly tracedAt: number | null;
}

export interface Transition {
  readonly account: string;
  readonly position: number;
  readonly from: Regions | null;
  readonly to: Regions;
}

/** What the engine itself decides and writes down before it counts. */
export type Decision = Extract<LedgerNote, { readonly type: "document.reattributed" | "document.adopted" }>;

/** What one fold changed, for the outbox and for those who watch. */
export interface FoldChanges {
  readonly commands: ReadonlyArray<CommandRow>;
  readonly decisions: ReadonlyArray<Decision>;
  readonly due: ReadonlyArray<{ readonly party: string; readonly at: number | null }>;
  readonly transitions: ReadonlyArray<Transition>;
}

const maxActors = 20_000;

export class Core {
  position = 0;
  /** Journal time: the greatest instant at which an entry was taken in. */
  now = 0;
  readonly parties = new Map<string, Party>();
  readonly accounts = new Map<string, AccountState>();
  readonly open = new Map<string, Open>();
  /** Open commands of each party that has any. */
  private readonly openCounts = new Map<string, number>();
  readonly faults = new Map<number, Fault>();
  /** Catalogue registers by `connection:subject`. */
  readonly catalogue = new Map<string, Register<ObjectData>>();
  readonly waiting = new Map<string, Waiting>();
  /** Where polls, and under `connection#stream` where streams, go on. */
  readonly cursors = new Map<string, string>();
  private readonly exceptions = new Map<string, ReadonlyArray<Exception>>();
  /** Parties whose exceptions may have changed since they were last derived. */
  private readonly unreviewed = new Set<string>();
  /** `connection:subject` that changed without saying how → through when; `connection:*` is everything. */
  readonly asks = new Map<string, number>();

  readonly metering = new Map<string, number>();
  /** No mark is later: who looks for what changed after it need not look. */
  markedThrough = 0;
  /** What the use of each account comes to, as long as nothing of it changes. */
  readonly metered = new MeteredAccounts();
  private readonly meteredVersions = new WeakMap<Party, number>();

  private readonly actors = new Map<string, AccountActor>();
  private readonly awaited = new Map<string, Set<string>>();
  private readonly owners = new Map<string, string>();
  readonly links = new LinkGraph();
  readonly acts = new Map<string, Acted>();
  /** What people decided that is of no one party. */
  readonly controls = new Controls();
  private parkRules: ParkRules = noRules;
  /** By root: the stage that its commands were last held against the rules at. */
  private readonly stagesMet = new Map<string, string>();
  /** Where the last entry stands that touched a party, since `takeTouches`; null: nobody ever asked. */
  private touches: Map<string, number> | null = null;
  readonly trace = new Trace();
  /** Roots of accounts, and `@` before objects of the catalogue, that changed since reconciliation last looked. */
  readonly unreconciled = new Set<string>();
  /** Accounts that something touched, for those who watch. */
  readonly moves = new Moves();
  /** Roots of accounts that changed since the revenue books last looked. */
  readonly unbooked = new Set<string>();
  private readonly dueOf = new Map<string, number>();
  readonly surroundings: Surroundings;

  /** Parties that came from a snapshot of another owner, who was further in the journal → how far it was. */
  private readonly ahead = new Map<string, number>();

  // What a snapshot has to write.
  private readonly dirtyParties = new Set<string>();
  private readonly dirtyPool = new Map<string, Cell>();
  private readonly newOwners = new Map<string, string>();
  private newTerms: Term[] = [];
  /** The same by party. */
  private readonly termsOf = new Map<string, Set<string>>();
  private readonly dirtyAccounts = new Set<string>();

  // Of the fold under way.
  private readonly touched = new Set<string>();
  /** Of these, the ones whose links were not looked at since: a refold settles once, after all of its pages. */
  private readonly unlinked = new Set<string>();
  private readonly seeking = new Set<Party>();
  private rerooted = new Set<string>();
  private acked = new Set<string>();
  /** Party → trace context of the last event that touched it. */
  private causes = new Map<string, string>();
  /** Where traces are kept. Epoch milliseconds. */
  foldedAt: number | null = null;
  private ackedRows: CommandRow[] = [];

  /** As configured; `surroundings` are these under the policy in force. */
  private readonly configured: Surroundings;
  /** When the next switch of a policy, or a mapping, takes effect. Epoch ms. */
  nextChangeAt = Number.POSITIVE_INFINITY;

  constructor(surroundings: Surroundings) {
    this.configured = surroundings.configured ?? surroundings;
    this.surroundings = this.surroundingsUnder(this.configured);
  }

  private surroundingsUnder(found: Surroundings): Surroundings {
    const { configured, controls } = this;
    return { ...found, configured, mappedAt: (target) => mappedAt(controls.all(mapping), target, this.now) };
  }

  /** What is in force by journal time: the policy, and mappings that refused commands may have waited for. */
  private learnChanges(): void {
    const switched = this.controls.get(policyTopic, switches) ?? [];
    const name = policyAt(switched, this.now);
    const policy = name === null ? this.configured.policy : policies[name];
    if (policy.name !== this.surroundings.policy.name && this.configured.under !== undefined) {
      Object.assign(this.surroundings, this.surroundingsUnder(this.configured.under(policy)));
      for (const party of this.parties.values()) this.lookAgain(party);
    } else {
      for (const { party, planned } of this.open.values())
        if (planned.state === "rejected") this.lookAgain(this.party(party));
    }
    const mapped = [...this.controls.all(mapping).values()].flat();
    const times = [...switched, ...mapped].map(({ effectiveAt }) => effectiveAt).filter((at) => at > this.now);
    this.nextChangeAt = Math.min(Number.POSITIVE_INFINITY, ...times);
  }

  private lookAgain(party: Party): void {
    party.lookAgain();
    this.touch(party);
  }

  // ---------------------------------------------------------------- what must be loaded first

  /** Ownership that these entries ask about and that is not in memory. */
  unknownSubjects(entries: ReadonlyArray<Entry>): ReadonlyArray<string> {
    const unknown = new Set<string>();
    const ask = (subject: string) => {
      if (!this.owners.has(subject) && !this.waiting.has(subject)) unknown.add(subject);
    };
    for (const entry of entries) {
      for (const event of entry.events) {
        if (kindOf(event.subject) === "use") continue;
        ask(`${event.source}:${event.subject}`);
        if (event.via) ask(`${event.source}:${event.via}`);
        if (event.externalId && isOutsideId(event.externalId)) ask(documentSubject(event.externalId));
        for (const outside of chargesOf(event)) ask(documentSubject(outside));
      }
    }
    return [...unknown];
  }

  learnOwners(owners: ReadonlyArray<Ownership>): void {
    for (const { subject, party } of owners) if (!this.owners.has(subject)) this.owners.set(subject, party);
  }

  /** Parties that these entries touch and that are not in memory, with everyone in their accounts. */
  unloadedParties(entries: ReadonlyArray<Entry>): ReadonlyArray<string> {
    const wanted = new Set<string>();
    for (const entry of entries) {
      for (const party of partiesOfNote(entry.note)) wanted.add(party);
      for (const { party } of correctionIn(entry.note)?.resets ?? []) if (!isPool(party)) wanted.add(party);
      if ((entry.note as { readonly type?: string } | null)?.type === "usage-price.learnt")
        for (const party of this.unpriced()) wanted.add(party);
      for (const event of entry.events) {
        const holder = event.externalId === null ? undefined : this.owners.get(documentSubject(event.externalId));
        if (holder !== undefined) {
          wanted.add(holder);
          continue;
        }
        if (event.owner !== null) wanted.add(partyId(event.source, event.owner));
        if (kindOf(event.subject) === "use") {
          wanted.add(partyId(event.source, event.owner ?? nobody));
          continue;
        }
        for (const subject of [
          `${event.source}:${event.subject}`,
          ...(event.via ? [`${event.source}:${event.via}`] : []),
        ]) {
          const owner = this.owners.get(subject);
          if (owner) wanted.add(owner);
        }
      }
    }
    for (const party of [...wanted]) for (const member of this.membersOf(this.root(party))) wanted.add(member);
    return [...wanted].filter((party) => !this.parties.has(party));
  }

  /** Members of touched accounts that the last `apply` made necessary. */
  get missingMembers(): ReadonlyArray<string> {
    const missing: string[] = [];
    for (const party of [...this.touched, ...this.rerooted]) {
      for (const member of this.membersOf(this.root(party))) if (!this.parties.has(member)) missing.push(member);
    }
    return [...new Set(missing)];
  }

  /** Between two folds: everything follows from what was joined. */
  get isSettled(): boolean {
    return this.touched.size === 0 && this.missingMembers.length === 0;
  }

  /** Parties of which something is to be derived. */
  get unsettled(): number {
    return this.touched.size;
  }

  /** Which party owns each object, as far as it is in memory. */
  get knownOwners(): ReadonlyMap<string, string> {
    return this.owners;
  }

  /** Put stored parties back; those without cells begin empty. */
  restore(parties: ReadonlyArray<string>, cells: ReadonlyArray<Cell>): void {
    const made = new Map<string, Party>();
    for (const id of parties) if (!this.parties.has(id)) made.set(id, this.makeParty(id));
    let through = 0;
    for (const { party, cell, body } of cells) {
      if (body === null) continue;
      if (party === metaParty && cell === throughCell) through = JSON.parse(body) as number;
      else made.get(party)?.restore(cell, body);
    }
    for (const [id, party] of made) {
      this.parties.set(id, party);
      if (through > this.position) this.ahead.set(id, through);
      if (party.uses.seeks) this.seeking.add(party);
      this.meteredVersions.set(party, meteredVersion(party));
    }
    const roots = new Set([...made.keys()].map((id) => this.root(id)));
    for (const root of roots) this.introduce(root);
    for (const [id, party] of made) {
      if (!party.hasStale) continue;
      for (const { after } of party.refresh().commands)
        if (after) this.setOpen({ party: id, planned: after, traceparent: null, tracedAt: null });
    }
    if (!this.parkRules.all.some(({ stage }) => stage !== null)) return;
    for (const root of roots) {
      if (!this.accounts.has(root)) this.step(root, []);
      this.replanByStage(root, []);
    }
  }

  /** Put the pools back. */
  restorePool(cells: ReadonlyArray<Cell>): void {
    for (const { party, cell, body } of cells) {
      if (body === null) continue;
      if (party === linksParty) this.links.set(cell, JSON.parse(body) as LinkNode);
      else if (party === actsParty) this.acts.set(cell, JSON.parse(body) as Acted);
      else if (party === usageParty) this.setMark(cell, JSON.parse(body) as number);
      else if (party === controlsParty) this.controls.restore(cell, body);
      else if (party === metaParty) {
        if (cell === "now") this.now = JSON.parse(body) as number;
      } else if (party === exceptionsParty) this.exceptions.set(cell, JSON.parse(body) as Exception[]);
      else if (party === faultsParty) this.faults.set(Number(cell), JSON.parse(body) as Fault);
      else if (cell === "cursor") this.cursors.set(party.slice(1), JSON.parse(body) as string);
      else if (cell === "cursor/stream") this.cursors.set(`${party.slice(1)}#stream`, JSON.parse(body) as string);
      else if (cell.startsWith("ask/")) this.asks.set(`${party.slice(1)}:${cell.slice(4)}`, JSON.parse(body) as number);
      else if (cell.startsWith("catalogue/"))
        this.catalogue.set(`${party.slice(1)}:${cell.slice(10)}`, JSON.parse(body));
      else this.setWaiting(`${party.slice(1)}:${cell}`, JSON.parse(body) as Waiting);
    }
    if (cells.some(({ party }) => party === controlsParty)) {
      this.learnRules();
      this.learnChanges();
    }
  }

  // ---------------------------------------------------------------- the fold

  apply(entries: ReadonlyArray<Entry>): void {
    for (const entry of entries) {
      if (entry.position <= this.position) continue;
      if (this.position === 0) this.trace.begin();
      this.position = entry.position;
      if (entry.at > this.now) this.now = entry.at;
      if (this.now >= this.nextChangeAt) this.learnChanges();
      try {
        this.applyEntry(entry);
      } catch (error) {
        this.fault(entry, "poison", `the fold refused it: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    this.relinkTouched();
  }

  private applyEntry(entry: Entry): void {
    // Two requests of one id at the same moment: the second was refused, and is nobody's fault.
    if (entry.kind === "operator" && entry.conflictOf !== null) return;
    if (entry.conflictOf !== null) {
      this.fault(
        entry,
        "conflicting-content",
        `the same event id as entry ${entry.conflictOf}, with other content; both are kept`,
      );
    }
    const note = entry.note as {
      readonly state?: string;
      readonly reason?: string;
      readonly asks?: ReadonlyArray<string>;
    } | null;
    if (note?.state) this.fault(entry, note.state as Fault["kind"], note.reason ?? note.state);
    for (const subject of note?.asks ?? []) this.askLater(entry.connection, subject, entry.at);
    const correction = correctionIn(entry.note);
    const before = correction === null ? undefined : this.faults.get(correction.corrects)?.kind;
    const unread = before === "undecodable" || before === "unknown-type";
    if (correction !== null) this.correct(entry.connection, correction);
    switch (entry.kind) {
      case "command":
      case "decision": {
        if (isControl(entry.note as unknown as OperatorNote)) {
          this.applyControl(entry.note as unknown as ControlNote, entry.at);
          return;
        }
        const ledger = entry.note as unknown as LedgerNote | UseNote;
        const party = this.party(ledger.party);
        if (this.isFolded(party.id)) {
          this.touch(party);
          return;
        }
        if (isUseNote(ledger)) {
          if (ledger.type === "use.found") party.useFound(ledger);
          else if (ledger.type === "usage.idle") party.useIdle(ledger);
          else
            for (const id of party.charge(ledger, this.now)) {
              this.trace.add(party.id, chargeSubject(id), this.position);
              this.term(chargeSubject(id), party.id);
            }
          this.noteMetering(party);
          this.touch(party);
          return;
        }
        const slot = party.slots.get(ledger.slot);
        const attempt = slot?.attempt ?? slot?.missed ?? null;
        if (entersClosed(ledger, this.controls)) return;
        const folded = party.note(ledger, entry.at);
        if (!folded.stands) return;
        for (const slot of folded.slots) this.trace.add(party.id, abouts.slot(slot.key), this.position);
        if (ledger.type === "command.acked") {
          this.acked.add(ledger.key);
          this.ackedRows.push(attemptRow(party, party.slots.get(ledger.slot)!, attempt!, "acked"));
        }
        if (ledger.type === "command.claimed") this.own(documentSubject(ledger.command.outsideId), party.id);
        if (ledger.type === "command.acked") {
          const target = party.slots.get(ledger.slot)!.target;
          this.term(`${target}:${ledger.receipt.foreignId}`, party.id);
        }
        this.touch(party);
        return;
      }
      case "read": {
        const read = entry.note as {
          readonly party: string;
          readonly subject: string;
          readonly through: number;
          readonly outcome: "answered" | "absent";
        };
        if (isPool(read.party)) {
          this.askAnswered(entry.connection, read.subject, read.through);
          break;
        }
        this.trace.add(read.party, read.subject, this.position);
        this.party(read.party).noteAsked(read.subject, { through: read.through, outcome: read.outcome });
        this.touch(this.party(read.party));
        break;
      }
      case "poll": {
        const { cursor, stream, resynced } = entry.note as {
          /** Empty: the place was lost, and the next one is where the vendor begins. */
          readonly cursor: string;
          readonly stream?: boolean;
          /** Everything was read again that may have changed up to here. */
          readonly resynced?: number;
        };
        this.cursors.set(stream ? `${entry.connection}#stream` : entry.connection, cursor);
        this.dirtyCell(poolOf(entry.connection), stream ? "cursor/stream" : "cursor", canonical(cursor));
        if (resynced !== undefined) this.askAnswered(entry.connection, "*", resynced);
        break;
      }
      case "time": {
        for (const party of partiesOfNote(entry.note)) this.touch(this.party(party));
        return;
      }
      case "operator": {
        const stands = this.applyOperator(entry.note as unknown as OperatorNote, entry.at);
        if (entry.dedup !== null) this.noteAct(entry.dedup.id, entry.dedup.hash, stands);
        return;
      }
    }
    for (const event of entry.events) {
      if (kindOf(event.subject) !== "use") this.applyEvent(event);
      // A use that was counted is not counted again because its bytes read otherwise now.
      else if (correction === null || unread) this.applyUse(event, entry.conflictOf !== null);
    }
  }

  private applyUse(event: CanonicalEvent, again: boolean): void {
    const owner = partyId(event.source, event.owner ?? nobody);
    const party = this.party(owner);
    this.touch(party);
    if (this.isFolded(owner)) return;
    if (party.uses.isEmpty) this.term(owner, owner);
    party.use(event, again);
    if (party.uses.seeks) this.seeking.add(party);
    this.noteMetering(party);
    this.trace.add(owner, event.subject, this.position);
    this.trace.add(owner, abouts.use((event.data as UseData).meter, event.time), this.position);
    for (const { target } of event.links) if (target !== null) this.trace.add(target, abouts.links, this.position);
    if (event.traceparent !== null) this.causes.set(owner, event.traceparent);
  }

  /** Another owner's snapshot, from which the party came, has this entry in it. What sources say may join twice; our own acts count once. */
  private isFolded(party: string): boolean {
    const through = this.ahead.get(party);
    if (through === undefined) return false;
    if (this.position <= through) return true;
    this.ahead.delete(party);
    return false;
  }

  /** One act may be several entries: it stands if one of them does. */
  private noteAct(id: string, hash: string, stands: boolean): void {
    const before = this.acts.get(id);
    const position = before?.position ?? this.position;
    const acted: Acted = { hash, position, stands: stands || (before?.stands ?? false) };
    this.acts.set(id, acted);
    this.dirtyCell(actsParty, id, canonical(acted as unknown as Json));
  }

  /** Whether it changed, or confirmed, something. */
  private applyOperator(note: OperatorNote, at: number): boolean {
    if (isControl(note)) return this.applyControl(note, at);
    const party = this.party(note.party);
    let stands = true;
    this.trace.add(note.party, abouts.acts, this.position);
    if (note.type === "link" && note.target !== null) this.trace.add(note.target, abouts.links, this.position);
    switch (note.type) {
      case "link":
        party.claim({ rank: "operator", target: note.target }, at);
        stands = (party.linkNode.link?.target ?? null) === note.target;
        break;
      case "party.parked":
        party.park({ by: note.by, reason: note.reason ?? "no reason given", at });
        break;
      case "party.released":
        party.park(null);
        break;
      case "object.parked":
        party.parkObject(note.subject, { by: note.by, reason: note.reason ?? "no reason given", at });
        break;
      case "object.released":
        party.parkObject(note.subject, null);
        break;
      case "object.assigned":
        for (const claimant of new Set([note.party, ...note.claimants])) {
          this.trace.add(claimant, note.subject, this.position);
          this.party(claimant).assign(note.subject, note.party);
          this.touch(this.party(claimant));
        }
        break;
      default:
        if (!party.note(note, at).stands) return false;
        this.trace.add(party.id, abouts.slot(note.slot), this.position);
    }
    this.touch(party);
    return stands;
  }

  private applyControl(note: ControlNote, at: number): boolean {
    const before = this.linesOf(note);
    if (!this.controls.apply(note, { at, position: this.position })) return false;
    const cell = cellOf(note);
    this.dirtyCell(controlsParty, cell, this.controls.cell(cell));
    for (const { party } of new Set([...before, ...this.linesOf(note)])) {
      this.unbooked.add(this.root(party));
      if (note.type === "usage-batch.rejected") this.mark(party, this.position);
    }
    if (note.type === "usage-batch.cut")
      this.markCut((note as Extract<UsageBatchNotes, { type: "usage-batch.cut" }>).through);
    if (note.type === "usage-price.learnt") for (const party of this.unpriced()) this.touch(this.party(party));
    if (note.type.startsWith("park-rule.")) this.learnRules();
    if (note.type === "policy.switched" || note.type === "mapping.set") this.learnChanges();
    for (const touched of touchedBy(note))
      this.unreconciled.add(touched.startsWith("@") ? touched : this.root(touched));
    return true;
  }

  /** An earlier entry reads otherwise now: what its old decoding had a part in is put right, then the new events join as any. */
  private correct(connection: string, { corrects, resets }: Correction): void {
    this.trace.add(poolOf(connection), abouts.corrections(corrects), this.position);
    for (const reset of resets) {
      const { party: id, subject, cells } = reset;
      this.trace.add(id, subject, this.position);
      const global = `${connection}:${subject}`;
      if (isPool(id)) {
        const waiting = this.waiting.get(global);
        if (waiting === undefined) continue;
        const registers: Record<string, Register<ObjectData>> = { ...waiting.registers };
        for (const [cell, register] of Object.entries(cells)) {
          if (register === null) delete registers[cell];
          else registers[cell] = register;
        }
        if (Object.keys(registers).length === 0) this.dropWaiting(global);
        else {
          this.setWaiting(global, { via: waiting.via, registers });
          this.dirtyCell(id, subject, canonical({ via: waiting.via, registers } as unknown as Json));
        }
        continue;
      }
      const party = this.party(id);
      party.correct(reset);
      // Whose it is follows from what is said of it now.
      if (!party.evidence.has(subject)) this.owners.delete(global);
      this.noteMetering(party);
      this.touch(party);
    }
    const fault = this.faults.get(corrects);
    if (fault?.kind !== "undecodable" && fault?.kind !== "unknown-type") return;
    this.faults.delete(corrects);
    this.dirtyCell(faultsParty, String(corrects), null);
  }

  private applyEvent(event: CanonicalEvent): void {
    const { source, subject } = event;
    const global = `${source}:${subject}`;
    if (catalogueKinds.has(kindOf(subject))) {
      this.trace.add(poolOf(source), subject, this.position);
      const before = this.catalogue.get(global) ?? emptyRegister;
      const [{ observation }] = observationsOf(event) as [Said];
      const after = observe(this.orderOf(source, subject), before, observation, event.read);
      if (after === before) return;
      this.catalogue.set(global, after);
      this.unreconciled.add(`@${global}`);
      this.dirtyCell(poolOf(source), `catalogue/${subject}`, canonical(after as unknown as Json));
      return;
    }
    if (event.externalId !== null && isOutsideId(event.externalId)) {
      const holder = this.owners.get(documentSubject(event.externalId));
      if (holder) {
        const party = this.party(holder);
        party.observeReplica(event);
        this.trace.add(holder, abouts.replica(global), this.position);
        this.term(`${source}:${foreignIdOf(subject)}`, holder);
        this.touch(party);
        return;
      }
    }
    const known = this.owners.get(global);
    const owner =
      event.owner !== null
        ? partyId(source, event.owner)
        : (known ?? (event.via ? this.owners.get(`${source}:${event.via}`) : undefined));
    if (owner === undefined) {
      this.wait(global, event);
      return;
    }
    const party = this.party(owner);
    party.observe(event);
    // What bills charges of ours is of whoever we made them for, whatever record they are under.
    const charged = chargesOf(event).flatMap((outside) => this.owners.get(documentSubject(outside)) ?? []);
    if (charged.length > 0) party.claim({ rank: "external-id", target: charged.sort()[0]! }, event.clock.at);
    this.noteMetering(party);
    this.trace.add(owner, subject, this.position);
    for (const { target } of event.links) if (target !== null) this.trace.add(target, abouts.links, this.position);
    if (event.traceparent !== null) this.causes.set(party.id, event.traceparent);
    this.touch(party);
    this.settle(global, party);
    if (known !== undefined && known !== owner) this.contest(subject, known, owner);
    this.index(event, party.id);
  }

  /** The party of an object is known now: what waited for it comes along. */
  private settle(global: string, party: Party): void {
    if (!this.owners.has(global)) this.own(global, party.id);
    const waiting = this.waiting.get(global);
    if (waiting) {
      this.dropWaiting(global);
      this.trace.add(party.id, subjectIn(global), this.position);
      this.trace.adopted(party.id, subjectIn(global));
      for (const [cell, register] of Object.entries(waiting.registers)) party.adopt(cell, register);
      this.noteMetering(party);
    }
    const followers = this.awaited.get(global);
    if (followers) for (const follower of [...followers]) this.settle(follower, party);
  }

  private contest(subject: string, first: string, second: string): void {
    const claimants = [...new Set([first, second, ...(this.party(first).contested.get(subject) ?? [])])].sort();
    for (const claimant of claimants) {
      const party = this.party(claimant);
      this.trace.add(claimant, subject, this.position);
      party.contest(subject, claimants);
      this.touch(party);
    }
  }

  private wait(global: string, event: CanonicalEvent): void {
    this.trace.add(poolOf(event.source), event.subject, this.position);
    const before = this.waiting.get(global);
    const via = event.via ? `${event.source}:${event.via}` : (before?.via ?? null);
    const registers: Record<string, Register<ObjectData>> = { ...before?.registers };
    let changed = before === undefined || before.via !== via;
    for (const { cell, observation } of observationsOf(event)) {
      const old = registers[cell] ?? emptyRegister;
      const register = observe(this.orderOf(event.source, cell), old, observation, event.read);
      if (register === old) continue;
      registers[cell] = register;
      changed = true;
    }
    if (!changed) return;
    this.setWaiting(global, { via, registers });
    this.dirtyCell(poolOf(event.source), event.subject, canonical({ via, registers } as unknown as Json));
  }

  private askLater(connection: string, subject: string, through: number): void {
    const global = `${connection}:${subject}`;
    if ((this.asks.get(global) ?? Number.NEGATIVE_INFINITY) >= through) return;
    this.asks.set(global, through);
    this.dirtyCell(poolOf(connection), `ask/${subject}`, canonical(through));
  }

  private askAnswered(connection: string, subject: string, through: number): void {
    const asked = this.asks.get(`${connection}:${subject}`);
    if (asked === undefined || asked > through) return;
    this.asks.delete(`${connection}:${subject}`);
    this.dirtyCell(poolOf(connection), `ask/${subject}`, null);
  }

  private setWaiting(global: string, waiting: Waiting): void {
    this.waiting.set(global, waiting);
    if (waiting.via) this.awaited.set(waiting.via, (this.awaited.get(waiting.via) ?? new Set()).add(global));
  }

  private dropWaiting(global: string): void {
    const { via } = this.waiting.get(global)!;
    this.waiting.delete(global);
    if (via) {
      const set = this.awaited.get(via);
      set?.delete(global);
      if (set?.size === 0) this.awaited.delete(via);
    }
    this.dirtyCell(poolOf(connectionOf(global)), subjectIn(global), null);
  }

  private orderOf(connection: string, cell: string) {
    return orderOf(this.surroundings.orders(connection), cell);
  }

  private party(id: string): Party {
    let party = this.parties.get(id);
    if (!party) {
      party = this.makeParty(id);
      this.parties.set(id, party);
    }
    return party;
  }

  private makeParty(id: string): Party {
    const party = new Party(id, this.surroundings);
    party.parkRules = this.parkRules;
    return party;
  }

  // ---------------------------------------------------------------- metering

  /** Its use or its terms are other than when this was asked last. */
  private noteMetering(party: Party): void {
    const version = meteredVersion(party);
    if ((this.meteredVersions.get(party) ?? 0) === version) return;
    this.meteredVersions.set(party, version);
    this.mark(party.id, this.position);
  }

  private setMark(party: string, position: number): void {
    this.metering.set(party, position);
    if (position > this.markedThrough) this.markedThrough = position;
  }

  private mark(party: string, position: number): void {
    this.setMark(party, position);
    this.dirtyCell(usageParty, party, canonical(position));
  }

  private markCut(through: number): void {
    if (this.markedThrough <= through) this.markedThrough = 0;
    for (const [party, position] of this.metering) if (position > 0 && position <= through) this.mark(party, 0);
  }

  /** Of the batch that a note is about, as its record has them. */
  private linesOf(note: ControlNote): ReadonlyArray<BatchLine> {
    if (!note.type.startsWith("usage-batch.")) return [];
    const record = this.controls.get(usageBatch, (note as UsageBatchNotes).batch);
    return record !== null && isBatch(record) ? record.lines : [];
  }

  /** Parties with use that nothing prices. */
  private *unpriced(): Iterable<string> {
    for (const [party, found] of this.exceptions) if (found.some(({ type }) => type === "use-unpriced")) yield party;
  }

  private touch(party: Party): void {
    party.reach(this.now);
    this.touched.add(party.id);
    this.unlinked.add(party.id);
    this.touches?.set(party.id, this.position);
  }

  /** The last entry that touched each party since this was asked last. */
  takeTouches(): ReadonlyMap<string, number> {
    const taken = this.touches ?? new Map<string, number>();
    this.touches = new Map();
    return taken;
  }

  /** Only what is open can be held or let go: everything else meets the rules when it is planned. */
  private learnRules(): void {
    const all = [...this.controls.all(parkRule).values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.parkRules = { all, stageOf: (party) => this.accounts.get(this.root(party))?.regions.lifecycle ?? null };
    for (const [id, party] of this.parties) {
      party.parkRules = this.parkRules;
      if (!this.openCounts.has(id)) continue;
      party.reviewParking();
      this.touched.add(id);
    }
  }

  private own(subject: string, party: string): void {
    this.owners.set(subject, party);
    this.newOwners.set(subject, party);
  }

  private term(term: string, party: string): void {
    const lower = term.toLowerCase();
    let known = this.termsOf.get(party);
    if (known === undefined) {
      known = new Set();
      this.termsOf.set(party, known);
    }
    const before = known.size;
    if (known.add(lower).size > before) this.newTerms.push({ term: lower, party });
  }

  /** Parties with a term that no snapshot has yet. */
  freshParties(term: string): ReadonlyArray<string> {
    return this.newTerms.filter((fresh) => fresh.term === term).map(({ party }) => party);
  }

  /** The words by which a name or an address is found; set by who knows what is sealed. */
  wordsOf: (text: string) => ReadonlyArray<string> = (text) => [text];

  /** Terms that begin so and that no snapshot has yet, of parties that were erased. */
  forgetWords(beginning: string, parties: ReadonlyArray<string>): void {
    const left = this.newTerms.filter(({ term, party }) => !(term.startsWith(beginning) && parties.includes(party)));
    this.newTerms = [];
    this.termsOf.clear();
    for (const { term, party } of left) this.term(term, party);
  }

  private index(event: CanonicalEvent, party: string): void {
    this.term(`${event.source}:${foreignIdOf(event.subject)}`, party);
    const data = event.data as {
      readonly name?: string | null;
      readonly email?: string | null;
      readonly number?: string | null;
      readonly parent?: string | null;
    };
    if (data.parent) this.term(childOf(partyId(event.source, data.parent)), party);
    if (data.number) this.term(data.number, party);
    const amount = amountTermOf(data);
    if (amount !== null) this.term(amount, party);
    if (event.correlationid !== null) this.term(event.correlationid, party);
    for (const text of [data.name, data.email]) if (text) for (const word of this.wordsOf(text)) this.term(word, party);
  }

  private fault(entry: Entry, kind: Fault["kind"], reason: string): void {
    const fault: Fault = {
      position: entry.position,
      kind,
      connection: entry.connection,
      event: entry.dedup?.id ?? null,
      reason,
      at: entry.at,
    };
    this.faults.set(entry.position, fault);
    this.dirtyCell(faultsParty, String(entry.position), canonical(fault as unknown as Json));
  }

  private dirtyCell(party: string, cell: string, body: string | null): void {
    this.dirtyPool.set(`${party} ${cell}`, { party, cell, body });
  }

  // ---------------------------------------------------------------- accounts

  /** Parties with corrections of uses that nobody looked up yet. */
  takeSeeking(): ReadonlyArray<Party> {
    const all = [...this.seeking];
    this.seeking.clear();
    return all;
  }

  /** The root of a party's account. */
  root(party: string): string {
    return this.links.root(party);
  }

  membersOf(root: string): ReadonlyArray<string> {
    return this.links.members(root);
  }

  /** Derive what follows from everything touched, or from what was touched of about so many accounts, and tell the actors. All members must be loaded. */
  settleFold(accounts: number = Number.POSITIVE_INFINITY): FoldChanges {
    const commands: CommandRow[] = this.ackedRows;
    const decisions: Decision[] = [];
    const due: Array<{ readonly party: string; readonly at: number | null }> = [];
    const chosen = new Set([...this.rerooted].map((id) => this.root(id)));
    for (const id of this.touched) {
      if (chosen.size >= accounts) break;
      chosen.add(this.root(id));
    }
    const ids: string[] = [];
    for (const root of chosen) {
      for (const { id } of this.introduce(root)) this.touched.add(id);
      for (const id of this.membersOf(root)) if (this.touched.has(id)) ids.push(id);
    }
    const roots = new Set<string>();
    for (const id of ids.sort()) {
      const party = this.party(id);
      const { commands: changed, reattributions, adoptions } = party.refresh();
      for (const { slot, before, after } of changed) this.commandChanged(party, slot, before, after, commands);
      for (const adoption of adoptions) decisions.push({ type: "document.adopted", party: id, ...adoption });
      for (const { slot, to, outsideId } of reattributions) {
        decisions.push({ type: "document.reattributed", party: id, slot, to, outsideId });
      }
      roots.add(this.root(id));
      this.dirtyParties.add(id);
      const at = this.nextDue(party);
      if (at !== (this.dueOf.get(id) ?? null)) {
        if (at === null) this.dueOf.delete(id);
        else this.dueOf.set(id, at);
        due.push({ party: id, at });
      }
    }
    for (const id of this.rerooted) {
      roots.add(this.root(id));
      this.unreconciled.add(id);
      this.moves.add(id);
      this.unbooked.add(id);
    }
    const transitions: Transition[] = [];
    for (const root of roots) {
      this.step(root, transitions);
      if (this.replanByStage(root, commands)) this.step(root, transitions);
      this.unreconciled.add(root);
      this.moves.add(root);
      this.unbooked.add(root);
      for (const member of this.membersOf(root)) this.unreviewed.add(member);
    }
    for (const id of ids) this.touched.delete(id);
    this.rerooted = new Set();
    this.ackedRows = [];
    if (this.touched.size === 0) {
      this.acked = new Set();
      this.causes.clear();
    }
    return { commands, decisions, due, transitions };
  }

  /** Rules may look at where the account stands, which is known only now. What is held moves no stage, so once is enough. */
  private replanByStage(root: string, rows: CommandRow[]): boolean {
    if (!this.parkRules.all.some(({ stage }) => stage !== null)) return false;
    const stage = this.parkRules.stageOf(root);
    if (this.stagesMet.get(root) === stage) return false;
    if (stage === null) this.stagesMet.delete(root);
    else this.stagesMet.set(root, stage);
    for (const id of this.membersOf(root)) {
      const party = this.parties.get(id);
      if (!party) continue;
      party.reviewParking();
      for (const { slot, before, after } of party.refresh().commands)
        this.commandChanged(party, slot, before, after, rows);
      this.dirtyParties.add(id);
    }
    return true;
  }

  /** Let links lead where they lead now. Who joins or leaves an account is in `missingMembers` afterwards. */
  private relinkTouched(): void {
    for (const id of this.unlinked) {
      const node = this.party(id).linkNode;
      if (!sameNode(node, this.links.node(id))) this.relink(id, node);
    }
    this.unlinked.clear();
  }

  /** Tell the parties of an account of one another. Answers those whose plans have to be looked at again. */
  private introduce(root: string): ReadonlyArray<Party> {
    const members = this.loadedOf(root);
    const peers = members.length < 2 ? noPeers : peersOf(members, this.surroundings.places);
    return members.filter((party) => party.meet(peers));
  }

  private loadedOf(root: string): ReadonlyArray<Party> {
    const loaded: Party[] = [];
    for (const id of this.membersOf(root)) {
      const party = this.parties.get(id);
      if (party !== undefined) loaded.push(party);
    }
    return loaded;
  }

  private relink(party: string, node: LinkNode): void {
    const { links } = this;
    const near = [party, ...(node.link === null ? [] : [node.link.target])];
    const before = new Map(near.flatMap((one) => links.component(one)).map((id) => [id, links.place(id)]));
    links.set(party, node);
    for (const id of before.keys()) if (this.metering.has(id)) this.mark(id, this.position);
    this.dirtyCell(linksParty, party, linkText(links.node(party)));
    // Of a company that everybody says to be, most stay where they are.
    for (const [id, place] of before) {
      if (id !== party && samePlace(place, links.place(id))) continue;
      const root = this.root(id);
      this.rerooted.add(id);
      if (root !== id) {
        this.accounts.delete(id);
        this.actors.delete(id);
        this.dirtyAccounts.add(id);
      }
    }
  }

  private commandChanged(
    party: Party,
    slot: string,
    before: Planned | null,
    after: Planned | null,
    rows: CommandRow[],
  ): void {
    if (before && before.key !== after?.key && !this.acked.has(before.key)) {
      rows.push(commandRow(party, before, after ? "superseded" : "cancelled"));
    }
    if (after) {
      const known = this.open.get(openKey(party.id, slot));
      const same = known?.planned.key === after.key && known.traceparent !== null ? known : null;
      const traceparent = same === null ? this.causeOf(party.id) : same.traceparent;
      const tracedAt = same === null ? (traceparent === null ? null : this.foldedAt) : same.tracedAt;
      rows.push(commandRow(party, after, after.state, { traceparent, tracedAt }));
      this.setOpen({ party: party.id, planned: after, traceparent, tracedAt });
    } else this.dropOpen(party.id, slot);
  }

  /** What was said of the party in this fold, else of another of its account. */
  private causeOf(party: string): string | null {
    if (this.causes.size === 0) return null;
    const own = this.causes.get(party);
    if (own !== undefined) return own;
    for (const member of this.membersOf(this.root(party))) {
      const cause = this.causes.get(member);
      if (cause !== undefined) return cause;
    }
    return null;
  }

  private setOpen(open: Open): void {
    const key = openKey(open.party, open.planned.slot);
    if (!this.open.has(key)) this.openCounts.set(open.party, (this.openCounts.get(open.party) ?? 0) + 1);
    this.open.set(key, open);
  }

  private dropOpen(party: string, slot: string): void {
    if (!this.open.delete(openKey(party, slot))) return;
    const left = this.openCounts.get(party)! - 1;
    if (left > 0) this.openCounts.set(party, left);
    else this.openCounts.delete(party);
  }

  /** Rows that the outbox still shows as open: what has become of them. */
  reconcileRows(rows: ReadonlyArray<CommandRow>): ReadonlyArray<CommandRow> {
    const stale: CommandRow[] = [];
    for (const old of rows) {
      const { slot, traceparent, tracedAt } = JSON.parse(old.body) as {
        readonly slot: string;
        readonly traceparent?: string;
        readonly tracedAt?: number;
      };
      const open = this.open.get(openKey(old.party, slot));
      if (open?.planned.key === old.key) {
        if (traceparent && open.traceparent === null)
          this.setOpen({ ...open, traceparent, tracedAt: tracedAt ?? null });
        continue;
      }
      const acked = this.parties.get(old.party)?.slots.get(slot)?.lastKey === old.key;
      stale.push({ ...old, state: acked ? "acked" : open ? "superseded" : "cancelled" });
    }
    return stale;
  }

  private nextDue(party: Party): number | null {
    let at: number | null = nextTermBoundary(party.contractFacts, party.sold, this.now);
    const sooner = (candidate: number) => {
      if (at === null || candidate < at) at = candidate;
    };
    if (party.charges.nextDue !== null) sooner(party.charges.nextDue);
    if (this.canRead(party.connection))
      for (const { through } of party.toAsk) sooner(askAt(through, this.tickOf(party.connection)));
    return at;
  }

  /** The vendor clock's resolution, set by who makes the core. */
  tickOf: (connection: string) => number = () => 1000;
  /** Whether an object can be asked for again. */
  canRead: (connection: string) => boolean = () => false;

  private step(root: string, transitions: Transition[]): void {
    const members = this.membersOf(root);
    const parties = this.loadedOf(root);
    const facts = accountFacts(
      parties.map((party) => party.share),
      this.surroundings.required,
      this.surroundings.policy,
      this.now,
    );
    const name = this.nameOf(parties);
    const billed = sumBilled(parties.map(({ invoiced }) => invoiced));
    const state = this.accounts.get(root);
    if (state !== undefined && sameTexts(state.members, members)) {
      const sameFacts = sameJson(state.facts as unknown as Json, facts as unknown as Json);
      if (sameFacts && state.name === name && sameJson(state.billed, billed)) return;
      // These are in the list, so new ones write the row again.
      state.name = name;
      state.billed = billed;
      this.dirtyAccounts.add(root);
      if (sameFacts) return;
    }
    const id = accountId(root);
    let actor = this.actors.get(root);
    if (!actor) {
      actor = activate(id);
      this.remember(root, actor);
    }
    const before = state ? state.regions : null;
    const regions = tell(actor, id, facts);
    this.accounts.set(root, { id, root, members, facts, name, billed, regions });
    if (before === null || !sameJson(before, regions)) {
      transitions.push({ account: id, position: this.position, from: before, to: regions });
    }
    this.dirtyAccounts.add(root);
  }

  /**
   * Finance's queue, by party, in order of party ids. Derived behind the fold: once for all that touched a party, since it costs
   * what the party has.
   */
  allExceptions(): ReadonlyMap<string, ReadonlyArray<Exception>> {
    this.review(Number.POSITIVE_INFINITY);
    return this.exceptions;
  }

  /** Derive those of so many parties at most, where others are to have their turn in between. False: some are left. */
  review(most: number): boolean {
    let left = most;
    for (const id of this.unreviewed) {
      if (left-- <= 0) return false;
      this.unreviewed.delete(id);
      const party = this.parties.get(id);
      if (!party) continue;
      const found = exceptionsOf(party, {
        canRead: this.canRead,
        unquoted: this.unquotedOf(id),
        heldLink: this.links.held(id),
        metered: this.meteredOf(id),
        priceOf: (meter) => this.controls.get(usagePrice, meter),
      });
      const text = found.length === 0 ? null : canonical(found as unknown as Json);
      const before = this.exceptions.get(id);
      if (text === (before === undefined ? null : canonical(before as unknown as Json))) continue;
      if (text === null) this.exceptions.delete(id);
      else this.exceptions.set(id, found);
      this.dirtyCell(exceptionsParty, id, text);
    }
    return true;
  }

  /** Of the account of a party, whose members are loaded. */
  meteredOf(party: string) {
    const members = this.membersOf(this.root(party));
    if (!members.some((id) => this.metering.has(id))) return null;
    return this.metered.of(members.flatMap((id) => this.parties.get(id) ?? []));
  }

  private unquotedOf(id: string): ReadonlySet<string> {
    const { required } = this.surroundings;
    if (!required.has("quoted")) return new Set();
    const members = this.membersOf(this.root(id)).flatMap((member) => this.parties.get(member) ?? []);
    const { all, names, wonQuotes } = contractsOf(
      members.map(({ contractFacts, sold }) => ({ contracts: contractFacts, sold })),
    );
    const lacking = new Set(all.filter((one) => lacksQuote(one, wonQuotes, required)).map((one) => one.id));
    return new Set([...names].filter(([, name]) => lacking.has(name)).map(([own]) => own));
  }

  /** What the list of accounts shows of one. */
  summaryOf({ id, regions, name, billed }: AccountState) {
    return { id, name, stage: regions.lifecycle, regions, billed };
  }

  private accountRow(root: string): AccountRow {
    const state = this.accounts.get(root);
    if (!state) return { id: accountId(root), stage: "", sync: "", body: null };
    const { id, regions } = state;
    const body = JSON.stringify({ root, ...this.summaryOf(state) });
    return { id, stage: regions.lifecycle, sync: regions.sync, body };
  }

  private remember(root: string, actor: AccountActor): void {
    this.actors.set(root, actor);
    if (this.actors.size <= maxActors) return;
    const [oldest, idle] = this.actors.entries().next().value!;
    idle.stop();
    this.actors.delete(oldest);
  }

  actorOf(root: string): AccountActor | null {
    return this.actors.get(root) ?? null;
  }

  regionsFromActor(root: string): Regions | null {
    const actor = this.actors.get(root);
    return actor ? regionsIn(actor) : (this.accounts.get(root)?.regions ?? null);
  }

  nameOf(parties: ReadonlyArray<Party>): string {
    for (const party of parties) {
      const data = party.evidence.data<never>(`account/${party.customer}`) as
        | { readonly name?: string | null }
        | undefined;
      if (data?.name) return data.name;
    }
    return parties[0]?.customer ?? "";
  }

  // ---------------------------------------------------------------- snapshots

  /** Everything that changed since the last call, folded through `position`. */
  takeDirty(): {
    readonly through: number;
    readonly cells: Cell[];
    readonly owners: Ownership[];
    readonly terms: Term[];
    readonly accounts: AccountRow[];
  } {
    this.allExceptions();
    const cells: Cell[] = [...this.dirtyPool.values(), { party: metaParty, cell: "now", body: canonical(this.now) }];
    cells.push({ party: metaParty, cell: throughCell, body: canonical(this.position) });
    for (const id of this.dirtyParties) {
      const party = this.parties.get(id)!;
      for (const name of party.dirty) cells.push({ party: id, cell: name, body: party.cell(name) });
      party.dirty.clear();
    }
    const owners = [...this.newOwners].map(([subject, party]) => ({ subject, party }));
    const batch = {
      through: this.position,
      cells,
      owners,
      terms: [...this.newTerms, ...this.trace.take()],
      accounts: [...this.dirtyAccounts].map((root) => this.accountRow(root)),
    };
    this.dirtyParties.clear();
    this.dirtyPool.clear();
    this.newOwners.clear();
    this.newTerms = [];
    this.termsOf.clear();
    this.dirtyAccounts.clear();
    return batch;
  }

  get dueRecords(): ReadonlyMap<string, number> {
    return this.dueOf;
  }

  learnDue(records: ReadonlyArray<{ readonly party: string; readonly at: number }>): void {
    for (const { party, at } of records) this.dueOf.set(party, at);
  }

  /** Make sure that the account of a loaded party has its actor; for reading what nothing has touched since the start. */
  account(party: string): AccountState {
    const root = this.root(party);
    if (!this.accounts.has(root)) this.step(root, []);
    return this.accounts.get(root)!;
  }

  get dirtyCount(): number {
    return this.dirtyParties.size + this.dirtyPool.size;
  }

  /** Every cell as it stands, for verify. */
  *allCells(): Iterable<Cell> {
    yield { party: metaParty, cell: "now", body: canonical(this.now) };
    for (const [global, waiting] of this.waiting) {
      yield {
        party: poolOf(connectionOf(global)),
        cell: subjectIn(global),
        body: canonical(waiting as unknown as Json),
      };
    }
    for (const [global, register] of this.catalogue) {
      yield {
        party: poolOf(connectionOf(global)),
        cell: `catalogue/${subjectIn(global)}`,
        body: canonical(register as unknown as Json),
      };
    }
    for (const [channel, cursor] of this.cursors) {
      const [connection, stream] = channel.split("#") as [string, string | undefined];
      yield {
        party: poolOf(connection),
        cell: stream === undefined ? "cursor" : "cursor/stream",
        body: canonical(cursor),
      };
    }
    for (const [global, through] of this.asks)
      yield { party: poolOf(connectionOf(global)), cell: `ask/${subjectIn(global)}`, body: canonical(through) };
    for (const [party, found] of this.allExceptions())
      yield { party: exceptionsParty, cell: party, body: canonical(found as unknown as Json) };
    for (const [party, node] of this.links.entries) yield { party: linksParty, cell: party, body: linkText(node) };
    for (const [id, acted] of this.acts)
      yield { party: actsParty, cell: id, body: canonical(acted as unknown as Json) };
    for (const [party, position] of this.metering) yield { party: usageParty, cell: party, body: canonical(position) };
    for (const cell of this.controls.cellNames) yield { party: controlsParty, cell, body: this.controls.cell(cell) };
    for (const [position, fault] of this.faults) {
      yield { party: faultsParty, cell: String(position), body: canonical(fault as unknown as Json) };
    }
    for (const [id, party] of this.parties) {
      for (const cell of party.cellNames) yield { party: id, cell, body: party.cell(cell) };
    }
  }

  /** Let go of parties that nothing is waiting for, oldest first. Those that are busy go to the end, and are not looked at again soon. */
  evict(keep: number): void {
    let looks = 4 * Math.max(0, this.parties.size - keep);
    for (const [id, party] of this.parties) {
      if (this.parties.size <= keep || looks-- <= 0) break;
      const busy =
        this.openCounts.has(id) || this.unreviewed.has(id) || this.dirtyParties.has(id) || this.touched.has(id);
      this.parties.delete(id);
      if (busy || isPool(id)) {
        this.parties.set(id, party);
        continue;
      }
      this.accounts.delete(id);
      this.actors.get(id)?.stop();
      this.actors.delete(id);
    }
    if (this.owners.size > keep * 20) {
      for (const subject of [...this.owners.keys()].slice(0, this.owners.size - keep * 10)) {
        if (!this.newOwners.has(subject)) this.owners.delete(subject);
      }
    }
  }
}

/** To settle a tie, ask at least two ticks later: the answer's `readAt` is a tick before the request, and must pass the tie. */
export const askAt = (through: number, tickMs: number): number => through + 2 * tickMs;

/** The word that finds the companies below one, as far as they ever said so. */
export const childOf = (parent: string): string => `child of ${parent.toLowerCase()}`;
export const documentSubject = (outside: string): string => `document/${outside}`;
/** Outside ids of ours that a document of an ERP bills. */
const chargesOf = ({ subject, data }: CanonicalEvent): ReadonlyArray<string> =>
  kindOf(subject) === "posting" ? ((data as PostingData).charges ?? []).filter(isOutsideId) : [];

const sameTexts = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean =>
  a.length === b.length && a.every((one, i) => one === b[i]);
const meteredVersion = ({ uses, termsVersion }: Party): number => uses.version + termsVersion;
export const openKey = (party: string, slot: string): string => `${party} ${slot}`;
/** `connection:kind/id` → `kind/id`. */
export const subjectIn = (global: string): string => global.slice(global.indexOf(":") + 1);

const linkText = (node: LinkNode): string | null =>
  node.link === null && node.legalId === null ? null : canonical(node as unknown as Json);

export const partiesOfNote = (note: Json): ReadonlyArray<string> => {
  if (note === null || typeof note !== "object" || Array.isArray(note)) return [];
  const { party, claimants } = note as { readonly party?: Json; readonly claimants?: Json };
  return [party, ...(Array.isArray(claimants) ? claimants : [])].filter(
    (one) => typeof one === "string" && !isPool(one),
  ) as string[];
};
