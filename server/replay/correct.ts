/**
 * Writes a correction down: an entry of its own that names the replay and the entry it corrects, with what every register that the
 * old decoding had a part in holds without it. What came in between is taken in by a second one.
 */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import { canonical, type Json } from "../../domain/canonical.ts";
import {
  type Correction,
  cellsSaid,
  correctionIn,
  inForce,
  linksOf,
  type Reset,
  registersOf,
} from "../../domain/correction.ts";
import type { CanonicalEvent } from "../../domain/event.ts";
import { sha256 } from "../../domain/hash.ts";
import { partyId } from "../../domain/ids.ts";
import type { Entry, NewEntry, StoreError } from "../../domain/ports/store.ts";
import { poolOf, subjectIn } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";
import { entriesAt, positionsOf } from "../explain/history.ts";
import { traceparentOf } from "../telemetry/stamp.ts";

/** Whose an object is: its owner's, or the pool's of its connection. */
export const holderOf = (engine: Engine, global: string, events: ReadonlyArray<CanonicalEvent>) =>
  Effect.gen(function* () {
    const known = engine.core.knownOwners.get(global);
    if (known !== undefined) return known;
    const [stored] = yield* engine.snapshots.owners([global]);
    if (stored !== undefined) return stored.party;
    const named = events.find(({ source, subject }) => `${source}:${subject}` === global)?.owner ?? null;
    const connection = global.slice(0, global.indexOf(":"));
    return named === null || engine.core.waiting.has(global) ? poolOf(connection) : partyId(connection, named);
  });

/** What holds without the old decoding: from every other entry that spoke of the same. */
export const resetsOf = (
  engine: Engine,
  entry: Entry,
  before: ReadonlyArray<CanonicalEvent>,
  after: ReadonlyArray<CanonicalEvent>,
): Effect.Effect<ReadonlyArray<Reset>, StoreError> =>
  Effect.gen(function* () {
    const { connection, position } = entry;
    const orders = engine.core.surroundings.orders(connection);
    const resets: Reset[] = [];
    for (const [global, cells] of cellsSaid(before)) {
      const subject = subjectIn(global);
      const party = yield* holderOf(engine, global, before);
      const others = (all: ReadonlyArray<Entry>): ReadonlyArray<Entry> =>
        inForce(all).filter((one) => one.position !== position && correctionIn(one.note)?.corrects !== position);
      const spoke = others(yield* entriesAt(engine, yield* positionsOf(engine, party, subject)));
      const replaced = after.filter((event) => event.subject === subject && ownerOf(event, connection, party));
      const registers = registersOf(orders, connection, subject, [...spoke, { events: replaced }]);
      const claims = (events: ReadonlyArray<CanonicalEvent>): string =>
        canonical(events.map(({ links }) => links) as unknown as Json);
      const links =
        party.startsWith("@") || claims(before) === claims(after)
          ? {}
          : {
              links: linksOf(
                party,
                [
                  ...others(yield* entriesAt(engine, yield* positionsOf(engine, party, null))),
                  { ...entry, events: after },
                ],
                (event) => ownerOf(event, connection, party),
              ),
            };
      resets.push({
        party,
        subject,
        cells: Object.fromEntries([...cells].map((cell) => [cell, registers[cell] ?? null])),
        ...links,
      });
    }
    return resets;
  });

const ownerOf = ({ owner, source }: CanonicalEvent, connection: string, party: string): boolean =>
  source === connection && (owner === null || partyId(source, owner) === party || party.startsWith("@"));

/** Times that it is written again because something came in between. */
const mostTimes = 5;

/** Durable and folded when it returns. */
export const correct = (
  engine: Engine,
  replay: string,
  entry: Entry,
  {
    before,
    after,
    last,
  }: {
    readonly before: ReadonlyArray<CanonicalEvent>;
    readonly after: ReadonlyArray<CanonicalEvent>;
    readonly last: number;
  },
): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    const { connection, position, partition } = entry;
    const subjects = new Set([...before, ...after].map(({ source, subject }) => `${source}:${subject}`));
    const traceparent = traceparentOf(entry);
    let previous = last;
    for (let time = 1; time <= mostTimes; time++) {
      yield* engine.fold;
      const through = engine.core.position;
      const resets = yield* resetsOf(engine, entry, before, after);
      const note: Correction = { replay, corrects: position, through, resets };
      const fresh: NewEntry = {
        kind: "webhook",
        connection,
        at: yield* Clock.currentTimeMillis,
        partition,
        dedup: {
          id: `replay:${position}:${previous}`,
          type: "replay",
          hash: sha256(canonical(after as unknown as Json)),
        },
        events: traceparent === null ? after : after.map((event) => ({ ...event, traceparent })),
        note: note as unknown as Json,
        raw: null,
      };
      const [appended] = yield* engine.append([fresh]);
      yield* engine.fold;
      if (appended?._tag !== "Accepted") return;
      const between = yield* engine.journal.read(through, appended.position - through - 1);
      const met = between
        .filter((one) => one.position < appended.position)
        .some(({ events }) => events.some(({ source, subject }) => subjects.has(`${source}:${subject}`)));
      if (!met) return;
      previous = appended.position;
    }
  });
