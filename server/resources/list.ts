/**
 * A page of one collection: party by party in id order, inside a party by object. Work is bounded: a filter that matches nothing
 * ends the page after so many parties and objects, short or empty, with a cursor to go on from.
 */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { connectionOf } from "../../domain/ids.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { resolve } from "../views/find.ts";
import { type Collection, collectionAt } from "./collections.ts";
import { after, type Place, placeOf } from "./cursor.ts";
import type { Holding } from "./holding.ts";
import { holdings, unattributed, waitingOf } from "./reach.ts";

type ResourcesQuery = Extract<Query, { readonly name: "resources" }>;

/** Looked at for one page. */
export const mostParties = 400;
export const mostObjects = 20_000;
/** Parties loaded at once. */
const together = 50;

/** What a walk yields: an object to show, or that a party is done with. */
interface Found {
  readonly place: Place;
  readonly show: () => Json;
}

interface Walk {
  readonly collection: Collection;
  readonly query: ResourcesQuery;
  readonly found: Found[];
  parties: number;
  objects: number;
  /** Up to where everything is looked at. */
  last: Place | null;
}

const full = (walk: Walk): boolean => walk.found.length > walk.query.limit;
const spent = (walk: Walk): boolean => walk.parties >= mostParties || walk.objects >= mostObjects;

/** `null`: no such account. */
export const resources = (engine: Engine, query: ResourcesQuery): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const collection = collectionAt(query.collection)!;
    const from = query.cursor === null ? null : placeOf(query.collection, query.cursor);
    const walk: Walk = { collection, query, found: [], parties: 0, objects: 0, last: from };
    // A store that cannot write can still be read, as of its last snapshot.
    yield* Effect.ignore(engine.snapshot);
    if (query.account === null) yield* everyone(engine, walk, from);
    else {
      const party = yield* resolve(engine, query.account);
      if (party === null) return null;
      const { core } = engine;
      const members = core.membersOf(core.root(party)).filter((id) => from === null || id >= from.party);
      yield* through(engine, walk, [...members].sort(), from);
    }
    const items = walk.found.slice(0, query.limit);
    const more = full(walk) || spent(walk);
    const next = full(walk) ? items.at(-1)!.place : walk.last;
    return { items: items.map(({ show }) => show()), nextCursor: more && next ? after(query.collection, next) : null };
  });

const everyone = (engine: Engine, walk: Walk, from: Place | null) =>
  Effect.gen(function* () {
    const { core, snapshots } = engine;
    // What has no party yet comes first.
    if (from === null || from.party.startsWith("@")) {
      const connections = new Set([...core.waiting.keys()].map(connectionOf));
      for (const connection of [...connections].sort()) waiting(engine, walk, connection, from);
    }
    if (from !== null && !from.party.startsWith("@")) yield* through(engine, walk, [from.party], from);
    let at = from === null || from.party.startsWith("@") ? null : from.party;
    while (!full(walk) && !spent(walk)) {
      const ids: ReadonlyArray<string> = yield* snapshots.parties(at, together);
      yield* through(
        engine,
        walk,
        ids.filter((id) => !id.startsWith("@")),
        null,
      );
      if (ids.length < together) return;
      at = ids.at(-1)!;
    }
  });

const waiting = (engine: Engine, walk: Walk, connection: string, from: Place | null): void => {
  const party = `@${connection}`;
  if (from !== null && from.party > party) return;
  for (const subject of waitingOf(engine, walk.collection, connection)) {
    if (full(walk) || spent(walk)) return;
    if (from?.party === party && from.subject !== null && subject <= from.subject) continue;
    take(walk, unattributed(engine, connection, subject)!, { party, subject });
  }
};

const through = (engine: Engine, walk: Walk, ids: ReadonlyArray<string>, from: Place | null) =>
  Effect.gen(function* () {
    for (let at = 0; at < ids.length && !full(walk) && !spent(walk); at += together) {
      for (const holding of yield* holdings(engine, ids.slice(at, at + together))) {
        if (full(walk) || spent(walk)) return;
        inside(walk, holding, from);
      }
    }
  });

const inside = (walk: Walk, holding: Holding, from: Place | null): void => {
  const party = holding.party.id;
  if (from?.party === party && from.subject === null) return;
  walk.parties += 1;
  for (const subject of holding.subjects(walk.collection)) {
    if (from?.party === party && from.subject !== null && subject <= from.subject) continue;
    if (full(walk) || walk.objects >= mostObjects) return;
    take(walk, holding, { party, subject });
  }
  if (!full(walk)) walk.last = { party, subject: null };
};

const take = (walk: Walk, holding: Holding, place: Place & { readonly subject: string }): void => {
  walk.objects += 1;
  const { collection, query } = walk;
  walk.last = place;
  if (query.status !== null && holding.statusOf(collection, place.subject) !== query.status) return;
  walk.found.push({ place, show: () => holding.item(collection, place.subject) });
};
