/** Lets time pass in the journal when a switch of the policy or a mapping takes effect and nothing else comes in. */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type { Turns } from "../bulk/runner.ts";
import type { Engine } from "../engine/engine.ts";
import { writeDown } from "../queues/journal.ts";

export const makeTimekeeper = (engine: Engine, appended: (position: number) => void): Turns => ({
  turn: Effect.gen(function* () {
    const { nextChangeAt } = engine.core;
    if (nextChangeAt > (yield* Clock.currentTimeMillis)) return false;
    const last = yield* writeDown(engine, [], true);
    appended(last);
    yield* engine.fold;
    return true;
  }),
});
