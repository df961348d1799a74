/** What makes two entries the same, as bytes: 16 of the hash of (connection, id, type) and 16 of the data's hash. *Pure.* */
import * as crypto from "node:crypto";
import type { DedupKey } from "../../../domain/ports/store.ts";

/** Binary strings of 16 bytes: cheap as keys of a map. */
export interface SeenKey {
  readonly id: string;
  readonly hash: string;
}

export interface Sighting extends SeenKey {
  readonly position: number;
}

/** The keys of one row of the journal: a slot per entry, zero for one without a key. */
export interface KeySlots {
  readonly first: number;
  readonly keys: Buffer;
}

const HALF = 16;
/** Bytes per slot. */
export const KEY_BYTES = 2 * HALF;

export const seenKey = (connection: string, dedup: DedupKey): SeenKey => ({
  id: digest(`${connection.length}:${connection}${dedup.id.length}:${dedup.id}${dedup.type}`),
  hash: dataHash(dedup.hash),
});

export const packKeys = (keys: ReadonlyArray<SeenKey | null>): Buffer =>
  Buffer.from(keys.map((key) => (key === null ? NONE : key.id + key.hash)).join(""), "latin1");

export const keysIn = (first: number, keys: Buffer): ReadonlyArray<Sighting> => {
  const text = keys.toString("latin1");
  const sightings: Array<Sighting> = [];
  for (let at = 0; at < text.length; at += KEY_BYTES) {
    const slot = text.slice(at, at + KEY_BYTES);
    if (slot === NONE) continue;
    sightings.push({ id: slot.slice(0, HALF), hash: slot.slice(HALF), position: first + at / KEY_BYTES });
  }
  return sightings;
};

const NONE = "\0".repeat(KEY_BYTES);

/** Node 20.12 has it in one call, which takes a third of the time. */
const sha256: (text: string) => Buffer =
  typeof crypto.hash === "function"
    ? (text) => crypto.hash("sha256", text, "buffer")
    : (text) => crypto.createHash("sha256").update(text, "utf8").digest();

const digest = (text: string): string => sha256(text).toString("latin1", 0, HALF);

/** Adapters give SHA-256 in hex: half of it is taken as it is. */
const dataHash = (hash: string): string =>
  /^[0-9a-f]{64}$/.test(hash) ? Buffer.from(hash.slice(0, KEY_BYTES), "hex").toString("latin1") : digest(hash);
