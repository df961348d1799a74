/**
 * One owner per data directory. The operating system holds the lock (an exclusive transaction on a second file), so it is
 * gone with the process however that dies; `owner.json` only tells others whom to ask.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type * as Effect from "effect/Effect";
import { StoreError } from "../../../domain/ports/store.ts";
import { attempt } from "./failure.ts";
import { Sqlite, SqliteFailure } from "./sqlite.ts";

export interface Owner {
  readonly pid: number;
  /** Where the running server answers, `http://host:port`; null when it serves none (an import, a replay). */
  readonly address: string | null;
}

export interface Lock {
  readonly release: () => void;
}

/** Throws `StoreError` `in-use` when another process, or another store in this one, has the directory. */
export const acquire = (directory: string, address: string | null): Lock => {
  mkdirSync(directory, { recursive: true });
  const lock = new Sqlite(join(directory, "lock.db"));
  try {
    lock.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
    writeOwner(directory, { pid: process.pid, address });
  } catch (failure) {
    lock.close();
    if (failure instanceof SqliteFailure && failure.code.startsWith("SQLITE_BUSY")) throw inUse(directory);
    throw failure;
  }
  return {
    release: () => {
      rmSync(ownerFile(directory), { force: true });
      // `close` alone would leave the lock to the garbage collector.
      lock.exec("ROLLBACK");
      lock.close();
    },
  };
};

/**
 * Who last said it owns the directory; null when nobody does. A killed owner leaves its file behind: believe it only after
 * opening the directory was refused as `in-use`.
 */
export const readOwner = (directory: string): Owner | null => {
  try {
    const owner = JSON.parse(readFileSync(ownerFile(directory), "utf8")) as Partial<Owner> | null;
    if (typeof owner?.pid !== "number") return null;
    return { pid: owner.pid, address: typeof owner.address === "string" ? owner.address : null };
  } catch {
    return null;
  }
};

/** For the process that holds the directory: tells where it can be asked from now on (null: nowhere). */
export const announce = (directory: string, address: string | null): Effect.Effect<void, StoreError> =>
  attempt(ownerFile(directory), () => writeOwner(directory, { pid: process.pid, address }));

const ownerFile = (directory: string): string => join(directory, "owner.json");

const writeOwner = (directory: string, owner: Owner): void => {
  const path = ownerFile(directory);
  writeFileSync(`${path}.new`, `${JSON.stringify(owner)}\n`);
  renameSync(`${path}.new`, path);
};

const inUse = (directory: string): StoreError => {
  const owner = readOwner(directory);
  const who = owner === null ? "another process" : `process ${owner.pid}`;
  const where = owner?.address == null ? "which serves no address: stop it first" : `which answers at ${owner.address}`;
  return new StoreError({ code: "in-use", reason: `${directory} is in use by ${who}, ${where}` });
};
