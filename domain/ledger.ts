/**
 * What we know of the documents that we place outside: one slot per (target, source object, part), at most one document and
 * one command in flight in each. Folded from the journal's `command` and `decision` entries alone, in position order. *Pure.*
 */

import type { Booking } from "./booking.ts";
import { canonical } from "./canonical.ts";
import { outsideId } from "./ids.ts";
import type { ClaimedCommand, CommandAct, LedgerNote, Place } from "./note.ts";
import type { DocumentContent, DocumentKind, Receipt, Verb } from "./ports/system.ts";

/** A document known to be there. */
export interface Held {
  readonly outsideId: string;
  readonly content: DocumentContent;
  readonly foreignId: string;
  /** What the target reported back, after its own normalisation. */
  readonly observed: DocumentContent;
  /** When the answer was taken in. Epoch ms. */
  readonly ackedAt: number;
  /** It was there before us: `content` is what it said then. */
  readonly adopted?: true;
  readonly booking?: Booking;
}

/** The command last claimed and not yet acknowledged. */
export interface Attempt {
  readonly key: string;
  readonly outsideId: string;
  readonly verb: Verb;
  readonly content: DocumentContent;
  readonly state: "sending" | "unknown" | "retrying" | "rejected";
  /** How many times it was sent. */
  readonly count: number;
  /** When the state was entered. Epoch ms. */
  readonly at: number;
  /** Not before this is it sent or read back. Epoch ms. */
  readonly nextAt: number;
  /** Who claimed it. */
  readonly owner: string;
  readonly error: string | null;
  /** `rejected` for something that may yet arrive. */
  readonly fixable: boolean;
  /** Acknowledgements in the party when it was rejected; more of them re-arm it. */
  readonly acksSeen: number;
  readonly booking?: Booking;
}

export interface Slot {
  readonly key: string;
  readonly target: string;
  readonly source: string;
  readonly part: string;
  readonly kind: DocumentKind;
  /** Counts the acknowledged inverses, and hand-overs to another slot. */
  readonly generation: number;
  readonly held: Held | null;
  /** Key of the last acknowledged command on the present outside id. */
  readonly lastKey: string | null;
  readonly attempt: Attempt | null;
  /** The command that was read back and not found, until another one is claimed: its answer may still be on its way to us. */
  readonly missed?: Attempt;
  /** Times sent since the first claim, over all commands of the slot; for people. */
  readonly sent: number;
  /** The command that a person let go, and the one that a person took back: by key, so that other content asks again. */
  readonly approved: string | null;
  readonly cancelled: string | null;
  /** The period that the document went to because its own was closed; `from`: its own date. Epoch ms. */
  readonly period: {
    readonly effectiveAt: number;
    readonly from: number;
    readonly reason: string;
    /** `2026-02`; absent where no books are kept. */
    readonly period?: string;
  } | null;
}

export const newSlot = (key: string, target: string, source: string, part: string, kind: DocumentKind): Slot => ({
  key,
  target,
  source,
  part,
  kind,
  generation: 0,
  held: null,
  lastKey: null,
  attempt: null,
  sent: 0,
  approved: null,
  cancelled: null,
  period: null,
});

export const inFlight = (slot: Slot): boolean => slot.attempt?.state === "sending" || slot.attempt?.state === "unknown";

const ids = new WeakMap<Slot, string>();
/** The outside id that a document of this slot has, or would get. */
export const outsideIdOf = (slot: Slot, connection: string): string => {
  if (slot.held) return slot.held.outsideId;
  let id = ids.get(slot);
  if (id === undefined) {
    id = outsideId(slot.target, `${connection}:${slot.source}`, slot.part, slot.generation);
    ids.set(slot, id);
  }
  return id;
};

/**
 * May this claim stand at this point of the journal? The first claim by position wins; a later one for a command that is in
 * flight, or that no longer follows the last acknowledged one, is void for everybody who reads the journal.
 */
const claimStands = (slot: Slot, connection: string, command: ClaimedCommand): boolean => {
  if (inFlight(slot) || slot.cancelled === command.key) return false;
  if (command.outsideId !== outsideIdOf(slot, connection)) return false;
  if (command.verb === "post") return slot.held === null;
  return (
    slot.held !== null && canonical(command.content) !== (command.verb === "update" ? canonical(slot.held.content) : "")
  );
};

export interface Folded {
  readonly slots: ReadonlyArray<Slot>;
  /** Something was acknowledged: rejected commands that may have waited for it are armed again. */
  readonly acked: boolean;
  /** False when the note no longer applies (a void claim, an answer to a command that is not in flight). */
  readonly stands: boolean;
}
const nothing: Folded = { slots: [], acked: false, stands: false };

/** Fold one note. Total: a note that does not apply changes nothing. `acks`: acknowledgements in the party so far. */
export const fold = (
  slots: ReadonlyMap<string, Slot>,
  connection: string,
  note: LedgerNote,
  at: number,
  acks: number,
): Folded => {
  if (note.type === "command.claimed") {
    const { command } = note;
    const slot = slots.get(note.slot) ?? newSlot(note.slot, command.target, command.source, command.part, command.kind);
    if (!claimStands(slot, connection, command)) return nothing;
    const attempt: Attempt = {
      key: command.key,
      outsideId: command.outsideId,
      verb: command.verb,
      content: command.content,
      state: "sending",
      count: slot.attempt?.key === command.key ? slot.attempt.count + 1 : 1,
      at,
      nextAt: note.settleAt,
      owner: note.owner,
      error: slot.attempt?.key === command.key ? slot.attempt.error : null,
      fixable: false,
      acksSeen: acks,
      ...bookedAs(command),
    };
    return { slots: [{ ...settled(slot), attempt, sent: slot.sent + 1 }], acked: false, stands: true };
  }
  if (note.type === "document.adopted") {
    const slot = slots.get(note.slot) ?? placed(note.slot, note.place);
    if (slot.held || inFlight(slot)) return nothing;
    const { content, foreignId } = note;
    const held = { outsideId: outsideIdOf(slot, connection), content, foreignId, observed: content, ackedAt: at };
    return { slots: [{ ...slot, held: { ...held, adopted: true }, attempt: null }], acked: true, stands: true };
  }
  if (note.type === "command.retry" || note.type === "command.cancel" || note.type === "command.approve") {
    return decided(slots.get(note.slot) ?? placed(note.slot, note.place), note, at);
  }
  if (note.type === "period.assigned" && note.place !== undefined) {
    const slot = slots.get(note.slot) ?? placed(note.slot, note.place);
    if (inFlight(slot) || (slot.period?.effectiveAt ?? note.from) !== note.from) return nothing;
    return { slots: [moved(slot, note)], acked: false, stands: true };
  }
  const slot = slots.get(note.slot);
  if (!slot) return nothing;
  if (note.type === "document.reattributed") {
    const to = slots.get(note.to) ?? successorSlot(note.to);
    if (slot.held?.outsideId !== note.outsideId || inFlight(slot) || to.held || inFlight(to)) return nothing;
    return {
      slots: [
        { ...slot, held: null, lastKey: null, attempt: null, generation: slot.generation + 1 },
        { ...to, held: slot.held, lastKey: slot.lastKey, attempt: null },
      ],
      acked: false,
      stands: true,
    };
  }
  const { attempt } = slot;
  if (note.type === "period.assigned") {
    const stood = slot.period?.effectiveAt ?? note.from;
    if (attempt?.key !== note.key || attempt.state !== "rejected" || stood !== note.from) return nothing;
    return {
      slots: [{ ...moved(slot, note), attempt: { ...attempt, state: "retrying", nextAt: at } }],
      acked: false,
      stands: true,
    };
  }
  if (note.type === "command.acked" && attempt === null && slot.missed?.key === note.key) {
    const done = acknowledged(settled(slot), slot.missed, note.receipt, connection, at);
    return { slots: [done], acked: true, stands: true };
  }
  // Who was held up for so long may have sent after all: it is read back once more.
  if (note.type === "command.unknown" && attempt === null && slot.missed?.key === note.key) {
    const again: Attempt = { ...slot.missed, state: "unknown", at, nextAt: note.nextAt, error: note.detail };
    return { slots: [{ ...settled(slot), attempt: again }], acked: false, stands: true };
  }
  if (!attempt || attempt.key !== note.key || !inFlight(slot)) return nothing;
  switch (note.type) {
    case "command.acked":
      return { slots: [acknowledged(slot, attempt, note.receipt, connection, at)], acked: true, stands: true };
    case "command.absent":
      if (note.sent !== undefined && note.sent !== slot.sent) return nothing;
      return { slots: [{ ...slot, attempt: null, missed: attempt }], acked: false, stands: true };
    case "command.retrying":
    case "command.unknown": {
      const state = note.type === "command.retrying" ? "retrying" : "unknown";
      const next: Attempt = { ...attempt, state, at, nextAt: note.nextAt, error: note.detail };
      return { slots: [{ ...slot, attempt: next }], acked: false, stands: true };
    }
    case "command.rejected": {
      const next: Attempt = {
        ...attempt,
        state: "rejected",
        at,
        error: note.detail,
        fixable: note.fixable,
        acksSeen: acks,
      };
      return { slots: [{ ...slot, attempt: next }], acked: false, stands: true };
    }
  }
};

const settled = ({ missed: _, ...slot }: Slot): Slot => slot;

const bookedAs = ({ booking }: { readonly booking?: Booking }) => (booking === undefined ? {} : { booking });

/** To the period that was decided on, with the date that it first had. */
const moved = (slot: Slot, note: Extract<LedgerNote, { readonly type: "period.assigned" }>): Slot => {
  const { effectiveAt, reason, period } = note;
  const from = slot.period?.from ?? note.from;
  return { ...slot, period: { effectiveAt, from, reason, ...(period === undefined ? {} : { period }) } };
};

const placed = (key: string, { target, source, part, kind }: Place): Slot => newSlot(key, target, source, part, kind);

/** A person may hurry, let go or take back what is not under way. */
const decided = (slot: Slot, { type, key }: CommandAct, at: number): Folded => {
  const done = (next: Slot): Folded => ({ slots: [next], acked: false, stands: true });
  const { attempt } = slot;
  if (inFlight(slot)) return nothing;
  if (type === "command.approve") return done({ ...slot, approved: key, cancelled: null });
  if (type === "command.cancel")
    return done({ ...slot, cancelled: key, approved: null, attempt: attempt?.key === key ? null : attempt });
  if (slot.cancelled === key) return done({ ...slot, cancelled: null });
  if (attempt?.key !== key) return nothing;
  return done({ ...slot, attempt: { ...attempt, state: "retrying", at, nextAt: at } });
};

/** A movement that nothing was ever sent for: its slot is made when it takes over a document. */
const successorSlot = (key: string): Slot => {
  const [target, last] = [key.indexOf("|"), key.lastIndexOf("|")];
  return newSlot(key, key.slice(0, target), key.slice(target + 1, last), key.slice(last + 1), "cash_application");
};

const acknowledged = (slot: Slot, attempt: Attempt, receipt: Receipt, connection: string, at: number): Slot => {
  if (attempt.verb === "reverse") {
    const own = outsideIdOf({ ...slot, held: null }, connection) === attempt.outsideId;
    const generation = slot.generation + (own ? 1 : 0);
    return { ...slot, held: null, lastKey: null, attempt: null, period: null, generation };
  }
  const held: Held = {
    outsideId: attempt.outsideId,
    content: attempt.content,
    foreignId: receipt.foreignId,
    observed: receipt.content,
    ackedAt: at,
    ...bookedAs(attempt),
  };
  return { ...slot, held, lastKey: attempt.key, attempt: null };
};
