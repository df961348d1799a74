/** Batches of rated use as people look through them. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { batchesIn, type UsageBatch, type UsageBatchNotes, usageBatch } from "../../domain/controls/usage-batch.ts";
import type { BatchLine } from "../../domain/metering/billed.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { decodeCursor, encodeCursor } from "../views/cursor.ts";
import { batchJson, batchOf, lineJson } from "./batch-json.ts";

/** Part of a list from a place on, by its number. */
const pageOf = <A>(all: ReadonlyArray<A>, limit: number, cursor: string | null) => {
  const from = cursor === null ? 0 : Number(decodeCursor(cursor));
  const nextCursor = from + limit < all.length ? encodeCursor(String(from + limit)) : null;
  return { items: all.slice(from, from + limit), nextCursor };
};

/** The newest first. */
export const usageBatches = (
  { core }: Engine,
  { states, entity, limit, cursor }: Extract<Query, { readonly name: "usageBatches" }>,
): Effect.Effect<Json, StoreError> =>
  Effect.sync(() => {
    const all = batchesIn(core.controls.all(usageBatch))
      .filter(
        ([, record]) =>
          (states === null || states.includes(record.state)) && (entity ?? record.entity) === record.entity,
      )
      .sort(([a, x], [b, y]) => y.position - x.position || (a < b ? -1 : 1));
    const { items, nextCursor } = pageOf(all, limit, cursor);
    return { items: items.map(([id, record]) => batchJson(id, record)), nextCursor };
  });

/** While it waits they are in memory, afterwards in the journal. */
export const linesIn = (
  { journal }: Engine,
  record: UsageBatch,
): Effect.Effect<ReadonlyArray<BatchLine>, StoreError> =>
  record.lines.length > 0
    ? Effect.succeed(record.lines)
    : Effect.map(journal.read(record.position - 1, 1), ([entry]) => {
        const note = entry?.note as unknown as UsageBatchNotes | undefined;
        return note?.type === "usage-batch.rated" ? note.lines : [];
      });

/** With a page of its lines. Null: there is none. */
export const oneUsageBatch = (
  engine: Engine,
  { id, limit, cursor }: Extract<Query, { readonly name: "usageBatch" }>,
): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const record = batchOf(engine, id);
    if (record === null) return null;
    const { items, nextCursor } = pageOf(yield* linesIn(engine, record), limit, cursor);
    return { ...batchJson(id, record), items: items.map(lineJson), nextCursor };
  });
