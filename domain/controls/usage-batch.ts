/**
 * Batches of rated use: cut at a place of the journal, approved or rejected by people, and then released to the parties whose charges
 * they are. A record keeps its lines until then; afterwards the entry that cut it has them. *Pure.*
 */
import type { BatchLine } from "../metering/billed.ts";
import { sumMinor } from "../money.ts";
import type { ControlNote, Topic } from "./topic.ts";

interface BatchNote extends ControlNote {
  readonly batch: string;
}

export type UsageBatchNotes =
  | (BatchNote & {
      readonly type: "usage-batch.rated";
      readonly cut: number;
      readonly entity: string;
      readonly currency: string;
      readonly lines: ReadonlyArray<BatchLine>;
    })
  | (BatchNote & { readonly type: "usage-batch.approved" | "usage-batch.rejected" })
  /** Its lines are evidence of their parties now. */
  | (BatchNote & { readonly type: "usage-batch.released" })
  /** Everything that changed by `through`, a position, was looked at. `batch`: always `cut`. */
  | (BatchNote & { readonly type: "usage-batch.cut"; readonly cut: number; readonly through: number });

export const batchStates = ["rated", "approved", "released", "rejected"] as const;
export type BatchState = (typeof batchStates)[number];

export interface UsageBatch {
  readonly cut: number;
  readonly entity: string;
  readonly currency: string;
  /** When it was cut, epoch ms, and where the journal has its lines. */
  readonly at: number;
  readonly position: number;
  readonly state: BatchState;
  /** None any more once it is released or rejected. */
  readonly lines: ReadonlyArray<BatchLine>;
  readonly count: number;
  readonly amountMinor: number;
  readonly taxMinor: number;
  /** What approving it is about: charges and credits both count, with their tax. */
  readonly movedMinor: number;
  readonly decided: {
    readonly at: number;
    readonly position: number;
    readonly by: string;
    readonly reason: string | null;
  } | null;
}

/** Of the last cut. */
export interface LastCut {
  readonly cut: number;
  readonly through: number;
  readonly at: number;
}

/** The record of the last cut is none of a batch. */
export const lastCut = "cut";

export const isBatch = (record: UsageBatch | LastCut): record is UsageBatch => "state" in record;

export const usageBatch: Topic<UsageBatchNotes, UsageBatch | LastCut> = {
  name: "usage-batch",
  about: ({ batch }) => batch,
  fold: (before, note, { at, position }) => {
    if (note.type === "usage-batch.cut") {
      const { cut, through } = note;
      return before !== null && before.cut >= cut ? before : { cut, through, at };
    }
    if (note.type === "usage-batch.rated") {
      if (before !== null) return before;
      const { cut, entity, currency, lines } = note;
      return {
        ...{ cut, entity, currency, at, position, state: "rated", lines, count: lines.length, decided: null },
        amountMinor: sumMinor(lines.map(({ amountMinor }) => amountMinor)),
        taxMinor: sumMinor(lines.map(({ taxMinor }) => taxMinor)),
        movedMinor: sumMinor(lines.map(({ amountMinor, taxMinor }) => Math.abs(amountMinor) + Math.abs(taxMinor))),
      };
    }
    if (before === null || !isBatch(before)) return before;
    const decided = { at, position, by: note.by, reason: note.reason };
    switch (note.type) {
      case "usage-batch.approved":
        return before.state === "rated" ? { ...before, state: "approved", decided } : before;
      case "usage-batch.rejected":
        return before.state === "rated" ? { ...before, state: "rejected", lines: [], decided } : before;
      case "usage-batch.released":
        return before.state === "approved" ? { ...before, state: "released", lines: [] } : before;
    }
  },
};

/** Batches by id, without the record of the last cut. */
export const batchesIn = (records: ReadonlyMap<string, UsageBatch | LastCut>): ReadonlyArray<[string, UsageBatch]> =>
  [...records].flatMap(([id, record]): Array<[string, UsageBatch]> => (isBatch(record) ? [[id, record]] : []));
