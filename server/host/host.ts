/**
 * Between the HTTP side and the engine: plain data only, so that both can live in one thread or in two.
 * `inline.ts` calls the engine directly; `worker.ts` sends the same messages to a thread of its own.
 */
import type { Json } from "../../domain/canonical.ts";
import type { Appended, CommandState, NewEntry } from "../../domain/ports/store.ts";
import type { Seen } from "../../machines/inspection.ts";
import type { ActRequest } from "../operators/act.ts";

/** Questions that the engine answers; each has a function in `server/views/`. */
export type Query =
  | {
      readonly name: "accounts";
      readonly stage: string | null;
      readonly sync: string | null;
      readonly q: string | null;
      readonly limit: number;
      readonly cursor: string | null;
    }
  | { readonly name: "account"; readonly id: string }
  | { readonly name: "timeline"; readonly id: string; readonly limit: number }
  | { readonly name: "machine"; readonly id: string }
  /** A page of one collection of canonical resources, by its name in the path. */
  | {
      readonly name: "resources";
      readonly collection: string;
      /** Any id that leads to an account. */
      readonly account: string | null;
      readonly status: string | null;
      readonly limit: number;
      readonly cursor: string | null;
    }
  | { readonly name: "resource"; readonly collection: string; readonly id: string }
  /** A page of the outbox, in order of keys. */
  | {
      readonly name: "commands";
      /** Null: all. */
      readonly states: ReadonlyArray<CommandState> | null;
      readonly target: string | null;
      /** Any id that leads to an account. */
      readonly account: string | null;
      readonly limit: number;
      readonly cursor: string | null;
    }
  | { readonly name: "command"; readonly key: string }
  | {
      readonly name: "exceptions";
      readonly type: string | null;
      readonly owner: string | null;
      readonly account: string | null;
      readonly currency: string | null;
      readonly sort: "money" | "age";
      readonly limit: number;
      readonly cursor: string | null;
    }
  | { readonly name: "exception"; readonly id: string }
  | {
      readonly name: "faults";
      readonly kind: string | null;
      readonly connection: string | null;
      readonly limit: number;
      readonly cursor: string | null;
      /** Signatures refused at the door since the start, by connection. */
      readonly refused: Readonly<Record<string, number>>;
      /** What the store refuses at the moment; the host knows. */
      readonly troubles: Json;
    }
  /** May it be done, and as which notes? */
  | { readonly name: "prepareAct"; readonly request: ActRequest }
  /** What has become of an act that is in the journal. */
  | { readonly name: "acted"; readonly id: string; readonly hash: string }
  /** The canonical report of `tieout accounts --json`. */
  | { readonly name: "report" }
  | { readonly name: "health" }
  | { readonly name: "overview" }
  /** For `GET /metrics`. */
  | { readonly name: "metrics" }
  /** What `tieout verify` asks a running server. */
  | { readonly name: "verify" };

export interface HostFailure {
  /** The code of a StoreError, or `internal`. */
  readonly code: string;
  readonly reason: string;
}

export interface Host {
  /**
   * Durable when it resolves; calls that come together are committed together. Rejects with a HostFailure when the store
   * cannot take them: nothing of the call was stored.
   */
  readonly accept: (entries: ReadonlyArray<NewEntry>) => Promise<ReadonlyArray<Appended>>;
  /** `null`: there is no such thing. */
  readonly ask: (query: Query) => Promise<Json>;
  /** Resolves when no command can move by itself and everything accepted is folded; for import, demo and tests. */
  readonly idle: () => Promise<void>;
  /** Folds what was accepted, lets jobs in flight end (at most `graceMs`), writes the snapshot, closes the store. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** One inspection event on its way to a watcher. */
export interface Inspected {
  readonly type: Seen["type"];
  readonly sessionId: string;
  /** The message as it goes out: JSON. */
  readonly text: string;
}

export type WatchAnswer =
  | { readonly accounts: ReadonlyArray<{ readonly asked: string; readonly account: string }> }
  /** This one leads nowhere, and none is watched. */
  | { readonly missing: string };

export interface Watching {
  /** Rejects with a HostFailure. */
  readonly started: Promise<WatchAnswer>;
  /** Nothing more comes; answers how many observers all the engine's actors still have. */
  readonly stop: () => Promise<number>;
}

export interface Watchable {
  /** Inspection events of these accounts, ids in any form that a reader may use, a turn's worth at a time. */
  readonly watch: (ids: ReadonlyArray<string>, listener: (messages: ReadonlyArray<Inspected>) => void) => Watching;
}
