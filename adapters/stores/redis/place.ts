/** Decides entry by entry, as if each came alone: what it repeats, what it contradicts, where it goes. *Pure.* */
import { createHash } from "node:crypto";
import type { Appended, NewEntry } from "../../../domain/ports/store.ts";
import { type Batch, encodeBatches, type Placed } from "../embedded/batch.ts";
import { type Sighting, seenKey } from "../embedded/keys.ts";

/** Where the journal ends. */
export interface Tail {
  readonly head: number;
  readonly hash: Buffer;
}

/** What the index knows of an id: every sighting, earliest first. */
export type Known = ReadonlyMap<string, ReadonlyArray<Sighting>>;

/** Positions of entries without a key that an append wrote whose answer never came, by content. */
export type Repeats = ReadonlyMap<string, ReadonlyArray<number>>;

export interface Plan {
  readonly answers: ReadonlyArray<ReadonlyArray<Appended>>;
  /** Each call has rows of its own, so that the chain does not depend on what happened to come together. */
  readonly rows: ReadonlyArray<Batch>;
  readonly placed: ReadonlyArray<Placed>;
  /** Contents taken from `repeats`. */
  readonly taken: ReadonlyArray<string>;
}

export const plan = (
  calls: ReadonlyArray<ReadonlyArray<NewEntry>>,
  tail: Tail,
  known: Known,
  repeats: Repeats,
): Plan => {
  const found = new Map(known);
  const all: Array<Placed> = [];
  const rows: Array<Batch> = [];
  const taken: Array<string> = [];
  const used = new Map<string, number>();
  const repeated = (entry: NewEntry): number | null => {
    if (repeats.size === 0) return null;
    const content = contentOf(entry);
    const nth = used.get(content) ?? 0;
    const position = repeats.get(content)?.[nth];
    if (position === undefined) return null;
    used.set(content, nth + 1);
    taken.push(content);
    return position;
  };
  const answers = calls.map((entries) => {
    const placed: Array<Placed> = [];
    const given = entries.map((entry): Appended => {
      const { connection, dedup } = entry;
      const position = tail.head + all.length + placed.length + 1;
      if (dedup === null) {
        const written = repeated(entry);
        if (written !== null) return { _tag: "Accepted", position: written, conflictOf: null };
        placed.push({ entry, position, conflictOf: null, sighting: null });
        return { _tag: "Accepted", position, conflictOf: null };
      }
      const { id, hash } = seenKey(connection, dedup);
      const earlier = found.get(id) ?? [];
      const same = earlier.find((one) => one.hash === hash);
      if (same !== undefined) return { _tag: "Duplicate", position: same.position };
      const conflictOf = earlier[0]?.position ?? null;
      const sighting = { id, hash, position };
      placed.push({ entry, position, conflictOf, sighting });
      found.set(id, [...earlier, sighting]);
      return { _tag: "Accepted", position, conflictOf };
    });
    rows.push(...encodeBatches(placed, rows.at(-1)?.hash ?? tail.hash));
    all.push(...placed);
    return given;
  });
  return { answers, rows, placed: all, taken };
};

/** The same for the same entry, and for no other. */
export const contentOf = ({ raw, ...entry }: NewEntry): string => {
  const { kind, connection, at, partition, dedup, events, note } = entry;
  const hash = createHash("sha256").update(JSON.stringify([kind, connection, at, partition, dedup, events, note]));
  return (raw === null ? hash.update("-") : hash.update("+").update(raw)).digest("base64");
};

/** Bytes of a sighting in the index: hash, position. */
export const SIGHTING_BYTES = 24;

export const sightingsIn = (id: string, held: Buffer): ReadonlyArray<Sighting> =>
  Array.from({ length: Math.floor(held.length / SIGHTING_BYTES) }, (_, i) => ({
    id,
    hash: held.toString("latin1", i * SIGHTING_BYTES, i * SIGHTING_BYTES + 16),
    position: Number(held.readBigUInt64BE(i * SIGHTING_BYTES + 16)),
  }));
