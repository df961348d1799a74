/** The four ports on one Redis server. The public face of this folder. */
import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import {
  DataKeys,
  DueRecords,
  Journal,
  Outbox,
  Snapshots,
  type Store,
  type StoreError,
} from "../../../domain/ports/store.ts";
import { Connection } from "./connection.ts";
import { makeDataKeys } from "./data-keys.ts";
import { attempt } from "./failure.ts";
import { makeJournal } from "./journal.ts";
import { Marker } from "./marker.ts";
import { namesUnder } from "./names.ts";
import { makeDueRecords, makeOutbox } from "./outbox.ts";
import { makeSnapshots } from "./snapshots.ts";

export interface Options {
  /** `redis://[[user]:password@]host[:port][/database]`, or `rediss://` for TLS. */
  readonly url: string;
  /** Where the high-water mark is kept, outside Redis. Without it only what this process saw can be missed. Made when it is not there. */
  readonly directory?: string;
  /** Before every key; `tieout:` by default. */
  readonly prefix?: string;
  /** Take a server that may lose what it acknowledged. */
  readonly acceptLoss?: boolean;
  /** How long work waits for a server that went away. Milliseconds; 5000 by default. */
  readonly patienceMs?: number;
  /** After this long without an answer a connection is given up. Milliseconds; 10000 by default. */
  readonly answerMs?: number;
  /** The high-water mark is written at most this often. Milliseconds; 250 by default. */
  readonly markMs?: number;
}

export const layer = (options: Options): Layer.Layer<Store, StoreError> =>
  Layer.scopedContext(
    Effect.map(
      Effect.acquireRelease(open(options), (connection) => Effect.promise(() => connection.close())),
      (connection) =>
        Context.make(Journal, makeJournal(connection)).pipe(
          Context.add(Snapshots, makeSnapshots(connection)),
          Context.add(Outbox, makeOutbox(connection)),
          Context.add(DueRecords, makeDueRecords(connection)),
          Context.add(DataKeys, makeDataKeys(connection)),
        ),
    ),
  );

const open = (options: Options): Effect.Effect<Connection, StoreError> => {
  const { url, directory = null, prefix = "tieout:", acceptLoss = false } = options;
  const { patienceMs = 5000, answerMs = 10_000, markMs = 250 } = options;
  return Effect.flatMap(
    attempt(directory ?? "", async () => new Marker(directory, markMs)),
    (marker) => {
      const connection = new Connection({ url, names: namesUnder(prefix), acceptLoss, patienceMs, answerMs }, marker);
      return Effect.tapError(
        Effect.as(
          attempt(connection.where, () => connection.open()),
          connection,
        ),
        () => Effect.promise(() => connection.close()),
      );
    },
  );
};
