/** Whatever is done to both stores, Redis answers as the embedded one does, down to the hash chain. */
import assert from "node:assert/strict";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import * as ManagedRuntime from "effect/ManagedRuntime";
import * as fc from "fast-check";
import { describe, it } from "vitest";
import {
  type CommandState,
  DueRecords,
  Journal,
  Outbox,
  type SnapshotBatch,
  Snapshots,
  type Store,
  type StoreError,
} from "../../../domain/ports/store.ts";
import { sampleEntry } from "../contract/samples.ts";
import { layer as embedded } from "../embedded/layer.ts";
import { Sqlite } from "../embedded/sqlite.ts";
import { toStored } from "../embedded/text.ts";
import { byCodePoint } from "../order.ts";
import { layer } from "./layer.ts";
import { Link, listOf } from "./link.ts";
import { below, member, partsOf } from "./names.ts";
import { rowsIn } from "./rows.ts";
import { freshPrefix, own, redisIsHere, scratch, server } from "./scratch.ts";

const numbers = (seed: number) => {
  let state = seed;
  return (under: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) % under;
  };
};

const words = [
  "",
  "a",
  "A",
  "ab",
  "a\0",
  "a\x01",
  "é",
  "漢",
  "\ud800",
  "\ue000x",
  "\uffff",
  "😀",
  "100%",
  "in_1",
  "in_17",
];
const states: ReadonlyArray<CommandState> = ["pending", "sending", "acked", "held", "unknown"];

type Step = Effect.Effect<unknown, StoreError, Store>;

/** One act or question, drawn. */
const draw = (next: (under: number) => number): Step => {
  const word = () => words[next(words.length)] ?? "";
  const party = () => `p${next(4)}:${word()}`;
  const some = <A>(most: number, one: () => A): ReadonlyArray<A> => Array.from({ length: next(most + 1) }, one);
  const through = next(6);
  const steps: ReadonlyArray<() => Step> = [
    () => {
      const batch = some(14, () => {
        const entry = sampleEntry({ id: `${word()}${next(30)}`, hash: `h${next(9) === 0 ? 1 : 0}`, serial: next(99) });
        return next(6) === 0 ? own(next(3)) : { ...entry, raw: next(3) === 0 ? null : entry.raw };
      });
      return Effect.flatMap(Journal, (journal) => journal.append(batch));
    },
    () => Effect.flatMap(Journal, (journal) => journal.read(next(80), next(40))),
    () => Effect.flatMap(Journal, (journal) => journal.raw(next(80))),
    () => Effect.flatMap(Journal, (journal) => journal.head),
    () => {
      const batch: SnapshotBatch = {
        through,
        cells: some(12, () => ({ party: party(), cell: word(), body: next(3) === 0 ? null : `"${word()}"` })),
        owners: some(4, () => ({ subject: word(), party: party() })),
        terms: some(6, () => ({ term: word() + word(), party: party() })),
        accounts: some(6, () => ({
          id: word() + word(),
          stage: words[next(5)] ?? "",
          sync: words[next(5)] ?? "",
          body: next(4) === 0 ? null : word(),
        })),
      };
      return Effect.flatMap(Snapshots, (snapshots) => snapshots.save(batch));
    },
    () => {
      const asked = some(5, party);
      return Effect.flatMap(Snapshots, (snapshots) => Effect.map(snapshots.load(asked), sorted));
    },
    () => {
      const asked = some(5, word);
      return Effect.flatMap(Snapshots, (snapshots) => Effect.map(snapshots.owners(asked), sorted));
    },
    () => Effect.flatMap(Snapshots, (snapshots) => snapshots.find(word(), next(3) > 0, next(9))),
    () => {
      const [after, stage, sync] = [word(), words[next(5)] ?? "", words[next(5)] ?? ""];
      return Effect.flatMap(Snapshots, (snapshots) =>
        snapshots.accounts({
          after: next(2) === 0 ? null : after,
          stage: next(2) === 0 ? null : stage,
          sync: next(2) === 0 ? null : sync,
          limit: next(12),
        }),
      );
    },
    () => Effect.flatMap(Snapshots, (snapshots) => snapshots.parties(next(2) === 0 ? null : party(), next(12))),
    () => Effect.flatMap(Snapshots, (snapshots) => snapshots.through),
    () => {
      const rows = some(8, () => ({
        key: word() + word(),
        party: party(),
        target: word(),
        state: states[next(states.length)] ?? "held",
        body: word(),
      }));
      return Effect.flatMap(Outbox, (outbox) => outbox.save(rows, through));
    },
    () => {
      const query = { states: some(3, () => states[next(states.length)] ?? "held"), after: word(), limit: next(12) };
      return Effect.flatMap(Outbox, (outbox) => outbox.list({ ...query, after: next(2) === 0 ? null : query.after }));
    },
    () => {
      const records = some(5, () => ({ party: party(), at: next(3) === 0 ? null : next(1_000_000) }));
      return Effect.flatMap(DueRecords, (due) => due.save(records));
    },
    () => Effect.flatMap(DueRecords, (due) => due.all),
    () => {
      const which = next(40);
      if (which === 0) return Effect.flatMap(Snapshots, (snapshots) => snapshots.clear);
      if (which === 1) return Effect.flatMap(Outbox, (outbox) => outbox.clear);
      if (which === 2) return Effect.flatMap(DueRecords, (due) => due.clear);
      return Effect.flatMap(Journal, (journal) => journal.check);
    },
  ];
  return (steps[next(steps.length)] ?? steps[0])?.() as Step;
};

/** The port promises no order here. */
const sorted = (rows: ReadonlyArray<unknown>): ReadonlyArray<unknown> => rows.map((row) => JSON.stringify(row)).sort();

describe.skipIf(!redisIsHere)("beside the embedded store", () => {
  const redis = server();

  it("[RD1] the same acts get the same answers, and the journals have the same rows, keys and hashes", async () => {
    let asked = 0;
    for (const seed of [1, 2, 3]) {
      const directory = scratch();
      const prefix = freshPrefix();
      const one = ManagedRuntime.make(embedded({ directory }));
      const other = ManagedRuntime.make(layer({ url: redis().url, prefix, directory }));
      for (let round = 0; round < 250; round++) {
        const at = seed * 100_003 + round * 7919;
        const expected = await one.runPromise(draw(numbers(at)));
        const actual = await other.runPromise(draw(numbers(at)));
        assert.deepEqual(actual, expected, `seed ${seed}, round ${round}`);
        if (expected !== undefined && JSON.stringify(expected) !== "[]") asked++;
      }
      await one.dispose();
      await other.dispose();

      const file = new Sqlite(join(directory, "tieout.db"));
      const rows = file.rows(
        "SELECT first, count, previous, hash, keys, CAST(events AS BLOB) FROM batches ORDER BY first",
      );
      file.close();
      const link = await Link.open(redis().url, 5000);
      const stream = rowsIn(await link.call("XRANGE", `${prefix}journal`, "-", "+"));
      link.cut();
      assert.ok(rows.length > 5);
      assert.deepEqual(
        stream.map(({ first, count, previous, hash, keys, events }) => [first, count, previous, hash, keys, events]),
        rows,
      );
    }
    assert.ok(asked > 300, `${asked} answers said something`);
  });

  it("[RD1] Redis keeps members of an index in the order of their parts", async () => {
    const link = await Link.open(redis().url, 5000);
    const text = fc
      .array(fc.constantFrom(..."ab\0\x01\ud800\ue000\uffff", "😀", "é"), { maxLength: 3 })
      .map((all) => all.join(""));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(text, text), { minLength: 2, maxLength: 12, selector: String }),
        text,
        async (pairs, after) => {
          await link.all([
            ["DEL", "order"],
            ["ZADD", "order", ...pairs.flatMap((pair) => ["0", member(...pair)])],
          ]);
          const ordered = [...pairs].sort(([a, b], [c, d]) => byCodePoint(a, c) || byCodePoint(b, d));
          const all = listOf(await link.call("ZRANGE", "order", "-", "+", "BYLEX")).map(String);
          assert.deepEqual(
            all,
            ordered.map((pair) => member(...pair)),
          );
          const first = pairs[0]?.[0] ?? "";
          const part = listOf(await link.call("ZRANGE", "order", ...below([first], after), "BYLEX")).map(String);
          assert.deepEqual(
            part.map((one) => partsOf(one)[1]),
            ordered.filter(([a, b]) => a === first && byCodePoint(b, after) > 0).map(([, b]) => toStored(b)),
          );
        },
      ),
      { numRuns: 150, seed: 7 },
    );
    link.cut();
  });
});
