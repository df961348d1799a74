/** Answers that never come, servers that die, other writers: what was acknowledged is there, once. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import { describe, it } from "vitest";
import { Journal, Outbox, type StoreError } from "../../../domain/ports/store.ts";
import { sampleEntry } from "../contract/samples.ts";
import { layer } from "./layer.ts";
import {
  append,
  behind,
  everything,
  fill,
  findings,
  freshPrefix,
  head,
  inStore,
  own,
  redisIsHere,
  scratch,
  server,
} from "./scratch.ts";
import { type FaultyProxy, makeProxy } from "./testing/proxy.ts";
import { makeServer } from "./testing/server.ts";

const list = Effect.flatMap(Outbox, (outbox) =>
  Effect.map(outbox.list({ states: ["pending", "acked"], after: null, limit: 9 }), (rows) =>
    rows.map(({ state }) => state),
  ),
);
const saveCommand = (state: "pending" | "acked") =>
  Effect.flatMap(Outbox, (outbox) => outbox.save([{ key: "k", party: "p", target: "t", state, body: "" }], 1));

const at = (ms: number, work: () => void) => Effect.sync(() => void setTimeout(work, ms));

describe.skipIf(!redisIsHere)("faults", () => {
  const redis = server();
  const throughProxy = async (work: (proxy: FaultyProxy) => Promise<void>): Promise<void> => {
    const proxy = await makeProxy(redis().port);
    try {
      await work(proxy);
    } finally {
      await proxy.close();
    }
  };

  it("[RD5] an append whose answer or request was lost is written once, with or without keys", async () => {
    await throughProxy((proxy) =>
      inStore(
        { url: proxy.url, prefix: freshPrefix() },
        Effect.gen(function* () {
          yield* append(own(0));
          for (const [i, cut] of [proxy.cutAnswer, proxy.cutRequest, proxy.cutAnswer].entries()) {
            cut();
            const answers = yield* append(own(1), own(1), sampleEntry({ id: `evt_${i}` }));
            const first = 2 + i * 3;
            assert.deepEqual(
              answers.map(({ _tag, position }) => [_tag, position]),
              [first, first + 1, first + 2].map((position) => ["Accepted", position]),
            );
          }
          assert.equal(yield* head, 10);
          assert.deepEqual(yield* findings, []);
        }),
      ),
    );
  });

  it("[RD5] an append that was given up on and stands answers its place when it comes again, and nothing is doubled", async () => {
    const prefix = freshPrefix();
    await throughProxy((proxy) =>
      inStore(
        { url: proxy.url, prefix, patienceMs: 0 },
        Effect.gen(function* () {
          yield* fill(1);
          const batch = [own(1), sampleEntry({ id: "evt_new" }), own(1), own(2)];
          proxy.cutAnswer();
          const failed: StoreError = yield* Effect.orDie(Effect.flip(append(...batch)));
          assert.equal(failed.code, "io");
          const again = yield* append(...batch);
          assert.deepEqual(
            again.map(({ _tag, position }) => [_tag, position]),
            [
              ["Accepted", 11],
              ["Duplicate", 12],
              ["Accepted", 13],
              ["Accepted", 14],
            ],
          );
          assert.equal(yield* head, 14);
          // What comes a second time is meant.
          assert.equal((yield* append(own(1)))[0]?.position, 15);

          proxy.cutRequest();
          assert.equal((yield* Effect.orDie(Effect.flip(append(own(9))))).code, "io");
          assert.equal((yield* append(own(9)))[0]?.position, 16);
          assert.equal(yield* head, 16);
          assert.deepEqual(yield* findings, []);
        }),
      ),
    );
  });

  it("[RD5] what a connection that was given up on still holds is not done after its repetition", async () => {
    await throughProxy((proxy) =>
      inStore(
        { url: proxy.url, prefix: freshPrefix(), answerMs: 100 },
        Effect.gen(function* () {
          yield* saveCommand("pending");
          for (const save of [saveCommand("pending"), append(own(1))]) {
            proxy.hold();
            yield* save;
            yield* saveCommand("acked");
            proxy.release();
            yield* Effect.sleep(30);
            assert.deepEqual(yield* list, ["acked"]);
          }
          assert.equal(yield* head, 1);
        }),
      ),
    );
  });

  it("[RD5] connections that are killed over and over lose and double nothing", async () => {
    const prefix = freshPrefix();
    const directory = scratch();
    let killing = true;
    let kills = 0;
    const kill = () =>
      behind(redis().url, async (send) => {
        for (; killing; kills++) {
          await send("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
          await new Promise((resolve) => setTimeout(resolve, 20 + (kills % 7) * 3));
        }
      });
    await inStore(
      { url: redis().url, prefix, directory },
      Effect.gen(function* () {
        const killer = kill();
        try {
          for (let i = 0; i < 40; i++) {
            const [first] = yield* append(own(i), sampleEntry({ id: `evt_${i}` }));
            assert.equal(first?.position, 1 + i * 2);
            yield* Effect.sleep(i % 5);
          }
        } finally {
          killing = false;
          yield* Effect.promise(() => killer);
        }
      }),
    );
    assert.ok(kills > 5, `${kills}`);
    const entries = await inStore({ url: redis().url, prefix, directory }, everything);
    assert.deepEqual(
      entries.map(({ dedup, note }) => dedup?.id ?? (note as { n: number }).n),
      Array.from({ length: 40 }, (_, i) => [i, `evt_${i}`]).flat(),
    );
    assert.deepEqual(await inStore({ url: redis().url, prefix, directory }, findings), []);
  });

  it("[RD4] two stores that append at once leave one journal: no gap, nothing lost or doubled, chain whole", async () => {
    const prefix = freshPrefix();
    const writer = (name: string) =>
      inStore(
        { url: redis().url, prefix, directory: scratch() },
        Effect.gen(function* () {
          const given: Array<number> = [];
          let duplicates = 0;
          for (let i = 0; i < 40; i++) {
            const batch = Array.from({ length: 1 + (i % 5) }, (_, j) => sampleEntry({ id: `${name}_${i}_${j}` }));
            // Both want these; one gets them.
            const answers = yield* append(...batch, sampleEntry({ id: `both_${i}` }), own(i));
            for (const { _tag, position } of answers) {
              if (_tag === "Accepted") given.push(position);
              else duplicates++;
            }
          }
          return { given, duplicates };
        }),
      );
    const all = await Promise.all([writer("a"), writer("b"), writer("c")]);
    const positions = all.flatMap(({ given }) => given).sort((a, b) => a - b);
    assert.deepEqual(
      positions,
      Array.from({ length: 3 * (120 + 40) + 40 }, (_, i) => i + 1),
    );
    assert.equal(
      all.reduce((sum, { duplicates }) => sum + duplicates, 0),
      80,
    );
    const entries = await inStore({ url: redis().url, prefix }, everything);
    assert.deepEqual(
      entries.map(({ position }) => position),
      positions,
    );
    assert.equal(new Set(entries.flatMap(({ dedup }) => dedup?.id ?? [])).size, 3 * 120 + 40);
    assert.deepEqual(await inStore({ url: redis().url, prefix }, findings), []);
  });

  it("[RD6] after SIGKILL of the server every acknowledged entry is there, once, and the chain is whole", async () => {
    const mortal = await makeServer();
    try {
      const options = { url: mortal.url, directory: scratch() };
      const { acknowledged, died } = await inStore(
        options,
        Effect.gen(function* () {
          let acknowledged = 0;
          let died = 0;
          for (let serial = 0; serial < 90; serial++) {
            if (serial % 30 === 20) {
              died++;
              yield* at(serial % 4, () => mortal.kill().then(mortal.start));
            }
            const batch = [own(serial), sampleEntry({ id: `evt_${serial}`, events: 2, rawBytes: 2000, serial })];
            const answers = yield* append(...batch);
            assert.deepEqual(
              answers.map(({ position }) => position),
              [acknowledged + 1, acknowledged + 2],
            );
            acknowledged += 2;
          }
          return { acknowledged, died };
        }),
      );
      assert.equal(died, 3);
      await mortal.kill();
      await mortal.start();
      const entries = await inStore(options, everything);
      assert.equal(entries.length, acknowledged);
      entries.forEach((entry, i) => {
        assert.equal(entry.position, i + 1);
        assert.deepEqual(entry.dedup?.id ?? entry.note, i % 2 === 0 ? { n: i / 2 } : `evt_${(i - 1) / 2}`);
      });
      assert.deepEqual(await inStore(options, findings), []);
      assert.deepEqual(await inStore(options, append(sampleEntry({ id: "evt_0" }))), [
        { _tag: "Duplicate", position: 2 },
      ]);
    } finally {
      await mortal.dispose();
    }
  });

  it("[RD6] a server that stays away is said to be away once patience is over, and taken up again when it is back", async () => {
    const away = await makeServer();
    try {
      await inStore(
        { url: away.url, patienceMs: 150, answerMs: 200 },
        Effect.gen(function* () {
          yield* fill(1);
          yield* Effect.promise(() => away.kill());
          for (const way of [Effect.asVoid(append(own(1))), Effect.asVoid(head)]) {
            const { code, reason } = yield* Effect.orDie(Effect.flip(way));
            assert.equal(code, "io");
            assert.ok(reason.includes("cannot be reached"), reason);
          }
          yield* Effect.promise(() => away.start());
          yield* append(own(1));
          assert.equal(yield* head, 11);
          away.freeze();
          assert.equal((yield* Effect.orDie(Effect.flip(append(own(2))))).code, "io");
          away.thaw();
          yield* append(own(2));
          assert.equal(yield* head, 12);
          assert.deepEqual(yield* findings, []);
        }),
      );
    } finally {
      await away.dispose();
    }
  });

  it("[RD9] appends that come at once go together, each with rows and answers of its own", async () => {
    const prefix = freshPrefix();
    const batches = Array.from({ length: 50 }, (_, i) => [own(i), sampleEntry({ id: `evt_${i % 40}` })]);
    const before = await behind(redis().url, async (send) => String(await send("INFO", "commandstats")));
    const answers = await inStore(
      { url: redis().url, prefix },
      Effect.flatMap(Journal, (journal) => Effect.all(batches.map(journal.append), { concurrency: "unbounded" })),
    );
    const after = await behind(redis().url, async (send) => String(await send("INFO", "commandstats")));
    const runs = (stats: string): number => Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
    assert.ok(runs(after) - runs(before) <= 4, `${runs(after) - runs(before)} scripts`);
    let position = 0;
    answers.forEach(([mine, keyed], i) => {
      assert.deepEqual(mine, { _tag: "Accepted", position: ++position, conflictOf: null });
      if (i < 40) assert.deepEqual(keyed, { _tag: "Accepted", position: ++position, conflictOf: null });
      else assert.deepEqual(keyed, { _tag: "Duplicate", position: 2 * (i - 40) + 2 });
    });
    assert.equal(await behind(redis().url, (send) => send("XLEN", `${prefix}journal`)), 50);
    assert.deepEqual(await inStore({ url: redis().url, prefix }, findings), []);
  });

  it("[RD9] a call that brings out a bug fails alone, and one too large is refused whole", async () => {
    const exit = await inStore(
      { url: redis().url, prefix: freshPrefix() },
      Effect.gen(function* () {
        const journal = yield* Journal;
        const bad = { ...own(1), note: 1n as never };
        const outcomes = yield* Effect.all(
          [journal.append([own(1)]), journal.append([bad]), journal.append([own(2)])].map(Effect.exit),
          { concurrency: "unbounded" },
        );
        const raw = new Uint8Array(64 * 1024 * 1024).map((_, i) => (Math.imul(i + 1, 2_654_435_761) >>> 13) & 0xff);
        const large = yield* Effect.flip(append(...Array.from({ length: 5 }, () => ({ ...own(3), raw }))));
        assert.equal(large.code, "full");
        assert.ok(large.reason.includes("in parts"), large.reason);
        assert.equal(yield* head, 2);
        return outcomes;
      }).pipe(Effect.orDie),
    );
    assert.deepEqual(
      exit.map(({ _tag }) => _tag),
      ["Success", "Failure", "Success"],
    );
  });

  it("[RD9] an append of 6,000 entries is one step, and reads back in any pieces", async () => {
    await inStore(
      { url: redis().url, prefix: freshPrefix() },
      Effect.gen(function* () {
        const many = Array.from({ length: 6000 }, (_, i) => sampleEntry({ id: `evt_${i}`, serial: i, rawBytes: 8 }));
        const answers = yield* append(...many);
        assert.equal(answers.at(-1)?.position, 6000);
        const journal = yield* Journal;
        let after = 0;
        for (const size of [1, 511, 2, 3000, 100_000]) {
          const page = yield* journal.read(after, size);
          assert.equal(page.length, Math.min(size, 6000 - after));
          assert.equal(page[0]?.dedup?.id, `evt_${after}`);
          after += page.length;
        }
        assert.equal((yield* append(...many.slice(5990)))[9]?._tag, "Duplicate");
      }),
    );
  });
});

describe.skipIf(!redisIsHere)("memory", () => {
  it("[RD9] a full server refuses the append whole; reading goes on, and so does writing once there is room", async () => {
    const small = await makeServer(["--appendonly", "yes", "--appendfsync", "always", "--maxmemory", "6mb"]);
    try {
      await Effect.runPromise(
        Effect.gen(function* () {
          let accepted = 0;
          for (;;) {
            const batch = Array.from({ length: 50 }, (_, i) => sampleEntry({ id: `evt_${accepted + i}`, events: 3 }));
            const answer = yield* Effect.either(append(...batch));
            if (answer._tag === "Left") {
              assert.equal(answer.left.code, "full", answer.left.reason);
              break;
            }
            accepted += answer.right.length;
          }
          assert.ok(accepted > 0);
          assert.equal(yield* head, accepted);
          assert.equal((yield* everything).length, accepted);
          yield* Effect.promise(() => behind(small.url, (send) => send("CONFIG", "SET", "maxmemory", "0")));
          assert.equal((yield* append(sampleEntry({ id: `evt_${accepted}` })))[0]?.position, accepted + 1);
          assert.deepEqual(yield* findings, []);
        }).pipe(Effect.provide(layer({ url: small.url, directory: scratch() }))),
      );
    } finally {
      await small.dispose();
    }
  });
});
