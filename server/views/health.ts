/** Live means moving: the age of the oldest unprocessed event and of the oldest due command, and what needs someone. */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { faultDesk } from "../../domain/controls/fault-desk.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Core } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";

/** When a command without an attempt was first seen to be due: nothing durable says it. By engine, by command key. */
const firstSeen = new WeakMap<Engine, Map<string, number>>();

export const health = (engine: Engine): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis;
    const { core, journal } = engine;
    const { position } = core;
    const head = yield* journal.head;
    const waiting = head > position ? (yield* journal.read(position, 1))[0] : undefined;
    return {
      store: "ok",
      position,
      head,
      oldestUnprocessedMs: waiting === undefined ? 0 : Math.max(0, now - waiting.at),
      oldestDueCommandMs: oldestDue(engine, now),
      faults: faultCounts(core),
      unattributed: core.waiting.size,
    };
  });

const oldestDue = (engine: Engine, now: number): number => {
  const { core } = engine;
  const before = firstSeen.get(engine) ?? new Map<string, number>();
  const seen = new Map<string, number>();
  let oldest = 0;
  for (const { party, planned } of core.open.values()) {
    if (planned.blockedBy !== null || planned.state === "rejected" || planned.state === "held") continue;
    if (planned.dueAt > now) continue;
    const attempt = core.parties.get(party)?.slots.get(planned.slot)?.attempt;
    const since = attempt?.key === planned.key ? attempt.nextAt : (before.get(planned.key) ?? now);
    seen.set(planned.key, since);
    oldest = Math.max(oldest, now - since);
  }
  firstSeen.set(engine, seen);
  return oldest;
};

const count = (into: Record<string, number>, key: string): void => {
  into[key] = (into[key] ?? 0) + 1;
};

const faultCounts = (core: Core): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { kind, position } of core.faults.values())
    if (!core.controls.get(faultDesk, `fault_${position}`)?.resolved) count(counts, kind);
  return counts;
};

/** Counts for the page. */
export const overview = (engine: Engine): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const { core, snapshots } = engine;
    yield* Effect.ignore(engine.snapshot);
    const stages: Record<string, number> = {};
    const syncs: Record<string, number> = {};
    let accounts = 0;
    let after: string | null = null;
    for (;;) {
      const rows: ReadonlyArray<{ readonly id: string; readonly stage: string; readonly sync: string }> =
        yield* snapshots.accounts({ after, stage: null, sync: null, limit: 1000 });
      for (const { stage, sync } of rows) {
        accounts += 1;
        count(stages, stage);
        count(syncs, sync);
      }
      if (rows.length < 1000) break;
      after = rows.at(-1)!.id;
    }
    const exceptions: Record<string, number> = {};
    for (const found of core.allExceptions().values()) for (const { type } of found) count(exceptions, type);
    if (core.waiting.size > 0) exceptions["unattributed"] = core.waiting.size;
    const commands: Record<string, number> = {};
    for (const { planned } of core.open.values()) count(commands, planned.state);
    const faults = [...core.faults.values()].slice(-20).reverse();
    return {
      ...((yield* health(engine)) as { readonly [key: string]: Json }),
      accounts,
      stages,
      syncs,
      commands,
      exceptions,
      recentFaults: faults as unknown as Json,
    };
  });
