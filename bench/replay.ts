/**
 * `replay`: the stored journal folded again from the first entry, from its canonical events and through the decoder from the raw
 * bytes; events a second of one core's time, on an embedded store.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { layer } from "../adapters/stores/embedded/layer.ts";
import { Journal } from "../domain/ports/store.ts";
import { Core } from "../server/engine/core.ts";
import { open } from "../server/engine/intake.ts";
import { benchEngine } from "./engine.ts";
import { median, say } from "./report.ts";
import { makeLoad } from "./workload.ts";

const page = 512;

const timed = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const cpu = process.cpuUsage();
    const began = performance.now();
    yield* work;
    const { user, system } = process.cpuUsage(cpu);
    return { wallMs: performance.now() - began, cpuMs: (user + system) / 1000 };
  });

export const replay = async () => {
  const directory = mkdtempSync(join(tmpdir(), "tieout-bench-"));
  const run = Effect.gen(function* () {
    const engine = yield* benchEngine();
    yield* engine.recover;
    const system = engine.systems.get("stripe")!;
    const { bodies } = makeLoad(1_000, 4);
    say(`replay: writing ${bodies.length} events`);
    for (let from = 0; from < bodies.length; from += page) {
      yield* engine.append(
        bodies.slice(from, from + page).map((body) => open(system, Buffer.from(body), Date.now()).entry),
      );
    }
    const journal = yield* Journal;
    const fresh = () => {
      const core = new Core(engine.surroundings);
      core.canRead = () => true;
      return core;
    };
    const fold = (again: boolean) =>
      Effect.gen(function* () {
        const core = fresh();
        for (;;) {
          const entries = yield* journal.read(core.position, page);
          if (entries.length === 0) break;
          if (!again) core.apply(entries);
          else {
            const decoded = [];
            for (const entry of entries) {
              const raw = yield* journal.raw(entry.position);
              decoded.push({
                ...entry,
                events: raw === null ? entry.events : open(system, raw, entry.at).entry.events,
              });
            }
            core.apply(decoded);
          }
        }
        core.settleFold();
      });
    /** A few times for the compiler, then the middle one of several: other programs run here too. */
    const measured = (again: boolean) =>
      Effect.gen(function* () {
        for (let i = 0; i < 3; i++) yield* fold(again);
        const all = [];
        for (let i = 0; i < 5; i++) all.push(yield* timed(fold(again)));
        return { wallMs: median(all.map(({ wallMs }) => wallMs)), cpuMs: median(all.map(({ cpuMs }) => cpuMs)) };
      });
    const stored = yield* measured(false);
    const decoded = yield* measured(true);
    const figures = ({ wallMs, cpuMs }: { wallMs: number; cpuMs: number }) => ({
      eventsPerSecond: Math.round((bodies.length / wallMs) * 1000),
      eventsPerCpuSecond: Math.round((bodies.length / cpuMs) * 1000),
    });
    return { events: bodies.length, stored: figures(stored), throughDecoder: figures(decoded) };
  });
  try {
    return await Effect.runPromise(Effect.scoped(Effect.provide(run, layer({ directory }))));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
