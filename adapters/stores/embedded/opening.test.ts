/** Who may open a data directory, and what is said when it cannot be. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { describe, it } from "vitest";
import { Journal } from "../../../domain/ports/store.ts";
import { sampleEntry } from "../contract/samples.ts";
import { announce, layer, readOwner } from "./layer.ts";
import { append, databaseOf, fill, findings, inStore, refusal, scratch, tamper } from "./scratch.ts";
import { Sqlite } from "./sqlite.ts";

describe("opening", () => {
  it("[ES2] a directory that is not there is made, with one database in it", async () => {
    const directory = join(scratch(), "a", "b");
    await inStore({ directory }, fill(1));
    const kept = readdirSync(directory).filter((name) => statSync(join(directory, name)).size > 0);
    assert.deepEqual(
      kept.filter((name) => name.startsWith("tieout.db") && !name.endsWith("-shm")),
      ["tieout.db"],
    );
    assert.ok(!kept.includes("owner.json"));
  });

  it("[ES2] a second owner is refused, by name and address, and let in once the first is gone", async () => {
    const directory = scratch();
    const refused = await inStore(
      { directory, address: "http://127.0.0.1:4000" },
      Effect.promise(() => refusal({ directory })),
    );
    assert.equal(refused.code, "in-use");
    assert.ok(refused.reason.includes(String(process.pid)), refused.reason);
    assert.ok(refused.reason.includes("http://127.0.0.1:4000"), refused.reason);
    await inStore({ directory }, fill(1));
  });

  it("[ES2] the owner's address can be told later, and nobody owns a closed directory", async () => {
    const directory = scratch();
    assert.equal(readOwner(directory), null);
    const owners = await inStore(
      { directory },
      Effect.gen(function* () {
        const before = readOwner(directory);
        yield* announce(directory, "http://127.0.0.1:5000");
        const after = readOwner(directory);
        return { before, after, refused: yield* Effect.promise(() => refusal({ directory })) };
      }),
    );
    assert.deepEqual(owners.before, { pid: process.pid, address: null });
    assert.deepEqual(owners.after, { pid: process.pid, address: "http://127.0.0.1:5000" });
    assert.ok(owners.refused.reason.includes("http://127.0.0.1:5000"));
    assert.equal(readOwner(directory), null);
  });

  it("[ES2] the lock is another process's as long as that lives, and free when it is killed", {
    timeout: 60_000,
  }, async () => {
    const directory = scratch();
    const child = spawn(
      process.execPath,
      ["--import", "tsx", join(import.meta.dirname, "kill.child.ts"), directory, "hold"],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    try {
      await once(child.stdout, "data");
      const refused = await refusal({ directory });
      assert.equal(refused.code, "in-use");
      assert.ok(refused.reason.includes(String(child.pid)), refused.reason);
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    await inStore({ directory }, fill(1));
  });

  it("[ES3] a directory that cannot be one, or not be written to, is said to be not writable", async () => {
    const file = join(scratch(), "file");
    writeFileSync(file, "");
    for (const directory of [file, join(file, "below")]) {
      assert.equal((await refusal({ directory })).code, "not-writable");
    }
    if (process.getuid?.() !== 0) {
      const directory = scratch();
      chmodSync(directory, 0o500);
      assert.equal((await refusal({ directory })).code, "not-writable");
      chmodSync(directory, 0o700);
    }
  });

  it("[ES3] a file of a newer version is refused and left as it is, byte for byte", async () => {
    const directory = scratch();
    await inStore({ directory }, fill(1));
    tamper(directory, "PRAGMA user_version = 99");
    const before = readFileSync(databaseOf(directory));
    const refused = await refusal({ directory });
    assert.equal(refused.code, "newer-version");
    assert.ok(refused.reason.includes("99"));
    assert.deepEqual(readFileSync(databaseOf(directory)), before);
  });

  it("[ES3] what is no database, or another program's, is refused and left as it is", async () => {
    const directory = scratch();
    writeFileSync(databaseOf(directory), "this is no database ".repeat(1000));
    assert.equal((await refusal({ directory })).code, "corrupt");
    assert.equal(readFileSync(databaseOf(directory), "utf8"), "this is no database ".repeat(1000));

    const other = scratch();
    const theirs = new Sqlite(databaseOf(other));
    theirs.exec("CREATE TABLE batches (first INTEGER)");
    theirs.close();
    const before = readFileSync(databaseOf(other));
    assert.equal((await refusal({ directory: other })).code, "corrupt");
    assert.deepEqual(readFileSync(databaseOf(other)), before);
    assert.ok(!existsSync(`${databaseOf(other)}-wal`));
  });

  it("[ES3] a refused opening leaves the directory free for the next", async () => {
    const directory = scratch();
    writeFileSync(databaseOf(directory), "x");
    assert.equal((await refusal({ directory })).code, "corrupt");
    truncateSync(databaseOf(directory));
    await inStore({ directory }, fill(1));
  });

  it("[ES4] a full disk refuses the append whole; reading goes on, and so does writing once there is room", async () => {
    const directory = scratch();
    const after = await inStore(
      { directory, maxPages: 120 },
      Effect.gen(function* () {
        const journal = yield* Journal;
        let accepted = 0;
        while (true) {
          const batch = Array.from({ length: 20 }, (_, i) => sampleEntry({ id: `evt_${accepted + i}`, events: 3 }));
          const answer = yield* Effect.either(append(...batch));
          if (answer._tag === "Left") {
            assert.equal(answer.left.code, "full");
            break;
          }
          accepted += answer.right.length;
        }
        assert.ok(accepted > 0);
        assert.equal(yield* journal.head, accepted);
        assert.equal((yield* journal.read(0, 10_000)).length, accepted);
        assert.deepEqual(yield* findings, []);
        return accepted;
      }),
    );
    const [answer] = await inStore({ directory }, append(sampleEntry({ id: `evt_${after}` })));
    assert.deepEqual(answer, { _tag: "Accepted", position: after + 1, conflictOf: null });
    assert.deepEqual(await inStore({ directory }, findings), []);
  });

  it("[ES4] within one opening, an append that failed leaves nothing behind and a smaller one works", async () => {
    const directory = scratch();
    await inStore(
      { directory, maxPages: 60 },
      Effect.gen(function* () {
        yield* fill(1);
        const noise = randomBytes(2_000_000);
        const failed = yield* Effect.orDie(
          Effect.flip(append(sampleEntry({ id: "a" }), { ...sampleEntry({ id: "big" }), raw: noise })),
        );
        assert.equal(failed.code, "full");
        const [a, b] = yield* append(sampleEntry({ id: "a" }), sampleEntry({ id: "b" }));
        assert.deepEqual(a, { _tag: "Accepted", position: 11, conflictOf: null });
        assert.deepEqual(b, { _tag: "Accepted", position: 12, conflictOf: null });
        assert.deepEqual(yield* findings, []);
      }),
    );
  });

  it("[ES3] a store that is used after its scope closed fails as a store, not as a process", async () => {
    const journal = await Effect.runPromise(Effect.provide(Journal, layer({ directory: scratch() })));
    assert.equal((await Effect.runPromise(Effect.flip(journal.head))).code, "io");
  });
});
