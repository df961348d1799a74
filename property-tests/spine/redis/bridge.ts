/**
 * The Redis store as the harness needs it: ports whose effects are synchronous. The store is in a thread; each call is posted there,
 * and this thread stands still until the answer is there. One call at a time, so nothing is done in another order than by memory.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import * as Effect from "effect/Effect";
import { StoreError } from "../../../domain/ports/store.ts";
import { build, root } from "../../../server/cli/build.mjs";
import type { Ports, Processes } from "../../simulation/world.ts";
import {
  ANSWERS,
  type Answer,
  type Ask,
  type Below,
  type PortName,
  SERVER,
  SHARED_BYTES,
  type ThreadData,
} from "./wire.ts";

/** After this long without an answer the thread is given up. Milliseconds. */
const PATIENCE = 90_000;

export interface Bridge extends Processes {
  /** Of the server. */
  readonly url: string;
  /** What happened below the ports, and how often. */
  readonly seen: () => ReadonlyMap<string, number>;
  /** Calls that were answered. */
  readonly calls: () => number;
  readonly close: () => Promise<void>;
}

/** Before every key. */
export const prefix = "spine:";
const noAnswer = new StoreError({ code: "io", reason: "the process died in this call" });

/** Nothing goes wrong below the ports. */
export const calm: Below = { seed: 0, cut: 0, kill: 0, maxKills: 0 };

export const makeBridge = async (below: Below = calm): Promise<Bridge> => {
  const scratch = mkdtempSync(join(tmpdir(), "tieout-spine-"));
  const shared = new SharedArrayBuffer(SHARED_BYTES);
  const numbers = new Int32Array(shared);
  const { port1: here, port2: answers } = new MessageChannel();
  /** The server must not outlive this process, however it ends. */
  const orphaned = (): void => {
    const pid = Atomics.load(numbers, SERVER);
    if (pid > 0) process.kill(pid, "SIGKILL");
  };
  process.on("exit", orphaned);
  const { worker, url } = await start({ shared, answers, below, prefix });

  let calls = 0;
  const ask = (question: Ask): unknown => {
    const before = Atomics.load(numbers, ANSWERS);
    worker.postMessage(question);
    // The number is what counts: being woken may still be about the answer before.
    while (Atomics.load(numbers, ANSWERS) === before)
      if (Atomics.wait(numbers, ANSWERS, before, PATIENCE) === "timed-out")
        throw new Error(`the thread of the Redis store did not answer within ${PATIENCE} ms: ${question.type}`);
    calls += 1;
    const answer = receiveMessageOnPort(here)!.message as Answer;
    if (answer.type === "value") return answer.value;
    if (answer.type === "refused") throw new StoreError({ code: answer.code, reason: answer.reason });
    throw new Error(answer.what);
  };

  const living = new Map<string, string>();
  /** Where the dead ones kept their marks: who comes after them goes on there. */
  const freed: string[] = [];
  let directories = 0;
  let breaksOff = false;

  const call = <A>(owner: string, port: PortName, method: string, args: ReadonlyArray<unknown> | null) =>
    Effect.suspend((): Effect.Effect<A, StoreError> => {
      if (!living.has(owner)) return Effect.never;
      try {
        const answer = ask({ type: "call", process: owner, port, method, args, breaksOff });
        return breaksOff ? Effect.fail(noAnswer) : Effect.succeed(answer as A);
      } catch (failure) {
        return failure instanceof StoreError ? Effect.fail(failure) : Effect.die(failure);
      }
    });

  const portsOf = (owner: string): Ports => {
    const value = <A>(port: PortName, method: string) => call<A>(owner, port, method, null);
    const method =
      (port: PortName, name: string) =>
      <A>(...args: ReadonlyArray<unknown>) =>
        call<A>(owner, port, name, args);
    return {
      journal: {
        append: method("journal", "append"),
        read: method("journal", "read"),
        raw: method("journal", "raw"),
        head: value("journal", "head"),
        link: method("journal", "link"),
        check: value("journal", "check"),
      },
      snapshots: {
        through: value("snapshots", "through"),
        save: method("snapshots", "save"),
        load: method("snapshots", "load"),
        owners: method("snapshots", "owners"),
        find: method("snapshots", "find"),
        accounts: method("snapshots", "accounts"),
        parties: method("snapshots", "parties"),
        forgetTerms: method("snapshots", "forgetTerms"),
        clear: value("snapshots", "clear"),
      },
      outbox: { save: method("outbox", "save"), list: method("outbox", "list"), clear: value("outbox", "clear") },
      due: { save: method("due", "save"), all: value("due", "all"), clear: value("due", "clear") },
    };
  };

  return {
    url,
    open: (owner) => {
      const directory = freed[0] ?? join(scratch, String(directories++));
      ask({ type: "open", process: owner, directory });
      if (directory === freed[0]) freed.shift();
      living.set(owner, directory);
      return portsOf(owner);
    },
    brokenOff: (owner, effect) =>
      Effect.suspend(() => {
        if (!living.has(owner)) return Effect.void;
        breaksOff = true;
        return Effect.ensuring(
          Effect.ignore(effect),
          Effect.sync(() => {
            breaksOff = false;
          }),
        );
      }),
    gone: (owner) => {
      const directory = living.get(owner);
      if (directory === undefined) return;
      ask({ type: "gone", process: owner });
      living.delete(owner);
      freed.push(directory);
    },
    seen: () => new Map(ask({ type: "seen" }) as ReadonlyArray<readonly [string, number]>),
    calls: () => calls,
    close: async () => {
      try {
        ask({ type: "end" });
      } finally {
        worker.removeAllListeners();
        await worker.terminate();
        orphaned();
        process.off("exit", orphaned);
        here.close();
        rmSync(scratch, { recursive: true, force: true });
      }
    },
  };
};

/** Bundled, since a thread does not load TypeScript by itself; beside the packages, from where they are found. */
const start = async (data: ThreadData): Promise<{ readonly worker: Worker; readonly url: string }> => {
  const cache = join(root, "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  const bundle = mkdtempSync(join(cache, "tieout-spine-"));
  try {
    await build({ thread: "property-tests/spine/redis/thread.ts" }, bundle, { engine: false });
    const options = { workerData: data, transferList: [data.answers], execArgv: [] };
    const worker = new Worker(join(bundle, "thread.mjs"), options);
    const url = await new Promise<string>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.once("exit", (code) => reject(new Error(`the thread of the Redis store ended with ${code}`)));
    });
    return { worker, url };
  } finally {
    rmSync(bundle, { recursive: true, force: true });
  }
};
