/**
 * Which accounting periods are closed: by us, with the cut and the report that was kept, or, as evidence alone, by a target that
 * refused a document of theirs. *Pure.*
 */
import type { KeptBooks } from "../booking.ts";
import type { ControlNote, Topic } from "./topic.ts";

interface PeriodNote extends ControlNote {
  /** The legal entity. */
  readonly entity: string;
  /** `2026-01`. */
  readonly period: string;
}
export type PeriodNotes =
  /** The cut: everything before this entry, and what took effect before `until` (epoch milliseconds, UTC). */
  | (PeriodNote & {
      readonly type: "period.closed";
      readonly from: number;
      readonly until: number;
      /** As the books were kept then, so that the report can be computed again whatever is configured since. */
      readonly timeZone: string;
      readonly connections: ReadonlyArray<string>;
      readonly force: boolean;
      /** Commands of it that were open, and go to the next open period unless they were on their way. */
      readonly open: number;
      /** Absent: of a version that kept no revenue books. */
      readonly books?: KeptBooks;
    })
  | (PeriodNote & { readonly type: "period.reopened" })
  /** What was reported at the cut: this very entry holds the bytes. */
  | (PeriodNote & {
      readonly type: "period.reported";
      readonly cut: number;
      readonly sha256: string;
      readonly bytes: number;
    })
  /** A target refused a document because its period is closed there; or took one, so that it is not. */
  | (PeriodNote & { readonly type: "period.observed"; readonly target: string; readonly closed: boolean });

export interface PeriodReport {
  /** Where its bytes are: the position of the entry that holds them. */
  readonly position: number;
  readonly sha256: string;
  readonly bytes: number;
}

export interface PeriodClose {
  readonly at: number;
  readonly by: string;
  readonly reason: string | null;
  /** Position of the closing entry: everything before it counts. */
  readonly cut: number;
  /** The effective beginning and end of the period. Epoch milliseconds, UTC. */
  readonly from: number;
  readonly until: number;
  readonly timeZone: string;
  /** Those of the entity. */
  readonly connections: ReadonlyArray<string>;
  readonly forced: boolean;
  readonly open: number;
  readonly books?: KeptBooks;
  readonly report: PeriodReport | null;
}

export interface PeriodRecord {
  readonly entity: string;
  readonly period: string;
  /** Null: it is open here. */
  readonly closed: PeriodClose | null;
  /** Closes that were taken back, oldest first. */
  readonly earlier: ReadonlyArray<
    PeriodClose & {
      readonly reopened: { readonly at: number; readonly by: string; readonly reason: string | null };
    }
  >;
  /** Targets in which it is closed, with when and where in the journal that showed. */
  readonly closedIn: Readonly<Record<string, { readonly at: number; readonly position: number }>>;
}

export const periodRecord = (entity: string, period: string): string => `${entity}/${period}`;

export const period: Topic<PeriodNotes, PeriodRecord> = {
  name: "period",
  about: (note) => periodRecord(note.entity, note.period),
  fold: (before, note, { at, position }) => {
    const { entity, period, by, reason } = note;
    const record: PeriodRecord = before ?? { entity, period, closed: null, earlier: [], closedIn: {} };
    const { closed } = record;
    switch (note.type) {
      case "period.closed": {
        if (closed !== null) return before;
        const { from, until, timeZone, connections, force: forced, open, books } = note;
        const cut = position;
        const said = { at, by, reason, cut, from, until, timeZone, connections, forced, open, report: null };
        return { ...record, closed: books === undefined ? said : { ...said, books } };
      }
      case "period.reported": {
        if (closed === null || closed.cut !== note.cut || closed.report !== null) return before;
        const { sha256, bytes } = note;
        return { ...record, closed: { ...closed, report: { position, sha256, bytes } } };
      }
      case "period.reopened":
        if (closed === null) return before;
        return {
          ...record,
          closed: null,
          earlier: [...record.earlier, { ...closed, reopened: { at, by, reason } }],
        };
      case "period.observed": {
        const { [note.target]: known, ...others } = record.closedIn;
        if (note.closed === (known !== undefined)) return before;
        return { ...record, closedIn: note.closed ? { ...others, [note.target]: { at, position } } : others };
      }
    }
  },
};
