/** Who works an exception: assigned, put off, or settled by a person's word. The exception itself follows from the evidence. *Pure.* */
import type { ControlNote, Topic } from "./topic.ts";

interface DeskNote extends ControlNote {
  readonly exception: string;
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
  | (DeskNote & { readonly type: "desk.reopened" });

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
}

const untouched: DeskRecord = { assignee: null, snoozed: null, resolved: null };

export const desk: Topic<DeskNotes, DeskRecord> = {
  name: "desk",
  about: ({ exception }) => exception,
  fold: (before, note, { at }) => {
    const record = before ?? untouched;
    const { by, reason } = note;
    switch (note.type) {
      case "desk.assigned":
        return note.assignee === record.assignee ? before : { ...record, assignee: note.assignee };
      case "desk.snoozed":
        return { ...record, snoozed: { until: note.until, by, reason } };
      case "desk.resolved": {
        const { moneyMinor, currency } = note;
        return { ...record, snoozed: null, resolved: { at, by, reason, moneyMinor, currency } };
      }
      case "desk.reopened":
        return record.snoozed === null && record.resolved === null
          ? before
          : { ...record, snoozed: null, resolved: null };
    }
  },
};
