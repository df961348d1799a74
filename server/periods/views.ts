/** What is asked about periods: the list of them, and what was reported at a close. */
import * as Effect from "effect/Effect";
import type { Accounting } from "../../domain/booking.ts";
import { nextMonth } from "../../domain/calendar/day.ts";
import type { Json } from "../../domain/canonical.ts";
import { period } from "../../domain/controls/period.ts";
import { entitiesOf, isPeriod, periodAt } from "../../domain/periods.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { kept } from "./keep.ts";
import { periodJson } from "./period-json.ts";

/** Months listed of each entity, the newest; older ones that nobody closed are of no interest. */
const mostMonths = 120;
const reportWaitMs = 10_000;

const monthsOf = (engine: Engine, entity: string): ReadonlyArray<string> => {
  const recorded = [...engine.core.controls.all(period).values()]
    .filter((record) => record.entity === entity)
    .map((record) => record.period);
  const now = periodAt(engine.core.now, engine.accounting!.timeZone);
  const all = [...recorded, now].sort();
  const months: string[] = [];
  for (let month = all[0]!; month <= all.at(-1)!; month = nextMonth(month)) months.push(month);
  return months.reverse().slice(0, mostMonths);
};

/** Those that the one who asks may see. */
export const entitiesInSight = ({ systems, sees }: Engine, accounting: Accounting): ReadonlyArray<string> =>
  entitiesOf(
    accounting,
    [...systems.keys()].filter((connection) => sees(`@${connection}`)),
  );

/** Newest first, entity by entity; null: there is no such entity. */
export const periods = (
  engine: Engine,
  { entity }: Extract<Query, { readonly name: "periods" }>,
): Effect.Effect<Json, StoreError> =>
  Effect.map(engine.fold, () => {
    if (engine.accounting === null) return { items: [] };
    const entities = entitiesInSight(engine, engine.accounting);
    if (entity !== null && !entities.includes(entity)) return null;
    const asked = entity === null ? entities : [entity];
    return { items: asked.flatMap((one) => monthsOf(engine, one).map((month) => periodJson(engine, one, month))) };
  });

export type Reported =
  | { readonly missing: string }
  | { readonly waiting: string }
  /** The bytes as text, and where in the journal they are. */
  | { readonly text: string; readonly sha256: string; readonly position: number };

export const periodReport = (
  engine: Engine,
  { entity, period: month }: Extract<Query, { readonly name: "periodReport" }>,
): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const answer = (reported: Reported): Json => reported as unknown as Json;
    yield* engine.fold;
    if (engine.accounting === null || !isPeriod(month))
      return answer({ missing: `${month} is no period: a month such as 2026-01` });
    const shown = entitiesInSight(engine, engine.accounting).includes(entity) || engine.sees("@");
    const record = shown ? yield* kept(engine, entity, month, reportWaitMs) : null;
    const closed = record?.closed ?? record?.earlier.at(-1) ?? null;
    if (closed === null)
      return answer({ missing: `${month} of ${entity} was never closed here, so nothing was reported` });
    if (closed.report === null) return answer({ waiting: `the report of ${month} of ${entity} is being computed` });
    const { position, sha256 } = closed.report;
    const raw = yield* engine.journal.raw(position);
    return answer({ text: raw === null ? "" : new TextDecoder().decode(raw), sha256, position });
  });
