/** Acts of no one party: each topic of `domain/controls` says here what may be done to its records, and how one is shown. */
import type * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import type { ActRequest, ControlAct, Prepared } from "./act.ts";
import { exceptionDesk } from "./exceptions.ts";

export interface ControlDesk {
  /** May it be done, as everything accepted so far stands; and as which notes? */
  readonly prepare: (engine: Engine, request: ActRequest, act: ControlAct) => Effect.Effect<Prepared, StoreError>;
  /** What a caller is answered once the act is done. Null: there is no such record any more. */
  readonly show: (engine: Engine, id: string) => Effect.Effect<Json, StoreError>;
}

/** By the name of the topic. */
const desks: Readonly<Record<string, ControlDesk>> = { desk: exceptionDesk };

export const deskOf = (topic: string): ControlDesk => {
  const found = desks[topic];
  if (found === undefined) throw new Error(`no desk takes acts of ${JSON.stringify(topic)}`);
  return found;
};
