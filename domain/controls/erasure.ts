/**
 * Erasures: whose data keys a person ordered to be destroyed. The order is in the journal first and is carried out until it is
 * done, also by the next process; a key named here is never used again. *Pure.*
 */
import type { ControlNote, Topic } from "./topic.ts";

interface ErasureNote extends ControlNote {
  readonly subject: string;
}
export type ErasureNotes =
  /** `subject`: a party. `objects`: what it was known to own, whose raw bytes may lie under keys of their own. */
  | (ErasureNote & { readonly type: "erasure.ordered"; readonly objects: ReadonlyArray<string> })
  /** Raw bytes taken in during `subject`, a month (`2026-01`, UTC), are past their time. */
  | (ErasureNote & { readonly type: "erasure.expired" });

export interface ErasureRecord {
  readonly subject: string;
  readonly kind: "party" | "month";
  /** How many times: the data key of a party is its name and this number. */
  readonly times: number;
  readonly last: {
    readonly at: number;
    readonly by: string;
    readonly reason: string | null;
    readonly position: number;
  };
  readonly objects: ReadonlyArray<string>;
}

export const erasure: Topic<ErasureNotes, ErasureRecord> = {
  name: "erasure",
  about: (note) => note.subject,
  fold: (before, note, { at, position }) => {
    const { by, reason, subject } = note;
    const last = { at, by, reason, position };
    if (note.type === "erasure.expired") {
      if (before !== null) return before;
      return { subject, kind: "month", times: 1, last, objects: [] };
    }
    const objects = [...new Set([...(before?.objects ?? []), ...note.objects])].sort();
    return { subject, kind: "party", times: (before?.times ?? 0) + 1, last, objects };
  },
};
