/** When each connection was last heard of: from the journal, read once backwards and then as it grows. */
import * as Effect from "effect/Effect";
import type { Entry, StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";

export interface Heard {
  readonly position: number;
  readonly at: number;
  /** Of the entry: `webhook`, `poll`, `read`. */
  readonly kind: string;
  /** Of its last event; null: it held none that was understood. */
  readonly type: string | null;
  readonly subject: string | null;
}

const page = 512;
/** Pages that are looked through backwards: a connection that was silent for longer is not found. */
const mostPages = 100;
const spoken: ReadonlySet<string> = new Set(["webhook", "poll", "read"]);

interface Known {
  through: number;
  readonly last: Map<string, Heard>;
}
const known = new WeakMap<object, Known>();

const heardIn = ({ position, at, kind, events }: Entry): Heard => {
  const event = events.at(-1);
  return { position, at, kind, type: event?.type ?? null, subject: event?.subject ?? null };
};

/** By connection. */
export const lastHeard = (engine: Engine): Effect.Effect<ReadonlyMap<string, Heard>, StoreError> =>
  Effect.gen(function* () {
    const { journal, systems } = engine;
    const head = engine.core.position;
    const before = known.get(journal);
    if (before !== undefined && head - before.through <= page * mostPages) {
      for (let after = before.through; after < head; ) {
        const entries = yield* journal.read(after, page);
        for (const entry of entries) if (spoken.has(entry.kind)) before.last.set(entry.connection, heardIn(entry));
        if (entries.length === 0) break;
        after = entries.at(-1)!.position;
      }
      before.through = Math.max(before.through, head);
      return before.last;
    }
    const last = new Map<string, Heard>();
    let high = head;
    for (let read = 0; read < mostPages && high > 0 && last.size < systems.size; read++) {
      const low = Math.max(0, high - page);
      const entries = yield* journal.read(low, high - low);
      for (const entry of [...entries].reverse())
        if (spoken.has(entry.kind) && systems.has(entry.connection) && !last.has(entry.connection))
          last.set(entry.connection, heardIn(entry));
      high = low;
    }
    known.set(journal, { through: head, last });
    return last;
  });
