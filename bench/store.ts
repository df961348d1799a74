/**
 * How fast the embedded store takes entries in, one process, one thread:
 * `node --import tsx bench/store.ts [--entries N] [--fill N]`. Prints one JSON line per batch size.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as Effect from "effect/Effect";
import { sampleEntry } from "../adapters/stores/contract/samples.ts";
import { layer } from "../adapters/stores/embedded/layer.ts";
import { Journal, type NewEntry } from "../domain/ports/store.ts";

const { values } = parseArgs({
  options: { entries: { type: "string", default: "100000" }, fill: { type: "string", default: "0" } },
});
const entries = Number(values.entries);
const fill = Number(values.fill);

let serial = 0;
/** About 1.2 KB of events as JSON and 3 KB of raw bytes, as a Stripe invoice webhook makes. */
const nextBatch = (size: number): ReadonlyArray<NewEntry> =>
  Array.from({ length: size }, () => {
    serial++;
    return sampleEntry({ id: `evt_${serial}`, events: 2, rawBytes: 3000, serial });
  });

const measure = (batch: number, count: number) =>
  Effect.gen(function* () {
    const journal = yield* Journal;
    let appended = 0;
    let wallNs = 0n;
    let longestNs = 0n;
    let cpuMicros = 0;
    while (appended < count) {
      const next = nextBatch(batch);
      const cpu = process.cpuUsage();
      const start = process.hrtime.bigint();
      yield* journal.append(next);
      const took = process.hrtime.bigint() - start;
      wallNs += took;
      if (took > longestNs) longestNs = took;
      const used = process.cpuUsage(cpu);
      cpuMicros += used.user + used.system;
      appended += batch;
    }
    return {
      entriesPerSecond: Math.round((appended * 1e9) / Number(wallNs)),
      cpuMicrosPerEntry: Math.round((cpuMicros * 10) / appended) / 10,
      longestMs: Math.round(Number(longestNs) / 1e4) / 100,
    };
  });

/** The floor: the same bytes appended to a plain file, each batch flushed. */
const floor = (directory: string, batch: number, count: number): number => {
  const file = openSync(join(directory, "floor"), "a");
  let appended = 0;
  let wallNs = 0n;
  while (appended < count) {
    const bytes = nextBatch(batch).flatMap(({ events, raw }) => [
      Buffer.from(JSON.stringify(events)),
      raw ?? new Uint8Array(),
    ]);
    const start = process.hrtime.bigint();
    writeSync(file, Buffer.concat(bytes));
    fdatasyncSync(file);
    wallNs += process.hrtime.bigint() - start;
    appended += batch;
  }
  closeSync(file);
  return Math.round((appended * 1e9) / Number(wallNs));
};

const readAll = Effect.gen(function* () {
  const journal = yield* Journal;
  const start = process.hrtime.bigint();
  let after = 0;
  let count = 0;
  while (true) {
    const page = yield* journal.read(after, 1024);
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.position;
    count += page.length;
  }
  return Math.round((count * 1e9) / Number(process.hrtime.bigint() - start));
});

for (const batch of [1, 32, 256]) {
  const directory = mkdtempSync(join(tmpdir(), "tieout-bench-"));
  try {
    const program = Effect.gen(function* () {
      if (fill > 0) yield* measure(512, fill);
      const count = batch === 1 ? entries / 20 : entries;
      const result = yield* measure(batch, count);
      const readsPerSecond = yield* readAll;
      return {
        batch,
        ...result,
        floorPerSecond: floor(directory, batch, count),
        readsPerSecond,
        fileMiB: Math.round(statSync(join(directory, "tieout.db")).size / 2 ** 20),
      };
    });
    const result = await Effect.runPromise(Effect.provide(program, layer({ directory })));
    console.log(JSON.stringify(result));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
