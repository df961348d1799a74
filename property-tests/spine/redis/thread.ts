/**
 * The thread of the Redis store: a real server, and for each process of the harness a store of its own behind a proxy of its own.
 * The harness waits for each answer, so nothing happens here at the same time; what goes wrong below the ports is drawn here.
 */
import { parentPort, workerData } from "node:worker_threads";
import * as Cause from "effect/Cause";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as ManagedRuntime from "effect/ManagedRuntime";
import { layer } from "../../../adapters/stores/redis/layer.ts";
import { type FaultyProxy, makeProxy } from "../../../adapters/stores/redis/testing/proxy.ts";
import { makeServer } from "../../../adapters/stores/redis/testing/server.ts";
import { DueRecords, Journal, Outbox, Snapshots, StoreError } from "../../../domain/ports/store.ts";
import { Chance } from "../../simulation/chance.ts";
import { ANSWERS, type Answer, type Ask, type PortName, SERVER, type ThreadData } from "./wire.ts";

const { shared, answers, below, prefix } = workerData as ThreadData;
const numbers = new Int32Array(shared);
const chance = new Chance(below.seed);
const redis = await makeServer();
const tellServer = (): void => void Atomics.store(numbers, SERVER, redis.pid() ?? 0);
tellServer();

/** Longer than any run: a process that dies has not written its mark since it began. Milliseconds. */
const NEVER = 1_000_000_000;
/** A machine that has much else to do is no fault of the store. Milliseconds. */
const LONG = 30_000;

const open = async (directory: string) => {
  const proxy = await makeProxy(redis.port);
  const runtime = ManagedRuntime.make(
    layer({ url: proxy.url, prefix, directory, markMs: NEVER, patienceMs: LONG, answerMs: LONG }),
  );
  const exit = await runtime.runPromiseExit(
    Effect.all({ journal: Journal, snapshots: Snapshots, outbox: Outbox, due: DueRecords }),
  );
  if (Exit.isSuccess(exit)) return { proxy, runtime, ports: exit.value };
  await proxy.close();
  throw Cause.squash(exit.cause);
};
const processes = new Map<string, Awaited<ReturnType<typeof open>>>();
/** Their ports stay taken, so that nobody else gets what a dead store might still send. */
const dead: FaultyProxy[] = [];

const seen = new Map<string, number>();
const count = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);

let kills = 0;
/** The call, and what happens to it below the port: whatever that is, it ends as it would have. */
const amidFaults = async <A>(name: string, proxy: FaultyProxy, call: () => Promise<A>): Promise<A> => {
  const [cut, kill, which] = [
    chance.bet(below.cut),
    chance.bet(below.kill),
    chance.pick(["request", "answer"] as const),
  ];
  if (kill && kills < below.maxKills) {
    kills += 1;
    let ended = false;
    if (which === "answer") proxy.cutAnswer();
    const calling = call().finally(() => {
      ended = true;
    });
    // Whoever waits for it hears of its failure below.
    calling.catch(() => {});
    // Before it hears of the call, or when it has done it and nobody has heard.
    while (which === "answer" && proxy.waits() && !ended) await new Promise(setImmediate);
    await redis.kill();
    await redis.start();
    tellServer();
    count(`server killed ${which === "answer" ? "after" : "before"} ${name}`);
    return calling;
  }
  if (!cut) return call();
  if (which === "request") proxy.cutRequest();
  else proxy.cutAnswer();
  const result = await call();
  if (!proxy.waits()) count(`${which} lost at ${name}`);
  return result;
};

const callOf = (ports: Awaited<ReturnType<typeof open>>["ports"], port: PortName, method: string) =>
  (ports[port] as unknown as Readonly<Record<string, unknown>>)[method];

const answerTo = async (ask: Ask): Promise<unknown> => {
  switch (ask.type) {
    case "open":
      processes.set(ask.process, await open(ask.directory));
      return null;
    case "call": {
      const { proxy, runtime, ports } = processes.get(ask.process)!;
      const found = callOf(ports, ask.port, ask.method);
      const effect = (
        ask.args === null ? found : (found as (...args: unknown[]) => unknown)(...ask.args)
      ) as Effect.Effect<unknown, StoreError>;
      const call = async () => {
        const exit = await runtime.runPromiseExit(effect);
        if (Exit.isSuccess(exit)) return exit.value;
        throw Cause.squash(exit.cause);
      };
      const name = `${ask.port} ${ask.method}`;
      if (!ask.breaksOff) return amidFaults(name, proxy, call);
      const torn = proxy.tear().then(() => count(`torn at ${name}`));
      // It tries again for a while, in vain.
      const ended = call().catch(() => {});
      await Promise.race([torn, ended]);
      return null;
    }
    case "gone": {
      const { proxy } = processes.get(ask.process)!;
      processes.delete(ask.process);
      proxy.sever();
      dead.push(proxy);
      return null;
    }
    case "seen":
      return [...seen].sort();
    case "end":
      for (const { runtime } of processes.values()) await runtime.dispose();
      for (const { proxy } of processes.values()) await proxy.close();
      for (const proxy of dead) await proxy.close();
      await redis.dispose();
      tellServer();
      return null;
  }
};

parentPort!.on("message", async (ask: Ask) => {
  const answer: Answer = await answerTo(ask).then(
    (value) => ({ type: "value", value }),
    (failure) =>
      failure instanceof StoreError
        ? { type: "refused", code: failure.code, reason: failure.reason }
        : { type: "failed", what: failure instanceof Error ? (failure.stack ?? failure.message) : String(failure) },
  );
  answers.postMessage(answer);
  Atomics.add(numbers, ANSWERS, 1);
  Atomics.notify(numbers, ANSWERS);
});
parentPort!.postMessage(redis.url);
