/**
 * One account's own events, newest last, with everything that a fold of them needs beside, and what the engine's own fold came to: so
 * that anybody can fold them again in another order and compare. Names and addresses are numbers in it, whoever asks.
 */
import * as Effect from "effect/Effect";
import { canonical, type Json } from "../../domain/canonical.ts";
import { inForce } from "../../domain/correction.ts";
import type { CanonicalEvent } from "../../domain/event.ts";
import type { Party } from "../../domain/party.ts";
import type { Entry, Ownership, StoreError } from "../../domain/ports/store.ts";
import type { Core } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";
import { accountReport } from "../engine/report.ts";
import { foldApart } from "../explain/as-of.ts";
import { entriesAt, positionsOf } from "../explain/history.ts";
import type { Query } from "../host/host.ts";
import { resolve } from "../views/find.ts";
import { isOf } from "../views/timeline.ts";
import { baseCells, documentsIn, givenCells } from "./given.ts";
import { makePseudonyms, type Pseudonyms } from "./pseudonyms.ts";

/** Entries read at once. */
const page = 256;

interface Found {
  /** In order of the journal, with the account's own events alone. */
  readonly entries: ReadonlyArray<Entry>;
  /** Entries at and before this position did not fit; 0: all did. */
  readonly before: number;
  /** Positions whose decoding was put right since. */
  readonly corrected: ReadonlySet<number>;
}

/** The newest entries whose events are no more than `limit`; at least one. */
const newest = (engine: Engine, members: ReadonlyArray<Party>, limit: number): Effect.Effect<Found, StoreError> =>
  Effect.gen(function* () {
    const positions = new Set<number>();
    for (const { id } of members)
      for (const position of yield* positionsOf(engine, id, null))
        if (position <= engine.core.position) positions.add(position);
    const sorted = [...positions].sort((a, b) => a - b);
    const own = isOf(members);
    const kept: Entry[] = [];
    let read: ReadonlyArray<Entry> = [];
    let count = 0;
    for (let to = sorted.length; to > 0; to -= page) {
      // Together with those after them: only so is it known which were put right.
      read = [...(yield* entriesAt(engine, sorted.slice(Math.max(0, to - page), to))), ...read];
      const right = new Set(inForce(read).map(({ position }) => position));
      kept.length = 0;
      count = 0;
      for (const entry of [...read].reverse()) {
        if (!right.has(entry.position)) continue;
        const events = entry.events.filter(own);
        if (events.length === 0) continue;
        if (count > 0 && count + events.length > limit)
          return { entries: kept.reverse(), before: entry.position, corrected: correctedIn(read) };
        count += events.length;
        kept.push({ ...entry, events });
      }
    }
    return { entries: kept.reverse(), before: 0, corrected: correctedIn(read) };
  });

const correctedIn = (entries: ReadonlyArray<Entry>): ReadonlySet<number> => {
  const right = new Set(inForce(entries).map(({ position }) => position));
  return new Set(entries.flatMap(({ position }) => (right.has(position) ? [] : [position])));
};

/** What sources said before; of ours only which documents are whose. */
const sourcesOnly =
  (own: (event: CanonicalEvent) => boolean, corrected: ReadonlySet<number>) =>
  (entries: ReadonlyArray<Entry>): ReadonlyArray<Entry> =>
    inForce(entries)
      .filter(({ position, kind }) => kind === "command" || !corrected.has(position))
      .map((entry): Entry => {
        if (entry.kind === "command") return entry;
        const events = entry.events.filter(own);
        return { ...entry, events, kind: "webhook", note: null, dedup: null, conflictOf: null };
      });

const ownersOf = ({ core, snapshots }: Engine, events: ReadonlyArray<CanonicalEvent>) =>
  Effect.gen(function* () {
    const wanted = documentsIn(events);
    const found = new Map((yield* snapshots.owners(wanted)).map(({ subject, party }) => [subject, party]));
    for (const subject of wanted) {
      const party = core.knownOwners.get(subject);
      if (party !== undefined) found.set(subject, party);
    }
    return [...found].map(([subject, party]): Ownership => ({ subject, party }));
  });

/** What is the same for every party, as data. */
const deploymentOf = ({ core, systems }: Engine): Json => ({
  policy: core.surroundings.policy.name,
  connections: [...systems].map(([name, { profile }]) => ({
    name,
    roles: profile.roles,
    orders: profile.orders as unknown as Json,
    rules: core.surroundings.rulesOf(name) as unknown as Json,
  })),
});

const itemsOf = (entries: ReadonlyArray<Entry>, { cover }: Pseudonyms): ReadonlyArray<Json> =>
  entries.flatMap(({ position, at, events }) =>
    events.map((event, index) => ({
      id: `${position}.${index}`,
      position,
      at,
      connection: event.source,
      type: event.type,
      subject: event.subject,
      time: event.time,
      status: event.data.status,
      event: canonical(cover(event as unknown as Json)),
    })),
  );

const membersIn = (core: Core, party: string): ReadonlyArray<Party> =>
  core.membersOf(core.root(party)).flatMap((id) => core.parties.get(id) ?? []);

/** `null`: nothing is known by this id. */
export const accountEvents = (
  engine: Engine,
  { id, limit }: Extract<Query, { readonly name: "accountEvents" }>,
): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    for (;;) {
      const party = yield* resolve(engine, id);
      if (party === null) return null;
      const { core } = engine;
      const seq = core.position;
      const { entries, before, corrected } = yield* newest(engine, membersIn(core, party), limit);
      const events = entries.flatMap((entry) => entry.events);
      let older: Core | null = null;
      if (before > 0) {
        const past = yield* foldApart(
          engine,
          party,
          before,
          sourcesOnly(isOf(membersIn(core, party)), corrected),
          core.now,
        );
        if ("refused" in past) return { refused: { problem: past.refused, detail: past.detail } };
        older = past.core;
      }
      const owners = yield* ownersOf(engine, events);
      yield* resolve(engine, id);
      // One consistent view: what came meanwhile would be in one half of the answer alone.
      if (core.position !== seq) continue;
      const members = membersIn(core, party);
      const root = core.root(party);
      const pseudonyms = makePseudonyms(new Set(members.map(({ customer }) => customer)));
      const items = itemsOf(entries, pseudonyms);
      const known = older === null ? [] : [...older.knownOwners].map(([subject, owner]) => ({ subject, party: owner }));
      const base = older === null ? [] : baseCells(older, pseudonyms.cover);
      return {
        id: core.account(party).id,
        root,
        parties: members.map((member) => member.id),
        items,
        complete: older === null,
        given: {
          cells: [...base, ...givenCells(core, members, events, core.now, pseudonyms)] as unknown as Json,
          owners: [...known, ...owners] as unknown as Json,
        },
        deployment: deploymentOf(engine),
        state: canonical(pseudonyms.cover(accountReport(core, root))),
        seq,
      };
    }
  });
