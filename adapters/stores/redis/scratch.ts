/** For the tests of the Redis store: a server of one's own, and short words for what is done in it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll } from "vitest";
import {
  type Appended,
  type Entry,
  type Finding,
  Journal,
  type NewEntry,
  type Store,
  type StoreError,
} from "../../../domain/ports/store.ts";
import { sampleEntry } from "../contract/samples.ts";
import { layer, type Options } from "./layer.ts";
import { makeServer, type RedisServer } from "./testing/server.ts";

export { redisIsHere } from "./testing/server.ts";

/** One server for all tests of a file. */
export const server = (): (() => RedisServer) => {
  let running: RedisServer | null = null;
  beforeAll(async () => {
    running = await makeServer();
  });
  afterAll(async () => {
    await running?.dispose();
  });
  return () => {
    if (running === null) throw new Error("the server is started before the first test");
    return running;
  };
};

const made: Array<string> = [];
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** Removed after the test. */
export const scratch = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "tieout-store-"));
  made.push(directory);
  return directory;
};

let serial = 0;
/** A store of its own on a server that others use too. */
export const freshPrefix = (): string => `t${serial++}:`;

/** Opens the store, does this, closes it. */
export const inStore = <A>(options: Options, step: Effect.Effect<A, StoreError, Store>): Promise<A> =>
  Effect.runPromise(Effect.provide(step, layer(options)));

/** The error with which this fails; fails itself when it does not. */
export const refusal = (
  options: Options,
  step: Effect.Effect<unknown, StoreError, Store> = Effect.succeed(null),
): Promise<StoreError> => Effect.runPromise(Effect.flip(Effect.provide(step, layer(options))));

export const append = (
  ...entries: ReadonlyArray<NewEntry>
): Effect.Effect<ReadonlyArray<Appended>, StoreError, Journal> =>
  Effect.flatMap(Journal, (journal) => journal.append(entries));

export const findings: Effect.Effect<ReadonlyArray<Finding>, StoreError, Journal> = Effect.flatMap(
  Journal,
  (journal) => journal.check,
);

export const head: Effect.Effect<number, StoreError, Journal> = Effect.flatMap(Journal, (journal) => journal.head);

export const everything: Effect.Effect<ReadonlyArray<Entry>, StoreError, Journal> = Effect.flatMap(Journal, (journal) =>
  journal.read(0, 1_000_000),
);

/** In these many batches of 10. */
export const fill = (batches: number, from = 0): Effect.Effect<void, StoreError, Journal> =>
  Effect.forEach(
    Array.from({ length: batches }, (_, i) => from + i),
    (i) =>
      append(...Array.from({ length: 10 }, (_, j) => sampleEntry({ id: `evt_${i * 10 + j}`, serial: i * 10 + j }))),
    { discard: true },
  );

/** An entry of our own kind, without a key. */
export const own = (n: number): NewEntry => ({
  kind: "decision",
  connection: "",
  at: 1_700_000_000_000,
  partition: 0,
  dedup: null,
  events: [],
  note: { n },
  raw: null,
});

/** Behind the store's back. */
export const behind = async <A>(
  url: string,
  work: (send: (...args: Array<string>) => Promise<unknown>) => Promise<A>,
) => {
  const client = createClient({ url });
  client.on("error", () => {});
  await client.connect();
  try {
    return await work((...args) => client.sendCommand(args));
  } finally {
    await client.disconnect();
  }
};
