/** The index of duplicates against a plain map, over many turns, restarts and failed appends. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import { describe, it } from "vitest";
import type { Appended, NewEntry } from "../../../domain/ports/store.ts";
import { sampleEntry } from "../contract/samples.ts";
import { makeMemory } from "../memory.ts";
import { openFile } from "./file.ts";
import { makeJournal } from "./journal.ts";
import { databaseOf, scratch } from "./scratch.ts";

const numbers = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) % below;
  };
};

describe("the index of duplicates", () => {
  it("[ES7] answers as the memory store does, over many turns and restarts", { timeout: 60_000 }, async () => {
    for (const seed of [1, 2, 3]) {
      const next = numbers(seed);
      const path = databaseOf(scratch());
      const turn = [20, 100, 200][seed - 1] ?? 20;
      const memory = makeMemory().journal;
      let file = openFile(path, null);
      let journal = makeJournal(file, turn);
      const duplicates: Array<Appended> = [];
      for (let round = 0; round < 150; round++) {
        const batch: ReadonlyArray<NewEntry> = Array.from({ length: next(12) }, () => {
          const entry = sampleEntry({ id: `evt_${next(900)}`, hash: `h${next(12) === 0 ? 1 : 0}`, rawBytes: 0 });
          return next(8) === 0 ? { ...entry, dedup: null } : entry;
        });
        const answers = await Effect.runPromise(journal.append(batch));
        assert.deepEqual(answers, await Effect.runPromise(memory.append(batch)));
        duplicates.push(...answers.filter(({ _tag }) => _tag === "Duplicate"));
        if (next(10) === 0) {
          file.close();
          file = openFile(path, null);
          journal = makeJournal(file, turn);
        }
      }
      assert.deepEqual(await Effect.runPromise(journal.check), []);
      assert.ok(duplicates.length > 50);
      // The table did take part: several turns were made.
      const moved = Number(file.rows("SELECT position FROM marks WHERE name = 'seen'")[0]?.[0] ?? 0);
      assert.ok(moved > 0, `turn ${turn}: ${moved}`);
      file.close();
    }
  });

  it("[ES7] an append that failed changes no answer", async () => {
    const file = openFile(databaseOf(scratch()), null);
    const journal = makeJournal(file, 8);
    const one = (id: string) => Effect.runPromise(journal.append([sampleEntry({ id })]));
    for (let i = 0; i < 20; i++) await one(`evt_${i}`);
    file.exec("CREATE TRIGGER refuse BEFORE INSERT ON raws BEGIN SELECT raise(ABORT, 'no'); END");
    for (const id of ["a", "b", "c"]) {
      const failed = await Effect.runPromise(Effect.flip(journal.append([sampleEntry({ id })])));
      assert.equal(failed.code, "io");
    }
    assert.deepEqual(await one("evt_7"), [{ _tag: "Duplicate", position: 8 }]);
    file.exec("DROP TRIGGER refuse");
    assert.deepEqual(await one("a"), [{ _tag: "Accepted", position: 21, conflictOf: null }]);
    assert.deepEqual(await one("a"), [{ _tag: "Duplicate", position: 21 }]);
    assert.deepEqual(await Effect.runPromise(journal.check), []);
    file.close();
  });
});
