/** What once spoke of an object, for a command that no fold under a trace asked for: made by the clock, a link, a policy, a start. */
import * as Effect from "effect/Effect";
import type { Engine } from "../engine/engine.ts";
import { entriesAt, positionsOf } from "../explain/history.ts";
import type { Recall } from "./engine-telemetry.ts";
import { traceparentOf } from "./stamp.ts";

/** Entries that are looked at, the last ones. */
const most = 4;

export const recallOf =
  (engine: Engine): Recall =>
  (party, source) =>
    Effect.map(
      Effect.flatMap(positionsOf(engine, party, source), (positions) => entriesAt(engine, positions.slice(-most))),
      (entries) => [...new Set(entries.flatMap((entry) => traceparentOf(entry) ?? []))],
    );
