/** Is everything that the journal has of an object found by the stored trace, and nothing else? Asked by verify. */
import * as Effect from "effect/Effect";
import type { Finding, Snapshots, StoreError } from "../../domain/ports/store.ts";
import type { Core } from "../engine/core.ts";
import { readTrace, traceIsWhole } from "../engine/trace.ts";

/** Rows for one name. */
const mostRows = 100_000;

/** `core` has folded what is stored. `guarded`: null where damage was found. A directory of an older version has no whole trace. */
export const compareTrace = (
  core: Core,
  guarded: <A>(where: string, read: Effect.Effect<A, StoreError>) => Effect.Effect<A | null, StoreError>,
  snapshots: typeof Snapshots.Service,
  add: (finding: Finding) => void,
): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    const whole = yield* guarded("the trace", snapshots.find(traceIsWhole.term, false, 1));
    if (whole === null || whole.length === 0) return;
    for (const [term, { positions }] of core.trace.all) {
      const where = `the trace of ${term}`;
      const rows = yield* guarded(where, snapshots.find(term, false, mostRows));
      if (rows === null) return;
      const stored = new Set(readTrace(rows).positions);
      const missing = positions.filter((position) => !stored.has(position));
      if (missing.length > 0) add({ where, what: `lacks entry ${missing[0]}, which spoke of it` });
      if (stored.size + missing.length > positions.length)
        add({ where, what: "names entries that do not speak of it" });
      yield* Effect.yieldNow();
    }
  });
