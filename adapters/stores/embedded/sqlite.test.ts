/** The wrapper stops what would abort the process or lose data in silence. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "vitest";
import { type Bound, Sqlite, SqliteFailure } from "./sqlite.ts";

let directory: string;
let file: Sqlite;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tieout-sqlite-"));
  file = new Sqlite(join(directory, "x.db"));
  file.exec("CREATE TABLE t (k INTEGER PRIMARY KEY, n INTEGER, s TEXT, b BLOB) STRICT");
});
afterEach(() => {
  file.close();
  rmSync(directory, { recursive: true, force: true });
});

const failure =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof SqliteFailure && error.code === code;

describe("sqlite", () => {
  it("[ES1] what libsql would abort on, or bind as null, is a type error", () => {
    for (const value of [true, false, undefined, Number.NaN, 1.5, 2 ** 53, {}, [], new ArrayBuffer(1)]) {
      assert.throws(() => file.run("INSERT INTO t (s) VALUES (?)", [value as Bound]), TypeError);
      assert.throws(() => file.rows("SELECT ?", [value as Bound]), TypeError);
    }
    assert.deepEqual(file.rows("SELECT count(*) FROM t"), [[0]]);
  });

  it("[ES1] a missing or a surplus parameter is a type error", () => {
    assert.throws(() => file.run("INSERT INTO t (n, s) VALUES (?, ?)", [1]), TypeError);
    assert.throws(() => file.rows("SELECT ?", [1, 2]), TypeError);
    assert.throws(() => file.run("INSERT INTO t (n) VALUES (?)"), TypeError);
  });

  it("[ES1] after close every call is a failure, and close may be repeated", () => {
    file.rows("SELECT 1");
    file.close();
    file.close();
    for (const call of [
      () => file.rows("SELECT 1"),
      () => file.run("DELETE FROM t"),
      () => file.exec("SELECT 1"),
      () => file.transaction(() => 1),
    ]) {
      assert.throws(call, failure("CLOSED"));
    }
  });

  it("[ES1] whole numbers keep their value up to 2^53, and one past it is never rounded", () => {
    const numbers = [0, -1, 2 ** 51 - 1, 2 ** 51, 2 ** 51 + 1, -(2 ** 51) - 1, Number.MAX_SAFE_INTEGER];
    for (const [k, n] of numbers.entries()) file.run("INSERT INTO t (k, n) VALUES (?, ?)", [k, n]);
    assert.deepEqual(
      file.rows("SELECT n FROM t ORDER BY k").map(([n]) => n),
      numbers,
    );
    file.exec("INSERT INTO t (k, n) VALUES (99, 9007199254740993)");
    assert.throws(() => file.rows("SELECT n FROM t WHERE k = 99"), failure("SQLITE_RANGE"));
  });

  it("[ES1] text and bytes come back as they were, also NUL and lone surrogates", () => {
    const texts = ["", "a\0b", "\x01", "\0\x01\0", "\ud800", "x\udc00y", "\ue000", "\ue000\ud800\ue000", "😀é漢"];
    for (const [k, s] of texts.entries()) file.run("INSERT INTO t (k, s) VALUES (?, ?)", [k, s]);
    assert.deepEqual(
      file.rows("SELECT s FROM t ORDER BY k").map(([s]) => s),
      texts,
    );
    for (const [k, s] of texts.entries()) assert.deepEqual(file.rows("SELECT k FROM t WHERE s = ?", [s]), [[k]]);
    const bytes = new Uint8Array([0, 255, 0, 1]).subarray(1, 3);
    file.run("INSERT INTO t (k, b) VALUES (?, ?)", [50, bytes]);
    assert.deepEqual(file.rows("SELECT b FROM t WHERE k = 50"), [[Buffer.from(bytes)]]);
  });

  it("[ES1] many rows go in by few statements, all of them and in order", () => {
    const rows = Array.from({ length: 777 }, (_, k) => [k, k * 2, `s${k}`, null] as const);
    file.insert("INSERT INTO t", rows);
    file.insert("INSERT INTO t", []);
    assert.deepEqual(file.rows("SELECT * FROM t ORDER BY k"), rows);
  });

  it("[ES1] a transaction that throws leaves nothing, and the next one works", () => {
    assert.throws(
      () =>
        file.transaction(() => {
          file.run("INSERT INTO t (n) VALUES (?)", [1]);
          throw new RangeError("ours");
        }),
      RangeError,
    );
    assert.throws(
      () =>
        file.transaction(() => {
          file.run("INSERT INTO t (k) VALUES (?)", [1]);
          file.run("INSERT INTO t (k) VALUES (?)", [1]);
        }),
      failure("SQLITE_CONSTRAINT_PRIMARYKEY"),
    );
    assert.deepEqual(file.rows("SELECT count(*) FROM t"), [[0]]);
    assert.equal(
      file.transaction(() => file.run("INSERT INTO t (n) VALUES (?)", [1])),
      1,
    );
    assert.deepEqual(file.rows("SELECT count(*) FROM t"), [[1]]);
  });
});
