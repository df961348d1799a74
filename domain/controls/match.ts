/** What people say is the same thing, where nothing in the systems says so: made with a reason, and taken back. *Pure.* */
import type { LegName } from "../reconciliation/leg.ts";
import type { ControlNote, Topic } from "./topic.ts";

interface MatchNote extends ControlNote {
  readonly match: string;
  /** Of whom the items are; `@` where they are the company's own. */
  readonly parties: ReadonlyArray<string>;
}
export type MatchNotes =
  | (MatchNote & { readonly type: "match.made"; readonly leg: LegName; readonly items: ReadonlyArray<string> })
  | (MatchNote & { readonly type: "match.undone" });

interface Word {
  /** Epoch milliseconds, UTC. */
  readonly at: number;
  readonly by: string;
  readonly reason: string | null;
}

export interface MatchRecord {
  readonly leg: LegName;
  /** `connection:kind/id`. */
  readonly items: ReadonlyArray<string>;
  readonly parties: ReadonlyArray<string>;
  readonly made: Word;
  /** Null: it stands. */
  readonly undone: Word | null;
}

export const match: Topic<MatchNotes, MatchRecord> = {
  name: "match",
  about: (note) => note.match,
  fold: (before, note, { at }) => {
    const word: Word = { at, by: note.by, reason: note.reason };
    if (note.type === "match.made") {
      const { leg, items, parties } = note;
      return before ?? { leg, items, parties, made: word, undone: null };
    }
    return before === null || before.undone !== null ? before : { ...before, undone: word };
  },
};

/** The parties whose reconciliation a note of any topic changes. */
export const touchedBy = (note: ControlNote): ReadonlyArray<string> =>
  note.type.startsWith("match.") || note.type.startsWith("absence.") ? (note as MatchNotes).parties : [];
