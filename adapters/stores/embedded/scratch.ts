/** For the tests of the embedded store: a directory of one's own and short words for what is done in it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterEach } from "vitest";
import {
  type Appended,
  type Finding,
  Journal,
  type NewEntry,
  type Store,
  type StoreError,
} from "../../../domain/ports/store.ts";
import { sampleEntry } from "../contract/samples.ts";
import { layer, type Options } from "./layer.ts";
import { Sqlite } from "./sqlite.ts";

const made: Array<string> = [];
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** Removed after the test. */
export const scratch = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "tieout-store-"));
  made.push(directory);
  return directory;
};

/** Opens the store, does this, closes it. */
export const inStore = <A>(options: Options, step: Effect.Effect<A, StoreError, Store>): Promise<A> =>
  Effect.runPromise(Effect.provide(step, layer(options)));

/** The error with which this fails; fails itself when it does not. */
export const refusal = (
  options: Options,
  step: Effect.Effect<unknown, StoreError, Store> = Effect.succeed(null),
): Promise<StoreError> => Effect.runPromise(Effect.flip(Effect.provide(step, layer(options))));

export const append = (
  ...entries: ReadonlyArray<NewEntry>
): Effect.Effect<ReadonlyArray<Appended>, StoreError, Journal> =>
  Effect.flatMap(Journal, (journal) => journal.append(entries));

export const findings: Effect.Effect<ReadonlyArray<Finding>, StoreError, Journal> = Effect.flatMap(
  Journal,
  (journal) => journal.check,
);

/** In these many batches of 10. */
export const fill = (batches: number): Effect.Effect<void, StoreError, Journal> =>
  Effect.forEach(
    Array.from({ length: batches }, (_, i) => i),
    (i) =>
      append(...Array.from({ length: 10 }, (_, j) => sampleEntry({ id: `evt_${i * 10 + j}`, serial: i * 10 + j }))),
    { discard: true },
  );

export const databaseOf = (directory: string): string => join(directory, "tieout.db");

/** Behind the store's back, while it is closed. */
export const tamper = (directory: string, ...statements: ReadonlyArray<string>): void => {
  const file = new Sqlite(databaseOf(directory));
  for (const statement of statements) file.exec(statement);
  file.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  file.close();
};
