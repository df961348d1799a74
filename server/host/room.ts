/** The engine with its store, its systems and its loop: what one thread owns, whichever thread that is. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient";
import * as Effect from "effect/Effect";
import * as ExecutionStrategy from "effect/ExecutionStrategy";
import * as Exit from "effect/Exit";
import * as Layer from "effect/Layer";
import * as Scope from "effect/Scope";
import { layer as embedded } from "../../adapters/stores/embedded/layer.ts";
import { layer as memory } from "../../adapters/stores/memory.ts";
import type { Json } from "../../domain/canonical.ts";
import type { Policy } from "../../domain/lifecycle.ts";
import type { Store, StoreError } from "../../domain/ports/store.ts";
import { type Engine, makeEngine } from "../engine/engine.ts";
import { type Loop, type LoopOptions, loopDefaults, makeLoop } from "../engine/loop.ts";
import { type ConnectionSettings, makeSystems } from "../systems.ts";
import { answer } from "../views/index.ts";
import { type Committer, failureOf, makeCommitter } from "./commit.ts";
import type { Host, Query } from "./host.ts";

/** Plain data: it crosses to the worker as it is. */
export interface RoomOptions {
  readonly store:
    | { readonly type: "embedded"; readonly directory: string; readonly maxPages?: number }
    | { readonly type: "memory" };
  readonly connections: ReadonlyArray<ConnectionSettings>;
  readonly policy: Policy;
  readonly observeOnly: ReadonlyArray<string>;
  /** Unlike any other process's that ever used the same journal. */
  readonly owner: string;
  readonly retry: { readonly baseMs: number; readonly capMs: number };
  /** Longer than any adapter waits for an answer. */
  readonly sendTimeoutMs: number;
  readonly pollEveryMs: number | null;
  readonly sending: boolean;
  readonly snapshotCells?: number;
  readonly hotParties?: number;
  readonly loop?: Partial<Omit<LoopOptions, "log" | "fatal" | "sending">>;
}

export interface RoomEvents {
  readonly log: (line: string) => void;
  /** Something that only a new process puts right. */
  readonly fatal: (reason: string) => void;
}

export interface RunningHost extends Host {
  /** Resolves when the journal's tail is folded; until then questions wait and what is accepted is only stored. */
  readonly recovered: Promise<void>;
}

const storeOf = (options: RoomOptions): Layer.Layer<Store, StoreError> => {
  const { store } = options;
  if (store.type === "memory") return memory;
  const { directory, maxPages } = store;
  return embedded(maxPages === undefined ? { directory } : { directory, maxPages });
};

const engineOf = (options: RoomOptions) =>
  Effect.gen(function* () {
    const systems = yield* makeSystems(options.connections);
    return yield* makeEngine({
      systems,
      policy: options.policy,
      observeOnly: new Set(options.observeOnly),
      owner: options.owner,
      retry: options.retry,
      sendTimeoutMs: options.sendTimeoutMs,
      snapshotCells: options.snapshotCells ?? 20_000,
      hotParties: options.hotParties ?? 50_000,
      sending: options.sending,
      ...(options.pollEveryMs === null ? {} : { pollEveryMs: options.pollEveryMs }),
    });
  });

const withTroubles = (answered: Json, loop: Loop): Json =>
  loop.trouble.length === 0
    ? answered
    : { ...(answered as object), store: loop.trouble[0]!.code, troubles: loop.trouble as unknown as Json };

/** Fails when the store cannot be opened; recovery goes on behind. */
export const makeRoom = async (options: RoomOptions, events: RoomEvents): Promise<RunningHost> => {
  const scope = Effect.runSync(Scope.make());
  const opened = await Effect.runPromiseExit(
    Effect.flatMap(Layer.buildWithScope(Layer.merge(storeOf(options), FetchHttpClient.layer), scope), (context) =>
      Effect.provide(engineOf(options), context),
    ),
  );
  if (Exit.isFailure(opened)) {
    await Effect.runPromise(Scope.close(scope, Exit.void));
    throw failureOf(opened.cause);
  }
  return start(opened.value, scope, options, events);
};

const start = (engine: Engine, scope: Scope.CloseableScope, options: RoomOptions, events: RoomEvents): RunningHost => {
  const loopScope = Effect.runSync(Scope.fork(scope, ExecutionStrategy.sequential));
  let loop: Loop | null = null;
  let accepted = 0;

  const recovered = (async () => {
    const exit = await Effect.runPromiseExit(engine.recover);
    if (Exit.isFailure(exit)) throw failureOf(exit.cause);
    const loopOptions = { ...loopDefaults, ...options.loop, sending: options.sending, ...events };
    loop = await Effect.runPromise(Scope.extend(makeLoop(engine, loopOptions), loopScope));
    loop.nudge(accepted);
  })();
  recovered.catch((failure) => events.fatal(`recovery failed: ${(failure as { reason?: string }).reason ?? failure}`));

  const committer: Committer = makeCommitter(engine.append, (position) => {
    if (position > accepted) accepted = position;
    loop?.nudge(position);
  });

  const ask = async (query: Query): Promise<Json> => {
    await recovered;
    const exit = await Effect.runPromiseExit(answer(engine, query));
    if (Exit.isFailure(exit)) throw failureOf(exit.cause);
    return query.name === "health" || query.name === "overview" ? withTroubles(exit.value, loop!) : exit.value;
  };

  const idle = async (): Promise<void> => {
    await recovered;
    await Effect.runPromise(loop!.idle(null));
  };

  let closing: Promise<void> | null = null;
  const close = (graceMs: number): Promise<void> => {
    closing ??= (async () => {
      await committer.close();
      await recovered.catch(() => {});
      if (loop !== null) await Effect.runPromise(loop.drain(graceMs));
      await Effect.runPromise(Scope.close(loopScope, Exit.void));
      await Effect.runPromise(Scope.close(scope, Exit.void));
    })();
    return closing;
  };

  return { accept: committer.accept, ask, idle, close, recovered };
};
