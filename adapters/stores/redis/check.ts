/** Recomputes the hash chain of the journal from its first row. Damage is a finding, never a failure. */
import type { Finding } from "../../../domain/ports/store.ts";
import { decodeEvents, GENESIS, hashBatch, positions } from "../embedded/batch.ts";
import { isDamage } from "../embedded/failure.ts";
import { keysIn, packKeys, seenKey } from "../embedded/keys.ts";
import type { Connection } from "./connection.ts";
import { listOf, numberOf, textOf, textsOf } from "./link.ts";
import { SIGHTING_BYTES, sightingsIn } from "./place.ts";
import { type RawRow, type Row, rawRowsIn, rowsIn } from "./rows.ts";
import { sightingsScript } from "./scripts.ts";

/** Rows at a time: between two of these others get their turn. */
const PAGE = 16;
const SCAN = 1000;

export const check = async (connection: Connection): Promise<ReadonlyArray<Finding>> => {
  const [meta] = await connection.read(["HMGET", connection.names.meta, "head", "hash"]);
  const [head, hash] = listOf(meta);
  const walk = new Walk(connection, numberOf(head), hash as Buffer);
  while (await walk.next()) {}
  await walk.end();
  const { failed, path } = connection.marker;
  if (failed !== null) walk.add(path ?? "the marker", `could not be written, so a loss may go unnoticed: ${failed}`);
  return walk.findings;
};

class Walk {
  readonly findings: Array<Finding> = [];
  private readonly connection: Connection;
  /** What was the head when the walk began: later appends are left alone. */
  private readonly to: number;
  private readonly hash: Buffer;
  private previous: Buffer = GENESIS;
  private head = 0;
  /** Id of the last entry seen in the stream; ids may lie. */
  private cursor = 0;
  private keys = 0;
  private readonly withRaw = new Set<number>();

  constructor(connection: Connection, to: number, hash: Buffer) {
    this.connection = connection;
    this.to = to;
    this.hash = hash;
  }

  /** One page; false at the end. */
  async next(): Promise<boolean> {
    const { journal, raws } = this.connection.names;
    const count = String(PAGE);
    const [page] = await this.connection.read(["XRANGE", journal, `(${this.cursor}`, String(this.to), "COUNT", count]);
    const entries = listOf(page);
    const last = Number((textOf(listOf(entries.at(-1))[0]) ?? "0").split("-", 1)[0]);
    if (entries.length === 0) return false;
    const [rawPage] = await this.connection.read(["XRANGE", raws, `(${this.cursor}`, String(last)]);
    const rawRows = new Map(rawRowsIn(rawPage).map((row) => [row.first, row]));
    for (const entry of entries) {
      const first = Number((textOf(listOf(entry)[0]) ?? "").split("-", 1)[0]);
      const [row] = this.guard(positions(first, 1), () => rowsIn([entry])) ?? [];
      if (row === undefined) continue;
      this.follows(row);
      const fits = this.guard(positions(row.first, row.count), () => this.content(row, rawRows.get(row.first)));
      if (fits) await this.indexed(row);
      this.previous = row.hash;
      this.head = Math.max(row.first, row.first + row.count - 1);
    }
    this.cursor = last;
    return true;
  }

  /** What no row has, and what the journal says of itself. */
  async end(): Promise<void> {
    if (this.head < this.to) {
      this.add(positions(this.head + 1, this.to - this.head), "missing from the journal");
    } else if (!this.previous.equals(this.hash)) {
      this.add(positions(this.to, 1), "the hash that the journal ends with is not that of its last row");
    }
    await this.looseRaws();
    await this.looseKeys();
  }

  add(where: string, what: string): void {
    this.findings.push({ where, what });
  }

  private follows({ first, count, previous }: Row): void {
    const where = positions(first, count);
    if (first > this.head + 1) this.add(positions(this.head + 1, first - this.head - 1), "missing from the journal");
    else if (first <= this.head) this.add(where, "lies over the row before it");
    else if (!previous.equals(this.previous)) this.add(where, "does not follow the row before it");
  }

  private content(row: Row, rawRow: RawRow | undefined): boolean {
    const { first, count, keys, events, hash } = row;
    const where = positions(first, count);
    if (rawRow !== undefined) {
      this.withRaw.add(first);
      if (rawRow.count !== count) this.add(where, "the raw bytes are those of another number of entries");
    }
    if (!hashBatch({ ...row, raw: rawRow?.raw ?? null }).equals(hash)) {
      this.add(where, "the stored hash does not fit the stored content");
      return false;
    }
    const wanted = decodeEvents(first, count, events.toString()).map(({ connection, dedup }) =>
      dedup === null ? null : seenKey(connection, dedup),
    );
    if (!packKeys(wanted).equals(keys)) this.add(where, "the keys against duplicates are not those of the entries");
    return true;
  }

  /** A key that the index lost would let a duplicate in. */
  private async indexed({ first, keys }: Row): Promise<void> {
    const sightings = keysIn(first, keys);
    if (sightings.length === 0) return;
    const ids = Buffer.from(sightings.map(({ id }) => id).join(""), "latin1");
    const held = listOf(
      await this.connection.with((link) => link.run(sightingsScript, [this.connection.names.seen], [ids])),
    );
    sightings.forEach(({ id, hash, position }, i) => {
      const known = sightingsIn(id, held[i] as Buffer);
      if (known.some((one) => one.hash === hash && one.position === position)) this.keys++;
      else this.add(positions(position, 1), "missing from the index of duplicates");
    });
  }

  private async looseRaws(): Promise<void> {
    const { raws } = this.connection.names;
    let loose = 0;
    for (let from = 0; ; ) {
      // Only ids are wanted, but a stream gives them with their content.
      const [page] = await this.connection.read(["XRANGE", raws, `(${from}`, String(this.to), "COUNT", String(PAGE)]);
      const rows = rawRowsIn(page);
      if (rows.length === 0) break;
      for (const { first } of rows) if (!this.withRaw.has(first)) loose++;
      from = rows.at(-1)?.first ?? from;
    }
    if (loose > 0) this.add("raw bytes", `${loose} rows belong to no row of the journal`);
  }

  /** A key that no entry has would refuse what is new. */
  private async looseKeys(): Promise<void> {
    const buckets = new Set<string>();
    let cursor = "0";
    do {
      const match = `${this.connection.names.seen.replaceAll(/[*?[\]\\]/g, "\\$&")}????`;
      const [page] = await this.connection.read(["SCAN", cursor, "MATCH", match, "COUNT", String(SCAN)]);
      const [next, found] = listOf(page);
      for (const bucket of textsOf(found)) buckets.add(bucket);
      cursor = textOf(next) ?? "0";
    } while (cursor !== "0");
    let held = 0;
    const all = [...buckets];
    for (let i = 0; i < all.length; i += SCAN) {
      const values = await this.connection.read(...all.slice(i, i + SCAN).map((bucket) => ["HVALS", bucket]));
      for (const value of values.flatMap(listOf)) {
        if (!Buffer.isBuffer(value) || value.length % SIGHTING_BYTES !== 0) held++;
        else held += sightingsIn("", value).filter(({ position }) => position <= this.to).length;
      }
    }
    if (this.findings.length === 0 && held !== this.keys) {
      this.add("index of duplicates", `holds ${held} keys, the journal has ${this.keys}`);
    }
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
}
