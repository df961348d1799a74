/** How often a delivery was one that was taken in before: such deliveries are in no journal, so their number is written down apart. *Pure.* */
import type { ControlNote, Topic } from "./topic.ts";

/** Deliveries since the last such note. */
export type IntakeNotes = ControlNote & { readonly type: "intake.counted"; readonly duplicates: number };

export interface IntakeRecord {
  readonly duplicates: number;
  /** Of the last note. */
  readonly at: number;
}

export const intakeTotals: Topic<IntakeNotes, IntakeRecord> = {
  name: "intake",
  about: () => "all",
  fold: (before, note, { at }) => ({ duplicates: (before?.duplicates ?? 0) + note.duplicates, at }),
};
