/**
 * The hand-over of a document: a movement that is named late replaces the invoice as its own movement, and its cash application
 * goes over to the named one; none is sent. *Pure.*
 */
import { difference } from "./difference.ts";
import { inFlight, type Slot } from "./ledger.ts";
import type { DocumentContent } from "./ports/system.ts";
import type { Wish } from "./wish.ts";

/** An unnamed shortfall's document that a named movement takes over. */
export interface Reattribution {
  readonly slot: string;
  readonly to: string;
  readonly outsideId: string;
}

/** What becomes of a slot's document. */
export type Want = "nothing" | "keep" | "update" | "replace" | "drop" | "post";

/** The cash application of an invoice that says paid and names no movement. */
export const isShortfall = (slot: Slot): boolean =>
  slot.kind === "cash_application" && slot.part === `cash_application:${slot.source}`;

/** A slot, what is wished of it, and what becomes of its document. */
export interface Wanted {
  readonly slot: Slot;
  readonly wish: Wish | null;
  readonly want: Want;
  /** What its document should say; null: nothing is wished. */
  readonly content: DocumentContent | null;
}

/** Only an equal content can be handed over; any other difference is an inverse and a new document. */
export const handOver = (all: ReadonlyMap<string, Wanted>): ReadonlyArray<Reattribution> => {
  const result: Reattribution[] = [];
  for (const [key, { slot, want }] of all) {
    if (!isShortfall(slot) || !slot.held || inFlight(slot) || (want !== "drop" && want !== "replace")) continue;
    const wanted = slot.held.content;
    const successors: string[] = [];
    for (const [other, { slot: candidate, want, content }] of all) {
      if (
        other !== key &&
        candidate.kind === "cash_application" &&
        candidate.target === slot.target &&
        !isShortfall(candidate) &&
        !candidate.held &&
        !inFlight(candidate) &&
        want === "post" &&
        difference(candidate.kind, wanted, content!) === "keep"
      )
        successors.push(other);
    }
    const successor = successors.sort()[0];
    if (successor !== undefined && !result.some((r) => r.to === successor)) {
      result.push({ slot: key, to: successor, outsideId: slot.held.outsideId });
    }
  }
  return result;
};
