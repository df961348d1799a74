/** What the outside has to know after a party looked again at what it asks for. *Pure.* */
import type { Reattribution } from "./hand-over.ts";
import type { Adoption, Planned } from "./plan.ts";

/** `before` null: it is new; `after` null: nothing asks for it any more. */
interface Change {
  readonly slot: string;
  readonly before: Planned | null;
  readonly after: Planned | null;
}

export interface Refreshed {
  readonly commands: ReadonlyArray<Change>;
  readonly reattributions: ReadonlyArray<Reattribution>;
  readonly adoptions: ReadonlyArray<Adoption>;
}

/** While it is gathered. */
export interface Found {
  readonly commands: Change[];
  readonly reattributions: Reattribution[];
  readonly adoptions: Adoption[];
}

const same = (a: Planned, b: Planned): boolean =>
  a.key === b.key && a.state === b.state && a.hold === b.hold && a.blockedBy === b.blockedBy && a.dueAt === b.dueAt;

/** One for each slot whose command is another, stands otherwise, or went. */
export const changesOf = (before: ReadonlyArray<Planned>, after: ReadonlyArray<Planned>): ReadonlyArray<Change> => {
  const was = new Map(before.map((planned) => [planned.slot, planned]));
  const found: Change[] = [];
  for (const planned of after) {
    const old = was.get(planned.slot) ?? null;
    was.delete(planned.slot);
    if (old === null || !same(old, planned)) found.push({ slot: planned.slot, before: old, after: planned });
  }
  for (const [slot, old] of was) found.push({ slot, before: old, after: null });
  return found;
};
