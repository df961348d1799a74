/**
 * What happened to one account, from the journal. Reads the journal backwards in pages until enough is found: its cost grows
 * with the distance to the account's last entries, not (yet) with the account alone.
 */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { replicaPrefix } from "../../domain/evidence.ts";
import type { Party } from "../../domain/party.ts";
import type { Entry, StoreError } from "../../domain/ports/store.ts";
import { Core, partiesOfNote, type Transition } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";

const page = 2048;

export const timeline = (engine: Engine, party: string, limit: number): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const { core, journal } = engine;
    const { id, members } = core.account(party);
    const parties = members.map((member) => core.parties.get(member)).filter((member) => member !== undefined);
    const newestFirst: Entry[] = [];
    let high = core.position;
    while (high > 0 && newestFirst.length < limit) {
      const low = Math.max(0, high - page);
      const entries = (yield* journal.read(low, page)).filter((entry) => entry.position <= high);
      for (const entry of [...entries].reverse()) {
        if (newestFirst.length < limit && concerns(entry, parties)) newestFirst.push(entry);
      }
      high = low;
    }
    const complete = newestFirst.length < limit;
    const entries = newestFirst.reverse();
    return {
      id,
      items: entries.map((entry) => entryJson(entry, parties)),
      /** The machine's transitions are known only where the whole history is at hand. */
      transitions: complete ? transitionsOf(core, entries, id).map((t) => t as unknown as Json) : null,
      complete,
      seq: core.position,
    };
  });

const isOf =
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

/** The account's own entries folded again, one at a time, as its machine saw them. */
const transitionsOf = (live: Core, entries: ReadonlyArray<Entry>, account: string): ReadonlyArray<Transition> => {
  const core = new Core(live["surroundings"]);
  const transitions: Transition[] = [];
  for (const entry of entries) {
    core.apply([entry]);
    core.restore(core.missingMembers, []);
    transitions.push(...core.settleFold().transitions);
  }
  return transitions.filter((transition) => transition.account === account);
};
