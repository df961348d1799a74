/**
 * The five ports of a store. The journal is the only source of truth; what is behind snapshots, outbox and due-records can be rebuilt
 * from it, data keys cannot. One contract suite (`adapters/stores/store.contract.ts`) runs against every implementation.
 */
import * as Context from "effect/Context";
import type * as Effect from "effect/Effect";
import * as Schema from "effect/Schema";
import type { Json } from "../canonical.ts";
import type { CanonicalEvent } from "../event.ts";

/** The store cannot do it now. `reason` is for a person: what, where, and what to do. */
export class StoreError extends Schema.TaggedError<StoreError>("domain/ports/StoreError")("StoreError", {
  /** `in-use` `not-writable` `full` `newer-version` `corrupt` `io` */
  code: Schema.Literal("in-use", "not-writable", "full", "newer-version", "corrupt", "io"),
  reason: Schema.String,
}) {}

// ---------------------------------------------------------------- journal

export type EntryKind =
  /** A vendor's webhook, or a recorded body taken in by `import`. */
  | "webhook"
  /** The answer to a re-read. */
  | "read"
  /** The answer to a poll. */
  | "poll"
  /** What became of a command: claimed, acknowledged, refused … */
  | "command"
  /** An operator's act. */
  | "operator"
  /** A decision that is taken once: a re-attribution, a period. */
  | "decision"
  /** Time passed: a due-record came up. */
  | "time"
  /** A signed body that is not its vendor's envelope, kept as a fault sample. */
  | "fault";

export interface DedupKey {
  /** The vendor's event id and type, as sent. */
  readonly id: string;
  readonly type: string;
  /** Of the `data` part only. */
  readonly hash: string;
}

export interface NewEntry {
  readonly kind: EntryKind;
  readonly connection: string;
  /** When we took it in. Epoch milliseconds, UTC. */
  readonly at: number;
  /** Hash of (connection, party), or of the event id where the party is not known. Fixed for ever. */
  readonly partition: number;
  readonly dedup: DedupKey | null;
  /** What the decoder of the day made of `raw`. */
  readonly events: ReadonlyArray<CanonicalEvent>;
  /** For our own kinds: what happened. For `webhook` that did not decode: `{ state, reason }`. */
  readonly note: Json;
  /** The bytes as they came; null for our own kinds. */
  readonly raw: Uint8Array | null;
}

export interface Entry extends Omit<NewEntry, "raw"> {
  /** Greater than every earlier one; gaps are allowed. Starts at 1. */
  readonly position: number;
  /** The position of an earlier entry with the same (connection, id, type) and another hash: kept, and a fault. */
  readonly conflictOf: number | null;
}

export type Appended =
  | { readonly _tag: "Accepted"; readonly position: number; readonly conflictOf: number | null }
  /** Same connection, id, type and hash: nothing was written. Also within one batch. */
  | { readonly _tag: "Duplicate"; readonly position: number };

export class Journal extends Context.Tag("domain/ports/Journal")<
  Journal,
  {
    /** All or nothing; durable when it returns. Deduplication and append are one commit. Answers in the order given. */
    readonly append: (entries: ReadonlyArray<NewEntry>) => Effect.Effect<ReadonlyArray<Appended>, StoreError>;
    /** Entries after a position, in order, at most `limit`, without their raw bytes. */
    readonly read: (after: number, limit: number) => Effect.Effect<ReadonlyArray<Entry>, StoreError>;
    /** The bytes of one entry; null when it has none or there is no such entry. */
    readonly raw: (position: number) => Effect.Effect<Uint8Array | null, StoreError>;
    /** Position of the last entry, 0 when empty. */
    readonly head: Effect.Effect<number, StoreError>;
    /** The link of the hash chain that holds an entry; null where there is no such entry. */
    readonly link: (position: number) => Effect.Effect<ChainLink | null, StoreError>;
    /** Re-computes the hash chain from the first entry. A finding names the position and what does not fit. */
    readonly check: Effect.Effect<ReadonlyArray<Finding>, StoreError>;
  }
>() {}

/** One link of the hash chain: entries that were written together. Its hash covers them and the hash before; both in hex. */
export interface ChainLink {
  readonly first: number;
  readonly last: number;
  readonly previous: string;
  readonly hash: string;
}

export interface Finding {
  readonly where: string;
  readonly what: string;
}

// ---------------------------------------------------------------- snapshots

/** One cell of a party's folded state. `body` is canonical JSON text; null removes the cell. */
export interface Cell {
  readonly party: string;
  readonly cell: string;
  readonly body: string | null;
}

/** Which party owns an object: `subject` is `connection:kind/id`. */
export interface Ownership {
  readonly subject: string;
  readonly party: string;
}

/** A word that finds a party: any foreign id, name, email or number, lower case. */
export interface Term {
  readonly term: string;
  readonly party: string;
}

/** One line of the accounts list. `body` is JSON text of the list item. */
export interface AccountRow {
  /** Account id. */
  readonly id: string;
  readonly stage: string;
  readonly sync: string;
  /** Null removes the row (the account joined another). */
  readonly body: string | null;
}

/** Everything that changed since the last save, as folded through one journal position. */
export interface SnapshotBatch {
  readonly through: number;
  readonly cells: ReadonlyArray<Cell>;
  readonly owners: ReadonlyArray<Ownership>;
  readonly terms: ReadonlyArray<Term>;
  readonly accounts: ReadonlyArray<AccountRow>;
}

export class Snapshots extends Context.Tag("domain/ports/Snapshots")<
  Snapshots,
  {
    /** The journal position that every cell is folded through, 0 when there are none. */
    readonly through: Effect.Effect<number, StoreError>;
    /** One atomic write. A batch whose `through` is below the stored one is ignored (another owner was ahead). */
    readonly save: (batch: SnapshotBatch) => Effect.Effect<void, StoreError>;
    readonly load: (parties: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Cell>, StoreError>;
    readonly owners: (subjects: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Ownership>, StoreError>;
    /** Parties whose term equals, or (with `prefix`) starts with, the text. */
    readonly find: (term: string, prefix: boolean, limit: number) => Effect.Effect<ReadonlyArray<string>, StoreError>;
    /** Account rows after an id, in id order. */
    readonly accounts: (query: {
      readonly after: string | null;
      readonly stage: string | null;
      readonly sync: string | null;
      readonly limit: number;
    }) => Effect.Effect<ReadonlyArray<AccountRow>, StoreError>;
    /** Every party that has cells, in order, after a party id; for verify and for rebuilding indexes. */
    readonly parties: (after: string | null, limit: number) => Effect.Effect<ReadonlyArray<string>, StoreError>;
    /** Forgets the terms of these parties that begin so. */
    readonly forgetTerms: (beginning: string, parties: ReadonlyArray<string>) => Effect.Effect<void, StoreError>;
    /** Forgets everything behind this port, so that it can be rebuilt from the journal. */
    readonly clear: Effect.Effect<void, StoreError>;
  }
>() {}

// ---------------------------------------------------------------- outbox and due-records

/** A command in one of these may still move, by itself or by a person. */
export const openStates = ["pending", "sending", "retrying", "unknown", "held", "rejected"] as const;
export const commandStates = [...openStates, "acked", "cancelled", "superseded"] as const;
export type CommandState = (typeof commandStates)[number];

/** One command as the outside sees it: a projection of the party's ledger. */
export interface CommandRow {
  readonly key: string;
  readonly party: string;
  readonly target: string;
  readonly state: CommandState;
  /** JSON text: outside id, row, verb, kind, content, attempts, last error. */
  readonly body: string;
}

export class Outbox extends Context.Tag("domain/ports/Outbox")<
  Outbox,
  {
    /** One atomic, durable write; the last row of a key wins. `through`: the journal position it reflects. */
    readonly save: (rows: ReadonlyArray<CommandRow>, through: number) => Effect.Effect<void, StoreError>;
    /** Commands in these states, by key, after a key. */
    readonly list: (query: {
      readonly states: ReadonlyArray<CommandState>;
      readonly after: string | null;
      readonly limit: number;
    }) => Effect.Effect<ReadonlyArray<CommandRow>, StoreError>;
    readonly clear: Effect.Effect<void, StoreError>;
  }
>() {}

/** The earliest instant at which something of the party is due (epoch ms); null: nothing is. */
export interface DueRecord {
  readonly party: string;
  readonly at: number | null;
}

export class DueRecords extends Context.Tag("domain/ports/DueRecords")<
  DueRecords,
  {
    /** The last record of a party wins. */
    readonly save: (records: ReadonlyArray<DueRecord>) => Effect.Effect<void, StoreError>;
    readonly all: Effect.Effect<ReadonlyArray<{ readonly party: string; readonly at: number }>, StoreError>;
    readonly clear: Effect.Effect<void, StoreError>;
  }
>() {}

// ---------------------------------------------------------------- data keys

/** Null: it was destroyed, and stays so. */
export type DataKey = Uint8Array | null;

/** What personal data are sealed with: apart from the journal and its chain, so that destroying a key erases what it sealed. */
export class DataKeys extends Context.Tag("domain/ports/DataKeys")<
  DataKeys,
  {
    /** By name; names that never were are left out. */
    readonly get: (names: ReadonlyArray<string>) => Effect.Effect<ReadonlyMap<string, DataKey>, StoreError>;
    /** Puts keys where there are none, durably, and answers what stands for each name then. */
    readonly add: (keys: ReadonlyMap<string, Uint8Array>) => Effect.Effect<ReadonlyMap<string, DataKey>, StoreError>;
    /** For good, also for names that never were; nothing of the keys is left behind this port. */
    readonly destroy: (names: ReadonlyArray<string>) => Effect.Effect<void, StoreError>;
  }
>() {}

export type Store = Journal | Snapshots | Outbox | DueRecords | DataKeys;
