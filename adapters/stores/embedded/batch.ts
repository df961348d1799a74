/** One row of the journal: up to 512 entries as JSON text, their raw bytes, and the hash that chains it to the row before. *Pure.* */
import { createHash } from "node:crypto";
import type { Entry, NewEntry } from "../../../domain/ports/store.ts";
import { Damaged } from "./failure.ts";
import { packKeys, type Sighting } from "./keys.ts";
import { packRaw } from "./raw.ts";

/** What the first row follows. */
export const GENESIS: Buffer = Buffer.alloc(32);

/** An entry that was accepted, with its place. */
export interface Placed {
  readonly entry: NewEntry;
  readonly position: number;
  readonly conflictOf: number | null;
  /** Null without a key. */
  readonly sighting: Sighting | null;
}

export interface Batch {
  readonly first: number;
  readonly count: number;
  readonly previous: Buffer;
  readonly hash: Buffer;
  /** A slot per entry: what it may not be repeated by. */
  readonly keys: Buffer;
  /** UTF-8. */
  readonly events: Buffer;
  /** Null when no entry has raw bytes. */
  readonly raw: Buffer | null;
}

const MAX_ENTRIES = 512;
/** A row is read and hashed in one piece: keep it small. One larger entry still goes into a row of its own. Bytes. */
const MAX_BYTES = 4 * 1024 * 1024;
const NO_RAW = 0xffff_ffff;

/** The rows for these entries, in order. `previous`: the hash of the last row. */
export const encodeBatches = (placed: ReadonlyArray<Placed>, previous: Buffer): ReadonlyArray<Batch> => {
  const batches: Array<Batch> = [];
  let from = 0;
  let texts: Array<string> = [];
  let bytes = 0;
  const flush = (to: number): void => {
    if (to === from) return;
    const batch = seal(placed.slice(from, to), texts, batches.at(-1)?.hash ?? previous);
    batches.push(batch);
    from = to;
    texts = [];
    bytes = 0;
  };
  placed.forEach((one, i) => {
    const text = encodeEntry(one);
    const size = text.length + (one.entry.raw?.byteLength ?? 0);
    if (texts.length === MAX_ENTRIES || bytes + size > MAX_BYTES) flush(i);
    texts.push(text);
    bytes += size;
  });
  flush(placed.length);
  return batches;
};

export const decodeEvents = (first: number, count: number, events: string): ReadonlyArray<Entry> => {
  let entries: unknown;
  try {
    entries = JSON.parse(events);
  } catch {
    throw new Damaged(`the entries at ${positions(first, count)} are not JSON`);
  }
  if (!Array.isArray(entries) || entries.length !== count) {
    throw new Damaged(`the row at ${positions(first, count)} does not hold ${count} entries`);
  }
  return entries as ReadonlyArray<Entry>;
};

export const hashBatch = (batch: Omit<Batch, "hash">): Buffer => {
  const head = Buffer.alloc(24);
  head.writeBigUInt64BE(BigInt(batch.first), 0);
  head.writeUInt32BE(batch.count, 8);
  head.writeUInt32BE(batch.keys.length, 12);
  head.writeUInt32BE(batch.events.length, 16);
  head.writeUInt32BE(batch.raw?.length ?? NO_RAW, 20);
  const hash = createHash("sha256").update(batch.previous).update(head).update(batch.keys).update(batch.events);
  return (batch.raw === null ? hash : hash.update(batch.raw)).digest();
};

export const positions = (first: number, count: number): string =>
  count === 1 ? `position ${first}` : `positions ${first}..${first + count - 1}`;

const seal = (placed: ReadonlyArray<Placed>, texts: ReadonlyArray<string>, previous: Buffer): Batch => {
  const batch = {
    first: placed[0]?.position ?? 0,
    count: placed.length,
    previous,
    keys: packKeys(placed.map(({ sighting }) => sighting)),
    events: Buffer.from(`[${texts.join(",")}]`),
    raw: packRaw(placed.map(({ entry }) => entry.raw)),
  };
  return { ...batch, hash: hashBatch(batch) };
};

/** The stored form names its fields, so that nothing else a caller's object carries gets in. */
const encodeEntry = ({ entry, position, conflictOf }: Placed): string =>
  JSON.stringify({
    position,
    kind: entry.kind,
    connection: entry.connection,
    at: entry.at,
    partition: entry.partition,
    dedup: entry.dedup,
    conflictOf,
    events: entry.events,
    note: entry.note,
  } satisfies Entry);
