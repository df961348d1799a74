/**
 * Reads the journal page by page behind the fold and keeps the figures. Where it stands is put down in a file from time to time, so
 * that a restart goes on from there; a file that is missing, damaged or ahead of the journal costs a reading from the beginning.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import * as Effect from "effect/Effect";
import { type KpiCheckpoint, Kpis, kpiVersion } from "../../domain/kpis/fold.ts";
import type { Journal, StoreError } from "../../domain/ports/store.ts";
import { makeReadings, type Readings } from "./readings.ts";

export interface KpiScan {
  readonly kpis: Kpis;
  /** At most so many milliseconds of reading; answers how many entries are left. */
  readonly advance: (budgetMs: number) => Effect.Effect<number, StoreError>;
  /** Put down where it stands. */
  readonly save: () => void;
  /** For whoever asks what a figure is made of. */
  readonly readings: Readings;
}

const page = 512;
/** Reading so many again costs less than a file. */
const worthSaving = 1000;

const read = (file: string): KpiCheckpoint | null => {
  try {
    const found = JSON.parse(readFileSync(file, "utf8")) as KpiCheckpoint;
    const lists = [found.days, found.parties, found.claims, found.failing, found.open];
    return found.version === kpiVersion && Number.isSafeInteger(found.position) && lists.every(Array.isArray)
      ? found
      : null;
  } catch {
    return null;
  }
};

/** `file`: null keeps it in memory alone. */
export const makeScan = (journal: typeof Journal.Service, file: string | null): KpiScan => {
  let kpis = new Kpis();
  let opened = false;
  let saved = 0;
  const lock = Effect.unsafeMakeSemaphore(1);

  const advance = (budgetMs: number): Effect.Effect<number, StoreError> =>
    lock.withPermits(1)(
      Effect.gen(function* () {
        const began = performance.now();
        const head = yield* journal.head;
        if (!opened) {
          const checkpoint = file === null ? null : read(file);
          // One that is ahead is of another journal, or of one that was put back.
          if (checkpoint !== null && checkpoint.position <= head) kpis = Kpis.restored(checkpoint);
          saved = kpis.position;
          opened = true;
        }
        while (kpis.position < head) {
          const entries = yield* journal.read(kpis.position, page);
          if (entries.length === 0) break;
          for (const entry of entries) kpis.apply(entry);
          yield* Effect.yieldNow();
          if (performance.now() - began > budgetMs) break;
        }
        return Math.max(0, head - kpis.position);
      }),
    );

  const save = (): void => {
    if (file === null || kpis.position - saved < worthSaving) return;
    writeFileSync(`${file}.new`, JSON.stringify(kpis.checkpoint));
    renameSync(`${file}.new`, file);
    saved = kpis.position;
  };
  return {
    get kpis() {
      return kpis;
    },
    advance,
    save,
    readings: makeReadings(journal),
  };
};
