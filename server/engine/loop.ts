/**
 * When the engine works: folds soon after every append, starts what is ready, sleeps until something is due, writes snapshots
 * behind. A store that refuses stops none of it: the step backs off, is tried again, and shows in `trouble`.
 */
import * as Cause from "effect/Cause";
import * as Clock from "effect/Clock";
import * as Duration from "effect/Duration";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Option from "effect/Option";
import type { Job } from "./agenda.ts";
import { askAt } from "./core.ts";
import type { Engine } from "./engine.ts";
import { followStream } from "./streams.ts";
import { makeTroubles, type Trouble } from "./troubles.ts";

export interface LoopOptions {
  /** As the engine's: false, and no command counts as moving. */
  readonly sending: boolean;
  /** How long a fold waits for more entries to come along. Milliseconds. */
  readonly gatherMs: number;
  /** The same where folds take long: an account is derived once for all that came together. Milliseconds. */
  readonly gatherMaxMs: number;
  /** A snapshot is written after so long without a fold, and after `snapshotMaxMs` in any case. Milliseconds. */
  readonly snapshotIdleMs: number;
  readonly snapshotMaxMs: number;
  /** Of a step that the store refused. Milliseconds. */
  readonly retry: { readonly baseMs: number; readonly capMs: number };
  /** A re-read that is due later than this does not keep the engine from being idle. Milliseconds. */
  readonly idleHorizonMs: number;
  readonly log: (line: string) => void;
  /** The fold met a bug of ours: nothing may go on in this process. */
  readonly fatal: (reason: string) => void;
}

export const loopDefaults = {
  sending: true,
  gatherMs: 10,
  gatherMaxMs: 100,
  snapshotIdleMs: 250,
  snapshotMaxMs: 10_000,
  retry: { baseMs: 100, capMs: 5000 },
  idleHorizonMs: 60_000,
} as const;

export type Loop = Effect.Effect.Success<ReturnType<typeof makeLoop>>;

/** The longest sleep in one piece: timers of the platform end at 2^31 ms. */
const longestSleepMs = 3_600_000;
/** Of the time that a fold takes, so many times as much is waited for what goes with the next. */
const gatherPerFold = 2;
/** Of the time that looking for jobs takes, so many times as much goes to everything else. */
const restPerScan = 4;

/** Everybody else's turn of the event loop. */
export const breathe = Effect.async<void>((resume) => {
  const handle = setImmediate(() => resume(Effect.void));
  return Effect.sync(() => clearImmediate(handle));
});

export const makeLoop = Effect.fnUntraced(function* (engine: Engine, options: LoopOptions) {
  const { core } = engine;
  const scope = yield* Effect.scope;
  const arrived = Effect.unsafeMakeLatch(false);
  const wake = Effect.unsafeMakeLatch(false);
  const changed = Effect.unsafeMakeLatch(false);
  const atRest = Effect.unsafeMakeLatch(false);
  const running = new Set<string>();
  /** Jobs that failed by a bug, and hours that passed without an entry: until when they rest. */
  const fruitless = new Map<string, { readonly count: number; readonly until: number }>();
  const { troubles, guarded, waitAfter } = makeTroubles(options);
  let accepted = 0;
  let startNoneBefore = 0;
  let stopping = false;
  /** In the middle of a fold the position is ahead of what follows from it. */
  let folds = false;

  /** Entries up to this position have been appended. */
  const nudge = (position: number): void => {
    if (position > accepted) accepted = position;
    atRest.unsafeClose();
    arrived.unsafeOpen();
  };

  const orFatal = <E>(work: Effect.Effect<never, E>): Effect.Effect<never, E> =>
    Effect.onExit(work, (exit) =>
      Exit.isFailure(exit) && !Cause.isInterruptedOnly(exit.cause)
        ? Effect.sync(() => options.fatal(Cause.pretty(exit.cause)))
        : Effect.void,
    );

  // ---------------------------------------------------------------- fold and snapshot

  const folding = Effect.gen(function* () {
    /** Of the last fold, if it went through. Milliseconds. */
    let cost = 0;
    for (;;) {
      yield* arrived.await;
      folds = true;
      const gather = Math.max(options.gatherMs, Math.min(options.gatherMaxMs, cost * gatherPerFold));
      const until = (yield* Clock.currentTimeMillis) + gather;
      let done = true;
      for (let left = gather; done && left > 0; left = until - (yield* Clock.currentTimeMillis)) {
        arrived.unsafeClose();
        done = yield* Effect.uninterruptible(guarded("join", engine.joinSome));
        yield* Effect.timeoutOption(arrived.await, left);
      }
      arrived.unsafeClose();
      const begun = yield* Clock.currentTimeMillis;
      done &&= yield* Effect.uninterruptible(guarded("fold", engine.fold));
      cost = done ? (yield* Clock.currentTimeMillis) - begun : 0;
      folds = false;
      if (!done) {
        yield* Effect.sleep(waitAfter("join", "fold"));
        arrived.unsafeOpen();
      }
      changed.unsafeOpen();
      wake.unsafeOpen();
      yield* breathe;
    }
  });

  const writing = Effect.gen(function* () {
    for (;;) {
      yield* changed.await;
      const first = yield* Clock.currentTimeMillis;
      for (;;) {
        changed.unsafeClose();
        const left = first + options.snapshotMaxMs - (yield* Clock.currentTimeMillis);
        if (left <= 0) break;
        const more = yield* Effect.timeoutOption(changed.await, Math.min(options.snapshotIdleMs, left));
        if (Option.isNone(more)) break;
      }
      if (troubles.has("fold")) changed.unsafeOpen();
      const done = troubles.has("fold") || (yield* Effect.uninterruptible(guarded("snapshot", engine.snapshot)));
      if (!done) {
        yield* Effect.sleep(waitAfter("snapshot"));
        changed.unsafeOpen();
      }
    }
  });

  // ---------------------------------------------------------------- jobs

  const runJob = (job: Job) =>
    Effect.gen(function* () {
      const before = core.position;
      const exit = yield* Effect.exit(guarded("job", engine.run(job)));
      running.delete(job.id);
      const now = yield* Clock.currentTimeMillis;
      const stored = Exit.isSuccess(exit) && exit.value;
      if (Exit.isFailure(exit) && !Cause.isInterruptedOnly(exit.cause)) {
        options.log(`${job._tag.toLowerCase()} towards ${job.target || job.id}: ${Cause.pretty(exit.cause)}`);
      }
      if (Exit.isSuccess(exit) && !stored) startNoneBefore = now + waitAfter("job");
      // A job that ends without a trace would start again at once: that costs its own turn, not everyone else's.
      if (Exit.isSuccess(exit) && (job._tag !== "Time" || core.position > before)) fruitless.delete(job.id);
      else {
        const count = (fruitless.get(job.id)?.count ?? 0) + 1;
        const wait = Math.min(options.retry.capMs, 10 * 2 ** Math.min(count, 20));
        fruitless.set(job.id, { count, until: now + wait });
      }
      changed.unsafeOpen();
      wake.unsafeOpen();
    });

  const ready = (now: number): ReadonlyArray<Job> => {
    for (const [id, { until, count }] of fruitless) {
      if (until + options.retry.capMs * 2 < now && count < 20) fruitless.delete(id);
    }
    return engine.jobs(now).filter(({ id }) => (fruitless.get(id)?.until ?? 0) <= now);
  };

  const soonest = (now: number): number | null => {
    let next = engine.nextDue(now);
    const sooner = (at: number) => {
      if (at > now && (next === null || at < next)) next = at;
    };
    for (const { until } of fruitless.values()) sooner(until);
    sooner(startNoneBefore);
    return next;
  };

  /**
   * Something will change without anybody's help: entries are not folded, a job runs or could start, a command that nothing
   * blocks waits for its hour, or a re-read is due within the horizon. The polls and the ends of terms do not count.
   */
  const moving = (now: number): boolean => {
    if (folds || core.position < accepted || running.size > 0 || troubles.size > 0) return true;
    if (options.sending) {
      for (const { planned } of core.open.values()) {
        if (planned.blockedBy !== null) continue;
        if (planned.state !== "held" && planned.state !== "rejected") return true;
      }
    }
    if (core.asks.size > 0) return true;
    for (const [id, at] of core.dueRecords) {
      if (at > now + options.idleHorizonMs) continue;
      const party = core.parties.get(id);
      if (!party) return true;
      if (at <= now) return true;
      const tick = core.tickOf(party.connection);
      if (!core.canRead(party.connection)) continue;
      if (party.toAsk.some(({ through }) => askAt(through, tick) <= now + options.idleHorizonMs)) return true;
    }
    return false;
  };

  const working = Effect.gen(function* () {
    for (;;) {
      wake.unsafeClose();
      const begun = yield* Clock.currentTimeNanos;
      const now = yield* Clock.currentTimeMillis;
      if (!stopping && now >= startNoneBefore) {
        for (const job of ready(now)) {
          engine.begin(job, now);
          if (job._tag !== "Poll") running.add(job.id);
          yield* Effect.forkIn(runJob(job), scope);
        }
      }
      if (moving(now)) atRest.unsafeClose();
      else atRest.unsafeOpen();
      const due = soonest(now);
      const costMs = Number((yield* Clock.currentTimeNanos) - begun) / 1e6;
      if (costMs > 0.5) yield* Effect.sleep(Math.ceil(costMs * restPerScan));
      if (due === null) yield* wake.await;
      else yield* Effect.timeoutOption(wake.await, Math.min(longestSleepMs, Math.max(1, due - now)));
    }
  });

  if (options.sending) {
    for (const system of engine.systems.values())
      if (system.outbound.subscribe !== undefined)
        yield* Effect.forkIn(followStream(engine, system, nudge, options), scope);
  }

  yield* Effect.forkIn(orFatal(folding), scope);
  yield* Effect.forkIn(orFatal(writing), scope);
  yield* Effect.forkIn(orFatal(working), scope);

  /** Completes when nothing is `moving`; false when `maxWaitMs` went by first. */
  const idle = (maxWaitMs: number | null): Effect.Effect<boolean> => {
    const rest = Effect.suspend(() => {
      atRest.unsafeClose();
      wake.unsafeOpen();
      return atRest.await;
    });
    return maxWaitMs === null
      ? Effect.as(rest, true)
      : Effect.map(Effect.timeoutOption(rest, Duration.millis(maxWaitMs)), Option.isSome);
  };

  /** Starts no more; waits for what runs, `graceMs` at most; folds what was accepted and writes the snapshot. */
  const drain = (graceMs: number) =>
    Effect.gen(function* () {
      stopping = true;
      const end = (yield* Clock.currentTimeMillis) + graceMs;
      while (engine.active > 0 && (yield* Clock.currentTimeMillis) < end) yield* Effect.sleep(10);
      if (yield* guarded("fold", engine.fold)) yield* guarded("snapshot", engine.snapshot);
    });

  return {
    nudge,
    idle,
    drain,
    get trouble(): ReadonlyArray<Trouble> {
      return [...troubles.values()];
    },
  };
});
