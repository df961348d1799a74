/** A planned command as its target is to read it: with what it rests on, the date that the books give it, and in plain words. */
import * as Effect from "effect/Effect";
import type { Booking } from "../../domain/booking.ts";
import type { Json } from "../../domain/canonical.ts";
import { mapping, mappingsAt } from "../../domain/controls/mapping.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import { type DocumentContent, Impossible, type OutboundCommand, type Support } from "../../domain/ports/system.ts";
import { slotKey } from "../../domain/wish.ts";
import type { Bookkeeping } from "../periods/bookkeeping.ts";
import type { Privacy } from "../privacy/privacy.ts";
import { erasedText } from "../privacy/sealing.ts";
import type { Core, Open } from "./core.ts";

export const erasedMeanwhile = new Impossible({
  code: "ERASED",
  detail: "the personal data of this customer were erased, and nothing is written in their place",
});
export const isErased = ({ content }: OutboundCommand, planned: DocumentContent): boolean =>
  Object.entries(content).some(([field, value]) => value === erasedText && planned[field] !== value);

export const makeWording = (core: Core, books: Bookkeeping | null, privacy: Privacy | null) => {
  const supportOf = (open: Open, key: string | null): Support | null => {
    if (key === null) return null;
    const slot = core.parties.get(open.party)?.slots.get(key);
    return slot?.held ? { kind: slot.kind, outsideId: slot.held.outsideId, foreignId: slot.held.foreignId } : null;
  };

  /** A charge goes under the record of whoever is billed, which may be another party of the account. */
  const customerOf = (open: Open): Support | null => {
    const { planned } = open;
    if (planned.kind === "customer") return null;
    const party = core.parties.get(open.party)!;
    if (planned.kind !== "charge")
      return supportOf(open, slotKey(planned.target, `account/${party.customer}`, "customer"));
    const record = party.chargedRecord(planned.target);
    return record === null ? null : { kind: "customer", ...record };
  };

  const outboundCommand = (open: Open, booking: Booking | null): OutboundCommand => {
    const { planned } = open;
    const party = core.parties.get(open.party)!;
    const slot = party.slots.get(planned.slot);
    const appliesTo = planned.content["appliesTo"];
    const supported =
      typeof appliesTo === "string"
        ? [...party.slots.values()].find((other) => other.held?.outsideId === appliesTo)
        : undefined;
    return {
      key: planned.key,
      outsideId: planned.outsideId,
      kind: planned.kind,
      verb: planned.verb,
      content: planned.content,
      effectiveAt: booking !== null ? books!.dateOf(booking) : planned.effectiveAt > 0 ? planned.effectiveAt : core.now,
      sourceObject: `${party.connection}:${planned.source}`,
      customer: customerOf(open),
      appliesTo: supported ? supportOf(open, supported.key) : null,
      foreignId: slot?.held?.foreignId ?? null,
      mappings: mappingsAt(core.controls.all(mapping), planned.target, core.now),
    };
  };

  /** As the target is to read it. */
  const inWords = (command: OutboundCommand): Effect.Effect<OutboundCommand, StoreError> =>
    privacy === null
      ? Effect.succeed(command)
      : Effect.map(privacy.reveal(command.content as Json), (content) => ({
          ...command,
          content: content as OutboundCommand["content"],
        }));

  return (open: Open, booking: Booking | null = null): Effect.Effect<OutboundCommand, StoreError> =>
    inWords(outboundCommand(open, booking));
};
