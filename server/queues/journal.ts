/** What the desk itself writes down: decisions, and that time has passed. */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import { controlsParty } from "../../domain/controls/topic.ts";
import type { TopicNote } from "../../domain/controls/topics.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import { ownEntry } from "../engine/own-entry.ts";

/** Entries of one append. */
const batch = 256;

/** Answers the position of the last entry; 0: there was nothing to write. */
export const writeDown = (
  engine: Engine,
  notes: ReadonlyArray<TopicNote>,
  timePasses = false,
): Effect.Effect<number, StoreError> =>
  Effect.gen(function* () {
    const at = yield* Clock.currentTimeMillis;
    const entries = notes.map((note) => ownEntry("decision", note, at));
    if (timePasses && entries.length === 0) entries.push(ownEntry("time", { party: controlsParty }, at));
    let last = 0;
    for (let from = 0; from < entries.length; from += batch) {
      const appended = yield* engine.append(entries.slice(from, from + batch));
      for (const { position } of appended) last = Math.max(last, position);
    }
    return last;
  });
