/**
 * `scale`: heap per account, and the CPU of an event beside more history and beside more accounts. Ratios within one run; the
 * aim is that neither cost grows by more than 1.3 times.
 */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as Effect from "effect/Effect";
import { layer as memory } from "../adapters/stores/memory.ts";
import { bundle } from "./bundle.ts";
import { next } from "./child.ts";
import { benchEngine, cost, give, month, opening } from "./engine.ts";
import { median, say } from "./report.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

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

const rounds = 12;
/** Both at once, a round of one and a round of the other: a slow minute of the machine is one for both. */
const besideAccounts = async (few: number, many: number): Promise<readonly [number, number]> => {
  const scripts = await bundle(["beside"]);
  const started = [few, many].map((accounts) => {
    const directory = mkdtempSync(join(tmpdir(), "tieout-bench-"));
    const child = fork(join(scripts, "beside.mjs"), [directory, String(accounts)], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      execArgv: ["--max-old-space-size=8000", "--max-semi-space-size=64"],
    });
    return { directory, child, measured: [] as number[] };
  });
  try {
    await Promise.all(started.map(({ child }) => next(child, "ready")));
    for (let round = 0; round < rounds; round++) {
      for (const { child, measured } of started) {
        const told = next<{ readonly micros: number }>(child, "cost");
        child.send({ type: "round" });
        measured.push((await told).micros);
      }
    }
    const [first, second] = started.map(({ measured }) => median(measured));
    return [first!, second!];
  } finally {
    for (const { child, directory } of started) {
      child.kill("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
    }
  }
};

const onDisk = async <A, E>(work: Effect.Effect<A, E, never>): Promise<A> =>
  Effect.runPromise(work as Effect.Effect<A, never>);

export const scale = async () => {
  const one = (value: number) => Math.round(value * 10) / 10;
  say("scale: beside history");
  const history = await onDisk(Effect.scoped(Effect.provide(withHistory, memory)));
  const [short, long] = [median(history[10]), median(history[1000])];
  say("scale: heap of 10,000 and 100,000 accounts");
  const heapSmall = await onDisk(Effect.scoped(Effect.provide(heap(10_000), memory)));
  const heapLarge = await onDisk(Effect.scoped(Effect.provide(heap(100_000), memory)));
  say("scale: beside 1,000 and 100,000 accounts in the store");
  const [few, many] = await besideAccounts(1_000, 100_000);
  return {
    history: { microsAt10: one(short), microsAt1000: one(long), growth: Math.round((long / short) * 100) / 100 },
    accounts: { microsAt1000: one(few), microsAt100000: one(many), growth: Math.round((many / few) * 100) / 100 },
    heapBytesPerAccount: { at10000: heapSmall, at100000: heapLarge },
  };
};
