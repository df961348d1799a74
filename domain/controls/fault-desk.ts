/** Who works a fault: seen, assigned, or settled by a person's word. The fault itself follows from the journal or from what is live. *Pure.* */
import type { ControlNote, Topic } from "./topic.ts";

interface FaultNote extends ControlNote {
  readonly fault: string;
}
export type FaultDeskNotes =
  | (FaultNote & { readonly type: "fault.acknowledged" })
  | (FaultNote & { readonly type: "fault.assigned"; readonly assignee: string | null })
  | (FaultNote & { readonly type: "fault.resolved" })
  | (FaultNote & { readonly type: "fault.reopened" });

interface Said {
  readonly at: number;
  readonly by: string;
  readonly reason: string | null;
}
export interface FaultDeskRecord {
  readonly acknowledged: Said | null;
  readonly assignee: string | null;
  readonly resolved: Said | null;
}

const untouched: FaultDeskRecord = { acknowledged: null, assignee: null, resolved: null };

export const faultDesk: Topic<FaultDeskNotes, FaultDeskRecord> = {
  name: "fault",
  about: ({ fault }) => fault,
  fold: (before, note, { at }) => {
    const record = before ?? untouched;
    const said = { at, by: note.by, reason: note.reason };
    switch (note.type) {
      case "fault.acknowledged":
        return record.acknowledged === null ? { ...record, acknowledged: said } : before;
      case "fault.assigned":
        return note.assignee === record.assignee ? before : { ...record, assignee: note.assignee };
      case "fault.resolved":
        return record.resolved === null ? { ...record, resolved: said } : before;
      case "fault.reopened":
        return record.resolved === null ? before : { ...record, resolved: null };
    }
  },
};
