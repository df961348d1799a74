/** Every exception there is, with what the desk knows of it: who works it, since when, by when, how much it presses. *Pure.* */
import { type DeskRecord, desk } from "../../domain/controls/desk.ts";
import type { Exception } from "../../domain/exceptions.ts";
import { type Priority, priorityOf } from "../../domain/priority.ts";
import type { Core } from "../engine/core.ts";
import { escalatedItems } from "../reconciliation/escalated.ts";
import { unattributed } from "../views/unattributed.ts";
import type { QueueSettings } from "./settings.ts";

export interface Item {
  readonly exception: Exception;
  /** Null: nobody's yet. */
  readonly party: string | null;
}

/** What is there now. */
export function* everything(core: Core): Iterable<Item> {
  for (const [party, found] of core.allExceptions()) for (const exception of found) yield { exception, party };
  for (const exception of unattributed(core)) yield { exception, party: null };
  yield* escalatedItems(core);
}

/** What was there, and closed not long ago. */
export function* closedItems(core: Core): Iterable<Item> {
  for (const [id, { seen, closed }] of core.controls.all(desk)) {
    if (!closed || !seen) continue;
    const { kind, of, cause, ...rest } = seen;
    const type = kind as Exception["type"];
    yield { exception: { id, type, ...rest, cause, evidence: [], acts: [] }, party: of };
  }
}

export const exceptionStatuses = ["open", "snoozed", "resolved", "closed"] as const;
export type ExceptionStatus = (typeof exceptionStatuses)[number];

/** A snooze lasts until journal time passes it; a resolution for as long as the money is what it was. */
export const statusOf = (
  { moneyMinor, currency }: Pick<Exception, "moneyMinor" | "currency">,
  record: DeskRecord | null,
  now: number,
): Exclude<ExceptionStatus, "closed"> => {
  if (record === null) return "open";
  if (record.resolved && record.resolved.moneyMinor === moneyMinor && record.resolved.currency === currency)
    return "resolved";
  return record.snoozed && record.snoozed.until > now ? "snoozed" : "open";
};

/** Of the account in memory; an account that is not says nothing, and presses as any. */
const stageOf = (core: Core, party: string | null): string | null =>
  party === null ? null : (core.accounts.get(core.root(party))?.regions.lifecycle ?? null);

export const pressing = (core: Core, { exception, party }: Item, { priorities }: QueueSettings): Priority =>
  priorityOf(exception, stageOf(core, party), priorities);

export const teamOf = ({ teams }: QueueSettings, connection: string): string | null => teams[connection] ?? null;
