/** Brings replays to their end, piece by piece; after a kill it goes on where it was, and what was corrected is the same by then. */
import * as Effect from "effect/Effect";
import {
  addCounts,
  type ReplayCounts,
  type ReplayFailure,
  type ReplayNotes,
  type ReplayRecord,
  replay,
} from "../../domain/controls/replay.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Turns } from "../bulk/runner.ts";
import type { Engine } from "../engine/engine.ts";
import { writeDown } from "../queues/journal.ts";
import { candidates } from "./candidates.ts";
import { correct } from "./correct.ts";
import { decodeAgain } from "./decode.ts";

const one = (engine: Engine, job: string, record: ReplayRecord): Effect.Effect<number, StoreError> =>
  Effect.gen(function* () {
    const { entries, next } = yield* candidates(engine, record.filter, record.next, record.through);
    let counts: ReplayCounts = { looked: 0, same: 0, corrected: 0, failed: 0 };
    const failures: ReplayFailure[] = [];
    for (const entry of entries) {
      const again = record.decoder === "stored" ? ({ _tag: "Same" } as const) : yield* decodeAgain(engine, entry);
      if (again._tag === "Other") yield* correct(engine, job, entry, again);
      if (again._tag === "Failed") failures.push({ position: entry.position, detail: again.detail });
      counts = addCounts(counts, {
        looked: 1,
        same: again._tag === "Same" ? 1 : 0,
        corrected: again._tag === "Other" ? 1 : 0,
        failed: again._tag === "Failed" ? 1 : 0,
      });
      yield* Effect.yieldNow();
    }
    const { by, reason } = record;
    const note: ReplayNotes = {
      type: "replay.ran",
      party: controlsParty,
      replay: job,
      by,
      reason,
      next,
      counts,
      failures,
    };
    return yield* writeDown(engine, [note]);
  });

/** `appended`: told of what was written, so that it is folded. */
export const makeReplayRunner = (engine: Engine, appended: (position: number) => void): Turns => ({
  turn: Effect.gen(function* () {
    let busy = false;
    for (const [job, record] of engine.core.controls.all(replay)) {
      if (record.state !== "running") continue;
      busy = true;
      const last = yield* one(engine, job, record);
      appended(Math.max(last, engine.core.position));
      yield* engine.fold;
    }
    return busy;
  }),
});
