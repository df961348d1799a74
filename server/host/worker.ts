/** The host in a thread of its own: the door answers while a fold runs, at the price of one hop for each batch. */
import { Worker } from "node:worker_threads";
import type { Json } from "../../domain/canonical.ts";
import type { Appended, NewEntry } from "../../domain/ports/store.ts";
import type { Delivery, Received } from "./delivery.ts";
import type { HostFailure, Inspected, WatchAnswer, Watchable } from "./host.ts";
import type { RoomEvents, RoomOptions, RunningHost } from "./room.ts";
import {
  type Ask,
  deliveriesMost,
  type FromWorker,
  type Notice,
  pack,
  packDeliveries,
  type ToWorker,
  type WorkerData,
} from "./wire.ts";

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (failure: HostFailure) => void;
}

export const makeWorkerHost = (
  options: RoomOptions,
  events: RoomEvents,
  boot: URL = new URL(process.env.TIEOUT_BUNDLED ? "./engine.mjs" : "./worker-boot.mjs", import.meta.url),
): Promise<RunningHost> => {
  const workerData: WorkerData = { options };
  const worker = new Worker(boot, {
    name: "tieout-engine",
    workerData,
    // What the parent was started with (tsx among it) does not carry over as it is.
    execArgv: [],
    // Room for a few folds' worth of short-lived objects: less of it is copied to the old generation.
    resourceLimits: { maxYoungGenerationSizeMb: 96 },
  });
  const pending = new Map<number, Pending>();
  const listeners = new Map<number, (messages: ReadonlyArray<Inspected>) => void>();
  let nextId = 1;
  let closing = false;
  let accepts: Array<{ readonly id: number; readonly entries: ReadonlyArray<NewEntry> }> = [];
  let deliveries: Array<readonly [id: number, delivery: Delivery]> = [];
  let asks: Ask[] = [];
  let scheduled = false;

  const flush = (): void => {
    scheduled = false;
    if (accepts.length + deliveries.length + asks.length === 0) return;
    const packed = accepts.length === 0 ? null : pack(accepts.map(({ entries }) => entries));
    const bodies = deliveries.length === 0 ? null : packDeliveries(deliveries);
    const message: ToWorker = { accepts: accepts.map(({ id }) => id), packed, deliveries: bodies, asks };
    accepts = [];
    deliveries = [];
    asks = [];
    worker.postMessage(
      message,
      [packed, bodies].flatMap((sent) => sent?.bytes ?? []),
    );
  };
  const call = <A>(add: (id: number) => void): Promise<A> =>
    new Promise((resolve, reject) => {
      const id = nextId++;
      pending.set(id, { resolve, reject });
      add(id);
      if (deliveries.length >= deliveriesMost) flush();
      if (scheduled || accepts.length + deliveries.length + asks.length === 0) return;
      scheduled = true;
      setImmediate(flush);
    });
  const take = (id: number): Pending | undefined => {
    const call = pending.get(id);
    pending.delete(id);
    return call;
  };

  const settle = ({ accepted, received, answered, failed }: FromWorker): void => {
    if (received !== null)
      for (const [id, answer] of JSON.parse(received) as Array<[number, Received]>) take(id)?.resolve(answer as never);
    for (const [id, appended] of accepted) take(id)?.resolve(appended as never);
    for (const [id, text] of answered) take(id)?.resolve((text === null ? undefined : JSON.parse(text)) as never);
    for (const [id, failure] of failed) take(id)?.reject(failure);
  };

  return new Promise((opened, refused) => {
    let recovered: () => void = () => {};
    let open = false;
    const died = (reason: string): void => {
      if (closing) return;
      closing = true;
      const failure: HostFailure = { code: "internal", reason };
      for (const { reject } of pending.values()) reject(failure);
      pending.clear();
      if (open) events.fatal(reason);
      else refused(failure);
    };

    const ask: RunningHost["ask"] = (query, sight = null) =>
      call<Json>((id) => asks.push({ id, type: "ask", query, sight }));
    const watch: Watchable["watch"] = (ids, listener) => {
      let watch = 0;
      const started = call<WatchAnswer>((id) => {
        watch = id;
        listeners.set(id, listener);
        asks.push({ id, type: "watch", ids });
      });
      const stop = (): Promise<number> => {
        listeners.delete(watch);
        return call<number>((id) => asks.push({ id, type: "unwatch", watch }));
      };
      return { started, stop };
    };
    let closed: Promise<void> | null = null;
    const unlessClosing = <A>(add: (id: number) => void): Promise<A> =>
      closing
        ? Promise.reject({ code: "closing", reason: "the server is shutting down" } satisfies HostFailure)
        : call<A>(add);
    const host: RunningHost = {
      accept: (entries) => unlessClosing<ReadonlyArray<Appended>>((id) => accepts.push({ id, entries })),
      receive: (delivery) => unlessClosing<Received>((id) => deliveries.push([id, delivery])),
      ask,
      watch,
      idle: () => call<void>((id) => asks.push({ id, type: "idle" })),
      close: (graceMs) => {
        closed ??= (async () => {
          const done = call<void>((id) => asks.push({ id, type: "close", graceMs }));
          await done.finally(() => {
            closing = true;
          });
          await worker.terminate();
        })();
        return closed;
      },
      recovered: new Promise((resolve) => {
        recovered = resolve;
      }),
    };

    worker.on("message", (message: FromWorker | Notice) => {
      switch (message.type) {
        case "answers":
          return settle(message);
        case "opened":
          open = true;
          return opened(host);
        case "refused":
          closing = true;
          void worker.terminate();
          return refused(message.failure);
        case "recovered":
          return recovered();
        case "inspected":
          return listeners.get(message.watch)?.(message.messages);
        case "log":
          return events.log(message.line, message.level, message.fields);
        case "fatal":
          return died(message.reason);
      }
    });
    worker.on("error", (error) => died(`the engine's thread failed: ${error.stack ?? error.message}`));
    worker.on("exit", (code) => died(`the engine's thread ended by itself (code ${code})`));
  });
};
