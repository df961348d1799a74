/** Legal holds: what must be kept as it is, so that neither retention nor erasure touches it. *Pure.* */
import type { ControlNote, Topic } from "./topic.ts";

/** What is held. A period holds everything that was taken in during it. */
export type HoldSubject =
  | { readonly kind: "party"; readonly party: string }
  /** Every party that is of the account, also one that joins later. `party`: any of it, whose account it is. */
  | { readonly kind: "account"; readonly party: string }
  /** Half-open; epoch milliseconds, UTC. */
  | { readonly kind: "period"; readonly from: number; readonly until: number; readonly period: string };

interface HoldNote extends ControlNote {
  readonly hold: string;
}
export type HoldNotes =
  | (HoldNote & { readonly type: "hold.placed"; readonly subject: HoldSubject; readonly matter: string | null })
  | (HoldNote & { readonly type: "hold.lifted" });

export interface HoldRecord {
  readonly id: string;
  readonly subject: HoldSubject;
  /** The case or file that it is for. */
  readonly matter: string | null;
  readonly placed: { readonly at: number; readonly by: string; readonly reason: string | null };
  readonly lifted: { readonly at: number; readonly by: string; readonly reason: string | null } | null;
}

export const hold: Topic<HoldNotes, HoldRecord> = {
  name: "hold",
  about: (note) => note.hold,
  fold: (before, note, { at }) => {
    const { by, reason } = note;
    if (note.type === "hold.placed") {
      if (before !== null) return before;
      const { subject, matter } = note;
      return { id: note.hold, subject, matter, placed: { at, by, reason }, lifted: null };
    }
    if (before === null || before.lifted !== null) return before;
    return { ...before, lifted: { at, by, reason } };
  },
};

/** The holds that stand over a party. `sameAccount`: whether two parties are of one account now. */
export const holdsOn = (
  records: Iterable<HoldRecord>,
  party: string,
  sameAccount: (a: string, b: string) => boolean,
): ReadonlyArray<HoldRecord> =>
  [...records].filter(({ subject, lifted }) => {
    if (lifted !== null) return false;
    if (subject.kind === "party") return subject.party === party;
    return subject.kind === "account" && sameAccount(subject.party, party);
  });

/** The holds that stand over what was taken in between two instants. */
export const holdsOver = (records: Iterable<HoldRecord>, from: number, until: number): ReadonlyArray<HoldRecord> =>
  [...records].filter(
    ({ subject, lifted }) =>
      lifted === null && subject.kind === "period" && subject.from < until && from < subject.until,
  );
