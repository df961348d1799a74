/** The worker's side of the host: owns the engine, answers batches with batches. */
import { parentPort, workerData } from "node:worker_threads";
import * as Cause from "effect/Cause";
import { failureOf } from "./commit.ts";
import type { Received } from "./delivery.ts";
import type { HostFailure, Watching } from "./host.ts";
import { makeRoom, type RunningHost } from "./room.ts";
import {
  type Ask,
  deliveriesMost,
  type FromWorker,
  type Notice,
  type ToWorker,
  unpack,
  unpackDeliveries,
  type WorkerData,
} from "./wire.ts";

const port = parentPort!;
const { options } = workerData as WorkerData;
/** Two messages' worth: the door works on the next ones meanwhile. */
const commitCalls = 2 * deliveriesMost;
const notify = (notice: Notice): void => port.postMessage(notice);

const empty = () => ({
  accepted: [] as Array<FromWorker["accepted"][number]>,
  received: [] as Array<readonly [id: number, received: Received]>,
  answered: [] as Array<FromWorker["answered"][number]>,
  failed: [] as Array<FromWorker["failed"][number]>,
});
let outbox = empty();
let scheduled = false;
const flush = (): void => {
  scheduled = false;
  const received = outbox.received.length === 0 ? null : JSON.stringify(outbox.received);
  const message: FromWorker = { type: "answers", ...outbox, received };
  outbox = empty();
  port.postMessage(message);
};
/** Once for the answers of a whole append, which come in one after the other, and before anything else is looked at. */
const later = (): void => {
  if (scheduled) return;
  scheduled = true;
  queueMicrotask(flush);
};

const failed = (id: number) => (failure: unknown) => {
  const known = failure as Partial<HostFailure> | null;
  const plain =
    typeof known?.code === "string" && typeof known.reason === "string"
      ? { code: known.code, reason: known.reason }
      : failureOf(Cause.die(failure));
  outbox.failed.push([id, plain]);
  later();
};

const watches = new Map<number, Watching>();

const answer = (host: RunningHost, ask: Ask): void => {
  const answered = (text: string | null) => {
    outbox.answered.push([ask.id, text]);
    later();
  };
  const done = () => answered(null);
  if (ask.type === "ask")
    host
      .ask(ask.query, ask.sight)
      .then((json) => answered(JSON.stringify(json)))
      .catch(failed(ask.id));
  else if (ask.type === "watch") {
    const watching = host.watch(ask.ids, (messages) => notify({ type: "inspected", watch: ask.id, messages }));
    watches.set(ask.id, watching);
    watching.started.then((json) => answered(JSON.stringify(json)), failed(ask.id));
  } else if (ask.type === "unwatch") {
    const watching = watches.get(ask.watch);
    watches.delete(ask.watch);
    if (watching === undefined) done();
    else watching.stop().then((left) => answered(JSON.stringify(left)), failed(ask.id));
  } else if (ask.type === "idle") host.idle().then(done, failed(ask.id));
  else host.close(ask.graceMs).then(done, failed(ask.id));
};

const serve = (host: RunningHost): void => {
  port.on("message", ({ accepts, packed, deliveries, asks }: ToWorker) => {
    for (const [id, delivery] of deliveries === null ? [] : unpackDeliveries(deliveries))
      host.receive(delivery).then((received) => {
        outbox.received.push([id, received]);
        later();
      }, failed(id));
    const calls = packed === null ? [] : unpack(packed);
    calls.forEach((entries, i) => {
      const id = accepts[i]!;
      host.accept(entries).then((appended) => {
        outbox.accepted.push([id, appended]);
        later();
      }, failed(id));
    });
    for (const ask of asks) answer(host, ask);
  });
  notify({ type: "opened" });
  host.recovered.then(
    () => notify({ type: "recovered" }),
    () => {},
  );
};

makeRoom(
  { commitCalls, ...options },
  {
    log: (line, level = "warn", fields = {}) => notify({ type: "log", line, level, fields }),
    fatal: (reason) => notify({ type: "fatal", reason }),
  },
).then(serve, (failure: HostFailure) => notify({ type: "refused", failure }));
