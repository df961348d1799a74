/** How the contract suite holds a store: each step may open it anew, and the store may or may not notice. */
import * as Effect from "effect/Effect";
import type * as Layer from "effect/Layer";
import * as ManagedRuntime from "effect/ManagedRuntime";
import {
  type Appended,
  type CommandRow,
  type CommandState,
  type DueRecord,
  DueRecords,
  type Entry,
  type Finding,
  Journal,
  type NewEntry,
  Outbox,
  type SnapshotBatch,
  Snapshots,
  type Store,
  type StoreError,
} from "../../../domain/ports/store.ts";

/** One store under test, empty at first. Each build of `layer` must find what the one before left. */
export interface Subject {
  readonly layer: Layer.Layer<Store, StoreError>;
  /** Called once, at the end. */
  readonly dispose: () => void;
}

export interface Steps {
  readonly run: <A>(step: Effect.Effect<A, StoreError, Store>) => Promise<A>;
  readonly append: (...entries: ReadonlyArray<NewEntry>) => Promise<ReadonlyArray<Appended>>;
  readonly read: (after: number, limit: number) => Promise<ReadonlyArray<Entry>>;
  readonly raw: (position: number) => Promise<Uint8Array | null>;
  readonly head: () => Promise<number>;
  readonly check: () => Promise<ReadonlyArray<Finding>>;
  readonly save: (batch: Partial<SnapshotBatch>) => Promise<void>;
  readonly find: (term: string, prefix: boolean, limit?: number) => Promise<ReadonlyArray<string>>;
  readonly saveCommands: (...rows: ReadonlyArray<CommandRow>) => Promise<void>;
  readonly list: (
    states: ReadonlyArray<CommandState>,
    after?: string | null,
    limit?: number,
  ) => Promise<ReadonlyArray<CommandRow>>;
  readonly saveDue: (...records: ReadonlyArray<DueRecord>) => Promise<void>;
  readonly due: () => Promise<ReadonlyArray<DueRecord>>;
}

/** Gives the test a store of its own. `reopen`: open and close it around every step. */
export const withStore = async (
  subject: Subject,
  reopen: boolean,
  test: (steps: Steps) => Promise<void>,
): Promise<void> => {
  const held = reopen ? null : ManagedRuntime.make(subject.layer);
  try {
    await test(
      stepsOf((step) =>
        held === null ? Effect.runPromise(Effect.provide(step, subject.layer)) : held.runPromise(step),
      ),
    );
  } finally {
    await held?.dispose();
    subject.dispose();
  }
};

const stepsOf = (run: Steps["run"]): Steps => ({
  run,
  append: (...entries) => run(Effect.flatMap(Journal, (journal) => journal.append(entries))),
  read: (after, limit) => run(Effect.flatMap(Journal, (journal) => journal.read(after, limit))),
  raw: (position) => run(Effect.flatMap(Journal, (journal) => journal.raw(position))),
  head: () => run(Effect.flatMap(Journal, (journal) => journal.head)),
  check: () => run(Effect.flatMap(Journal, (journal) => journal.check)),
  save: (batch) =>
    run(
      Effect.flatMap(Snapshots, (snapshots) =>
        snapshots.save({ through: 0, cells: [], owners: [], terms: [], accounts: [], ...batch }),
      ),
    ),
  find: (term, prefix, limit = 100) =>
    run(Effect.flatMap(Snapshots, (snapshots) => snapshots.find(term, prefix, limit))),
  saveCommands: (...rows) => run(Effect.flatMap(Outbox, (outbox) => outbox.save(rows, 1))),
  list: (states, after = null, limit = 100) =>
    run(Effect.flatMap(Outbox, (outbox) => outbox.list({ states, after, limit }))),
  saveDue: (...records) => run(Effect.flatMap(DueRecords, (due) => due.save(records))),
  due: () => run(Effect.flatMap(DueRecords, (due) => due.all)),
});
