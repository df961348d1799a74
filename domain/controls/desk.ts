/**
 * Who works an exception, and its history: when it was first seen and closed, assigned, put off, or settled by a person's word.
 * That it is there follows from the evidence alone; when it came and went is a decision, taken once. *Pure.*
 */
import type { ControlNote, Topic } from "./topic.ts";

interface DeskNote extends ControlNote {
  readonly exception: string;
}

/** What it was about, for as long as it is kept after it closed. */
export interface Seen {
  readonly kind: string;
  readonly source: string;
  /** Null: nobody's. */
  readonly of: string | null;
  readonly owner: string;
  readonly moneyMinor: number | null;
  readonly currency: string | null;
  readonly ageFrom: number | null;
  readonly cause: string;
}

export type DeskNotes =
  | (DeskNote & { readonly type: "desk.assigned"; readonly assignee: string | null })
  /** `until`: epoch milliseconds, UTC. */
  | (DeskNote & { readonly type: "desk.snoozed"; readonly until: number })
  /** `money` and `currency`: what it was about then; of another amount it comes back. */
  | (DeskNote & {
      readonly type: "desk.resolved";
      readonly moneyMinor: number | null;
      readonly currency: string | null;
    })
  | (DeskNote & { readonly type: "desk.reopened" })
  /** It was there when the queue was looked through; again, if it had closed. It should be closed within `dueInMs`. */
  | (DeskNote & { readonly type: "desk.opened"; readonly seen: Seen; readonly dueInMs: number })
  /** Of another amount. */
  | (DeskNote & { readonly type: "desk.changed"; readonly seen: Seen })
  /** Its cause went away. `evidence`: the last entry of the journal that touched its party before. */
  | (DeskNote & { readonly type: "desk.closed"; readonly evidence: number })
  /** It was closed for so long that nobody asks any more. */
  | (DeskNote & { readonly type: "desk.forgotten" });

export interface Closed {
  readonly at: number;
  /** Position of the entry that took its cause away. */
  readonly evidence: number;
  readonly assignee: string | null;
}

export interface DeskRecord {
  readonly assignee: string | null;
  readonly snoozed: { readonly until: number; readonly by: string; readonly reason: string | null } | null;
  readonly resolved: {
    readonly at: number;
    readonly by: string;
    readonly reason: string | null;
    readonly moneyMinor: number | null;
    readonly currency: string | null;
  } | null;
  /** Null: it was never looked through, as in a record of an older version. */
  readonly seen?: Seen | null;
  readonly openedAt?: number | null;
  readonly dueAt?: number | null;
  readonly changedAt?: number | null;
  readonly closed?: Closed | null;
  /** Earlier times, oldest first, at most `kept`. */
  readonly history?: ReadonlyArray<Closed & { readonly openedAt: number }>;
}

/** Of what came and went again and again. */
const kept = 10;

const untouched: DeskRecord = { assignee: null, snoozed: null, resolved: null };

export const isClosed = (record: DeskRecord | null): boolean => (record?.closed ?? null) !== null;

export const desk: Topic<DeskNotes, DeskRecord> = {
  name: "desk",
  about: ({ exception }) => exception,
  fold: (before, note, { at }) => {
    const record = before ?? untouched;
    const { by, reason } = note;
    switch (note.type) {
      case "desk.assigned":
        return note.assignee === record.assignee ? before : { ...record, assignee: note.assignee, changedAt: at };
      case "desk.snoozed":
        return { ...record, snoozed: { until: note.until, by, reason }, changedAt: at };
      case "desk.resolved": {
        const { moneyMinor, currency } = note;
        return { ...record, snoozed: null, resolved: { at, by, reason, moneyMinor, currency }, changedAt: at };
      }
      case "desk.reopened":
        return record.snoozed === null && record.resolved === null
          ? before
          : { ...record, snoozed: null, resolved: null, changedAt: at };
      case "desk.opened": {
        if (record.openedAt != null && !isClosed(record)) return before;
        const { seen } = note;
        const said = { seen, dueAt: at + note.dueInMs, openedAt: at, changedAt: at, closed: null };
        if (record.openedAt == null || !record.closed) return { ...record, ...said };
        const earlier = [...(record.history ?? []), { ...record.closed, openedAt: record.openedAt }].slice(-kept);
        // What a person said since it closed is said of what came back.
        return { ...record, ...said, history: earlier };
      }
      case "desk.changed":
        return record.openedAt == null || isClosed(record) ? before : { ...record, seen: note.seen, changedAt: at };
      case "desk.closed": {
        if (record.openedAt == null || isClosed(record)) return before;
        const closed = { at, evidence: note.evidence, assignee: record.assignee };
        return { ...record, assignee: null, snoozed: null, resolved: null, changedAt: at, closed };
      }
      case "desk.forgotten":
        return isClosed(record) ? null : before;
    }
  },
};
