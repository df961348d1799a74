/** Replays as they stand: the newest first, and each with its failures in pages. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { replay } from "../../domain/controls/replay.ts";
import { pageOf } from "../bulk/views.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { replayJson } from "./desk.ts";

export const replays = ({ core }: Engine, { limit, cursor }: Extract<Query, { readonly name: "replays" }>) =>
  Effect.sync((): Json => {
    const all = [...core.controls.all(replay)].sort(([, a], [, b]) => b.startedAt - a.startedAt);
    const { items, nextCursor } = pageOf(all, limit, cursor);
    return { items: items.map(([id, record]) => replayJson(id, record)), nextCursor };
  });

/** `null`: there is none. */
export const replayOne = ({ core }: Engine, { id, limit, cursor }: Extract<Query, { readonly name: "replay" }>) =>
  Effect.sync((): Json => {
    const record = core.controls.get(replay, id);
    if (record === null) return null;
    const { items, nextCursor } = pageOf(record.failures, limit, cursor);
    return { ...replayJson(id, record), failures: items as unknown as Json, nextCursor };
  });
