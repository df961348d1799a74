/** From a party's id to its objects, whether the party is in memory or only stored, and to what waits for its customer. */
import * as Effect from "effect/Effect";
import type { ObjectData } from "../../domain/event.ts";
import { Party } from "../../domain/party.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Register } from "../../domain/register.ts";
import type { Engine } from "../engine/engine.ts";
import { settled } from "../views/find.ts";
import { type Collection, collections } from "./collections.ts";
import { Holding } from "./holding.ts";

/** What a party of several owes depends on the others: then its whole account is loaded. */
const standsAlone = ({ core }: Engine, party: string): boolean => core.membersOf(core.root(party)).length === 1;

/** Several parties at once, in the order given. What is not in memory is looked at beside it, so that a long list evicts nothing. */
export const holdings = (
  engine: Engine,
  ids: ReadonlyArray<string>,
): Effect.Effect<ReadonlyArray<Holding>, StoreError> =>
  Effect.gen(function* () {
    const { core, snapshots } = engine;
    const cold = ids.filter((id) => !core.parties.has(id) && standsAlone(engine, id));
    const cells = cold.length === 0 ? [] : yield* snapshots.load(cold);
    const stored = new Map(cold.map((id) => [id, new Party(id, engine.surroundings)]));
    for (const { party, cell, body } of cells) if (body !== null) stored.get(party)?.restore(cell, body);
    for (const party of stored.values()) party.refresh();
    const found: Holding[] = [];
    for (const id of ids) {
      const aside = stored.get(id);
      if (aside !== undefined && !core.parties.has(id)) found.push(new Holding(core, aside));
      else found.push(yield* live(engine, id));
    }
    return found;
  });

/** The party in memory, with everyone in its account, between two folds. */
export const live = (engine: Engine, id: string): Effect.Effect<Holding, StoreError> =>
  Effect.map(settled(engine, id), () => new Holding(engine.core, engine.core.parties.get(id)!));

/** What no party is found for, of one kind: subjects of `connection:kind/id` in order. */
export const waitingOf = (engine: Engine, { kind }: Collection, connection: string): ReadonlyArray<string> =>
  [...engine.core.waiting.keys()]
    .filter((global) => global.startsWith(`${connection}:${kind}/`))
    .map((global) => global.slice(connection.length + 1))
    .sort();

/** A stand-in that holds one such object. */
export const unattributed = (engine: Engine, connection: string, subject: string): Holding | null => {
  const waiting = engine.core.waiting.get(`${connection}:${subject}`);
  if (waiting === undefined) return null;
  const party = new Party(`${connection}:?`, engine.surroundings);
  for (const [cell, register] of Object.entries(waiting.registers)) {
    party.adopt(cell, register as Register<ObjectData>);
  }
  party.refresh();
  return new Holding(engine.core, party, false);
};

/** Which collections have an object of this id, in the party that the id leads to: for a 404 that helps. */
export const elsewhere = (holding: Holding, id: string): ReadonlyArray<Collection> =>
  collections.filter((collection) => holding.subjects(collection).some((subject) => holding.idOf(subject) === id));
