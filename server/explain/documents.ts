/** What stands in a target for an object of ours: the document, the command that made it, the row that asks for it. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import {
  kindOf,
  type PaymentData,
  type PaymentMentionData,
  type PostingData,
  type RefundData,
} from "../../domain/event.ts";
import { replicaPrefix } from "../../domain/evidence.ts";
import type { Slot } from "../../domain/ledger.ts";
import { stageTable } from "../../domain/lifecycle.ts";
import { chargeIn } from "../../domain/metering/charges.ts";
import type { LedgerNote } from "../../domain/note.ts";
import type { Party } from "../../domain/party.ts";
import type { Planned } from "../../domain/plan.ts";
import type { Entry } from "../../domain/ports/store.ts";
import { obligationTable, rowName } from "../../domain/wish.ts";
import { abouts } from "../engine/trace.ts";
import type { Chain, Work } from "./chain.ts";
import { charge } from "./usage.ts";

export const plannedIn = (party: Party, slot: string): Planned | null => {
  for (const planned of party.planned()) if (planned.slot === slot) return planned;
  return null;
};

/** What the slot should hold by now; null: nothing. */
export const wishedIn = (party: Party, slot: string): Json => {
  const planned = plannedIn(party, slot);
  if (planned !== null) return planned.verb === "reverse" ? null : (planned.content as Json);
  return (party.slots.get(slot)?.held?.content as Json | undefined) ?? null;
};

const globalOf = (party: Party, subject: string): string => `${party.connection}:${subject}`;
const invoiceOf = (slot: Pick<Slot, "kind" | "source" | "part">): string | null => {
  if (kindOf(slot.source) === "invoice") return slot.source;
  const colon = slot.part.indexOf(":");
  return colon < 0 ? null : slot.part.slice(colon + 1);
};

/** A row of the table of stages, and what bears it out. */
export const stage = (
  chain: Chain,
  party: Party,
  invoice: string,
  name: "invoiced" | "posted" | "paid",
  says: { readonly [key: string]: Json },
  because: ReadonlyArray<string | null>,
): string => {
  const rule = stageTable.find((row) => row.stage === name)!;
  const id = `stage:${globalOf(party, invoice)}:${name}`;
  return chain.add("stage", id, { stage: name, evidence: rule.evidence, roles: [...rule.roles], ...says }, because);
};

/** Payments lead to invoices through what mentions them. */
const mentionsOf = (party: Party, payment: string): ReadonlyArray<string> => {
  const intent = party.evidence.data<PaymentData>(payment)?.intent ?? null;
  return [...party.evidence.registers.keys()].filter((cell) => {
    if (kindOf(cell) !== "payment_mention") return false;
    const mention = party.evidence.data<PaymentMentionData>(cell);
    return mention !== undefined && (mention.payment === payment || (intent !== null && mention.intent === intent));
  });
};

/** The shown values that a movement of money rests on. */
export const movement = (chain: Chain, party: Party, source: string): Work<ReadonlyArray<string | null>> =>
  Effect.gen(function* () {
    const found = [yield* chain.value(party, source)];
    const kind = kindOf(source);
    const payment = kind === "payment" ? source : party.evidence.data<RefundData>(source)?.payment;
    if (kind !== "payment" && payment !== undefined && kindOf(payment) === "payment")
      found.push(yield* chain.value(party, payment));
    if (payment !== undefined && kindOf(payment) === "payment")
      for (const mention of mentionsOf(party, payment)) found.push(yield* chain.value(party, mention));
    return found;
  });

const invoiced = (chain: Chain, party: Party, invoice: string): Work<string> =>
  Effect.map(chain.value(party, invoice), (value) => {
    const data = party.evidence.data(invoice);
    return stage(chain, party, invoice, "invoiced", { status: data?.status ?? null }, [value]);
  });

/** The row of the table that asks for the slot's document, with what it asks for. */
const obligation = (chain: Chain, party: Party, slot: Slot): Work<string> =>
  Effect.gen(function* () {
    const id = `obligation:${party.id} ${slot.key}`;
    if (chain.hops.has(id)) return id;
    const row = obligationTable.find(({ document }) => document === slot.kind)!;
    const invoice = slot.kind === "charge" ? null : invoiceOf(slot);
    const because: Array<string | null> = [];
    if (slot.kind === "charge") because.push(yield* charge(chain, party.id, chargeIn(slot.source)));
    else if (kindOf(slot.source) === "posting") because.push(yield* billed(chain, party, slot.source));
    else {
      if (invoice !== null) because.push(yield* invoiced(chain, party, invoice));
      if (slot.source !== invoice) because.push(...(yield* movement(chain, party, slot.source)));
    }
    const says = {
      row: row.row,
      when: row.when,
      role: row.role,
      target: slot.target,
      slot: slot.key,
      asksFor: wishedIn(party, slot.key),
      period: slot.period as unknown as Json,
    };
    return chain.add("obligation", id, says, because);
  });

const ledgerOf = ({ note }: Entry): LedgerNote => note as unknown as LedgerNote;

/** The entries that brought the slot's last document about, through hand-overs from other slots. */
const madeBy = (chain: Chain, party: Party, slot: string, key: string | null): Work<ReadonlyArray<Entry>> =>
  Effect.gen(function* () {
    const found: Entry[] = [];
    const seen = new Set<string>();
    for (let at: string | null = slot; at !== null && !seen.has(at); ) {
      seen.add(at);
      const entries: ReadonlyArray<Entry> = yield* chain.entriesOf(party.id, abouts.slot(at));
      const own = entries.filter((entry) => {
        const note = ledgerOf(entry);
        return note.type === "command.claimed" ? note.command.key === key : "key" in note && note.key === key;
      });
      // Of a command sent again, what came before the claim that was answered decided nothing.
      const last = own.findLastIndex((entry) => ledgerOf(entry).type === "command.claimed");
      found.push(...own.slice(Math.max(last, 0)));
      const decisions = entries.filter((entry) => {
        const note = ledgerOf(entry);
        return (
          (note.type === "document.reattributed" && note.to === at) ||
          (note.type === "document.adopted" && key === null)
        );
      });
      found.push(...decisions);
      const handed = decisions.map(ledgerOf).find((note) => note.type === "document.reattributed");
      at = own.some((entry) => ledgerOf(entry).type === "command.claimed") ? null : (handed?.slot ?? null);
    }
    return found;
  });

/** A command, by its slot: the request, the answer, and the row that asked for it. */
export const command = (chain: Chain, party: Party, slot: Slot, key: string, state: string): Work<string> =>
  Effect.gen(function* () {
    const id = `command:${key}`;
    if (chain.hops.has(id)) return id;
    const entries = yield* madeBy(chain, party, slot.key, key);
    const because: Array<string | null> = [yield* obligation(chain, party, slot)];
    for (const entry of entries) because.push(yield* chain.entry(entry));
    const claim = entries.map(ledgerOf).find((note) => note.type === "command.claimed");
    const ack = entries.map(ledgerOf).findLast((note) => note.type === "command.acked");
    const error = entries.map(ledgerOf).findLast((note) => "detail" in note);
    const planned = plannedIn(party, slot.key);
    const asked = claim?.command ?? (planned?.key === key ? planned : null);
    const says = {
      key,
      row: rowName(slot.kind),
      state,
      verb: asked?.verb ?? null,
      outsideId: asked?.outsideId ?? null,
      request: (asked?.content as Json | undefined) ?? null,
      answer: (ack?.receipt as unknown as Json | undefined) ?? null,
      answeredBy: ack?.by ?? null,
      lastError: ack === undefined && error !== undefined && "detail" in error ? error.detail : null,
      blockedBy: planned?.key === key ? planned.blockedBy : null,
      hold: planned?.key === key ? planned.hold : null,
    };
    const ids = { tieout: key, ...(ack === undefined ? {} : { [slot.target]: ack.receipt.foreignId }) };
    return chain.add("command", id, says, because, ids);
  });

/** The document of a slot; null: it holds none. */
export const document = (chain: Chain, party: Party, key: string): Work<string | null> =>
  Effect.gen(function* () {
    const slot = party.slots.get(key);
    if (!slot?.held) return null;
    const { held } = slot;
    const id = `document:${slot.target}:${held.outsideId}`;
    if (chain.hops.has(id)) return id;
    if (chain.isFull) {
      chain.more.add(`posting ${slot.target}:${held.foreignId}`);
      return null;
    }
    const because: Array<string | null> = [];
    if (slot.lastKey === null) {
      because.push(yield* obligation(chain, party, slot));
      for (const entry of yield* madeBy(chain, party, key, null)) because.push(yield* chain.entry(entry));
      if (held.adopted) because.push(yield* adopted(chain, party, slot));
    } else because.push(yield* command(chain, party, slot, slot.lastKey, "acked"));
    const replicas = [...party.evidence.registers.keys()].filter(
      (cell) =>
        cell.startsWith(replicaPrefix) &&
        (party.evidence.data(cell) as { readonly externalId?: string } | undefined)?.externalId === held.outsideId,
    );
    for (const replica of replicas) because.push(yield* chain.value(party, replica));
    const says = {
      target: slot.target,
      kind: slot.kind,
      source: globalOf(party, slot.source),
      content: held.content as Json,
      observed: held.observed as Json,
      ackedAt: held.ackedAt,
      adopted: held.adopted ?? false,
      generation: slot.generation,
      asksFor: wishedIn(party, key),
      reported: replicas.length > 0,
    };
    return chain.add("document", id, says, because, { [slot.target]: held.foreignId, tieout: held.outsideId });
  });

/** What an ERP made itself, with the charges of ours that it bills; null: nothing is known of it. */
export const billed = (chain: Chain, party: Party, subject: string): Work<string | null> =>
  Effect.gen(function* () {
    const data = party.evidence.data<PostingData>(subject);
    const value = yield* chain.value(party, subject);
    if (data?.charges == null) return value;
    const { core } = chain.engine;
    const because: Array<string | null> = [value];
    for (const id of core.membersOf(core.root(party.id))) {
      const member = core.parties.get(id);
      for (const slot of member?.slots.values() ?? [])
        if (slot.held && data.charges.includes(slot.held.outsideId))
          because.push(yield* document(chain, member!, slot.key));
    }
    const says = { posting: globalOf(party, subject), ...(data as unknown as { readonly [key: string]: Json }) };
    return chain.add("figure", `figure:${globalOf(party, subject)}`, says, because, { [party.connection]: subject });
  });

/** What the target itself said of a document that was there before us. */
const adopted = (chain: Chain, party: Party, { target, held }: Slot): Work<string | null> =>
  Effect.gen(function* () {
    const { core } = chain.engine;
    for (const id of core.membersOf(core.root(party.id))) {
      const member = core.parties.get(id);
      if (member?.connection !== target) continue;
      for (const subject of [`posting/invoice:${held!.foreignId}`, `account/${held!.foreignId}`])
        if (member.evidence.has(subject)) return yield* chain.value(member, subject);
    }
    return null;
  });
