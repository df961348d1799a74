/** What every key is called. One prefix to a store, so that several share a server. *Pure.* */
import { toStored } from "../embedded/text.ts";

export interface Names {
  readonly prefix: string;
  /** Hash: what the journal is and where it ends. */
  readonly meta: string;
  /** Stream: one entry per row of up to 512 journal entries, its id the first position. */
  readonly journal: string;
  /** Stream: the raw bytes of those rows, under the same ids. */
  readonly raws: string;
  /** Hashes by the first two bytes of a key against duplicates, in hex. */
  readonly seen: string;
  /** Hash: how far each projection has come. */
  readonly marks: string;
  /** Hash per party: its document; the prefix that redis-om adds a colon and the id to. */
  readonly party: string;
  /** Sorted set of the parties that have cells. */
  readonly parties: string;
  /** Hash: object → party. */
  readonly owners: string;
  /** Sorted set of (term, party). */
  readonly terms: string;
  /** Hash per account row. */
  readonly account: string;
  /** Sorted sets of account ids; the others with stage, sync or both before the id. */
  readonly accounts: string;
  readonly accountsByStage: string;
  readonly accountsBySync: string;
  readonly accountsByBoth: string;
  /** Hash per command, and a sorted set of keys per state. */
  readonly command: string;
  readonly commands: string;
  /** Sorted set of parties by the instant at which they are due. */
  readonly due: string;
  /** Hash: name of a data key → the key, empty once it was destroyed. */
  readonly keys: string;
}

export const namesUnder = (prefix: string): Names => ({
  prefix,
  meta: `${prefix}meta`,
  journal: `${prefix}journal`,
  raws: `${prefix}raws`,
  seen: `${prefix}seen:`,
  marks: `${prefix}marks`,
  party: `${prefix}party`,
  parties: `${prefix}parties`,
  owners: `${prefix}owners`,
  terms: `${prefix}terms`,
  account: `${prefix}account:`,
  accounts: `${prefix}accounts`,
  accountsByStage: `${prefix}accounts:stage`,
  accountsBySync: `${prefix}accounts:sync`,
  accountsByBoth: `${prefix}accounts:stage+sync`,
  command: `${prefix}command:`,
  commands: `${prefix}commands:`,
  due: `${prefix}due`,
  keys: `${prefix}keys`,
});

/** Ends a part of an index member. Stored text never holds it, and it sorts before all that does. */
const END = "\0";
/** The least that is greater than END. */
const AFTER_END = "\x01";

/** A member of a sorted set: its parts, told apart, in an order that is the order of the parts. */
export const member = (...parts: ReadonlyArray<string>): string => parts.map(toStored).join(END);

/** The part of an index below these first parts, after a last part (null: from the beginning), as ZRANGE BYLEX takes it. */
export const below = (first: ReadonlyArray<string>, after: string | null): readonly [min: string, max: string] => {
  const head = first.map((part) => toStored(part) + END).join("");
  const min = after === null ? (head === "" ? "-" : `[${head}`) : `(${head}${toStored(after)}`;
  return [min, head === "" ? "+" : `(${head.slice(0, -1)}${AFTER_END}`];
};

export const partsOf = (indexed: string): ReadonlyArray<string> => indexed.split(END);
