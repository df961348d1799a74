/**
 * The desk of a running server: looks through the queues behind the fold, writes down what came and went, lets time pass where
 * something hangs on it, and decides on alerts. It takes its turn after the work: looking costs a share of the time, never all of it.
 */
import * as Cause from "effect/Cause";
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import { controlsParty } from "../../domain/controls/topic.ts";
import type { TopicNote } from "../../domain/controls/topics.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import { decideAlerts } from "../alerts/decide.ts";
import type { Engine } from "../engine/engine.ts";
import { writeDown } from "./journal.ts";
import { newMemory, ourselves, review } from "./review.ts";
import type { DeskSettings } from "./settings.ts";

export interface Desk {
  /** Look once, now. */
  readonly look: Effect.Effect<void, StoreError>;
  /** Look again and again, until it is interrupted. */
  readonly run: Effect.Effect<never>;
}

/** Of the time that looking takes, so many times as much goes to everything else. */
const restPerLook = 20;
/** Also without a new entry: what is late becomes later. Milliseconds. */
const longestRestMs = 30_000;

/** Between two notes of how many deliveries came twice. Milliseconds. */
const countEveryMs = 60_000;
/** Of one turn for the figures, while nothing else happens. Milliseconds. */
const figuresMs = 50;

/** `appended`: told of what was written, so that it is folded. */
export const makeDesk = (
  engine: Engine,
  settings: DeskSettings,
  appended: (position: number) => void,
  log: (line: string) => void,
): Desk => {
  const { core } = engine;
  const memory = newMemory();
  const touches = new Map(core.takeTouches());
  let seen = -1;
  let next: number | null = null;
  let told = 0;
  let toldAt = 0;
  let resting = -1;

  /** Deliveries of what was taken in before are in no journal: now and then their number is. */
  const counted = (now: number): ReadonlyArray<TopicNote> => {
    const duplicates = engine.duplicates - told;
    if (duplicates === 0 || now - toldAt < countEveryMs) return [];
    told = engine.duplicates;
    toldAt = now;
    return [{ party: controlsParty, by: ourselves, reason: null, type: "intake.counted", duplicates }];
  };

  const look = Effect.gen(function* () {
    // In the middle of a fold what is there does not follow yet from what was read.
    if (!core.isSettled) yield* engine.derive;
    const now = yield* Clock.currentTimeMillis;
    const uncounted = engine.duplicates > told && now - toldAt >= countEveryMs;
    if (core.position === seen && !uncounted && (next === null || now < next)) return;
    for (const [party, position] of core.takeTouches()) touches.set(party, position);
    const through = core.position;
    const found = review(core, settings, memory, touches, now);
    const alerts = decideAlerts(engine, settings, now);
    touches.clear();
    seen = through;
    next = Math.min(found.next ?? Number.POSITIVE_INFINITY, now + longestRestMs);
    const last = yield* writeDown(engine, [...found.notes, ...alerts, ...counted(now)], found.timePasses);
    if (last > 0) appended(last);
  });

  const run = Effect.gen(function* () {
    let said = "";
    for (;;) {
      const began = yield* Clock.currentTimeNanos;
      // A bug of ours here must not end the looking: it is told, once, and tried again.
      yield* Effect.catchAllCause(Effect.uninterruptible(look), (cause) =>
        Effect.sync(() => {
          seen = -1;
          const why = Cause.pretty(cause);
          if (said !== why) log(`the desk could not look through the queues: ${why}; tried again`);
          said = why;
        }),
      );
      // The figures read the journal behind the fold, when nothing new came for a turn.
      if (core.position === resting) {
        const left = yield* Effect.orElseSucceed(engine.kpis.advance(figuresMs), () => 0);
        // A disk that is full costs a reading from the beginning later, no more.
        if (left === 0) yield* Effect.ignore(Effect.try(engine.kpis.save));
      }
      resting = core.position;
      const costMs = Number((yield* Clock.currentTimeNanos) - began) / 1e6;
      yield* Effect.sleep(Math.max(settings.everyMs, Math.ceil(costMs * restPerLook)));
    }
  });
  return { look, run };
};
