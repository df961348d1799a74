/** What a replay would change, before it does: which entries read otherwise, and what of their accounts would differ. */
import * as Effect from "effect/Effect";
import { canonical, type Json } from "../../domain/canonical.ts";
import type { ReplayFailure, ReplayFilter } from "../../domain/controls/replay.ts";
import type { CanonicalEvent } from "../../domain/event.ts";
import type { Entry, StoreError } from "../../domain/ports/store.ts";
import { type AccountDifference, addTo, differenceOf, noTotals } from "../../domain/what-if.ts";
import type { Engine } from "../engine/engine.ts";
import { foldApart } from "../explain/as-of.ts";
import { candidates } from "./candidates.ts";
import { holderOf, resetsOf } from "./correct.ts";
import { decodeAgain } from "./decode.ts";
import { pictureOf } from "./picture.ts";

/** Entries decoded, and accounts folded, for one preview; of the rest it says that there is more. */
const mostLooked = 20_000;
const mostAccounts = 200;
const shown = 100;

interface Other {
  readonly entry: Entry;
  readonly before: ReadonlyArray<CanonicalEvent>;
  readonly after: ReadonlyArray<CanonicalEvent>;
}

/** What the two decodings say otherwise, field by field. */
const fieldsOf = ({ before, after }: Other): ReadonlyArray<Json> => {
  const values = (events: ReadonlyArray<CanonicalEvent>): Map<string, Json> =>
    new Map(
      events.flatMap(({ subject, data, clock, owner }) =>
        Object.entries({ ...data, "clock.at": clock.at, owner }).map(
          ([field, value]) => [`${subject}#${field}`, value as Json] as const,
        ),
      ),
    );
  const [was, is] = [values(before), values(after)];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((key) => {
    const [from, to] = [was.get(key) ?? null, is.get(key) ?? null];
    const at = key.lastIndexOf("#");
    return canonical(from) === canonical(to) ? [] : [{ subject: key.slice(0, at), field: key.slice(at + 1), from, to }];
  });
};

export const preview = (
  engine: Engine,
  filter: ReplayFilter,
  decoder: "stored" | "current",
): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    yield* engine.fold;
    const through = engine.core.position;
    const others: Other[] = [];
    const failures: ReplayFailure[] = [];
    const counts = { looked: 0, same: 0, other: 0, failed: 0 };
    let at = 0;
    while (at < through && counts.looked < mostLooked) {
      const { entries, next } = yield* candidates(engine, filter, at, through);
      for (const entry of entries) {
        counts.looked += 1;
        const again = decoder === "stored" ? ({ _tag: "Same" } as const) : yield* decodeAgain(engine, entry);
        if (again._tag === "Same") counts.same += 1;
        else if (again._tag === "Failed") {
          counts.failed += 1;
          failures.push({ position: entry.position, detail: again.detail });
        } else {
          counts.other += 1;
          others.push({ entry, before: again.before, after: again.after });
        }
      }
      at = next;
      yield* Effect.yieldNow();
    }
    const { totals, accounts, complete } = yield* differences(engine, others, through);
    return {
      dryRun: true,
      decoder,
      filter: filter as Json,
      counts,
      entries: others.slice(0, shown).map((other) => ({
        position: other.entry.position,
        connection: other.entry.connection,
        eventId: other.entry.dedup?.id ?? null,
        fields: fieldsOf(other),
      })),
      failures: failures.slice(0, shown) as unknown as Json,
      totals: totals as unknown as Json,
      accounts: accounts as unknown as Json,
      complete: complete && at >= through,
      seq: through,
    };
  });

/** Each touched account folded as it is, and with the corrections behind it, as the replay would write them. */
const differences = (engine: Engine, others: ReadonlyArray<Other>, through: number) =>
  Effect.gen(function* () {
    const corrections: Entry[] = [];
    const roots = new Set<string>();
    for (const [index, { entry, before, after }] of others.entries()) {
      const resets = yield* resetsOf(engine, entry, before, after);
      const note = { replay: "preview", corrects: entry.position, through, resets } as unknown as Json;
      corrections.push({
        ...entry,
        kind: "webhook",
        position: through + 1 + index,
        note,
        events: after,
        dedup: null,
        conflictOf: null,
      });
      for (const { party } of resets) if (!party.startsWith("@")) roots.add(engine.core.root(party));
      for (const { source, subject } of after) {
        const party = yield* holderOf(engine, `${source}:${subject}`, after);
        if (!party.startsWith("@")) roots.add(engine.core.root(party));
      }
      if (index % 50 === 0) yield* Effect.yieldNow();
    }
    const totals = noTotals();
    const accounts: AccountDifference[] = [];
    for (const root of [...roots].slice(0, mostAccounts)) {
      const { now } = engine.core;
      const is = yield* foldApart(engine, root, through, (all) => all, now);
      const would = yield* foldApart(engine, root, through, (all) => [...all, ...corrections], now);
      if ("refused" in is || "refused" in would) continue;
      const difference = differenceOf(pictureOf(is.core, root), pictureOf(would.core, root));
      if (difference === null) continue;
      addTo(totals, difference);
      accounts.push(difference);
      yield* Effect.yieldNow();
    }
    return { totals, accounts, complete: roots.size <= mostAccounts };
  });
