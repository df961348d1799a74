/**
 * What happened to one account, from the journal: its own entries, found through the trace, a page at a time from the newest back, with
 * what the machine did at each of them.
 */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { replicaPrefix } from "../../domain/evidence.ts";
import type { Party } from "../../domain/party.ts";
import type { Entry, StoreError } from "../../domain/ports/store.ts";
import { withoutUnseen } from "../access/unseen.ts";
import { Core, partiesOfNote, type Transition } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";
import { entriesAt, positionsOf } from "../explain/history.ts";
import type { Query } from "../host/host.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";

/** Entries of the account before a page that are folded for what the machine did in it. */
const mostBefore = 20_000;
const chunk = 256;

type TimelineQuery = Extract<Query, { readonly name: "timeline" }>;

export const timeline = (engine: Engine, party: string, query: TimelineQuery): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const { core } = engine;
    const { id, members } = core.account(party);
    const parties = members.map((member) => core.parties.get(member)).filter((member) => member !== undefined);
    const before = query.cursor === null ? core.position + 1 : Number(decodeCursor(query.cursor));
    const found = new Set<number>();
    for (const member of members)
      for (const position of yield* positionsOf(engine, member, null)) if (position < before) found.add(position);
    const positions = [...found].sort((a, b) => a - b);
    let from = positions.length;
    let entries: ReadonlyArray<Entry> = [];
    while (from > 0 && entries.length < query.limit) {
      const next = Math.max(0, from - query.limit);
      const read = yield* entriesAt(engine, positions.slice(next, from));
      entries = [...read.filter((entry) => concerns(entry, parties)), ...entries];
      from = next;
    }
    const page = entries.slice(-query.limit);
    const first = page[0]?.position ?? 0;
    const older = positions.filter((position) => position < first);
    const complete = from === 0 && page.length === entries.length;
    return {
      id,
      items: page.map((entry) => entryJson({ ...entry, note: withoutUnseen(engine, entry.note) }, parties)),
      transitions:
        older.length > mostBefore
          ? null
          : (yield* transitionsOf(engine, complete ? [] : older, page, id)).map((t) => t as unknown as Json),
      complete,
      nextCursor: complete ? null : encodeCursor(String(first)),
      seq: core.position,
    };
  });

/** Whether an event is of one of these parties, or tells of a document of theirs. */
export const isOf =
  (parties: ReadonlyArray<Party>) =>
  ({ source, subject }: Entry["events"][number]): boolean =>
    parties.some(
      (party) =>
        (source === party.connection && party.evidence.has(subject)) ||
        party.evidence.has(`${replicaPrefix}${source}:${subject}`),
    );

export const concerns = (entry: Entry, parties: ReadonlyArray<Party>): boolean => {
  const { target, from } = (entry.kind === "operator" ? entry.note : {}) as { target?: string; from?: string };
  const named = new Set([...partiesOfNote(entry.note), target, from]);
  return parties.some(({ id }) => named.has(id)) || entry.events.some(isOf(parties));
};

/** Of what came in one body with others', only the account's own. */
const entryJson = (entry: Entry, parties: ReadonlyArray<Party>): Json => ({
  position: entry.position,
  at: entry.at,
  kind: entry.kind,
  connection: entry.connection,
  eventId: entry.dedup?.id ?? null,
  conflictOf: entry.conflictOf,
  events: entry.events
    .filter(isOf(parties))
    .map(({ type, subject, time, data }) => ({ type, subject, time, status: data.status })),
  note: entry.note,
});

/** The account's own entries folded again: those before the page at once, and the page's one at a time, as its machine saw them. */
const transitionsOf = (
  engine: Engine,
  before: ReadonlyArray<number>,
  page: ReadonlyArray<Entry>,
  account: string,
): Effect.Effect<ReadonlyArray<Transition>, StoreError> =>
  Effect.gen(function* () {
    const core = new Core(engine.core.surroundings);
    core.canRead = engine.core.canRead;
    core.tickOf = engine.core.tickOf;
    const settle = () => {
      for (let missing = core.missingMembers; missing.length > 0; missing = core.missingMembers)
        core.restore(missing, []);
      return core.settleFold().transitions;
    };
    for (let from = 0; from < before.length; from += chunk) {
      core.apply(yield* entriesAt(engine, before.slice(from, from + chunk)));
      yield* Effect.yieldNow();
    }
    settle();
    const transitions: Transition[] = [];
    for (const [at, entry] of page.entries()) {
      core.apply([entry]);
      transitions.push(...settle());
      if (at % 32 === 31) yield* Effect.sleep(0);
    }
    return transitions.filter((transition) => transition.account === account);
  });
