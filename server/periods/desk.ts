/** Closing and reopening periods, as the engine judges them: what speaks against it, and what is written down. */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type { Accounting } from "../../domain/booking.ts";
import { type PeriodNotes, period, periodRecord } from "../../domain/controls/period.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { entityOf, isPeriod, rangeOf } from "../../domain/periods.ts";
import { needsSecondPerson } from "../access/second-person.ts";
import type { Engine } from "../engine/engine.ts";
import { type ActRequest, type ControlAct, conflict, invalid, type Prepared, refused } from "../operators/act.ts";
import type { ControlDesk } from "../operators/control-desk.ts";
import { keptBooksOf } from "../reports/keeping.ts";
import { kept } from "./keep.ts";
import { inWords, openIn } from "./open-commands.ts";
import { periodJson } from "./period-json.ts";
import { entitiesInSight } from "./views.ts";

export const periodVerbs = ["close", "reopen"] as const;
export type PeriodVerb = (typeof periodVerbs)[number];

/** How long the answer to a close waits for its report. Milliseconds. */
const reportWaitMs = 10_000;
/** Open commands told one by one. */
const mostTold = 100;

const partsOf = (id: string): { readonly entity: string; readonly month: string } => {
  const slash = id.lastIndexOf("/");
  return { entity: id.slice(0, slash), month: id.slice(slash + 1) };
};

const wrongIn = (engine: Engine, accounting: Accounting, entity: string, month: string): ReadonlyArray<string> => {
  const entities = entitiesInSight(engine, accounting);
  return [
    ...(isPeriod(month) ? [] : [`${JSON.stringify(month)} is no period: a month such as 2026-01`]),
    ...(entities.includes(entity)
      ? []
      : [`entity: there is no legal entity ${JSON.stringify(entity)}; there are ${entities.join(", ")}`]),
  ];
};

const close = (
  engine: Engine,
  request: ActRequest,
  accounting: Accounting,
  {
    entity,
    month,
    force,
    now,
  }: { readonly entity: string; readonly month: string; readonly force: boolean; readonly now: number },
): Prepared => {
  const { core } = engine;
  const { from, until } = rangeOf(month, accounting.timeZone);
  const record = core.controls.get(period, periodRecord(entity, month));
  if (record?.closed) return conflict(`${month} of ${entity} is closed already, by ${record.closed.by}`);
  if (until > now && !force)
    return conflict(
      `${month} ends at ${new Date(until).toISOString()}; with "force": true it is closed before its end`,
    );
  const open = openIn(core, accounting, { entity, period: month, from, until });
  if (open.length > 0 && !force) {
    const left = open.length > mostTold ? [`and ${open.length - mostTold} more`] : [];
    return refused(
      "conflict",
      `${open.length} commands of ${month} are open; settle, approve or cancel them, or close with "force": true, which moves what is not on its way to the next open period`,
      [...open.slice(0, mostTold).map(inWords), ...left],
    );
  }
  const { by, reason } = request;
  const second = needsSecondPerson(engine, request, "period.close", periodRecord(entity, month));
  if ("prepared" in second) return second.prepared;
  const connections = [...engine.systems.keys()].filter((one) => entityOf(accounting, one) === entity).sort();
  const note: PeriodNotes = {
    type: "period.closed",
    party: controlsParty,
    entity,
    period: month,
    from,
    until,
    timeZone: accounting.timeZone,
    connections,
    force,
    open: open.length,
    books: keptBooksOf(engine),
    by,
    reason,
  };
  return { status: "ready", notBefore: 0, notes: [note, ...second.also] };
};

const reopen = (engine: Engine, request: ActRequest, entity: string, month: string): Prepared => {
  const record = engine.core.controls.get(period, periodRecord(entity, month));
  if (!record?.closed) {
    const elsewhere = Object.keys(record?.closedIn ?? {});
    const hint = elsewhere.length === 0 ? "" : `; it is closed in ${elsewhere.join(", ")}, and is opened there`;
    return conflict(`${month} of ${entity} is not closed here${hint}`);
  }
  const second = needsSecondPerson(engine, request, "period.reopen", periodRecord(entity, month));
  if ("prepared" in second) return second.prepared;
  const { by, reason } = request;
  const note: PeriodNotes = { type: "period.reopened", party: controlsParty, entity, period: month, by, reason };
  return { status: "ready", notBefore: 0, notes: [note, ...second.also] };
};

const judge = (engine: Engine, request: ActRequest, { verb, id, fields }: ControlAct, now: number): Prepared => {
  const { accounting } = engine;
  if (accounting === null) return conflict("this engine keeps no books");
  const { entity, month } = partsOf(id);
  const reasons = [...request.problems, ...wrongIn(engine, accounting, entity, month)];
  if (reasons.length > 0) return invalid(reasons);
  if ((verb as PeriodVerb) === "reopen") return reopen(engine, request, entity, month);
  return close(engine, request, accounting, { entity, month, force: fields["force"] === true, now });
};

export const periodDesk: ControlDesk = {
  // The journal may have been silent since before the month ended.
  prepare: (engine, request, act) =>
    Effect.map(Clock.currentTimeMillis, (now) => judge(engine, request, act, Math.max(now, engine.core.now))),
  show: (engine, id) => {
    const { entity, month } = partsOf(id);
    return Effect.map(kept(engine, entity, month, reportWaitMs), () => periodJson(engine, entity, month));
  },
};
