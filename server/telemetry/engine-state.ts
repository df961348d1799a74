/** What the engine's thread answers a scrape: states of the business as numbers. Parties, accounts and objects are counted, never named. */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import { accountMachine } from "../../machines/account.machine.ts";
import type { Engine } from "../engine/engine.ts";
import { type DeskState, deskState } from "../queues/desk-state.ts";
import { health } from "../views/health.ts";
import { type ExceptionTotals, exceptionTotals } from "./exception-totals.ts";

type Counts = Record<string, number>;

export interface EngineState {
  readonly position: number;
  readonly head: number;
  readonly oldestUnprocessedMs: number;
  readonly oldestDueCommandMs: number;
  readonly faults: Readonly<Counts>;
  readonly unattributed: number;
  readonly commands: ReadonlyArray<{
    readonly target: string;
    readonly state: string;
    readonly verb: string;
    readonly count: number;
  }>;
  /** Region → state → accounts; every state of the chart is there. */
  readonly regions: Readonly<Record<string, Readonly<Counts>>>;
  readonly exceptions: ExceptionTotals;
  readonly desk: DeskState;
  /** Of the engine's thread since the last scrape: 0 to 1. */
  readonly utilization: number;
}

/** Of what counting the accounts took, so many times as much goes to everything else before it is done again. */
const restPerCount = 20;
/** Less than this is done for each scrape. Milliseconds. */
const cheapMs = 10;
const page = 1000;

interface Memory {
  regions: EngineState["regions"];
  /** When that was counted, and what it took. Monotonic, milliseconds. */
  at: number;
  costMs: number;
  /** Folded through; -1 before the first time. */
  position: number;
  loop: ReturnType<typeof performance.eventLoopUtilization>;
}
const memories = new WeakMap<Engine, Memory>();

const memoryOf = (engine: Engine): Memory => {
  const loop = performance.eventLoopUtilization();
  const memory = memories.get(engine) ?? { regions: {}, at: 0, costMs: 0, position: -1, loop };
  memories.set(engine, memory);
  return memory;
};

const empty = (): Record<string, Counts> =>
  Object.fromEntries(
    Object.entries(accountMachine.root.states).map(([region, node]) => [
      region,
      Object.fromEntries(Object.keys(node.states).map((state) => [state, 0])),
    ]),
  );

const breathe = Effect.async<void>((resume) => {
  const handle = setImmediate(() => resume(Effect.void));
  return Effect.sync(() => clearImmediate(handle));
});

/** Accounts in memory as they stand, the others as of the last snapshot. */
const countRegions = (engine: Engine): Effect.Effect<Record<string, Counts>, StoreError> =>
  Effect.gen(function* () {
    const { core, snapshots } = engine;
    const counts = empty();
    const add = (regions: Readonly<Record<string, string>>): void => {
      for (const [region, state] of Object.entries(regions)) {
        const of = counts[region];
        if (of) of[state] = (of[state] ?? 0) + 1;
      }
    };
    const counted = new Set<string>();
    for (const { id, regions } of core.accounts.values()) {
      counted.add(id);
      add(regions);
    }
    let after: string | null = null;
    for (;;) {
      const rows: ReadonlyArray<{ readonly id: string; readonly body: string | null }> = yield* snapshots.accounts({
        after,
        stage: null,
        sync: null,
        limit: page,
      });
      for (const { id, body } of rows) {
        if (body === null || counted.has(id)) continue;
        const { root, regions } = JSON.parse(body) as {
          readonly root: string;
          readonly regions: Record<string, string>;
        };
        // A row of an account that has joined another is there until the next snapshot.
        if (core.root(root) === root) add(regions);
      }
      if (rows.length < page) return counts;
      after = rows.at(-1)!.id;
      yield* breathe;
    }
  });

const openCommands = ({ core }: Engine): EngineState["commands"] => {
  const counts = new Map<string, { target: string; state: string; verb: string; count: number }>();
  for (const { planned } of core.open.values()) {
    const { target, state, verb } = planned;
    const key = `${target} ${state} ${verb}`;
    const one = counts.get(key) ?? { target, state, verb, count: 0 };
    one.count += 1;
    counts.set(key, one);
  }
  return [...counts.values()];
};

export const engineState = (engine: Engine): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const memory = memoryOf(engine);
    const began = performance.now();
    const { position: through } = engine.core;
    const rested = memory.costMs < cheapMs || began - memory.at > memory.costMs * restPerCount;
    if (memory.position !== through && rested) {
      memory.regions = yield* countRegions(engine);
      memory.at = performance.now();
      memory.costMs = memory.at - began;
      memory.position = through;
    }
    const now = yield* Clock.currentTimeMillis;
    const exceptions = exceptionTotals(engine.core.allExceptions().values(), now);
    const { position, head, oldestUnprocessedMs, oldestDueCommandMs, faults, unattributed } = (yield* health(
      engine,
    )) as unknown as EngineState;
    const loop = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(loop, memory.loop);
    memory.loop = loop;
    const state: EngineState = {
      position,
      head,
      oldestUnprocessedMs,
      oldestDueCommandMs,
      faults,
      unattributed,
      commands: openCommands(engine),
      regions: memory.regions,
      exceptions,
      desk: deskState(engine, now),
      utilization,
    };
    return state as unknown as Json;
  });
