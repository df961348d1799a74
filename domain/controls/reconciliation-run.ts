/** A run of the reconciliation: asked for by a person or by the clock, what it pulled, and where in the journal its lines stand. *Pure.* */
import type { ControlNote, Topic } from "./topic.ts";

interface RunNote extends ControlNote {
  readonly run: string;
}

export interface RunTotals {
  readonly lines: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly legs: Readonly<Record<string, number>>;
  readonly healed: number;
  readonly escalated: number;
  /** Open lines beyond what a run keeps. */
  readonly leftOut: number;
}

export type RunNotes =
  | (RunNote & { readonly type: "run.requested"; readonly pull: ReadonlyArray<string> })
  /** One page of one connection. `more` false: it is done. `news`: objects that were not known so. */
  | (RunNote & {
      readonly type: "run.pulled";
      readonly connection: string;
      readonly objects: number;
      readonly news: number;
      readonly more: boolean;
      /** The first page again: what was counted before does not count. */
      readonly first: boolean;
      readonly failure: string | null;
    })
  /** Something small was asked for again, or sent again. */
  | (RunNote & { readonly type: "run.healed"; readonly line: string; readonly asks: ReadonlyArray<string> })
  /** Its raw bytes are lines, as JSON. */
  | (RunNote & { readonly type: "run.page"; readonly lines: number })
  | (RunNote & { readonly type: "run.finished"; readonly totals: RunTotals; readonly seq: number });

export interface Pulled {
  readonly objects: number;
  readonly news: number;
  readonly done: boolean;
  /** Why it could not be pulled to its end. */
  readonly failure: string | null;
}

export interface RunRecord {
  readonly requestedAt: number;
  readonly by: string;
  readonly reason: string | null;
  readonly pull: ReadonlyArray<string>;
  readonly pulled: Readonly<Record<string, Pulled>>;
  /** Positions and lengths of its pages. */
  readonly pages: ReadonlyArray<readonly [position: number, lines: number]>;
  readonly finishedAt: number | null;
  readonly totals: RunTotals | null;
  /** Position of the journal that it compared. */
  readonly seq: number | null;
}

export const reconciliationRun: Topic<RunNotes, RunRecord> = {
  name: "run",
  about: ({ run }) => run,
  fold: (before, note, { at, position }) => {
    if (note.type === "run.requested")
      return (
        before ?? {
          requestedAt: at,
          by: note.by,
          reason: note.reason,
          pull: note.pull,
          pulled: {},
          pages: [],
          finishedAt: null,
          totals: null,
          seq: null,
        }
      );
    if (before === null || before.finishedAt !== null) return before;
    switch (note.type) {
      case "run.pulled": {
        const { connection, objects, news, more, first, failure } = note;
        const was = first ? undefined : before.pulled[connection];
        const pulled = {
          objects: (was?.objects ?? 0) + objects,
          news: (was?.news ?? 0) + news,
          done: !more,
          failure,
        };
        return { ...before, pulled: { ...before.pulled, [connection]: pulled } };
      }
      case "run.healed":
        return before;
      case "run.page":
        return { ...before, pages: [...before.pages, [position, note.lines]] };
      case "run.finished":
        return { ...before, finishedAt: at, totals: note.totals, seq: note.seq };
    }
  },
};
