/** What each topic of `domain/controls` says of acts on its records. */
import type * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import type { ActRequest, ControlAct, Prepared } from "./act.ts";

export interface ControlDesk {
  /** May it be done, as everything accepted so far stands; and as which notes? */
  readonly prepare: (engine: Engine, request: ActRequest, act: ControlAct) => Effect.Effect<Prepared, StoreError>;
  /** What a caller is answered once the act is done. Null: there is no such record any more. */
  readonly show: (engine: Engine, id: string) => Effect.Effect<Json, StoreError>;
}
