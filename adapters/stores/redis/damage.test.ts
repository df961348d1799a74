/** Damage is found, named and never made worse. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import { describe, it } from "vitest";
import { Journal } from "../../../domain/ports/store.ts";
import { sampleEntry } from "../contract/samples.ts";
import { seenKey } from "../embedded/keys.ts";
import { hexOf, Link, listOf, type Reply } from "./link.ts";
import { append, fill, findings, freshPrefix, inStore, redisIsHere, refusal, server } from "./scratch.ts";

describe.skipIf(!redisIsHere)("damage", () => {
  const redis = server();
  const work = async <A>(step: (link: Link) => Promise<A>): Promise<A> => {
    const link = await Link.open(redis().url, 5000);
    try {
      return await step(link);
    } finally {
      link.cut();
    }
  };
  /** A closed store of 50 entries at 1..50, ten to a row. */
  const filled = async () => {
    const options = { url: redis().url, prefix: freshPrefix() };
    await inStore(options, fill(5));
    assert.deepEqual(await inStore(options, findings), []);
    return options;
  };
  const places = async (options: Parameters<typeof inStore>[0]): Promise<string> =>
    (await inStore(options, findings)).map(({ where, what }) => `${where}: ${what}`).join("\n");
  /** Writes a stream anew with one field of one entry changed. */
  const rewrite = (key: string, id: string, field: string, change: (value: Buffer) => Buffer) =>
    work(async (link) => {
      const entries = listOf(await link.call("XRANGE", key, "-", "+"));
      await link.call("DEL", key);
      for (const entry of entries) {
        const [name, content] = listOf(entry) as [Buffer, ReadonlyArray<Reply>];
        const fields = content as ReadonlyArray<Buffer>;
        const changed = fields.map((value, i) =>
          String(name) === id && i % 2 === 1 && String(fields[i - 1]) === field ? change(value) : value,
        );
        await link.call("XADD", key, name, ...changed);
      }
    });
  const flip = (at: number) => (value: Buffer) => {
    const changed = Buffer.from(value);
    changed[at] = (changed[at] ?? 0) ^ 1;
    return changed;
  };

  it("[RD7] one changed bit of anything stored is found in its row, and in no other", async () => {
    for (const [stream, field, what] of [
      ["journal", "events", "the stored hash does not fit the stored content"],
      ["journal", "keys", "the stored hash does not fit the stored content"],
      ["journal", "hash", "the stored hash does not fit the stored content"],
      ["journal", "previous", "does not follow the row before it"],
      ["raws", "raw", "the stored hash does not fit the stored content"],
    ] as const) {
      const options = await filled();
      await rewrite(`${options.prefix}${stream}`, "21-0", field, flip(25));
      const found = await places(options);
      assert.ok(found.includes(`positions 21..30: ${what}`), `${field}: ${found}`);
      assert.ok(!/positions (1|11|41)\.\./.test(found), found);
    }
  });

  it("[RD7] a row or raw bytes that somebody took out or put in are named, when the counts were made to fit", async () => {
    for (const [command, field, rows, what] of [
      [["XDEL", "journal", "21-0"], "rows", "4", "positions 21..30: missing from the journal"],
      [["XDEL", "raws", "21-0"], "raws", "4", "positions 21..30: the stored hash does not fit"],
      [["XADD", "raws", "45-0", "count", "1", "raw", "x"], "raws", "6", "raw bytes: 1 rows belong to no row"],
    ] as const) {
      const options = await filled();
      await work(async (link) => {
        const [name, key, ...rest] = command;
        await link.call(name, `${options.prefix}${key}`, ...rest);
        await link.call("HSET", `${options.prefix}meta`, field, rows);
      });
      const found = await places(options);
      assert.ok(found.includes(what), `${command}: ${found}`);
    }
  });

  it("[RD7] reading over a hole fails and names it; what stands before it still reads", async () => {
    const options = await filled();
    await work((link) =>
      link.all([
        ["XDEL", `${options.prefix}journal`, "21-0"],
        ["HSET", `${options.prefix}meta`, "rows", "4"],
      ]),
    );
    const read = (after: number, limit: number) => Effect.flatMap(Journal, (journal) => journal.read(after, limit));
    for (const [after, limit] of [
      [0, 100],
      [20, 1],
      [25, 3],
    ] as const) {
      const { code, reason } = await refusal(options, read(after, limit));
      assert.equal(code, "corrupt");
      assert.ok(/lost positions? 2\d\.\.30/.test(reason) || reason.includes("lost position 2"), reason);
    }
    assert.equal((await inStore(options, read(0, 20))).length, 20);
    assert.equal((await inStore(options, read(30, 20))).length, 20);
  });

  it("[RD7] entries that are no JSON fail as corrupt and are named", async () => {
    const options = await filled();
    await rewrite(`${options.prefix}journal`, "21-0", "events", () => Buffer.from("[{"));
    const error = await refusal(
      options,
      Effect.flatMap(Journal, (journal) => journal.read(20, 10)),
    );
    assert.equal(error.code, "corrupt");
    assert.ok(error.reason.includes("positions 21..30"), error.reason);
  });

  it("[RD7] a key that the index of duplicates lost, or never should have had, is found", async () => {
    const entry = sampleEntry({ id: "evt_16" });
    const { id } = seenKey("stripe", entry.dedup as NonNullable<typeof entry.dedup>);
    const bytes = Buffer.from(id, "latin1");
    const bucket = `seen:${hexOf(bytes.subarray(0, 2))}`;
    for (const [command, field, what] of [
      ["HDEL", [bytes.subarray(2)], "position 17: missing from the index of duplicates"],
      ["HSET", [Buffer.alloc(14, 7), Buffer.alloc(24)], "index of duplicates: holds 51 keys, the journal has 50"],
    ] as const) {
      const options = await filled();
      await work((link) => link.call(command, `${options.prefix}${bucket}`, ...field));
      const found = await places(options);
      assert.ok(found.includes(what), found);
    }
  });

  it("[RD7] check while appends go on finds nothing", async () => {
    const options = { url: redis().url, prefix: freshPrefix() };
    await inStore(
      options,
      Effect.gen(function* () {
        yield* fill(40);
        const more = Effect.forEach(
          Array.from({ length: 40 }, (_, i) => i),
          (i) => append(sampleEntry({ id: `more_${i}` })),
        );
        const [first, second] = yield* Effect.all([findings, findings, more], { concurrency: 3 });
        assert.deepEqual([...first, ...second], []);
      }),
    );
  });
});
