/** The engine with its store, its systems and its loop: what one thread owns, whichever thread that is. */
import { join } from "node:path";
import * as Effect from "effect/Effect";
import * as ExecutionStrategy from "effect/ExecutionStrategy";
import * as Exit from "effect/Exit";
import * as Layer from "effect/Layer";
import * as Scope from "effect/Scope";
import { type Accounting, usualAccounting } from "../../domain/booking.ts";
import type { Json } from "../../domain/canonical.ts";
import type { ApprovalRule } from "../../domain/controls/approval.ts";
import type { Policy } from "../../domain/lifecycle.ts";
import type { UsageCadence } from "../../domain/metering/cadence.ts";
import type { ConnectionRules } from "../../domain/rules.ts";
import { type OutboundRules, outboundLayer } from "../access/outbound-guard.ts";
import { noteConfiguration } from "../change/configuration.ts";
import { openJobs } from "../change/jobs.ts";
import type { ReconciliationSettings } from "../config/reconciliation.ts";
import { noteSecrets, type SecretMarks } from "../connections/secret-marks.ts";
import { type Engine, makeEngine } from "../engine/engine.ts";
import { breathe, type Loop, type LoopOptions, loopDefaults, makeLoop } from "../engine/loop.ts";
import { Exchanges } from "../exchanges/exchanges.ts";
import { makeWatches, type Watches } from "../inspect/watches.ts";
import { openRetention } from "../privacy/retention.ts";
import { openDesk } from "../queues/open.ts";
import type { DeskSettings } from "../queues/settings.ts";
import { type StoreSettings, storeLayer } from "../store.ts";
import type { ConnectionSettings } from "../systems.ts";
import type { LogFields, LogLevel } from "../telemetry/log.ts";
import { recallOf } from "../telemetry/recall.ts";
import { openRoomTelemetry, type RoomTelemetry, type RoomTelemetrySettings } from "../telemetry/room-telemetry.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { answer } from "../views/index.ts";
import { type Committer, failureOf, makeCommitter } from "./commit.ts";
import type { Host, Query, Sight, Watchable } from "./host.ts";
import { receiving } from "./receive.ts";

/** Plain data: it crosses to the worker as it is. */
export interface RoomOptions extends RoomTelemetrySettings {
  readonly store: StoreSettings;
  readonly connections: ReadonlyArray<ConnectionSettings>;
  readonly policy: Policy;
  /** What may go out, by connection. */
  readonly rules: Readonly<Record<string, ConnectionRules>>;
  /** Unlike any other process's that ever used the same journal. */
  readonly owner: string;
  readonly retry: { readonly baseMs: number; readonly capMs: number };
  /** Longer than any adapter waits for an answer. */
  readonly sendTimeoutMs: number;
  readonly pollEveryMs: number | null;
  /** Which acts need more than one person. */
  readonly approvals?: ReadonlyArray<ApprovalRule>;
  /** Where requests may go; absent: anywhere. */
  readonly outbound?: OutboundRules;
  readonly sending: boolean;
  /** Jobs that people start are brought to their end also where nothing is sent. */
  readonly jobs?: boolean;
  /** Without secrets; written down when it changed. */
  readonly configuration?: Json;
  /** Of the secrets of this start; written down when they changed. */
  readonly secretMarks?: SecretMarks;
  /** Whether personal data are sealed; default: no, and what was sealed before is read. */
  readonly sealing?: boolean;
  /** Days that raw bytes stay readable; null or absent: for ever. */
  readonly rawDays?: number | null;
  /** How books are kept; default: in calendar months, UTC, of one entity. */
  readonly accounting?: Accounting;
  /** A server's desk looks through the queues and sends alerts; absent: nobody does. */
  readonly desk?: DeskSettings;
  /** Legs and their terms, and when runs begin by themselves. */
  readonly reconciliation?: ReconciliationSettings;
  /** How often use is rated and put into batches; absent: as usual. */
  readonly usage?: UsageCadence;
  /** Calls that are committed without waiting for the end of the turn; absent: however many. */
  readonly commitCalls?: number;
  readonly snapshotCells?: number;
  readonly hotParties?: number;
  readonly loop?: Partial<Omit<LoopOptions, "log" | "fatal" | "sending">>;
}

export interface RoomEvents {
  /** The loop's own lines come without a level. */
  readonly log: (line: string, level?: LogLevel, fields?: LogFields) => void;
  /** Something that only a new process puts right. */
  readonly fatal: (reason: string) => void;
}

export interface RunningHost extends Host, Watchable {
  /** Resolves when the journal's tail is folded; until then questions wait and what is accepted is only stored. */
  readonly recovered: Promise<void>;
}

const engineOf = (options: RoomOptions, watches: Watches, telemetry: RoomTelemetry, exchanges: Exchanges) =>
  Effect.gen(function* () {
    const systems = yield* telemetry.systems(options.connections);
    return yield* makeEngine({
      systems: new Map([...systems].map(([name, system]) => [name, exchanges.naming(system)])),
      exchanges,
      policy: options.policy,
      rules: new Map(Object.entries(options.rules)),
      owner: options.owner,
      retry: options.retry,
      sendTimeoutMs: options.sendTimeoutMs,
      snapshotCells: options.snapshotCells ?? 20_000,
      hotParties: options.hotParties ?? 50_000,
      sending: options.sending,
      ...(options.approvals === undefined ? {} : { approvals: options.approvals }),
      ...(options.desk === undefined ? {} : { queues: options.desk }),
      ...(options.reconciliation === undefined ? {} : { reconciliation: options.reconciliation }),
      ...(options.usage === undefined ? {} : { usage: options.usage }),
      ...("directory" in options.store ? { kpiFile: join(options.store.directory, "kpis.json") } : {}),
      accounting: options.accounting ?? usualAccounting,
      sealing: options.sealing ?? false,
      onFold: watches.folded,
      breathe,
      ...(options.pollEveryMs === null ? {} : { pollEveryMs: options.pollEveryMs }),
      telemetry: telemetry.engine,
    });
  });

const withTroubles = (answered: Json, loop: Loop): Json =>
  loop.trouble.length === 0
    ? answered
    : { ...(answered as object), store: loop.trouble[0]!.code, troubles: loop.trouble as unknown as Json };

/** Fails when the store cannot be opened; recovery goes on behind. */
export const makeRoom = async (
  options: RoomOptions,
  events: RoomEvents,
  tracing: Tracing | null = null,
): Promise<RunningHost> => {
  const telemetry = await openRoomTelemetry(options, (level, line, fields) => events.log(line, level, fields), tracing);
  const scope = Effect.runSync(Scope.make());
  const watches = makeWatches(Date.now);
  const exchanges = new Exchanges();
  const opened = await Effect.runPromiseExit(
    Effect.flatMap(
      Layer.buildWithScope(
        Layer.merge(storeLayer(options.store), exchanges.heard(outboundLayer(options.outbound))),
        scope,
      ),
      (context) => Effect.provide(engineOf(options, watches, telemetry, exchanges), context),
    ),
  );
  if (Exit.isFailure(opened)) {
    await Effect.runPromise(Scope.close(scope, Exit.void));
    await telemetry.close();
    throw failureOf(opened.cause);
  }
  return start(opened.value, scope, options, events, watches, telemetry);
};

const start = (
  engine: Engine,
  scope: Scope.CloseableScope,
  options: RoomOptions,
  events: RoomEvents,
  watches: Watches,
  telemetry: RoomTelemetry,
): RunningHost => {
  telemetry.recallBy(recallOf(engine));
  const loopScope = Effect.runSync(Scope.fork(scope, ExecutionStrategy.sequential));
  let loop: Loop | null = null;
  let accepted = 0;

  const recovered = (async () => {
    const exit = await Effect.runPromiseExit(engine.recover);
    if (Exit.isFailure(exit)) throw failureOf(exit.cause);
    const loopOptions = { ...loopDefaults, ...options.loop, sending: options.sending, ...events };
    loop = await Effect.runPromise(Scope.extend(makeLoop(engine, loopOptions), loopScope));
    loop.nudge(accepted);
    if (options.sending || options.jobs === true) await openJobs(engine, loop.nudge, events.log, loopScope);
    if (options.configuration !== undefined)
      await Effect.runPromise(noteConfiguration(engine, options.configuration, loop.nudge));
    if (options.secretMarks !== undefined)
      await Effect.runPromise(noteSecrets(engine, options.secretMarks, loop.nudge));
    if (options.sending && options.rawDays != null)
      await Effect.runPromise(openRetention(engine, options.rawDays, events.log, loopScope));
    if (options.desk !== undefined) await openDesk(engine, options.desk, loop.nudge, events.log, loopScope);
  })();
  recovered.catch((failure) => events.fatal(`recovery failed: ${(failure as { reason?: string }).reason ?? failure}`));

  const appended = (position: number): void => {
    if (position > accepted) accepted = position;
    loop?.nudge(position);
  };
  const committer: Committer = makeCommitter(engine.append, appended, options.commitCalls);

  const ask = async (query: Query, sight: Sight | null = null): Promise<Json> => {
    await recovered;
    const asked =
      query.name === "faults" || query.name === "pulse"
        ? { ...query, troubles: loop!.trouble as unknown as Json }
        : query;
    const exit = await Effect.runPromiseExit(answer(engine, asked, sight));
    if (Exit.isFailure(exit)) throw failureOf(exit.cause);
    if (query.name === "metrics") {
      return { ...(withTroubles(exit.value, loop!) as object), counters: await telemetry.counters(query.format) };
    }
    return query.name === "health" || query.name === "overview" ? withTroubles(exit.value, loop!) : exit.value;
  };

  const idle = async (): Promise<void> => {
    await recovered;
    await Effect.runPromise(loop!.idle(null));
  };

  let watchId = 0;
  const watch: Watchable["watch"] = (ids, listener) => {
    const id = ++watchId;
    let stopped = false;
    const start = async () => {
      await recovered;
      if (stopped) return { missing: ids[0] ?? "" };
      const exit = await Effect.runPromiseExit(watches.start(engine, id, ids, listener));
      if (Exit.isFailure(exit)) throw failureOf(exit.cause);
      return exit.value;
    };
    const stop = async () => {
      stopped = true;
      return watches.stop(id);
    };
    return { started: start(), stop };
  };

  let closing: Promise<void> | null = null;
  const close = (graceMs: number): Promise<void> => {
    closing ??= (async () => {
      await committer.close();
      await recovered.catch(() => {});
      if (loop !== null) await Effect.runPromise(loop.drain(graceMs));
      await Effect.runPromise(Scope.close(loopScope, Exit.void));
      await Effect.runPromise(Scope.close(scope, Exit.void));
      await telemetry.close();
    })();
    return closing;
  };

  const accept = telemetry.appending(committer.accept);
  return { accept, receive: receiving(engine.systems, accept), ask, idle, close, recovered, watch };
};
