/** Where the flows of the service levels stand. */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import type { Engine } from "../engine/engine.ts";
import { serviceStates } from "./service-states.ts";

export const serviceLevels = (engine: Engine): Effect.Effect<Json> =>
  Effect.map(Clock.currentTimeMillis, (now) => ({
    items: serviceStates(engine, engine.queues, now).map(({ level, measured, team }) => ({
      name: level.name,
      state: measured.state,
      team,
      rows: level.rows,
      withinMinutes: level.withinMinutes,
      atRiskMinutes: level.atRiskMinutes,
      open: measured.open,
      atRisk: measured.atRisk,
      breached: measured.breached,
      oldest: measured.oldest === null ? null : { ...measured.oldest, ageMs: Math.max(0, now - measured.oldest.since) },
    })),
    seq: engine.core.position,
  }));
