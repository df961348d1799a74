/** What goes between the harness and the thread of the Redis store: one question at a time, one answer each. */
import type { StoreError } from "../../../domain/ports/store.ts";

export type PortName = "journal" | "snapshots" | "outbox" | "due";

/** How often what happens below the ports, drawn from a seed of its own. */
export interface Below {
  readonly seed: number;
  /** Share of calls whose request, or whose answer, never arrives. */
  readonly cut: number;
  /** Share of calls during which the server is killed and started again, and how often at most. */
  readonly kill: number;
  readonly maxKills: number;
}

export type Ask =
  /** A process opens the store; `directory` is where its mark of what Redis acknowledged lies. */
  | { readonly type: "open"; readonly process: string; readonly directory: string }
  | {
      readonly type: "call";
      readonly process: string;
      readonly port: PortName;
      readonly method: string;
      /** Null: the port has a value there, not a function. */
      readonly args: ReadonlyArray<unknown> | null;
      /** Half of its first request reaches Redis, and the process dies. */
      readonly breaksOff: boolean;
    }
  /** The process is gone: its connection with it, and nothing is written any more. */
  | { readonly type: "gone"; readonly process: string }
  /** What happened below the ports so far. */
  | { readonly type: "seen" }
  | { readonly type: "end" };

export type Answer =
  | { readonly type: "value"; readonly value: unknown }
  | { readonly type: "refused"; readonly code: StoreError["code"]; readonly reason: string }
  /** Neither: a bug. */
  | { readonly type: "failed"; readonly what: string };

/** Numbers in the shared memory: answers given so far; process id of the server, 0 while there is none. */
export const ANSWERS = 0;
export const SERVER = 1;
export const SHARED_BYTES = 8;

export interface ThreadData {
  readonly shared: SharedArrayBuffer;
  readonly answers: import("node:worker_threads").MessagePort;
  readonly below: Below;
  readonly prefix: string;
}
