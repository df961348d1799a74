/**
 * The entries that make a figure, found by reading the journal once more from its beginning: the same fold, telling what it adds. A
 * reading is kept with where it stands, so that the next page, or the next question, goes on from there.
 */
import * as Effect from "effect/Effect";
import type { Stretch } from "../../domain/kpis/figures.ts";
import { type Added, Kpis } from "../../domain/kpis/fold.ts";
import type { Journal, StoreError } from "../../domain/ports/store.ts";
import { slicing } from "../reconciliation/live.ts";

export interface Reading {
  /** In order of position; days that the figures have forgotten are not among them. */
  readonly found: ReadonlyArray<Added>;
  /** Read through. */
  readonly position: number;
  /** Entries that are left. */
  readonly behind: number;
}

/** `names`: of a day's counts and times. At most so many milliseconds of reading. */
export type Readings = (
  names: ReadonlyArray<string>,
  stretch: Stretch,
  budgetMs: number,
) => Effect.Effect<Reading, StoreError>;

const page = 512;
/** Kept at once; the one not asked for longest goes. */
const most = 4;

export const makeReadings = (journal: typeof Journal.Service): Readings => {
  const kept = new Map<string, { readonly kpis: Kpis; readonly found: Added[] }>();
  const lock = Effect.unsafeMakeSemaphore(1);

  const readingOf = (names: ReadonlyArray<string>, { from, to }: Stretch) => {
    const key = JSON.stringify([names, from, to]);
    let reading = kept.get(key);
    if (reading === undefined) {
      const found: Added[] = [];
      const kpis = new Kpis();
      kpis.heard = (added) => {
        if (added.day >= from && added.day < to && names.includes(added.name)) found.push(added);
      };
      reading = { kpis, found };
    }
    kept.delete(key);
    kept.set(key, reading);
    if (kept.size > most) kept.delete(kept.keys().next().value!);
    return reading;
  };

  return (names, stretch, budgetMs) =>
    lock.withPermits(1)(
      Effect.gen(function* () {
        const { kpis, found } = readingOf(names, stretch);
        const began = performance.now();
        const turn = slicing();
        const head = yield* journal.head;
        while (kpis.position < head && performance.now() - began < budgetMs) {
          const entries = yield* journal.read(kpis.position, page);
          if (entries.length === 0) break;
          for (const entry of entries) kpis.apply(entry);
          yield* turn();
        }
        return {
          found: found.filter(({ day }) => kpis.days.has(day)),
          position: kpis.position,
          behind: Math.max(0, head - kpis.position),
        };
      }),
    );
};
