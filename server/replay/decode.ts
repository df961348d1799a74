/** The bytes of one entry under today's decoder, against what is in force of it. */
import * as Effect from "effect/Effect";
import { canonical, type Json } from "../../domain/canonical.ts";
import { correctionIn } from "../../domain/correction.ts";
import type { CanonicalEvent } from "../../domain/event.ts";
import type { Entry, StoreError } from "../../domain/ports/store.ts";
import { poolOf } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";
import { abouts } from "../engine/trace.ts";
import { entriesAt, positionsOf } from "../explain/history.ts";

export type Again =
  | { readonly _tag: "Same" }
  | { readonly _tag: "Failed"; readonly detail: string }
  /** `before`: what is in force so far; `last`: the position of the correction that it comes from, or 0. */
  | {
      readonly _tag: "Other";
      readonly before: ReadonlyArray<CanonicalEvent>;
      readonly after: ReadonlyArray<CanonicalEvent>;
      readonly last: number;
    };

/** Without what a delivery adds: it is no part of what was said. */
const said = (events: ReadonlyArray<CanonicalEvent>): string =>
  canonical(events.map(({ traceparent: _t, correlationid: _c, ...event }) => event) as unknown as Json);

export const decodeAgain = (engine: Engine, entry: Entry): Effect.Effect<Again, StoreError> =>
  Effect.gen(function* () {
    const { connection, position } = entry;
    const system = engine.systems.get(connection);
    if (system === undefined)
      return { _tag: "Failed", detail: `no connection is named ${JSON.stringify(connection)} any more` };
    const raw = yield* engine.journal.raw(position);
    if (raw === null) return { _tag: "Failed", detail: "its raw bytes are no longer kept" };
    const corrections = yield* positionsOf(engine, poolOf(connection), abouts.corrections(position));
    const found = (yield* entriesAt(engine, corrections)).filter(
      ({ note }) => correctionIn(note)?.corrects === position,
    );
    const before = found.at(-1)?.events ?? entry.events;
    const decoded = system.inbound.decode(raw, connection);
    if (decoded._tag !== "Events") {
      const detail = `today's decoder does not read it: ${decoded.reason}`;
      return before.length === 0 && decoded._tag === "Unknown" ? { _tag: "Same" } : { _tag: "Failed", detail };
    }
    if (said(decoded.events) === said(before)) return { _tag: "Same" };
    return { _tag: "Other", before, after: decoded.events, last: found.at(-1)?.position ?? 0 };
  });
