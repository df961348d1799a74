/**
 * What a corrected use said, where the correction came after it: looked up in the journal through the trace, and written down, so
 * that whoever folds it anew need not look. A use that is not there yet brings its own content when it comes.
 */
import * as Effect from "effect/Effect";
import { foreignIdOf, subjectOf, type UseData } from "../../domain/event.ts";
import { contentOf } from "../../domain/metering/bucket.ts";
import type { UseFound } from "../../domain/metering/note.ts";
import type { Journal, Snapshots } from "../../domain/ports/store.ts";
import type { Core } from "./core.ts";
import { readTrace, traceTerm } from "./trace.ts";

type Reads = Pick<Effect.Effect.Success<typeof Journal>, "read">;
type Finds = Pick<Effect.Effect.Success<typeof Snapshots>, "find">;

/** Rows of the trace for one use: one for each time that it came. */
const mostRows = 1000;

/** Asked in every fold: one generator for all of them, not one made anew each time. */
export const findUses = Effect.fnUntraced(function* (core: Core, journal: Reads, snapshots: Finds) {
  const found: UseFound[] = [];
  for (const party of core.takeSeeking()) {
    for (const use of party.uses.takeSought()) {
      const subject = subjectOf("use", use);
      const stored = yield* snapshots.find(traceTerm(party.id, subject), false, mostRows);
      const { positions } = readTrace([...stored, ...core.trace.fresh(party.id, subject)]);
      for (const position of positions) {
        const [entry] = yield* journal.read(position - 1, 1);
        if (entry?.position !== position || entry.conflictOf !== null) continue;
        const event = entry.events.find((one) => one.subject === subject);
        if (event === undefined) continue;
        const content = contentOf(event.data as UseData, event.time);
        found.push({ type: "use.found", party: party.id, use: foreignIdOf(subject), content, position });
        break;
      }
    }
  }
  return found;
});
