/**
 * Every document that was placed or taken back, by the period that its claim was booked in: followed beside a fold, entry by entry,
 * since the fold keeps only what stands. *Pure* but for its own maps.
 */
import type { Booking } from "../../domain/booking.ts";
import { periodRecord } from "../../domain/controls/period.ts";
import { inFlight, type Slot } from "../../domain/ledger.ts";
import type { LedgerNote } from "../../domain/note.ts";
import { isFinancial } from "../../domain/periods.ts";
import type { Entry } from "../../domain/ports/store.ts";
import type { DocumentKind, Verb } from "../../domain/ports/system.ts";
import { signOf } from "../../domain/side.ts";
import type { Core } from "../engine/core.ts";

/** Why a document is in a later period than its own. */
export interface Late {
  readonly own: string;
  readonly reason: string;
  readonly corrects: string | null;
}

export interface Line {
  readonly party: string;
  readonly target: string;
  readonly source: string;
  readonly document: DocumentKind;
  readonly verb: Verb;
  readonly outsideId: string;
  readonly currency: string;
  readonly amountMinor: number;
  readonly late: Late | null;
}

interface Claimed extends Line {
  readonly booking: Booking;
}

/** What the line adds to its ledger side. */
export const effectOf = ({ document, verb, amountMinor }: Line) => {
  const { side, sign } = signOf(document)!;
  return { side, amountMinor: verb === "update" ? 0 : (verb === "reverse" ? -sign : sign) * amountMinor };
};

const slotName = (party: string, slot: string): string => `${party} ${slot}`;

export class Books {
  /** By entity and period: acknowledged, in order of their acknowledgement. */
  private readonly lines = new Map<string, Line[]>();
  private readonly claimed = new Map<string, Claimed>();
  private readonly late = new Map<string, Late & { readonly period: string }>();

  /** `fold` lets the core take the entry. */
  step(core: Core, entry: Entry, fold: () => void): void {
    const note = entry.note as unknown as LedgerNote | null;
    const isLedger = (entry.kind === "command" || entry.kind === "decision") && note !== null && "slot" in note;
    const before = isLedger ? slotOf(core, note) : undefined;
    fold();
    if (!isLedger) return;
    const after = slotOf(core, note);
    // A note that does not stand leaves the very same slot.
    if (after === undefined || after === before) return;
    const name = slotName(note.party, note.slot);
    if (note.type === "period.assigned" && note.period !== undefined)
      this.late.set(name, {
        own: note.own ?? "",
        reason: note.reason,
        corrects: note.corrects ?? null,
        period: note.period,
      });
    else if (note.type === "command.claimed") this.claim(name, note);
    else if (note.type === "command.acked") this.settle(name);
    else if (!inFlight(after)) this.claimed.delete(name);
  }

  of(entity: string, period: string): ReadonlyArray<Line> {
    return this.lines.get(periodRecord(entity, period)) ?? [];
  }

  /** Sent, and not answered yet. */
  inFlight(entity: string, period: string): ReadonlyArray<Line> {
    return [...this.claimed.values()].filter(({ booking }) => booking.entity === entity && booking.period === period);
  }

  private claim(name: string, note: Extract<LedgerNote, { readonly type: "command.claimed" }>): void {
    const { booking, target, source, kind, verb, outsideId, content } = note.command;
    if (booking === undefined || !isFinancial(kind)) return;
    const late = this.late.get(name);
    const { own, reason, corrects } = late ?? { own: "", reason: "", corrects: null };
    this.claimed.set(name, {
      party: note.party,
      target,
      source,
      document: kind,
      verb,
      outsideId,
      currency: String(content["currency"]),
      amountMinor: Number(content["amountMinor"]),
      late: late?.period === booking.period ? { own, reason, corrects } : null,
      booking,
    });
  }

  private settle(name: string): void {
    const claimed = this.claimed.get(name);
    if (claimed === undefined) return;
    this.claimed.delete(name);
    if (claimed.verb === "reverse") this.late.delete(name);
    const { booking, ...line } = claimed;
    const key = periodRecord(booking.entity, booking.period);
    const lines = this.lines.get(key);
    if (lines === undefined) this.lines.set(key, [line]);
    else lines.push(line);
  }
}

const slotOf = (core: Core, { party, slot }: LedgerNote): Slot | undefined => core.parties.get(party)?.slots.get(slot);
