/** A page of the accounts list, by state or by word. What is not flushed yet is flushed first, so that the page is whole. */
import * as Effect from "effect/Effect";
import { amountWords } from "../../domain/amount-term.ts";
import type { Json } from "../../domain/canonical.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { settled } from "./find.ts";

type AccountsQuery = Extract<Query, { readonly name: "accounts" }>;

interface Item {
  readonly id: string;
  readonly stage: string;
  readonly json: Json;
}

/** Parties that a word may find. */
const matchLimit = 1000;

export const accounts = (engine: Engine, query: AccountsQuery): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    // A store that cannot write can still be read, as of its last snapshot.
    yield* Effect.ignore(engine.snapshot);
    const after = query.cursor === null ? null : decodeCursor(query.cursor);
    const found =
      query.q === null ? yield* stored(engine, query, after) : yield* matching(engine, query, query.q, after);
    const items = found.slice(0, query.limit);
    const next = found.length > query.limit ? encodeCursor(items.at(-1)!.id) : null;
    return { items: items.map(({ json }) => json), nextCursor: next };
  });

const stored = (engine: Engine, query: AccountsQuery, after: string | null) =>
  Effect.map(
    engine.snapshots.accounts({ after, stage: query.stage, sync: query.sync, limit: query.limit + 1 }),
    (rows) =>
      rows.map(({ id, stage, body }): Item => {
        const { root: _root, ...json } = JSON.parse(body ?? "{}") as { readonly [key: string]: Json };
        return { id, stage, json };
      }),
  );

const matching = (engine: Engine, query: AccountsQuery, q: string, after: string | null) =>
  Effect.gen(function* () {
    const { core, snapshots } = engine;
    const term = q.trim().toLowerCase();
    const named = yield* Effect.forEach([term, ...wordsOf(engine, q.trim())], (word) =>
      snapshots.find(word, false, matchLimit),
    );
    const amounts = yield* Effect.forEach(amountWords(term), (word) => snapshots.find(word, true, matchLimit));
    const exact = [...named, ...amounts].flat();
    const parties = exact.length > 0 ? exact : yield* wider(engine, term);
    const items = new Map<string, Item>();
    for (const party of parties) {
      yield* settled(engine, party);
      const state = core.account(party);
      const { id, regions } = state;
      if (after !== null && id <= after) continue;
      if (query.stage !== null && regions.lifecycle !== query.stage) continue;
      if (query.sync !== null && regions.sync !== query.sync) continue;
      const json = core.summaryOf(state) as unknown as Json;
      items.set(id, { id, stage: regions.lifecycle, json });
    }
    return [...items.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  });

/** Where names and addresses are sealed they are found whole, or by one whole word. */
const wordsOf = ({ privacy }: Engine, q: string): ReadonlyArray<string> =>
  privacy === null ? [] : privacy.wordsOf(q).slice(0, 1);

/** The word as the beginning of a term, or as a bare foreign id of any connection. */
const wider = (engine: Engine, term: string) =>
  Effect.gen(function* () {
    const { snapshots, systems } = engine;
    const parties = new Set(yield* snapshots.find(term, true, matchLimit));
    for (const connection of systems.keys()) {
      for (const party of yield* snapshots.find(`${connection}:${term}`.toLowerCase(), true, matchLimit))
        parties.add(party);
    }
    return [...parties];
  });
