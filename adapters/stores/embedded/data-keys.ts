/**
 * Data keys in a file of their own, `keys.db`, so that they can be kept and destroyed apart from everything else. Made when the first
 * key is asked for. Small: what is destroyed is overwritten, and the file is written anew.
 */
import { closeSync, existsSync, openSync } from "node:fs";
import type { DataKey, DataKeys } from "../../../domain/ports/store.ts";
import { attempt } from "./failure.ts";
import { rowsIn } from "./rows.ts";
import { Sqlite } from "./sqlite.ts";

export interface KeyFile {
  readonly keys: typeof DataKeys.Service;
  readonly close: () => void;
}

export const makeDataKeys = (path: string): KeyFile => {
  let file: Sqlite | null = null;
  const opened = (): Sqlite => {
    if (file !== null) return file;
    // Whoever reads this file reads everything: it is its owner's alone from the first byte.
    closeSync(openSync(path, "a", 0o600));
    const fresh = new Sqlite(path);
    try {
      fresh.exec("PRAGMA busy_timeout = 1000; PRAGMA secure_delete = ON; PRAGMA synchronous = FULL");
      // The log of another mode would keep what was destroyed.
      fresh.rows("PRAGMA journal_mode = TRUNCATE");
      fresh.exec("CREATE TABLE IF NOT EXISTS keys (name TEXT PRIMARY KEY, key BLOB) STRICT, WITHOUT ROWID");
    } catch (failure) {
      fresh.close();
      throw failure;
    }
    file = fresh;
    return fresh;
  };
  const held = (names: ReadonlyArray<string>): ReadonlyMap<string, DataKey> =>
    new Map(
      rowsIn<readonly [string, Buffer | null]>(opened(), "SELECT name, key FROM keys WHERE name IN", names).map(
        ([name, key]) => [name, key === null ? null : new Uint8Array(key)],
      ),
    );

  return {
    keys: {
      get: (names) =>
        attempt(path, () => (names.length === 0 || (file === null && !existsSync(path)) ? new Map() : held(names))),
      add: (keys) =>
        attempt(path, () => {
          if (keys.size === 0) return new Map();
          opened().transaction(() => opened().insert("INSERT OR IGNORE INTO keys", [...keys]));
          return held([...keys.keys()]);
        }),
      destroy: (names) =>
        attempt(path, () => {
          if (names.length === 0) return;
          const rows = names.map((name) => [name, null]);
          opened().transaction(() => opened().insert("INSERT OR REPLACE INTO keys", rows));
          opened().exec("VACUUM");
        }),
    },
    close: () => {
      file?.close();
      file = null;
    },
  };
};
