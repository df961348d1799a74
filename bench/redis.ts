/**
 * How fast the Redis store takes entries in, against a server of its own with `appendfsync always`:
 * `node --import tsx bench/redis.ts [--entries N]`. Prints one JSON object: by batch size, and for 32 callers at once.
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import * as Effect from "effect/Effect";
import { sampleEntry } from "../adapters/stores/contract/samples.ts";
import { layer, type Options } from "../adapters/stores/redis/layer.ts";
import { Link } from "../adapters/stores/redis/link.ts";
import { makeServer, redisIsHere } from "../adapters/stores/redis/testing/server.ts";
import { Journal, type NewEntry, Snapshots } from "../domain/ports/store.ts";

const { values } = parseArgs({ options: { entries: { type: "string", default: "32768" } } });
const entries = Number(values.entries);
if (!redisIsHere) {
  process.stderr.write("bench: there is no redis-server on the PATH\n");
  process.exit(2);
}

let serial = 0;
/** About 600 bytes of events as JSON and 1.5 KB of raw bytes. */
const nextBatch = (size: number): ReadonlyArray<NewEntry> =>
  Array.from({ length: size }, () => {
    serial++;
    return sampleEntry({ id: `evt_${serial}`, rawBytes: 1500, serial });
  });

const perSecond = (count: number, startMs: number): number =>
  Math.round((count * 1000) / (performance.now() - startMs));

const measure = (batch: number, count: number, callers: number) =>
  Effect.gen(function* () {
    const journal = yield* Journal;
    const batches = Array.from({ length: Math.ceil(count / batch) }, () => nextBatch(batch));
    let longestMs = 0;
    const cpu = process.cpuUsage();
    const start = performance.now();
    yield* Effect.forEach(
      batches,
      (next) =>
        Effect.gen(function* () {
          const began = performance.now();
          yield* journal.append(next);
          longestMs = Math.max(longestMs, performance.now() - began);
        }),
      { concurrency: callers, discard: true },
    );
    const entriesPerSecond = perSecond(batches.length * batch, start);
    const { user, system } = process.cpuUsage(cpu);
    return {
      batch,
      callers,
      entriesPerSecond,
      cpuMicrosPerEntry: Math.round((user + system) / (batches.length * batch)),
      longestMs: Math.round(longestMs * 10) / 10,
    };
  });

const readAll = Effect.gen(function* () {
  const journal = yield* Journal;
  const start = performance.now();
  let after = 0;
  for (;;) {
    const last = (yield* journal.read(after, 4096)).at(-1);
    if (last === undefined) break;
    after = last.position;
  }
  return perSecond(after, start);
});

/** What one script takes, and for how long the server does nothing else, by what it carries. Milliseconds. */
const inOneStep = (port: number) =>
  Effect.gen(function* () {
    const [journal, snapshots] = [yield* Journal, yield* Snapshots];
    const took = (work: Effect.Effect<unknown, unknown>) =>
      Effect.gen(function* () {
        const [start, before] = [performance.now(), scriptMicros(port)];
        yield* work;
        const ms = Math.round(performance.now() - start);
        return { ms, serverMs: Math.round((scriptMicros(port) - before) / 1000) };
      });
    const cells = Array.from({ length: 20_000 }, (_, i) => ({
      party: `stripe:cus_${i >> 3}`,
      cell: `c${i & 7}`,
      body: JSON.stringify("x".repeat(300)),
    }));
    return {
      append512: yield* took(journal.append(nextBatch(512))),
      append10000: yield* took(journal.append(nextBatch(10_000))),
      snapshot20000Cells: yield* took(snapshots.save({ through: 1, cells, owners: [], terms: [], accounts: [] })),
      clear2500Parties: yield* took(snapshots.clear),
    };
  });

/** The floor: the same bytes by XADD, each flushed. */
const floor = async (url: string, count: number): Promise<number> => {
  const link = await Link.open(url, 10_000);
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    const [entry] = nextBatch(1);
    await link.call(
      "XADD",
      "floor",
      "*",
      "events",
      JSON.stringify(entry?.events),
      "raw",
      Buffer.from(entry?.raw ?? []),
    );
  }
  link.cut();
  return perSecond(count, start);
};

const server = await makeServer();
try {
  const cases = [
    [1, entries / 16, 1],
    [1, entries / 4, 32],
    [32, entries, 1],
    [256, entries, 1],
  ] as const;
  const append = [];
  for (const [batch, count, callers] of cases) {
    const options: Options = { url: server.url, prefix: `bench${append.length}:` };
    const program = Effect.zipWith(measure(batch, count, callers), readAll, (result, readsPerSecond) => ({
      ...result,
      readsPerSecond,
    }));
    append.push(await Effect.runPromise(Effect.provide(program, layer(options))));
  }
  const floorPerSecond = await floor(server.url, entries / 16);
  const before = memoryOf(server.port);
  const inOne = await Effect.runPromise(
    Effect.provide(inOneStep(server.port), layer({ url: server.url, prefix: "bench:" })),
  );
  const bytesPerEntry = Math.round((memoryOf(server.port) - before) / 10_512);
  process.stdout.write(`${JSON.stringify({ append, floorPerSecond, inOne, bytesPerEntry })}\n`);
} finally {
  await server.dispose();
}

function memoryOf(port: number): number {
  return Number(/used_memory:(\d+)/.exec(infoOf(port, "memory"))?.[1]);
}

function scriptMicros(port: number): number {
  const calls = infoOf(port, "commandstats").matchAll(/cmdstat_eval(?:sha)?:calls=\d+,usec=(\d+)/g);
  return [...calls].reduce((sum, [, micros]) => sum + Number(micros), 0);
}

function infoOf(port: number, section: string): string {
  return execFileSync("redis-cli", ["-p", String(port), "INFO", section], { encoding: "utf8" });
}
