/**
 * The only file that touches libsql. It stops what would abort the process (a boolean parameter, a statement run without
 * an array, any call after close) or lose data in silence (a missing parameter, text with NUL, an integer past 2^53).
 */
import Libsql from "libsql";
import { fromStored, toStored } from "./text.ts";

export type Bound = string | number | Uint8Array | null;
export type Column = string | number | Buffer | null;
export type Row = ReadonlyArray<Column>;

/** What SQLite answered. `code` is its own name: `SQLITE_FULL`, `SQLITE_CORRUPT` … */
export class SqliteFailure extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** libsql binds every number as REAL; SQLite turns those back into integers only below 2^51. */
const REAL_IS_INTEGER = 2 ** 51;

interface Prepared {
  readonly parameters: number;
  readonly run: (bound: ReadonlyArray<unknown>) => { changes: number };
  readonly all: (bound: ReadonlyArray<unknown>) => Array<Array<unknown>>;
}

export class Sqlite {
  readonly path: string;
  #database: InstanceType<typeof Libsql> | null;
  #prepared = new Map<string, Prepared>();

  /** Opens or creates. Throws `SqliteFailure`. */
  constructor(path: string) {
    this.path = path;
    this.#database = guard(() => new Libsql(path));
  }

  get open(): boolean {
    return this.#database !== null;
  }

  /** One or more statements without parameters. */
  exec(sql: string): void {
    const database = this.#use();
    guard(() => database.exec(sql));
  }

  /** Rows changed. */
  run(sql: string, bound: ReadonlyArray<Bound> = []): number {
    const prepared = this.#prepare(sql);
    const values = check(sql, prepared, bound);
    return guard(() => prepared.run(values)).changes;
  }

  /** All rows, as arrays in the order of the columns. */
  rows<R extends Row = Row>(sql: string, bound: ReadonlyArray<Bound> = []): ReadonlyArray<R> {
    const prepared = this.#prepare(sql);
    const values = check(sql, prepared, bound);
    const rows = guard(() => prepared.all(values));
    for (const row of rows) for (let i = 0; i < row.length; i++) row[i] = fromDatabase(row[i]);
    return rows as unknown as ReadonlyArray<R>;
  }

  /** `head` and then `(?,?,…)` once per row, in few statements: a call per row costs more than the row. */
  insert(head: string, rows: ReadonlyArray<ReadonlyArray<Bound>>, tail = ""): void {
    let from = 0;
    while (from < rows.length) {
      let size = 256;
      while (size > rows.length - from) size >>= 1;
      const slice = rows.slice(from, from + size);
      const tuple = `(${slice[0]?.map(() => "?").join(",")})`;
      this.run(`${head} VALUES ${Array(size).fill(tuple).join(",")} ${tail}`, slice.flat());
      from += size;
    }
  }

  /** All or nothing; what `body` throws is thrown on after the roll-back. */
  transaction<A>(body: () => A): A {
    this.exec("BEGIN IMMEDIATE");
    let result: A;
    try {
      result = body();
      this.exec("COMMIT");
    } catch (failure) {
      // After SQLITE_FULL and its like SQLite has rolled back already.
      if (this.#database?.inTransaction) this.exec("ROLLBACK");
      throw failure;
    }
    return result;
  }

  /**
   * Commits of `body` do not wait for the disk: they reach it with the next commit that does, in order. For what can be derived
   * again from what waited.
   */
  relaxed<A>(body: () => A): A {
    this.exec("PRAGMA synchronous = NORMAL");
    try {
      return body();
    } finally {
      this.exec("PRAGMA synchronous = FULL");
    }
  }

  /** Idempotent. */
  close(): void {
    const database = this.#database;
    this.#database = null;
    this.#prepared.clear();
    database?.close();
  }

  #use(): InstanceType<typeof Libsql> {
    if (this.#database === null) throw new SqliteFailure("CLOSED", `${this.path} is closed`);
    return this.#database;
  }

  #prepare(sql: string): Prepared {
    const database = this.#use();
    let prepared = this.#prepared.get(sql);
    if (prepared === undefined) {
      const statement = guard(() => database.prepare(sql));
      if (guard(() => statement.reader)) guard(() => statement.raw(true));
      prepared = {
        parameters: sql.split("?").length - 1,
        run: (bound) => statement.run(bound as Array<unknown>),
        all: (bound) => statement.all(bound as Array<unknown>) as Array<Array<unknown>>,
      };
      this.#prepared.set(sql, prepared);
    }
    return prepared;
  }
}

const guard = <A>(call: () => A): A => {
  try {
    return call();
  } catch (error) {
    // Anything without a code is a wrong call, ours or libsql's: a bug, not an answer of SQLite.
    if (!(error instanceof Libsql.SqliteError)) throw error;
    throw new SqliteFailure(error.code || codeIn(error.message), error.message);
  }
};

/** libsql names no code when it cannot open; the message ends with SQLite's number, 14 is CANTOPEN. */
const codeIn = (message: string): string => (/: 14"?\)?$/.test(message) ? "SQLITE_CANTOPEN" : "UNKNOWN");

const check = (sql: string, prepared: Prepared, bound: ReadonlyArray<Bound>): ReadonlyArray<unknown> => {
  if (bound.length !== prepared.parameters) {
    throw new TypeError(`sqlite: ${bound.length} values for ${prepared.parameters} parameters in: ${sql}`);
  }
  return bound.map(toDatabase);
};

const toDatabase = (value: Bound): unknown => {
  if (value === null || value instanceof Uint8Array) return value;
  if (typeof value === "string") return toStored(value);
  if (typeof value === "number" && Number.isSafeInteger(value)) {
    return Math.abs(value) < REAL_IS_INTEGER ? value : BigInt(value);
  }
  throw new TypeError(`sqlite: cannot bind ${typeof value} ${String(value)}`);
};

const fromDatabase = (value: unknown): unknown => {
  if (typeof value === "string") return fromStored(value);
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new SqliteFailure("SQLITE_RANGE", `the number ${value} is not a whole number within ±2^53`);
  }
  return value;
};
