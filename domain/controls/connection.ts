/** What is written down of one connection: the last time that somebody tried it, and since when each of its secrets is what it is. *Pure.* */
import type { ControlNote, Topic } from "./topic.ts";

/** How a system took a harmless question. `absent`: it answered that there is no such object, which will do. */
export const testOutcomes = ["answered", "absent", "throttled", "refused", "no-answer"] as const;
export type TestOutcome = (typeof testOutcomes)[number];

interface ConnectionNote extends ControlNote {
  readonly connection: string;
}
export type ConnectionNotes =
  | (ConnectionNote & {
      readonly type: "connection.tested";
      /** What was asked, in words. */
      readonly asked: string;
      readonly outcome: TestOutcome;
      /** What the system said; null: nothing worth telling. */
      readonly detail: string | null;
      /** Milliseconds until the answer, or until it was given up. */
      readonly tookMs: number;
    })
  /** By place in the configuration: a mark that is another for another secret, and tells nothing of it. */
  | (ConnectionNote & { readonly type: "connection.secrets"; readonly marks: Readonly<Record<string, string>> });

export interface ConnectionRecord {
  readonly test: {
    readonly at: number;
    readonly by: string;
    readonly reason: string | null;
    readonly asked: string;
    readonly outcome: TestOutcome;
    readonly detail: string | null;
    readonly tookMs: number;
  } | null;
  readonly secrets: Readonly<Record<string, { readonly mark: string; readonly since: number }>>;
}

const untouched: ConnectionRecord = { test: null, secrets: {} };

export const connection: Topic<ConnectionNotes, ConnectionRecord> = {
  name: "connection",
  about: ({ connection: name }) => name,
  fold: (before, note, { at }) => {
    const record = before ?? untouched;
    if (note.type === "connection.tested") {
      const { by, reason, asked, outcome, detail, tookMs } = note;
      return { ...record, test: { at, by, reason, asked, outcome, detail, tookMs } };
    }
    const marks = Object.entries(note.marks);
    const same =
      marks.length === Object.keys(record.secrets).length &&
      marks.every(([place, mark]) => record.secrets[place]?.mark === mark);
    if (same) return before;
    const secrets = marks.map(([place, mark]) => {
      const known = record.secrets[place];
      return [place, known?.mark === mark ? known : { mark, since: at }] as const;
    });
    return { ...record, secrets: Object.fromEntries(secrets) };
  },
};
