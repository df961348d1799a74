/** One object by `connection:foreignId`; where there is none, what the id is instead. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { connectionOf } from "../../domain/ids.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { resolve } from "../views/find.ts";
import { type Collection, collectionAt } from "./collections.ts";
import type { Holding } from "./holding.ts";
import { elsewhere, live, unattributed } from "./reach.ts";

type ResourceQuery = Extract<Query, { readonly name: "resource" }>;

/** `{ found }`, or `{ help }` with what to do instead. */
export const resource = (engine: Engine, query: ResourceQuery): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const collection = collectionAt(query.collection)!;
    const { id } = query;
    const colon = id.indexOf(":");
    if (colon < 1 || colon === id.length - 1) return { help: notAnId(collection, id) };
    const [connection, foreign] = [id.slice(0, colon), id.slice(colon + 1)];
    const subject = `${collection.kind}/${foreign}`;
    const waiting = unattributed(engine, connection, subject);
    if (waiting) return { found: waiting.item(collection, subject) };
    const owner = yield* ownerOf(engine, collection, connection, foreign);
    const known = owner ?? (yield* resolve(engine, id));
    const holding = known === null ? null : yield* live(engine, known);
    const held = holding && subjectOf(holding, collection, id);
    if (holding && held) return { found: holding.item(collection, held) };
    return { help: help(engine, collection, id, connection, holding) };
  });

/** The party that owns the object, by what the fold wrote down of owners. */
const ownerOf = (engine: Engine, { kind, path }: Collection, connection: string, foreign: string) =>
  Effect.gen(function* () {
    const { core, snapshots } = engine;
    const kinds = path === "contracts" ? ["contract", "subscription"] : [kind];
    const subjects = kinds.map((name) => `${connection}:${name}/${foreign}`);
    for (const subject of subjects) {
      const owner = core.knownOwners.get(subject);
      if (owner !== undefined) return owner;
    }
    return (yield* snapshots.owners(subjects))[0]?.party ?? null;
  });

/** A document outside may also be asked for by the id without its record type, as people there say it. */
const subjectOf = (holding: Holding, collection: Collection, id: string): string | undefined => {
  const subjects = holding.subjects(collection);
  const exact = subjects.find((subject) => holding.idOf(subject) === id);
  if (exact !== undefined || collection.path !== "postings") return exact;
  const [connection, own] = [connectionOf(id), id.slice(id.indexOf(":") + 1)];
  const bare = subjects.filter((subject) => {
    const [there, , ...rest] = holding.idOf(subject).split(":");
    return there === connection && rest.join(":") === own;
  });
  return bare.length === 1 ? bare[0] : undefined;
};

const an = (word: string): string => (/^[aeiou]/.test(word) ? `an ${word}` : `a ${word}`);

const notAnId = ({ path, name }: Collection, id: string): string =>
  `${JSON.stringify(id)} is not the id of ${an(name)}: ids are connection:foreignId, as /v1/${path} lists them`;

const help = (engine: Engine, collection: Collection, id: string, connection: string, lead: Holding | null): string => {
  const { name, path } = collection;
  if (lead) {
    const [other] = elsewhere(lead, id);
    if (other) return `${id} is ${an(other.name)}: GET /v1/${other.path}/${encodeURIComponent(id)}`;
    return `${id} is known, but not as ${an(name)}: GET /v1/accounts/${encodeURIComponent(id)} shows what it belongs to`;
  }
  if (!engine.systems.has(connection)) {
    return `no connection is named ${JSON.stringify(connection)}: there are ${[...engine.systems.keys()].sort().join(", ")}`;
  }
  return `${connection} has reported no ${name} ${JSON.stringify(id.slice(connection.length + 1))}: GET /v1/${path} lists those that are known`;
};
