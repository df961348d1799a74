/**
 * A party as a redis-om entity: one hash that `repository.fetch(party)` and `HGETALL` both read. The named fields are typed;
 * each cell stands beside them under `cell:` and its name. Written by the snapshot script alone: redis-om's own `save`
 * overwrites without looking.
 */
import { type Entity, RedisOmError, Repository, Schema } from "redis-om";
import type { Cell } from "../../../domain/ports/store.ts";
import { Damaged } from "../embedded/failure.ts";
import { fromStored, toStored } from "../embedded/text.ts";
import { type Client, failureOf } from "./link.ts";

/** What stands before the name of a cell. No named field has a colon. */
export const CELL = "cell:";

export interface PartyDocument extends Entity {
  /** `connection:customer`. */
  party: string;
  /** Both empty for what belongs to no customer: pools, links, faults. */
  connection: string;
  customer: string;
  /** The journal position that the last change was folded through. */
  through: number;
  /** How many there are. */
  cells: number;
}

const schemaOf = (name: string) =>
  new Schema<PartyDocument>(
    name,
    {
      party: { type: "string" },
      connection: { type: "string" },
      customer: { type: "string" },
      through: { type: "number", sortable: true },
      cells: { type: "number", sortable: true },
    },
    { dataStructure: "HASH" },
  );

/** `name`: the prefix of all documents, without its colon. */
export const repositoryOf = (client: Client, name: string): Repository<PartyDocument> =>
  new Repository(schemaOf(name), client as never);

/** One for each id, in that order; without any field where there is none. */
export const fetchDocuments = async (
  client: Client,
  name: string,
  parties: ReadonlyArray<string>,
): Promise<ReadonlyArray<PartyDocument>> => {
  try {
    return await repositoryOf(client, name).fetch(parties.map(toStored));
  } catch (failure) {
    if (!(failure instanceof RedisOmError)) throw failureOf(failure);
    throw new Damaged(`a document under ${name}: is not one of ours: ${failure.message}`);
  }
};

/** The names by which the document is kept. */
export const headingOf = (party: string): readonly [party: string, connection: string, customer: string] => {
  const colon = party.indexOf(":");
  const [connection, customer] = colon < 0 ? ["", ""] : [party.slice(0, colon), party.slice(colon + 1)];
  return [toStored(party), toStored(connection), toStored(customer)];
};

/** In order of their names; none where there is no document. */
export const cellsOf = (party: string, document: PartyDocument): ReadonlyArray<Cell> =>
  Object.entries(document)
    .filter(([field]) => field.startsWith(CELL))
    .map(([field, body]) => ({ party, cell: fromStored(field.slice(CELL.length)), body: fromStored(String(body)) }));
