/**
 * What our documents refer to in a target, by the target's own ids: items, accounts, a subsidiary, currencies. Given by people at run
 * time, each with its effective date; it goes before what the configuration names. *Pure.*
 */
import type { ControlNote, Topic } from "./topic.ts";

export interface MappingNotes extends ControlNote {
  readonly type: "mapping.set";
  /** The connection that the documents go to. */
  readonly target: string;
  /** `item`, `taxAccount` …; `item:api-calls`, by product; `currency:EUR`. */
  readonly name: string;
  /** The target's id; null: it is taken out, and the configuration's counts again. */
  readonly to: string | null;
  /** Epoch milliseconds, UTC. */
  readonly effectiveAt: number;
}

export interface MappingChange {
  readonly to: string | null;
  readonly effectiveAt: number;
  readonly at: number;
  readonly position: number;
  readonly by: string;
  readonly reason: string | null;
}
/** By effective date, then in the order in which they were made. */
export type MappingRecord = ReadonlyArray<MappingChange>;

export const mappingNames = [
  "item",
  "chargeItem",
  "chargeType",
  "taxItem",
  "receivableAccount",
  "revenueAccount",
  "taxAccount",
  "cashAccount",
  "subsidiary",
] as const;
export const isMappingName = (name: string): boolean =>
  (mappingNames as ReadonlyArray<string>).includes(name) ||
  /^currency:[A-Z]{3}$/.test(name) ||
  /^item:\S{1,200}$/.test(name);

export const mapping: Topic<MappingNotes, MappingRecord> = {
  name: "mapping",
  about: ({ target, name }) => `${target}|${name}`,
  fold: (before, { to, effectiveAt, by, reason }, { at, position }) =>
    [...(before ?? []), { to, effectiveAt, at, position, by, reason }].sort(
      (a, b) => a.effectiveAt - b.effectiveAt || a.position - b.position,
    ),
};

type Mappings = ReadonlyMap<string, MappingRecord>;

/** Of one target, by name, as they are in force. */
export const mappingsAt = (all: Mappings, target: string, now: number): Readonly<Record<string, string>> => {
  const found: Record<string, string> = {};
  for (const [id, changes] of all) {
    if (!id.startsWith(`${target}|`)) continue;
    const to = changes.findLast(({ effectiveAt }) => effectiveAt <= now)?.to ?? null;
    if (to !== null) found[id.slice(target.length + 1)] = to;
  }
  return found;
};

/** When the mappings of a target last changed, by an instant; 0: never. The later of when it was said and from when it holds. */
export const mappedAt = (all: Mappings, target: string, now: number): number => {
  let last = 0;
  for (const [id, changes] of all) {
    if (!id.startsWith(`${target}|`)) continue;
    for (const { at, effectiveAt } of changes) if (effectiveAt <= now) last = Math.max(last, at, effectiveAt);
  }
  return last;
};
