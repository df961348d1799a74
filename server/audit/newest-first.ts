/** The journal backwards in pages, so many for one request: what has no index of its own is found so. */
import * as Effect from "effect/Effect";
import type { Entry, StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";

const page = 2048;
/** Pages read for one request. */
const mostPages = 20;

export interface Reading {
  /** False: it is passed over. */
  readonly wanted: (entry: Entry) => boolean;
  /** True: nothing from here down is wanted. */
  readonly over?: (entry: Entry) => boolean;
  /** False: that was enough. */
  readonly take: (entry: Entry) => Effect.Effect<boolean, StoreError>;
}

/** From `high` down. What is left: every position up to the answer; 0: nothing. */
export const newestFirst = (
  { journal }: Pick<Engine, "journal">,
  high: number,
  { wanted, over = () => false, take }: Reading,
): Effect.Effect<number, StoreError> =>
  Effect.gen(function* () {
    let left = high;
    for (let pages = 0; pages < mostPages && left > 0; pages++) {
      const low = Math.max(0, left - page);
      const entries = (yield* journal.read(low, left - low)).filter(({ position }) => position <= left);
      for (const entry of [...entries].reverse()) {
        if (over(entry)) return 0;
        if (wanted(entry) && !(yield* take(entry))) return entry.position - 1;
      }
      left = low;
      yield* Effect.yieldNow();
    }
    return left;
  });
