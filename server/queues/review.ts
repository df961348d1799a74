/**
 * Looking through finance's queue: what came, what changed, what went since it was looked through last, as notes for the journal.
 * What is there follows from the evidence; that it came and went is written down once, so that it can be told later. *Pure* but for
 * its memory of what was only seen once.
 */
import { type DeskNotes, desk, isClosed, type Seen } from "../../domain/controls/desk.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { dueInMs } from "../../domain/priority.ts";
import type { Core } from "../engine/core.ts";
import { everything, type Item, pressing } from "./items.ts";
import type { QueueSettings } from "./settings.ts";

/** Who acts, where no person does. */
export const ourselves = "tieout";

export interface ReviewMemory {
  /** Seen once, and not yet written down: since when, epoch milliseconds. */
  readonly fresh: Map<string, number>;
}
export const newMemory = (): ReviewMemory => ({ fresh: new Map() });

export interface Review {
  readonly notes: ReadonlyArray<DeskNotes>;
  /** Journal time has to pass an instant that has come, for a snooze to end or for something to be overdue. */
  readonly timePasses: boolean;
  /** Nothing changes by the mere passing of time before; epoch milliseconds, null: ever. */
  readonly next: number | null;
}

const said = (exception: string) => ({ party: controlsParty, exception, by: ourselves, reason: null }) as const;

const seenOf = ({ exception, party }: Item): Seen => {
  const { type, source, owner, moneyMinor, currency, ageFrom, cause } = exception;
  return { kind: type, source, of: party, owner, moneyMinor, currency, ageFrom, cause };
};

const dayMs = 86_400_000;

/** `touches`: where the last entry stands that touched each party since the last review. `now`: epoch milliseconds. */
export const review = (
  core: Core,
  settings: QueueSettings & { readonly standsMs: number },
  memory: ReviewMemory,
  touches: ReadonlyMap<string, number>,
  now: number,
): Review => {
  const { fresh } = memory;
  const notes: DeskNotes[] = [];
  const records = core.controls.all(desk);
  const there = new Set<string>();
  let timePasses = false;
  let next: number | null = null;
  const at = (instant: number): void => {
    if (instant > now) next = next === null ? instant : Math.min(next, instant);
    else if (instant > core.now) timePasses = true;
  };
  for (const item of everything(core)) {
    const { id, moneyMinor, currency } = item.exception;
    there.add(id);
    const record = records.get(id) ?? null;
    if (record?.openedAt == null || isClosed(record)) {
      const since = fresh.get(id) ?? now;
      fresh.set(id, since);
      if (now - since < settings.standsMs) {
        at(since + settings.standsMs);
        continue;
      }
      fresh.delete(id);
      const within = dueInMs(pressing(core, item, settings), settings.priorities);
      notes.push({ ...said(id), type: "desk.opened", seen: seenOf(item), dueInMs: within });
      at(now + within);
      continue;
    }
    fresh.delete(id);
    if (record.seen?.moneyMinor !== moneyMinor || record.seen.currency !== currency)
      notes.push({ ...said(id), type: "desk.changed", seen: seenOf(item) });
    if (record.dueAt != null) at(record.dueAt);
    if (record.snoozed) at(record.snoozed.until);
  }
  for (const id of fresh.keys()) if (!there.has(id)) fresh.delete(id);
  for (const [id, record] of records) {
    if (record.closed) {
      const until = record.closed.at + settings.keepClosedDays * dayMs;
      if (until <= now && !there.has(id)) notes.push({ ...said(id), type: "desk.forgotten" });
      else at(until);
    } else if (record.openedAt != null && !there.has(id)) {
      notes.push({ ...said(id), type: "desk.closed", evidence: touchOf(core, record.seen?.of ?? null, touches) });
    }
  }
  return { notes, timePasses, next };
};

/** The entry that took the cause away is the last that touched the account; of nobody's object, the last of all. */
const touchOf = (core: Core, party: string | null, touches: ReadonlyMap<string, number>): number => {
  const found = party === null ? [] : core.membersOf(core.root(party)).map((member) => touches.get(member) ?? 0);
  const last = Math.max(0, ...found);
  return last === 0 ? core.position : last;
};
