/**
 * Between the HTTP side and the engine: plain data only, so that both can live in one thread or in two.
 * `inline.ts` calls the engine directly; `worker.ts` sends the same messages to a thread of its own.
 */
import type { Json } from "../../domain/canonical.ts";
import type { Appended, NewEntry } from "../../domain/ports/store.ts";

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
  /** The canonical report of `tieout accounts --json`. */
  | { readonly name: "report" }
  | { readonly name: "health" }
  | { readonly name: "overview" }
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
