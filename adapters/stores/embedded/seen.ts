/**
 * Deduplication, without a time horizon: which (connection, id, type, data) the journal already holds, and where.
 * Keys are random, so writing each into its place at once would write a page per entry. Each row of the journal carries its
 * keys; they rest in memory by range, and every append moves the range that is next into the table `seen`.
 */
import { type KeySlots, keysIn, type SeenKey, type Sighting } from "./keys.ts";
import { readMark, writeMark } from "./marks.ts";
import type { Sqlite } from "./sqlite.ts";

/** Ends at a row of the journal: everything up to there is in the table. */
const MARK = "seen";

/** Ranges of the key space, by the first two bytes of the id. */
const RANGES = 1024;
/** A full turn over the ranges per so many entries. Half of it rests in memory on average, all of it at most; an opening reads up to two. */
const TURN = 131_072;

export type Found = Map<string, Array<Sighting>>;

export class Seen {
  private readonly file: Sqlite;
  private readonly turn: number;
  /** Not moved yet, by range; each in the order of arrival. */
  private readonly resting: Array<Array<Sighting>> = Array.from({ length: RANGES }, () => []);
  private readonly restingById: Found = new Map();
  private range = 0;
  private owed = 0;
  /** Head of the journal when this turn began: at its end everything up to there has been moved. */
  private turnBegan: number;

  /** Takes up what the last owner had not moved. */
  constructor(file: Sqlite, head: number, turn: number = TURN) {
    this.file = file;
    this.turn = turn;
    this.turnBegan = head;
    for (const { first, keys } of unmoved(file)) for (const sighting of keysIn(first, keys)) this.rest(sighting);
    if (this.size > turn) this.moveAll(head);
  }

  /** Every sighting of these ids, earliest first. */
  find(keys: ReadonlyArray<SeenKey>): Found {
    const found = inTable(this.file, keys);
    for (const { id } of keys) {
      for (const sighting of this.restingById.get(id) ?? []) {
        if (!found.get(id)?.some(({ position }) => position === sighting.position)) add(found, sighting);
      }
    }
    return found;
  }

  /**
   * Moves what is due, inside the transaction of an append that adds `fresh` and makes `head` the last position.
   * The answer is to be called once that is committed.
   */
  advance(fresh: ReadonlyArray<Sighting>, head: number): () => void {
    const owed = this.owed + (fresh.length * RANGES) / this.turn;
    const from = this.range;
    const to = Math.min(from + Math.floor(owed), RANGES);
    insert(this.file, this.resting.slice(from, to).flat());
    const turned = to === RANGES;
    if (turned) writeMark(this.file, MARK, this.turnBegan);
    return () => {
      for (let range = from; range < to; range++) this.forget(range);
      for (const sighting of fresh) this.rest(sighting);
      this.owed = owed - (to - from);
      this.range = turned ? 0 : to;
      if (turned) this.turnBegan = head;
    };
  }

  private get size(): number {
    return this.resting.reduce((sum, range) => sum + range.length, 0);
  }

  private rest(sighting: Sighting): void {
    this.resting[rangeOf(sighting.id)]?.push(sighting);
    add(this.restingById, sighting);
  }

  private forget(range: number): void {
    for (const { id } of this.resting[range] ?? []) this.restingById.delete(id);
    this.resting[range] = [];
  }

  private moveAll(head: number): void {
    this.file.transaction(() => {
      for (const range of this.resting) insert(this.file, range);
      writeMark(this.file, MARK, head);
    });
    for (let i = 0; i < RANGES; i++) this.forget(i);
  }
}

/** What the table knows of these ids, earliest first. */
export const inTable = (file: Sqlite, keys: ReadonlyArray<SeenKey>): Found => {
  const found: Found = new Map();
  const ids = [...new Set(keys.map((key) => key.id))].sort();
  if (ids.length === 0) return found;
  const rows = file.rows<readonly [Buffer, Buffer, number]>(lookupSql, [
    JSON.stringify(ids.map((_, i) => i * 16 + 1)),
    Buffer.from(ids.join(""), "latin1"),
  ]);
  for (const [id, hash, position] of rows) {
    add(found, { id: id.toString("latin1"), hash: hash.toString("latin1"), position });
  }
  for (const list of found.values()) list.sort((a, b) => a.position - b.position);
  return found;
};

/** Every row of the journal up to here has its keys in the table. */
export const movedThrough = (file: Sqlite): number => readMark(file, MARK);

/** The keys of the rows that may not be in the table yet. */
const unmoved = (file: Sqlite): ReadonlyArray<KeySlots> =>
  file
    .rows<readonly [number, Buffer]>("SELECT first, keys FROM batches WHERE first > ?", [movedThrough(file)])
    .map(([first, keys]) => ({ first, keys }));

export const add = (found: Found, sighting: Sighting): void => {
  const list = found.get(sighting.id);
  if (list === undefined) found.set(sighting.id, [sighting]);
  else list.push(sighting);
};

const rangeOf = (id: string): number => ((id.charCodeAt(0) << 8) | id.charCodeAt(1)) >> 6;

/** In key order, which touches each page once. What an earlier owner had moved already is left as it is. */
const insert = (file: Sqlite, sightings: ReadonlyArray<Sighting>): void => {
  if (sightings.length === 0) return;
  const sorted = [...sightings].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : a.position - b.position));
  file.run(insertSql, [
    JSON.stringify(sorted.map(({ position }) => position)),
    Buffer.from(sorted.map(({ id, hash }) => id + hash).join(""), "latin1"),
  ]);
};

/** Two values for a whole batch: binding each key by itself costs more than finding it. */
const lookupSql = `SELECT seen.id, seen.hash, seen.position
  FROM (SELECT ? AS starts, ? AS ids) AS given
  CROSS JOIN json_each(given.starts) AS start
  CROSS JOIN seen ON seen.id = substr(given.ids, start.value, 16)`;

const insertSql = `INSERT OR IGNORE INTO seen
  SELECT substr(given.keys, at.key * 32 + 1, 16), substr(given.keys, at.key * 32 + 17, 16), at.value
  FROM (SELECT ? AS positions, ? AS keys) AS given
  CROSS JOIN json_each(given.positions) AS at`;
