/** The records of all API keys, as the engine's fold has them now. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { key } from "../../domain/controls/key.ts";
import type { Engine } from "../engine/engine.ts";

export const keys = (engine: Engine): Effect.Effect<Json> =>
  // A store that refuses stops no reading: then the records are those of the last fold.
  Effect.map(Effect.ignore(engine.fold), () => [...engine.core.controls.all(key).values()] as unknown as Json);
