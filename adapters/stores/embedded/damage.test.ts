/** Damage is found, named and never made worse. */
import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, statSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import * as Effect from "effect/Effect";
import { describe, it } from "vitest";
import { Journal } from "../../../domain/ports/store.ts";
import { sampleEntry } from "../contract/samples.ts";
import { openFile } from "./file.ts";
import { makeJournal } from "./journal.ts";
import { layer } from "./layer.ts";
import { append, databaseOf, fill, findings, inStore, refusal, scratch, tamper } from "./scratch.ts";

/** A closed store of 50 entries at 1..50, ten to a row. */
const filled = async (): Promise<string> => {
  const directory = scratch();
  await inStore({ directory }, fill(5));
  assert.deepEqual(await inStore({ directory }, findings), []);
  return directory;
};

/** Every place where a finding points, joined. */
const places = async (directory: string): Promise<string> =>
  (await inStore({ directory }, findings)).map(({ where, what }) => `${where}: ${what}`).join("\n");

const overwrite = (path: string, offset: number, bytes: Uint8Array): void => {
  const fd = openSync(path, "r+");
  writeSync(fd, bytes, 0, bytes.length, offset);
  closeSync(fd);
};

describe("damage", () => {
  it("[ES6] one changed byte of the events is found in its row, and in no other", async () => {
    const directory = await filled();
    const path = databaseOf(directory);
    const at = readFileSync(path).indexOf('"evt_25"');
    assert.ok(at > 0);
    overwrite(path, at + 5, Buffer.from("9"));
    assert.equal(await places(directory), "positions 21..30: the stored hash does not fit the stored content");
  });

  it("[ES6] a changed byte of the raw bytes, the hash, the chain or the keys is found", async () => {
    for (const [statement, what] of [
      ["UPDATE raws SET raw = CAST(substr(raw, 1, 60) || x'00' || substr(raw, 62) AS BLOB) WHERE first = 21", "hash"],
      ["UPDATE batches SET hash = zeroblob(32) WHERE first = 21", "hash"],
      ["UPDATE batches SET previous = zeroblob(32) WHERE first = 21", "does not follow"],
      ["UPDATE batches SET keys = zeroblob(320) WHERE first = 21", "hash"],
      ["DELETE FROM raws WHERE first = 21", "hash"],
      ["INSERT INTO raws VALUES (22, x'00')", "raw bytes"],
    ] as const) {
      const directory = await filled();
      tamper(directory, statement);
      const found = await places(directory);
      assert.ok(found.includes(what), `${statement}: ${found}`);
      assert.ok(/positions (21|31)|raw bytes/.test(found), found);
      assert.ok(!/positions (1|11|41)\.\./.test(found), found);
    }
  });

  it("[ES6] a missing row is named by its positions, at the start, in the middle and at the end", async () => {
    for (const [first, last] of [
      [1, 10],
      [21, 30],
    ] as const) {
      const directory = await filled();
      tamper(directory, `DELETE FROM batches WHERE first = ${first}`, `DELETE FROM raws WHERE first = ${first}`);
      assert.equal(await places(directory), `positions ${first}..${last}: missing from the journal`);
    }
    const directory = await filled();
    tamper(directory, "DELETE FROM batches WHERE first = 41");
    assert.ok((await places(directory)).includes("raw bytes: 1 rows belong to no row of the journal"));
  });

  it("[ES6] a page overwritten anywhere is a finding of check or a refusal to open, never a crash", {
    timeout: 60_000,
  }, async () => {
    const clean = readFileSync(databaseOf(await filled()));
    const pages = Math.floor(clean.length / 8192);
    const noise = new Uint8Array(8192).map((_, i) => (Math.imul(i + 1, 2_654_435_761) >>> 11) & 0xff);
    let unnoticed = 0;
    for (let page = 0; page < pages; page++) {
      const directory = scratch();
      const damaged = Buffer.from(clean);
      damaged.set(noise, page * 8192);
      writeFileSync(databaseOf(directory), damaged);
      const outcome = await Effect.runPromise(Effect.either(Effect.provide(findings, layer({ directory }))));
      if (outcome._tag === "Left") assert.equal(outcome.left.code, "corrupt");
      else if (outcome.right.length === 0) unnoticed++;
    }
    assert.ok(pages >= 15, `${pages}`);
    assert.equal(unnoticed, 0);
  });

  it("[ES6] a truncated file is a finding or a refusal", async () => {
    const directory = await filled();
    truncateSync(databaseOf(directory), statSync(databaseOf(directory)).size - 3 * 8192);
    const outcome = await Effect.runPromise(Effect.either(Effect.provide(findings, layer({ directory }))));
    if (outcome._tag === "Left") assert.equal(outcome.left.code, "corrupt");
    else assert.notDeepEqual(outcome.right, []);
  });

  it("[ES6] reading damaged entries fails as corrupt and names them; the others still read", async () => {
    const directory = await filled();
    tamper(directory, "UPDATE batches SET events = '[{' WHERE first = 21");
    const read = (after: number) => Effect.flatMap(Journal, (journal) => journal.read(after, 10));
    const error = await refusal({ directory }, read(20));
    assert.equal(error.code, "corrupt");
    assert.ok(error.reason.includes("positions 21..30"), error.reason);
    assert.equal((await inStore({ directory }, read(10))).length, 10);
    assert.equal((await inStore({ directory }, read(30))).length, 10);
  });

  it("[ES6] a key that the index of duplicates lost, or never should have had, is found", async () => {
    for (const [statement, what] of [
      ["DELETE FROM seen WHERE position = 17", "position 17: missing from the index of duplicates"],
      ["INSERT INTO seen VALUES (zeroblob(16), zeroblob(16), 3)", "index of duplicates: holds"],
      [
        "INSERT INTO seen VALUES (zeroblob(16), zeroblob(16), 53)",
        "positions 51..53: missing from the journal, though",
      ],
    ] as const) {
      const directory = scratch();
      const file = openFile(databaseOf(directory), null);
      const journal = makeJournal(file, 1);
      for (let i = 0; i < 50; i++) await Effect.runPromise(journal.append([sampleEntry({ id: `evt_${i}` })]));
      // All 50 rest no longer: opened anew with so short a turn, they are moved at once.
      await Effect.runPromise(makeJournal(file, 1).append([sampleEntry({ id: "evt_1" })]));
      file.close();
      tamper(directory, statement);
      const found = await places(directory);
      assert.ok(found.includes(what), `${statement}: ${found}`);
    }
  });

  it("[ES6] check while appends go on finds nothing", async () => {
    const directory = scratch();
    await inStore(
      { directory },
      Effect.gen(function* () {
        yield* fill(20);
        const [found] = yield* Effect.all(
          [
            findings,
            Effect.forEach(
              Array.from({ length: 40 }, (_, i) => i),
              (i) => Effect.zipRight(Effect.yieldNow(), append(sampleEntry({ id: `more_${i}` }))),
            ),
          ],
          { concurrency: 2 },
        );
        assert.deepEqual(found, []);
      }),
    );
  });
});
