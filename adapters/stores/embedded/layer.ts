/** The embedded store: one SQLite-format file and one owner per directory, closed with the scope. */
import { join } from "node:path";
import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import type * as Scope from "effect/Scope";
import {
  DataKeys,
  DueRecords,
  Journal,
  Outbox,
  Snapshots,
  type Store,
  type StoreError,
} from "../../../domain/ports/store.ts";
import { makeDataKeys } from "./data-keys.ts";
import { attempt } from "./failure.ts";
import { closeFile, openFile } from "./file.ts";
import { makeJournal } from "./journal.ts";
import { acquire } from "./lock.ts";
import { makeDueRecords, makeOutbox } from "./outbox.ts";
import { makeSnapshots } from "./snapshots.ts";

export { announce, type Owner, readOwner } from "./lock.ts";

/** The directory is this process's for as long as the scope lives, whatever else is kept in it. */
export const hold = (directory: string): Effect.Effect<void, StoreError, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      attempt(directory, () => acquire(directory, null)),
      (lock) => Effect.sync(() => lock.release()),
    ),
  );

export interface Options {
  /** Made when it is not there. */
  readonly directory: string;
  /** Where this process answers, for whoever finds the directory in use; `announce` changes it later. */
  readonly address?: string;
  /** Upper limit of the file, in pages of 8 KiB; without it, the disk's. */
  readonly maxPages?: number;
}

export const layer = (options: Options): Layer.Layer<Store, StoreError> =>
  Layer.scopedContext(
    Effect.map(
      Effect.acquireRelease(open(options), ({ close }) => close),
      ({ store }) => store,
    ),
  );

const open = ({ directory, address, maxPages }: Options) =>
  attempt(directory, () => {
    const lock = acquire(directory, address ?? null);
    try {
      const file = openFile(join(directory, "tieout.db"), maxPages ?? null);
      const keys = makeDataKeys(join(directory, "keys.db"));
      const store = Context.empty().pipe(
        Context.add(Journal, makeJournal(file)),
        Context.add(Snapshots, makeSnapshots(file)),
        Context.add(Outbox, makeOutbox(file)),
        Context.add(DueRecords, makeDueRecords(file)),
        Context.add(DataKeys, keys.keys),
      );
      const close = Effect.sync(() => {
        try {
          keys.close();
          closeFile(file);
        } finally {
          lock.release();
        }
      });
      return { store, close };
    } catch (failure) {
      lock.release();
      throw failure;
    }
  });
