/** One act on many items, as a job: which items, how far it has come, and what became of each. *Pure.* */
import type { Json } from "../canonical.ts";
import type { ControlNote, Topic } from "./topic.ts";

export const bulkActs = ["retry", "cancel", "approve", "release", "resolve", "assign", "snooze"] as const;
export type BulkAct = (typeof bulkActs)[number];

/** An item that it did not come to, or that did not come through. */
export interface BulkFailure {
  readonly item: string;
  /** `refused`: the act was; else what became of the item afterwards, such as `rejected`. */
  readonly state: string;
  readonly detail: string;
}

interface BulkNote extends ControlNote {
  readonly bulk: string;
}
export type BulkNotes =
  | (BulkNote & {
      readonly type: "bulk.started";
      readonly act: BulkAct;
      readonly filter: Readonly<Record<string, Json>>;
      readonly fields: Readonly<Record<string, Json>>;
      /** Chosen when it was asked for; what fits the filter later is not touched. */
      readonly items: ReadonlyArray<string>;
      readonly moneyMinor: Readonly<Record<string, Json>>;
      /** Who counts as one person under however many keys, and the most that they may approve. */
      readonly person: string;
      readonly approveUpToMinor: Readonly<Record<string, number>> | null;
    })
  /** The items before `next` had their turn. */
  | (BulkNote & { readonly type: "bulk.ran"; readonly next: number; readonly failures: ReadonlyArray<BulkFailure> })
  /** What the acts set in motion has come to rest. */
  | (BulkNote & { readonly type: "bulk.ended"; readonly failures: ReadonlyArray<BulkFailure> })
  | (BulkNote & { readonly type: "bulk.stopped" });

export interface BulkRecord {
  readonly act: BulkAct;
  readonly filter: Readonly<Record<string, Json>>;
  readonly fields: Readonly<Record<string, Json>>;
  readonly items: ReadonlyArray<string>;
  readonly moneyMinor: Readonly<Record<string, Json>>;
  readonly by: string;
  readonly person: string;
  readonly approveUpToMinor: Readonly<Record<string, number>> | null;
  readonly reason: string | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** `acting`: items have their turn; `settling`: what was set in motion comes to rest. */
  readonly state: "acting" | "settling" | "ended" | "stopped";
  readonly next: number;
  readonly failures: ReadonlyArray<BulkFailure>;
}

/** Acts whose items move on by themselves: only their outcome says whether they came through. */
export const isAwaited = (act: BulkAct): boolean => act === "retry" || act === "approve";

export const bulk: Topic<BulkNotes, BulkRecord> = {
  name: "bulk",
  about: ({ bulk: id }) => id,
  fold: (before, note, { at }) => {
    if (note.type === "bulk.started") {
      if (before !== null) return before;
      const { act, filter, fields, items, moneyMinor, by, person, approveUpToMinor, reason } = note;
      const said = { act, filter, fields, items, moneyMinor, by, person, approveUpToMinor, reason };
      const done = items.length === 0;
      const state = done ? "ended" : "acting";
      return { ...said, startedAt: at, endedAt: done ? at : null, state, next: 0, failures: [] };
    }
    if (before === null || before.state === "ended" || before.state === "stopped") return before;
    switch (note.type) {
      case "bulk.ran": {
        if (note.next <= before.next) return before;
        const failures = [...before.failures, ...note.failures];
        if (note.next < before.items.length) return { ...before, next: note.next, failures };
        const waits = isAwaited(before.act);
        return {
          ...before,
          next: note.next,
          failures,
          state: waits ? "settling" : "ended",
          endedAt: waits ? null : at,
        };
      }
      case "bulk.ended":
        return { ...before, state: "ended", endedAt: at, failures: [...before.failures, ...note.failures] };
      case "bulk.stopped":
        return { ...before, state: "stopped", endedAt: at };
    }
  },
};
