/**
 * The report of a closed period: computed once, at the cut, and kept in the journal, whose chain covers its bytes. A close that was
 * interrupted before that is made whole by whoever looks at it next.
 */
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import { type PeriodNotes, type PeriodRecord, period, periodRecord } from "../../domain/controls/period.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { sha256 } from "../../domain/hash.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import { ownEntry } from "../engine/own-entry.ts";
import { refold } from "./refold.ts";
import { type Closing, reportOf } from "./report.ts";

/** In the place of a person. */
const author = "tieout";

/** Which closing of a record is to be reported; null: none. */
export const closingOf = (record: PeriodRecord | null): Closing | null =>
  record === null || record.closed === null ? null : { ...record, ...record.closed };

const compute = (engine: Engine, closing: Closing): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    const { core, books, keeper } = yield* refold(engine.journal, engine.surroundings, closing.cut);
    const text = reportOf(core, books, keeper, closing);
    const bytes = new TextEncoder().encode(text);
    const { entity, period, cut } = closing;
    const note: PeriodNotes = {
      type: "period.reported",
      party: controlsParty,
      entity,
      period,
      cut,
      sha256: sha256(text),
      bytes: bytes.byteLength,
      by: author,
      reason: null,
    };
    yield* engine.append([ownEntry("decision", note, engine.core.now, bytes)]);
    yield* engine.fold;
  });

/** One computation at a time for each closing, however many ask for it. */
const underWay = new WeakMap<Engine, Map<string, Fiber.RuntimeFiber<void, StoreError>>>();

/** Waits for the report, at most so long; who waits no longer does not stop it. The record is as it stands then. */
export const kept = (
  engine: Engine,
  entity: string,
  month: string,
  waitMs: number,
): Effect.Effect<PeriodRecord | null, StoreError> =>
  Effect.gen(function* () {
    const id = periodRecord(entity, month);
    const recordNow = (): PeriodRecord | null => engine.core.controls.get(period, id);
    const closing = closingOf(recordNow());
    if (closing === null || recordNow()?.closed?.report !== null) return recordNow();
    const running = underWay.get(engine) ?? new Map<string, Fiber.RuntimeFiber<void, StoreError>>();
    underWay.set(engine, running);
    const key = `${id} ${closing.cut}`;
    let work = running.get(key);
    if (work === undefined) {
      const forget = Effect.sync(() => running.delete(key));
      work = yield* Effect.forkDaemon(Effect.ensuring(compute(engine, closing), forget));
      running.set(key, work);
    }
    yield* Effect.race(Fiber.await(work), Effect.sleep(waitMs));
    return recordNow();
  });
