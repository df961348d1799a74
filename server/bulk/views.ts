/** Bulk acts as they stand: the newest first, and each with its failures in pages. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { bulk } from "../../domain/controls/bulk.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { decodeCursor, encodeCursor } from "../views/cursor.ts";
import { bulkJson } from "./desk.ts";

export const isPlaceCursor = (cursor: string): boolean => /^\d{1,9}$/.test(decodeCursor(cursor) ?? "");

/** Part of a list from a place on, by its number. */
export const pageOf = <A>(all: ReadonlyArray<A>, limit: number, cursor: string | null) => {
  const from = cursor === null ? 0 : Number(decodeCursor(cursor));
  const items = all.slice(from, from + limit);
  return { items, nextCursor: from + limit < all.length ? encodeCursor(String(from + limit)) : null };
};

export const bulks = ({ core }: Engine, { limit, cursor }: Extract<Query, { readonly name: "bulks" }>) =>
  Effect.sync((): Json => {
    const all = [...core.controls.all(bulk)].sort(([, a], [, b]) => b.startedAt - a.startedAt);
    const { items, nextCursor } = pageOf(all, limit, cursor);
    return { items: items.map(([id, record]) => bulkJson(id, record)), nextCursor };
  });

/** `null`: there is none. */
export const bulkOne = ({ core }: Engine, { id, limit, cursor }: Extract<Query, { readonly name: "bulk" }>) =>
  Effect.sync((): Json => {
    const record = core.controls.get(bulk, id);
    if (record === null) return null;
    const { items, nextCursor } = pageOf(record.failures, limit, cursor);
    return { ...bulkJson(id, record), failures: items as unknown as Json, nextCursor };
  });
