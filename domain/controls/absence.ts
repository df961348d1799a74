/** What an ERP's own list, pulled whole, did not show though we believe it to be there. No deletion: the next list may show it. *Pure.* */
import type { ControlNote, Topic } from "./topic.ts";

export type AbsenceNotes = ControlNote & {
  readonly type: "absence.found";
  readonly connection: string;
  /** When the list was begun, epoch ms: what was heard of since is there. */
  readonly from: number;
  /** `connection:kind/id`. */
  readonly ids: ReadonlyArray<string>;
  /** Roots of the accounts that they are of, and of those that the list before left out. */
  readonly parties: ReadonlyArray<string>;
};

export interface AbsenceRecord {
  readonly from: number;
  readonly ids: ReadonlyArray<string>;
  readonly parties: ReadonlyArray<string>;
}

export const absence: Topic<AbsenceNotes, AbsenceRecord> = {
  name: "absence",
  about: ({ connection }) => connection,
  fold: (_, { from, ids, parties }) => ({ from, ids, parties }),
};
