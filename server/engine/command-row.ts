/** A command as the outbox keeps it: what people and the next process read of it. *Pure.* */
import type { Attempt, Slot } from "../../domain/ledger.ts";
import type { Party } from "../../domain/party.ts";
import type { Planned } from "../../domain/plan.ts";
import type { CommandRow, CommandState } from "../../domain/ports/store.ts";
import { rowName } from "../../domain/wish.ts";

/** The entry that asked for it: its W3C trace context, and when it was folded, epoch ms. Null: not told. */
interface Cause {
  readonly traceparent: string | null;
  readonly tracedAt: number | null;
}
const untold: Cause = { traceparent: null, tracedAt: null };

type Command = Pick<Planned, "key" | "target" | "kind" | "slot" | "outsideId" | "verb" | "source" | "content">;

interface Standing {
  readonly attempts: number;
  readonly lastError: string | null;
  readonly hold: Planned["hold"];
  readonly blockedBy: string | null;
  readonly dueAt: number;
}

const rowOf = (
  { id, connection }: Party,
  { key, target, kind, slot, outsideId, verb, source, content }: Command,
  state: CommandState,
  { attempts, lastError, hold, blockedBy, dueAt }: Standing,
  { traceparent, tracedAt }: Cause,
): CommandRow => ({
  key,
  party: id,
  target,
  state,
  body: JSON.stringify({
    row: rowName(kind),
    slot,
    outsideId,
    verb,
    document: kind,
    source: `${connection}:${source}`,
    content,
    attempts,
    lastError,
    hold,
    blockedBy,
    dueAt,
    traceparent: traceparent ?? undefined,
    tracedAt: tracedAt ?? undefined,
  }),
});

/** One that is planned, or was until now. */
export const commandRow = (party: Party, planned: Planned, state: CommandState, cause: Cause = untold): CommandRow => {
  const slot = party.slots.get(planned.slot);
  const [attempts, lastError] = [slot?.sent ?? 0, slot?.attempt?.error ?? null];
  const { hold, blockedBy, dueAt } = planned;
  return rowOf(party, planned, state, { attempts, lastError, hold, blockedBy, dueAt }, cause);
};

/** One that came to its end: nothing asks for it any more. */
export const attemptRow = (party: Party, slot: Slot, attempt: Attempt, state: CommandState): CommandRow => {
  const standing = { attempts: slot.sent, lastError: attempt.error, hold: null, blockedBy: null, dueAt: 0 };
  const { key, outsideId, verb, content } = attempt;
  const { target, kind, source } = slot;
  return rowOf(party, { key, target, kind, slot: slot.key, outsideId, verb, source, content }, state, standing, untold);
};
