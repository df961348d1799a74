/** What SQLite's and the file system's errors mean to a person: the one place where they become `StoreError`. */
import * as Effect from "effect/Effect";
import { StoreError } from "../../../domain/ports/store.ts";
import { SqliteFailure } from "./sqlite.ts";

/** Runs one synchronous piece of store work. Anything that is no failure of the store is a bug and stays a defect. */
export const attempt = <A>(path: string, work: () => A): Effect.Effect<A, StoreError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(work());
    } catch (failure) {
      const error = toStoreError(path, failure);
      return error === null ? Effect.die(failure) : Effect.fail(error);
    }
  });

/** Content that no longer reads as what we wrote. */
export class Damaged extends Error {}

export const isDamage = (failure: unknown): failure is Error =>
  failure instanceof Damaged || (failure instanceof SqliteFailure && storeCode(failure.code) === "corrupt");

export const toStoreError = (path: string, failure: unknown): StoreError | null => {
  if (failure instanceof StoreError) return failure;
  if (failure instanceof Damaged) return new StoreError({ code: "corrupt", reason: `${path}: ${failure.message}` });
  if (failure instanceof SqliteFailure) {
    const code = storeCode(failure.code);
    return new StoreError({ code, reason: `${path}: ${failure.message} (${failure.code}); ${advice[code]}` });
  }
  const errno = (failure as NodeJS.ErrnoException | null)?.code;
  if (typeof errno !== "string" || !(failure instanceof Error) || !("syscall" in failure)) return null;
  const code = errno === "ENOSPC" || errno === "EDQUOT" ? "full" : notWritable.has(errno) ? "not-writable" : "io";
  return new StoreError({ code, reason: `${path}: ${failure.message}; ${advice[code]}` });
};

type Code = StoreError["code"];

const notWritable = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "ENOENT"]);

const damaged = new Set(["SQLITE_NOTADB", "SQLITE_RANGE", "SQLITE_IOERR_SHORT_READ", "SQLITE_IOERR_CORRUPTFS"]);

const storeCode = (code: string): Code => {
  if (code === "SQLITE_FULL") return "full";
  if (code.startsWith("SQLITE_READONLY") || code.startsWith("SQLITE_CANTOPEN") || code === "SQLITE_PERM") {
    return "not-writable";
  }
  // A short read: the file ends before it says it does.
  if (code.startsWith("SQLITE_CORRUPT") || damaged.has(code)) return "corrupt";
  return "io";
};

const advice: Record<Code, string> = {
  "in-use": "ask the running server, or stop it first",
  "not-writable": "name a directory that this user may write to",
  full: "nothing was written; free some space and try again",
  "newer-version": "use the version of tieout that wrote it",
  corrupt: "nothing was changed; keep a copy, run `tieout verify`, restore from a backup",
  io: "nothing was written",
};
