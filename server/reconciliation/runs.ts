/** Runs of the reconciliation as callers see them, and the act that asks for one. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { type RunNotes, type RunRecord, reconciliationRun } from "../../domain/controls/reconciliation-run.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { sha256 } from "../../domain/hash.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { conflict, invalid, type Prepared } from "../operators/act.ts";
import type { ControlDesk } from "../operators/control-desk.ts";
import { decodeCursor, encodeCursor } from "../views/cursor.ts";
import { listed } from "./runner.ts";

const runJson = (id: string, record: RunRecord): { readonly [key: string]: Json } => {
  const { requestedAt, by, reason, pull, pulled, finishedAt, totals, seq } = record;
  const pulling = pull.find((connection) => pulled[connection]?.done !== true) ?? null;
  return {
    id,
    state: finishedAt !== null ? "finished" : pulling !== null ? "pulling" : "comparing",
    requestedAt,
    finishedAt,
    by,
    reason,
    pull: [...pull],
    pulled: pulled as unknown as Json,
    pulling,
    totals: totals as unknown as Json,
    seq,
  };
};

export const runDesk: ControlDesk = {
  prepare: (engine, request, act): Effect.Effect<Prepared, StoreError> =>
    Effect.sync(() => {
      const { pull } = act.fields as { readonly pull: boolean };
      if (request.problems.length > 0) return invalid(request.problems);
      const under = [...engine.core.controls.all(reconciliationRun)].find(([, { finishedAt }]) => finishedAt === null);
      if (under !== undefined) return conflict(`the run ${under[0]} is under way: wait for its end`);
      const { by, reason } = request;
      const note: RunNotes = {
        type: "run.requested",
        party: controlsParty,
        run: `run_${sha256(`run ${request.id}`).slice(0, 20)}`,
        pull: pull ? listed(engine) : [],
        by,
        reason,
      };
      return { status: "ready", notBefore: 0, notes: [note] };
    }),
  show: (engine, id) =>
    Effect.sync((): Json => {
      const record = engine.core.controls.get(reconciliationRun, id);
      return record === null ? null : runJson(id, record);
    }),
};

/** Newest first. */
export const runs = (
  engine: Engine,
  { limit, cursor }: Extract<Query, { readonly name: "reconciliationRuns" }>,
): Effect.Effect<Json, StoreError> =>
  Effect.sync(() => {
    const all = [...engine.core.controls.all(reconciliationRun)].reverse();
    const from = cursor === null ? 0 : all.findIndex(([id]) => id === decodeCursor(cursor)) + 1;
    const shown = all.slice(from, from + limit);
    return {
      items: shown.map(([id, record]) => runJson(id, record)),
      nextCursor: from + limit < all.length ? encodeCursor(shown.at(-1)![0]) : null,
    };
  });

export const isRunCursor = (text: string): boolean => /^run_[0-9a-f]{20}$/.test(decodeCursor(text) ?? "");
export const isLinesCursor = (text: string): boolean => /^\d{1,9}$/.test(decodeCursor(text) ?? "");

interface Told {
  readonly leg: string;
  readonly status: string;
  readonly party: string | null;
}

/** A run with a page of its lines, as they were; `null`: there is none. */
export const run = (
  engine: Engine,
  { id, leg, statuses, limit, cursor }: Extract<Query, { readonly name: "reconciliationRun" }>,
): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const record = engine.core.controls.get(reconciliationRun, id);
    if (record === null) return null;
    const items: Json[] = [];
    let at = 0;
    let next: number | null = null;
    const from = cursor === null ? 0 : Number(decodeCursor(cursor));
    for (const [position, lines] of record.pages) {
      if (next !== null) break;
      if (at + lines <= from) {
        at += lines;
        continue;
      }
      const raw = yield* engine.journal.raw(position);
      const page = raw === null ? [] : (JSON.parse(new TextDecoder().decode(raw)) as ReadonlyArray<Told>);
      for (const line of page) {
        if (at++ < from) continue;
        if (leg !== null && line.leg !== leg) continue;
        if (statuses !== null && !statuses.some((status) => status === line.status)) continue;
        if (!engine.sees(line.party ?? "@")) continue;
        if (items.length === limit) {
          next = at - 1;
          break;
        }
        items.push(line as unknown as Json);
      }
      yield* Effect.yieldNow();
    }
    return { ...runJson(id, record), items, nextCursor: next === null ? null : encodeCursor(String(next)) };
  });
