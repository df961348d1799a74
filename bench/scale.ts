/**
 * `scale`: heap per account, and the cost of an event beside more history and beside more accounts. Ratios within one run; the
 * aim is that neither cost grows by more than 1.3 times.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as Effect from "effect/Effect";
import { layer as embedded } from "../adapters/stores/embedded/layer.ts";
import { layer as memory } from "../adapters/stores/memory.ts";
import type { NewEntry } from "../domain/ports/store.ts";
import type { Engine } from "../server/engine/engine.ts";
import { benchEngine, month, opening } from "./engine.ts";
import { median, say } from "./report.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const page = 512;
const give = Effect.fnUntraced(function* (engine: Engine, entries: ReadonlyArray<NewEntry>, batch = page) {
  for (let from = 0; from < entries.length; from += batch) {
    yield* engine.append(entries.slice(from, from + batch));
    yield* engine.fold;
  }
});

/** Microseconds per event, in batches as they come at the door. */
const cost = Effect.fnUntraced(function* (engine: Engine, entries: ReadonlyArray<NewEntry>) {
  const began = performance.now();
  yield* give(engine, entries, 32);
  return ((performance.now() - began) * 1000) / entries.length;
});

const withHistory = Effect.gen(function* () {
  const engine = yield* benchEngine();
  yield* engine.recover;
  const measured: Record<10 | 1000, number[]> = { 10: [], 1000: [] };
  for (const [earlier, months] of [
    [10, 2],
    [1000, 250],
  ] as const) {
    for (let i = 0; i < 8; i++) {
      const account = `h${earlier}_${i}`;
      yield* give(engine, opening(account));
      for (let round = 0; round < months; round++) yield* give(engine, month(account, round));
    }
  }
  // Alternately, so that a slow minute of the machine is one for both.
  for (let round = 0; round < 60; round++) {
    for (const [earlier, months] of [
      [10, 2],
      [1000, 250],
    ] as const) {
      const entries = Array.from({ length: 8 }, (_, i) => month(`h${earlier}_${i}`, months + round)).flat();
      const micros = yield* cost(engine, entries);
      // The short history grows as it is measured: only its first rounds count.
      if (round >= 10 || earlier === 1000) measured[earlier].push(micros);
    }
  }
  return measured;
});

const heap = (accounts: number) =>
  Effect.gen(function* () {
    const engine = yield* benchEngine();
    yield* engine.recover;
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < accounts; i += 100) {
      const some = Array.from({ length: 100 }, (_, j) => [...opening(`m${i + j}`), ...month(`m${i + j}`, 0)]).flat();
      engine.core.apply(
        some.map(({ raw: _, ...rest }, k) => ({ ...rest, position: engine.core.position + k + 1, conflictOf: null })),
      );
      engine.core.settleFold();
      engine.core.takeDirty();
    }
    collect();
    return Math.round((process.memoryUsage().heapUsed - before) / accounts);
  });

const besideAccounts = (accounts: number) =>
  Effect.gen(function* () {
    const engine = yield* benchEngine({ hotParties: 50_000, snapshotCells: 50_000 });
    yield* engine.recover;
    for (let i = 0; i < accounts; i += 100) {
      yield* give(
        engine,
        Array.from({ length: 100 }, (_, j) => [...opening(`s${i + j}`), ...month(`s${i + j}`, 0).slice(0, 2)]).flat(),
      );
    }
    yield* engine.snapshot;
    const step = accounts / 500;
    const active = Array.from({ length: 500 }, (_, i) => `s${Math.floor(i * step)}`);
    for (let round = 1; round <= 2; round++)
      yield* give(
        engine,
        active.flatMap((account) => month(account, round)),
      );
    const measured: number[] = [];
    for (let round = 3; round < 9; round++)
      measured.push(
        yield* cost(
          engine,
          active.flatMap((account) => month(account, round)),
        ),
      );
    return median(measured);
  });

const onDisk = async <A, E>(work: Effect.Effect<A, E, never>): Promise<A> =>
  Effect.runPromise(work as Effect.Effect<A, never>);

export const scale = async () => {
  const stored = async (accounts: number): Promise<number> => {
    const directory = mkdtempSync(join(tmpdir(), "tieout-bench-"));
    try {
      return await onDisk(Effect.scoped(Effect.provide(besideAccounts(accounts), embedded({ directory }))));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  };
  const one = (value: number) => Math.round(value * 10) / 10;
  say("scale: beside history");
  const history = await onDisk(Effect.scoped(Effect.provide(withHistory, memory)));
  const [short, long] = [median(history[10]), median(history[1000])];
  say("scale: heap of 10,000 and 100,000 accounts");
  const heapSmall = await onDisk(Effect.scoped(Effect.provide(heap(10_000), memory)));
  const heapLarge = await onDisk(Effect.scoped(Effect.provide(heap(100_000), memory)));
  say("scale: beside 1,000 and 100,000 accounts in the store");
  const few = await stored(1_000);
  const many = await stored(100_000);
  return {
    history: { microsAt10: one(short), microsAt1000: one(long), growth: Math.round((long / short) * 100) / 100 },
    accounts: { microsAt1000: one(few), microsAt100000: one(many), growth: Math.round((many / few) * 100) / 100 },
    heapBytesPerAccount: { at10000: heapSmall, at100000: heapLarge },
  };
};
