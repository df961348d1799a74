/** Redis comes back with less than it acknowledged: nothing is served, and the way back is said. */
import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { describe, it } from "vitest";
import { DueRecords, Journal, Outbox, Snapshots, type Store, type StoreError } from "../../../domain/ports/store.ts";
import { sampleEntry } from "../contract/samples.ts";
import type { Options } from "./layer.ts";
import {
  append,
  behind,
  fill,
  findings,
  freshPrefix,
  head,
  inStore,
  redisIsHere,
  refusal,
  scratch,
  server,
} from "./scratch.ts";
import { makeServer, type RedisServer } from "./testing/server.ts";

const isLost = ({ code, reason }: StoreError, ...says: ReadonlyArray<string>): void => {
  assert.equal(code, "corrupt", reason);
  for (const text of ["lost data", "restore Redis' append-only files", ...says])
    assert.ok(reason.includes(text), reason);
};

/** Every way in. */
const ways: Readonly<Record<string, Effect.Effect<unknown, StoreError, Store>>> = {
  append: append(sampleEntry({ id: "new" })),
  duplicate: append(sampleEntry({ id: "evt_0" })),
  read: Effect.flatMap(Journal, (journal) => journal.read(0, 10)),
  raw: Effect.flatMap(Journal, (journal) => journal.raw(1)),
  head,
  check: findings,
  through: Effect.flatMap(Snapshots, (snapshots) => snapshots.through),
  load: Effect.flatMap(Snapshots, (snapshots) => snapshots.load(["p"])),
  owners: Effect.flatMap(Snapshots, (snapshots) => snapshots.owners(["s"])),
  find: Effect.flatMap(Snapshots, (snapshots) => snapshots.find("", true, 10)),
  accounts: Effect.flatMap(Snapshots, (snapshots) =>
    snapshots.accounts({ after: null, stage: null, sync: null, limit: 10 }),
  ),
  parties: Effect.flatMap(Snapshots, (snapshots) => snapshots.parties(null, 10)),
  snapshot: Effect.flatMap(Snapshots, (snapshots) =>
    snapshots.save({ through: 1, cells: [{ party: "p", cell: "c", body: "1" }], owners: [], terms: [], accounts: [] }),
  ),
  clear: Effect.flatMap(Snapshots, (snapshots) => snapshots.clear),
  list: Effect.flatMap(Outbox, (outbox) => outbox.list({ states: ["pending"], after: null, limit: 10 })),
  commands: Effect.flatMap(Outbox, (outbox) => outbox.save([], 1)),
  due: Effect.flatMap(DueRecords, (due) => due.all),
  saveDue: Effect.flatMap(DueRecords, (due) => due.save([{ party: "p", at: 1 }])),
};

const allRefuse = Effect.forEach(Object.entries(ways), ([name, way]) =>
  Effect.map(Effect.either(way), (outcome) => {
    assert.equal(outcome._tag, "Left", `${name} was served`);
    if (outcome._tag === "Left") isLost(outcome.left);
  }),
);

const filesOf = (redis: RedisServer): string => join(redis.directory, "appendonlydir");

describe.skipIf(!redisIsHere)("loss", () => {
  const redis = server();
  const options = (more: Partial<Options> = {}): Options => ({
    url: redis().url,
    prefix: freshPrefix(),
    patienceMs: 300,
    ...more,
  });

  it("[RD3] emptied while it runs, it serves nothing, by any way in, and begins nothing anew", async () => {
    const given = options();
    await inStore(
      given,
      Effect.gen(function* () {
        yield* fill(2);
        yield* Effect.promise(() => behind(given.url, (send) => send("FLUSHALL")));
        yield* allRefuse;
      }),
    );
    assert.equal(await behind(given.url, (send) => send("DBSIZE")), 0);
  });

  it("[RD3] started anew without its files while we run, it serves nothing; given them back, it goes on", async () => {
    const lossy = await makeServer();
    try {
      const kept = scratch();
      await inStore(
        options({ url: lossy.url, patienceMs: 3000 }),
        Effect.gen(function* () {
          yield* fill(2);
          yield* Effect.promise(async () => {
            await lossy.kill();
            cpSync(filesOf(lossy), kept, { recursive: true });
            rmSync(filesOf(lossy), { recursive: true });
            await lossy.start();
          });
          yield* allRefuse;
          yield* Effect.promise(async () => {
            await lossy.kill();
            cpSync(kept, filesOf(lossy), { recursive: true, force: true });
            await lossy.start();
          });
          assert.equal(yield* head, 20);
          yield* fill(1, 2);
          assert.deepEqual(yield* findings, []);
        }),
      );
    } finally {
      await lossy.dispose();
    }
  });

  it("[RD3] the marker outlives the process: what came back empty or shorter is refused at the opening", async () => {
    const lossy = await makeServer();
    try {
      const given = options({ url: lossy.url, directory: scratch() });
      const older = scratch();
      await inStore(given, fill(2));
      await lossy.kill();
      cpSync(filesOf(lossy), older, { recursive: true });
      await lossy.start();
      await inStore(given, fill(2, 2));
      const marker = join(given.directory ?? "", "redis-journal.json");
      assert.equal((JSON.parse(readFileSync(marker, "utf8")) as { position: number }).position, 40);

      await lossy.kill();
      rmSync(filesOf(lossy), { recursive: true });
      await lossy.start();
      isLost(await refusal(given), "holds no journal", "40 positions", marker);
      assert.equal(await behind(given.url, (send) => send("DBSIZE")), 0);

      await lossy.kill();
      rmSync(filesOf(lossy), { recursive: true });
      cpSync(older, filesOf(lossy), { recursive: true });
      await lossy.start();
      isLost(await refusal(given), "ends at position 20", "40 positions");

      // Somebody without the marker fills it up again with something else.
      await inStore({ ...given, directory: scratch() }, fill(3, 7));
      isLost(await refusal(given), "what it holds at position 40 is not what was acknowledged");

      // The advice, followed: the operator takes what is there.
      rmSync(marker);
      assert.equal(await inStore(given, head), 50);
      assert.ok(existsSync(marker));
    } finally {
      await lossy.dispose();
    }
  });

  it("[RD3] a journal that lost its middle, its end, its raw bytes or its record is refused, open or not", async () => {
    for (const [send, says] of [
      [(prefix: string) => ["XDEL", `${prefix}journal`, "11-0"], "3 rows"],
      [(prefix: string) => ["XTRIM", `${prefix}journal`, "MAXLEN", "1"], "1 rows"],
      [(prefix: string) => ["XDEL", `${prefix}raws`, "31-0"], "3 of raw bytes"],
      [(prefix: string) => ["DEL", `${prefix}journal`], "0 rows"],
      [(prefix: string) => ["HSET", `${prefix}meta`, "rows", "3"], "4 rows"],
      [(prefix: string) => ["HSET", `${prefix}meta`, "head", "30"], "lost data"],
      [(prefix: string) => ["HSET", `${prefix}meta`, "hash", "x"], "position 40"],
    ] as const) {
      const given = options();
      const words = send(given.prefix ?? "");
      await inStore(
        given,
        Effect.gen(function* () {
          yield* fill(4);
          yield* Effect.promise(() => behind(given.url, (say) => say(...words)));
          isLost(yield* Effect.orDie(Effect.flip(append(sampleEntry({ id: "new" })))), says);
        }),
      );
      isLost(await refusal(given), ...(says === "lost data" ? [] : [says]));
    }
    const given = options();
    await inStore(given, fill(1));
    await behind(given.url, (say) => say("DEL", `${given.prefix}meta`));
    assert.ok((await refusal(given)).reason.includes("is gone, though"));
  });

  it("[RD3] without a marker and without a journal there is nothing to miss: one begins", async () => {
    const given = options({ directory: scratch() });
    assert.equal(await inStore(given, head), 0);
    await behind(given.url, (say) => say("DEL", `${given.prefix}meta`));
    assert.equal(await inStore(given, head), 0);
    await inStore(given, fill(1));
  });
});
