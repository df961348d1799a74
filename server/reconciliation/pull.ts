/**
 * Pulls everything that the systems themselves have, page by page. What is news goes into the journal with the note of how far it
 * came, in one append; a kill repeats at most the connection under way.
 */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import { type AbsenceNotes, absence } from "../../domain/controls/absence.ts";
import type { RunRecord } from "../../domain/controls/reconciliation-run.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { partitionOf } from "../../domain/ids.ts";
import type { NewEntry, StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import { ownEntry } from "../engine/own-entry.ts";
import { newsIn } from "./news.ts";

interface Under {
  readonly connection: string;
  /** When its first page was asked for, epoch ms. */
  readonly from: number;
  readonly cursor: string | null;
  /** `connection:kind/id` of everything that was listed. */
  readonly seen: Set<string>;
  /** A refusal or silence is asked about again, so often. */
  readonly failures: number;
  /** Not before this, epoch ms. */
  readonly notBefore: number;
}

const mostFailures = 5;
const waitMs = 1000;

export const byTieout = { party: controlsParty, by: "tieout" } as const;

export const makePull = (engine: Engine, appended: (position: number) => void) => {
  const { core, systems } = engine;
  let under: (Under & { readonly run: string }) | null = null;

  /** The next connection of the run that is not done; null: all are. */
  const nextOf = (record: RunRecord): string | null =>
    record.pull.find((connection) => record.pulled[connection]?.done !== true) ?? null;

  const write = (entries: ReadonlyArray<NewEntry>): Effect.Effect<unknown, StoreError> =>
    Effect.flatMap(engine.append(entries), (results) => {
      for (const { position } of results) appended(position);
      return engine.fold;
    });

  /** One page. False: nothing is left to pull. */
  const step = (run: string, record: RunRecord): Effect.Effect<boolean, StoreError> =>
    Effect.gen(function* () {
      const connection = nextOf(record);
      if (connection === null) return false;
      const now = yield* Clock.currentTimeMillis;
      if (under === null || under.run !== run || under.connection !== connection)
        under = { run, connection, from: now, cursor: null, seen: new Set(), failures: 0, notBefore: 0 };
      if (under.notBefore > now) return true;
      const at = { run, ...byTieout, reason: null, connection } as const;
      const list = systems.get(connection)?.outbound.list;
      const over = (failure: string) =>
        write([
          ownEntry(
            "decision",
            { ...at, type: "run.pulled", objects: 0, news: 0, more: false, first: false, failure },
            now,
          ),
        ]);
      if (list === undefined) {
        yield* over(`${connection} cannot be listed`);
        return true;
      }
      const answer = yield* Effect.either(list(under.cursor, connection, now));
      if (answer._tag === "Left") {
        const failures = under.failures + 1;
        const throttled = answer.left._tag === "Throttled" ? answer.left.retryAfterMs : null;
        if (failures > mostFailures) yield* over(`${answer.left._tag}: ${answer.left.detail}`);
        else under = { ...under, failures, notBefore: now + (throttled ?? waitMs * failures) };
        return true;
      }
      const { events, body, cursor, more } = answer.right;
      const { seen, from } = under;
      for (const event of events) seen.add(`${event.source}:${event.subject}`);
      const news = yield* newsIn(engine, events);
      const first = under.cursor === null;
      const entries: NewEntry[] = [];
      if (news.length > 0)
        entries.push({
          kind: "read",
          connection,
          at: now,
          partition: partitionOf(connection, "list"),
          dedup: null,
          events: news,
          note: { party: `@${connection}`, subject: "list", through: 0, outcome: "answered", run },
          raw: body,
        });
      const pulled = { objects: events.length, news: news.length, more, first, failure: null };
      if (!more && core.surroundings.places.isErp(connection)) {
        const { ids, parties } = yield* absentOf(engine, connection, seen);
        const before = core.controls.get(absence, connection)?.parties ?? [];
        const all = [...new Set([...before, ...parties])].sort();
        const note: AbsenceNotes = {
          ...byTieout,
          reason: null,
          type: "absence.found",
          connection,
          from,
          ids,
          parties: all,
        };
        entries.push(ownEntry("decision", note, now));
      }
      entries.push(ownEntry("decision", { ...at, type: "run.pulled", ...pulled }, now));
      yield* write(entries);
      under = more ? { ...under, cursor, failures: 0, notBefore: 0 } : null;
      return true;
    });
  return { step };
};

/** Named in a run at most. */
const mostAbsent = 5000;

/** Documents that we believe an ERP to have, and that its list does not show. */
const absentOf = (
  engine: Engine,
  connection: string,
  seen: ReadonlySet<string>,
): Effect.Effect<{ readonly ids: ReadonlyArray<string>; readonly parties: ReadonlyArray<string> }, StoreError> =>
  Effect.gen(function* () {
    const { live } = engine;
    const parties = new Set<string>();
    yield* engine.fold;
    while (!(yield* live.refresh(200))) yield* Effect.sleep(0);
    const absent: string[] = [];
    for (const root of [...live.roots()]) {
      for (const line of yield* live.linesOf(root)) {
        // A person's pair and what a system says of the company alone are no claim about this ERP's list.
        if (line.leg === "payouts" || line.leg === "hierarchy" || line.leg === "terms") continue;
        for (const id of line.systems[connection]?.ids ?? [])
          if (!seen.has(id) && absent.length < mostAbsent) {
            absent.push(id);
            parties.add(root);
          }
      }
      yield* Effect.yieldNow();
    }
    return { ids: [...new Set(absent)].sort(), parties: [...parties].sort() };
  });
