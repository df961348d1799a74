/** Recomputes the hash chain of the journal from its first row. Damage is a finding, never a failure. */
import * as Effect from "effect/Effect";
import type { Finding, StoreError } from "../../../domain/ports/store.ts";
import { decodeEvents, GENESIS, hashBatch, positions } from "./batch.ts";
import { attempt, isDamage } from "./failure.ts";
import { keysIn, packKeys, seenKey } from "./keys.ts";
import { inTable, movedThrough } from "./seen.ts";
import type { Sqlite } from "./sqlite.ts";

/** Yields between rows: a long journal does not stop the process. */
export const check = (file: Sqlite): Effect.Effect<ReadonlyArray<Finding>, StoreError> =>
  Effect.gen(function* () {
    const walk = yield* attempt(file.path, () => new Walk(file));
    while (yield* attempt(file.path, () => walk.next())) yield* Effect.yieldNow();
    return walk.findings;
  });

class Walk {
  readonly findings: Array<Finding> = [];
  /** What the next row must follow; null after a row whose own hash cannot be read. */
  private previous: Buffer | null = GENESIS;
  private head = 0;
  private indexedKeys = 0;
  private readonly file: Sqlite;
  /** Rows up to here have their keys in the index for good, also while appends go on. */
  private readonly moved: number;

  constructor(file: Sqlite) {
    this.file = file;
    this.moved = this.guard("the index of duplicates", () => movedThrough(file)) ?? 0;
  }

  /** One row; false at the end. */
  next(): boolean {
    const row = this.guard("the journal", () => {
      const [next] = this.file.rows<readonly [number, number, Buffer, Buffer]>(
        "SELECT first, count, previous, hash FROM batches WHERE first > ? ORDER BY first LIMIT 1",
        [this.head],
      );
      return next ?? "end";
    });
    if (row === null || row === "end") {
      this.guard("the journal", () => this.loose());
      this.guard("the file", () => this.pages());
      return false;
    }
    const [first, count, previous, hash] = row;
    const where = positions(first, count);
    if (first !== this.head + 1) this.add(positions(this.head + 1, first - this.head - 1), "missing from the journal");
    else if (this.previous !== null && !previous.equals(this.previous))
      this.add(where, "does not follow the row before it");
    if (this.guard(where, () => this.content(first, count, previous, hash)) === null) {
      this.add(where, "cannot be read");
    }
    this.previous = hash;
    this.head = Math.max(first, first + count - 1);
    return true;
  }

  private content(first: number, count: number, previous: Buffer, hash: Buffer): true {
    const where = positions(first, count);
    const [row] = this.file.rows<readonly [Buffer, Buffer, Buffer | null]>(
      "SELECT keys, CAST(events AS BLOB), raws.raw FROM batches LEFT JOIN raws USING (first) WHERE first = ?",
      [first],
    );
    if (row === undefined) return true;
    const [keys, events, raw] = row;
    if (!hashBatch({ first, count, previous, keys, events, raw }).equals(hash)) {
      this.add(where, "the stored hash does not fit the stored content");
      return true;
    }
    const wanted = decodeEvents(first, count, events.toString()).map(({ connection, dedup }) =>
      dedup === null ? null : seenKey(connection, dedup),
    );
    if (!packKeys(wanted).equals(keys)) this.add(where, "the keys against duplicates are not those of the entries");
    this.indexed(first, keys);
    return true;
  }

  /** A key that the index lost would let a duplicate in. */
  private indexed(first: number, keys: Buffer): void {
    if (first > this.moved) return;
    const sightings = keysIn(first, keys);
    const found = inTable(this.file, sightings);
    for (const { id, hash, position } of sightings) {
      const there = found.get(id)?.some((one) => one.hash === hash && one.position === position);
      if (!there) this.add(positions(position, 1), "missing from the index of duplicates");
    }
    this.indexedKeys += sightings.length;
  }

  /** Traces of rows that are gone from the end, and keys that no row has: those would refuse what is new. */
  private loose(): true {
    const [row] = this.file.rows<readonly [number, number, number]>(
      `SELECT (SELECT count(*) FROM raws WHERE first NOT IN (SELECT first FROM batches)),
              (SELECT count(*) FROM seen WHERE position <= ?), (SELECT coalesce(max(position), 0) FROM seen)`,
      [this.moved],
    );
    const [raws, seen, last] = row ?? [0, 0, 0];
    if (last > this.head) {
      this.add(
        positions(this.head + 1, last - this.head),
        "missing from the journal, though the index of duplicates knows them",
      );
    }
    if (raws > 0) this.add("raw bytes", `${raws} rows belong to no row of the journal`);
    if (this.findings.length === 0 && seen !== this.indexedKeys) {
      this.add("index of duplicates", `holds ${seen} keys, the journal has ${this.indexedKeys}`);
    }
    return true;
  }

  private pages(): true {
    for (const [line] of this.file.rows<readonly [string]>("PRAGMA quick_check(20)")) {
      if (line !== "ok") this.add("the file", line);
    }
    return true;
  }

  private guard<A>(where: string, work: () => A): A | null {
    try {
      return work();
    } catch (failure) {
      if (!isDamage(failure)) throw failure;
      this.add(where, `${failure.message} (after position ${this.head})`);
      return null;
    }
  }

  private add(where: string, what: string): void {
    this.findings.push({ where, what });
  }
}
