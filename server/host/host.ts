/**
 * Between the HTTP side and the engine: plain data only, so that both can live in one thread or in two.
 * `inline.ts` calls the engine directly; `worker.ts` sends the same messages to a thread of its own.
 */

import type { Measure } from "../../domain/books/reports/report.ts";
import type { Json } from "../../domain/canonical.ts";
import type { BatchState } from "../../domain/controls/usage-batch.ts";
import type { policies } from "../../domain/lifecycle.ts";
import type { Appended, CommandState, NewEntry } from "../../domain/ports/store.ts";
import type { Priority } from "../../domain/priority.ts";
import type { LineStatus } from "../../domain/reconciliation/line.ts";
import type { ConnectionRules } from "../../domain/rules.ts";
import type { Seen } from "../../machines/inspection.ts";
import type { ActRequest } from "../operators/act.ts";
import type { Sieve } from "../queues/sieve.ts";
import type { Format } from "../telemetry/exposition.ts";
import type { Delivery, Received } from "./delivery.ts";

/** A page of a list, and where it begins. */
export interface Paged {
  readonly limit: number;
  readonly cursor: string | null;
}

/** Questions that the engine answers; each has a function in `server/views/`. */
export type Query =
  | ({
      readonly name: "accounts";
      readonly stage: string | null;
      readonly sync: string | null;
      readonly q: string | null;
    } & Paged)
  | { readonly name: "account"; readonly id: string }
  /** As it was effective by one time and known by another, epoch milliseconds; null: now. */
  | {
      readonly name: "accountAt";
      readonly id: string;
      readonly asOf: number | null;
      readonly knownAt: number | null;
    }
  | { readonly name: "replays"; readonly limit: number; readonly cursor: string | null }
  | { readonly name: "replay"; readonly id: string; readonly limit: number; readonly cursor: string | null }
  | { readonly name: "policies" }
  | { readonly name: "mappings" }
  | { readonly name: "configurations" }
  /** `refused`: signatures refused at the door since the start, by connection. */
  | { readonly name: "connections"; readonly refused: Readonly<Record<string, number>> }
  /** The journal under another policy, other rules by connection, other connections; null: as they are. */
  | {
      readonly name: "whatIf";
      readonly policy: keyof typeof policies | null;
      readonly rules: Readonly<Record<string, ConnectionRules>> | null;
      readonly connections: ReadonlyArray<{ readonly name: string; readonly vendor: string }> | null;
    }
  | { readonly name: "bulks"; readonly limit: number; readonly cursor: string | null }
  /** One bulk act, with a page of its failures. */
  | { readonly name: "bulk"; readonly id: string; readonly limit: number; readonly cursor: string | null }
  /** From a figure or an object down to the raw bytes. */
  | {
      readonly name: "explain";
      readonly kind: string;
      readonly id: string;
      /** Of kind `kpi`: the days as for `kpis`, and which page of what it is made of. */
      readonly kpi?: {
        readonly from: number | null;
        readonly to: number | null;
        readonly limit: number;
        readonly cursor: string | null;
      };
    }
  /** A page, the newest entries first; `cursor`: those before a position. */
  | { readonly name: "timeline"; readonly id: string; readonly limit: number; readonly cursor: string | null }
  | { readonly name: "machine"; readonly id: string }
  /** The account's own events, to be folded anew elsewhere: the newest. */
  | { readonly name: "accountEvents"; readonly id: string; readonly limit: number }
  /** A page of one collection of canonical resources, by its name in the path. */
  | ({
      readonly name: "resources";
      readonly collection: string;
      /** Any id that leads to an account. */
      readonly account: string | null;
      readonly status: string | null;
    } & Paged)
  | { readonly name: "resource"; readonly collection: string; readonly id: string }
  /** A page of the outbox, in order of keys. */
  | ({
      readonly name: "commands";
      /** Null: all. */
      readonly states: ReadonlyArray<CommandState> | null;
      readonly target: string | null;
      /** Only what could go but for its target, for these reasons; null or absent: it is not looked at. */
      readonly waiting?: ReadonlyArray<"priority" | "breaker" | "limit"> | null;
      /** Any id that leads to an account. */
      readonly account: string | null;
    } & Paged)
  | { readonly name: "command"; readonly key: string }
  | { readonly name: "exchanges"; readonly key: string }
  /** What waits for somebody's yes, or what got it. */
  | ({ readonly name: "approvals"; readonly state: "waiting" | "decided"; readonly act: string | null } & Paged)
  | ({
      readonly name: "exceptions";
      readonly type: string | null;
      readonly owner: string | null;
      readonly account: string | null;
      readonly currency: string | null;
      /** Default: what is open; of the others, all. */
      readonly statuses?: ReadonlyArray<"open" | "snoozed" | "resolved" | "closed">;
      /** `nobody`: nobody's. */
      readonly assignee?: string | null;
      readonly team?: string | null;
      readonly priority?: Priority | null;
      readonly overdue?: boolean | null;
      /** Default: everything. */
      readonly sieve?: Sieve;
      readonly sort: "money" | "age" | "priority";
    } & Paged)
  | { readonly name: "exception"; readonly id: string }
  | { readonly name: "serviceLevels" }
  | { readonly name: "parkRules" }
  /** Figures over whole days; epoch milliseconds, null: the last thirty days, up to now. */
  | { readonly name: "kpis"; readonly from: number | null; readonly to: number | null }
  | {
      readonly name: "faults";
      readonly kind: string | null;
      readonly connection: string | null;
      /** Default: `open`. */
      readonly status?: "open" | "resolved";
      readonly limit: number;
      readonly cursor: string | null;
      /** Signatures refused at the door since the start, by connection. */
      readonly refused: Readonly<Record<string, number>>;
      /** What the store refuses at the moment; the host knows. */
      readonly troubles: Json;
    }
  /** A page of the reconciliation as it stands. */
  | ({
      readonly name: "reconciliation";
      readonly leg: string | null;
      /** Null: all but `matched`. */
      readonly statuses: ReadonlyArray<LineStatus> | null;
      /** Any id that leads to an account. */
      readonly account: string | null;
      readonly currency: string | null;
      /** A connection or a team. */
      readonly owner: string | null;
    } & Paged)
  | { readonly name: "reconciliationRuns"; readonly limit: number; readonly cursor: string | null }
  | ({
      readonly name: "reconciliationRun";
      readonly id: string;
      readonly leg: string | null;
      readonly statuses: ReadonlyArray<LineStatus> | null;
    } & Paged)
  /** May it be done, and as which notes? */
  | { readonly name: "prepareAct"; readonly request: ActRequest }
  /** What has become of an act that is in the journal. */
  | { readonly name: "acted"; readonly id: string; readonly hash: string }
  /** The records of all API keys, hashes included: for whoever judges them, never for an answer as they are. */
  | { readonly name: "keys" }
  /** The canonical report of `tieout accounts --json`. */
  | { readonly name: "report" }
  | { readonly name: "health" }
  /** How things stand, and what was touched since an earlier answer, by its id; null: only how they stand. */
  | {
      readonly name: "pulse";
      readonly since: string | null;
      /** As of `faults`. */
      readonly refused: Readonly<Record<string, number>>;
      readonly troubles: Json;
    }
  | { readonly name: "overview" }
  /** For `GET /metrics`. */
  | { readonly name: "metrics"; readonly format: Format }
  /** A page of the audit trail, newest first. Times are epoch milliseconds. */
  | ({
      readonly name: "audit";
      readonly from: number | null;
      readonly to: number | null;
      readonly by: string | null;
      readonly type: string | null;
      /** Any id that leads to an account. */
      readonly account: string | null;
    } & Paged)
  | { readonly name: "auditHead" }
  /** A page of what is exported as evidence: entries of the journal after a position, in order, with what they say. */
  | {
      readonly name: "exportPage";
      /** Taken in from the one instant to before the other; epoch milliseconds. */
      readonly from: number;
      readonly to: number;
      /** Any id that leads to an account; null: everything. */
      readonly account: string | null;
      readonly after: number;
      readonly through: number;
      /** False: personal fields and raw bytes are left out. */
      readonly unmasked: boolean;
    }
  /** Links of the hash chain after a position. */
  | { readonly name: "chainLinks"; readonly after: number; readonly through: number }
  | { readonly name: "holds" }
  | ({
      readonly name: "usageBatches";
      /** Null: any. */
      readonly states: ReadonlyArray<BatchState> | null;
      readonly entity: string | null;
    } & Paged)
  /** One batch of rated use, with a page of its lines. */
  | { readonly name: "usageBatch"; readonly id: string; readonly limit: number; readonly cursor: string | null }
  | { readonly name: "periods"; readonly entity: string | null }
  /** A report of the revenue books, or the parts of one of its cells. */
  | ReportQuery
  | ({
      readonly name: "revenueSchedules";
      readonly account: string | null;
    } & Paged)
  | { readonly name: "revenueSchedule"; readonly id: string }
  | { readonly name: "periodReport"; readonly entity: string; readonly period: string }
  /** What `tieout verify` asks a running server. `expectHead`: `HASH@POSITION` as it was noted outside. */
  | { readonly name: "verify"; readonly expectHead?: string };

export interface ReportQuery {
  readonly name: "books";
  readonly report: string;
  readonly entity: string | null;
  readonly currency: string | null;
  /** Any id that leads to an account. */
  readonly account: string | null;
  /** Months, both inclusive. */
  readonly from: string | null;
  readonly to: string | null;
  /** A date; null: today. */
  readonly asOf: string | null;
  /** Epoch milliseconds; null: now. */
  readonly knownAt: number | null;
  /** Days ahead; null: as usual. */
  readonly within: number | null;
  /** Null: as the documents are. */
  readonly measure: Measure | null;
  readonly cell: { readonly row: Readonly<Record<string, string | null>>; readonly column: string } | null;
}

/** What the engine may show of, to the one who asks. */
export interface Sight {
  /** Accounts with a party on one of these connections; null: all. */
  readonly connections: ReadonlyArray<string> | null;
  /** Whether accounts may be found by words of people: names and addresses. */
  readonly personal: boolean;
}

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
  /** The same of a webhook's bytes. */
  readonly receive: (delivery: Delivery) => Promise<Received>;
  /** `null`: there is no such thing, or not in sight. `sight` null or absent: everything is in sight. */
  readonly ask: (query: Query, sight?: Sight | null) => Promise<Json>;
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
