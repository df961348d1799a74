/** Decoding stored bytes again, as a job: what it goes over, how far it has come, what it changed. *Pure.* */
import type { ControlNote, Topic } from "./topic.ts";

/** What is decoded again; a field that is not there narrows nothing. Instants are epoch milliseconds, UTC. */
export interface ReplayFilter {
  /** One entry of the journal. */
  readonly position?: number;
  /** One event, by the vendor's id. */
  readonly event?: string;
  /** Any id that leads to an account. */
  readonly account?: string;
  readonly connection?: string;
  /** The vendor's event type, as sent. */
  readonly type?: string;
  /** Taken in from, and before. */
  readonly from?: number;
  readonly to?: number;
  /** Only what could not be decoded when it came. */
  readonly undecodable?: boolean;
}

export interface ReplayCounts {
  readonly looked: number;
  /** Decoded as it was. */
  readonly same: number;
  /** Decoded otherwise, and corrected by an entry of its own. */
  readonly corrected: number;
  readonly failed: number;
}

export interface ReplayFailure {
  readonly position: number;
  readonly detail: string;
}

interface ReplayNote extends ControlNote {
  readonly replay: string;
}
export type ReplayNotes =
  | (ReplayNote & {
      readonly type: "replay.started";
      readonly filter: ReplayFilter;
      readonly decoder: "stored" | "current";
      /** The last entry that it goes over. */
      readonly through: number;
    })
  /** Everything up to `next` was gone over. */
  | (ReplayNote & {
      readonly type: "replay.ran";
      readonly next: number;
      readonly counts: ReplayCounts;
      readonly failures: ReadonlyArray<ReplayFailure>;
    })
  | (ReplayNote & { readonly type: "replay.stopped" });

export interface ReplayRecord {
  readonly filter: ReplayFilter;
  readonly decoder: "stored" | "current";
  readonly through: number;
  readonly next: number;
  readonly state: "running" | "ended" | "stopped";
  readonly counts: ReplayCounts;
  /** The first so many; the count has all. */
  readonly failures: ReadonlyArray<ReplayFailure>;
  readonly by: string;
  readonly reason: string | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
}

const mostFailures = 1000;
const nothing: ReplayCounts = { looked: 0, same: 0, corrected: 0, failed: 0 };

export const addCounts = (a: ReplayCounts, b: ReplayCounts): ReplayCounts => ({
  looked: a.looked + b.looked,
  same: a.same + b.same,
  corrected: a.corrected + b.corrected,
  failed: a.failed + b.failed,
});

export const replay: Topic<ReplayNotes, ReplayRecord> = {
  name: "replay",
  about: ({ replay: id }) => id,
  fold: (before, note, { at }) => {
    if (note.type === "replay.started") {
      if (before !== null) return before;
      const { filter, decoder, through, by, reason } = note;
      const said = { filter, decoder, through, by, reason, startedAt: at };
      const done = through === 0;
      return {
        ...said,
        next: 0,
        state: done ? "ended" : "running",
        counts: nothing,
        failures: [],
        endedAt: done ? at : null,
      };
    }
    if (before === null || before.state !== "running") return before;
    if (note.type === "replay.stopped") return { ...before, state: "stopped", endedAt: at };
    if (note.next <= before.next) return before;
    const failures = [...before.failures, ...note.failures].slice(0, mostFailures);
    const done = note.next >= before.through;
    const counts = addCounts(before.counts, note.counts);
    return {
      ...before,
      next: note.next,
      counts,
      failures,
      state: done ? "ended" : "running",
      endedAt: done ? at : null,
    };
  },
};
