/** Query parameters: each known by name, given at most once, with a value that exists. */

import type { Query } from "../host/host.ts";
import { decodeCursor } from "../views/cursor.ts";

export class BadParameter extends Error {
  readonly parameter: string;
  constructor(parameter: string, message: string) {
    super(message);
    this.parameter = parameter;
  }
}

const stages = ["prospect", "quoted", "activated", "invoiced", "posted", "paid", "recognized", "churned"];
const syncs = ["agreed", "propagating", "drifting", "parked"];

export const only = (search: URLSearchParams, known: ReadonlyArray<string>): void => {
  for (const name of search.keys()) {
    if (!known.includes(name)) {
      const offer = known.length === 0 ? "this address takes none" : `known are ${known.join(", ")}`;
      throw new BadParameter(name, `unknown parameter ${JSON.stringify(name)}: ${offer}`);
    }
    if (search.getAll(name).length > 1) throw new BadParameter(name, `${name} is given more than once`);
  }
};

/** One of the words; null when it is not given. */
export const among = <A extends string>(name: string, value: string | null, values: ReadonlyArray<A>): A | null => {
  if (value === null || values.includes(value as A)) return value as A | null;
  throw new BadParameter(name, `${name}: ${JSON.stringify(value)} is none of ${values.join(", ")}`);
};

export const limitOf = (search: URLSearchParams, most: number, usual: number): number => {
  const text = search.get("limit");
  if (text === null) return usual;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > most) throw new BadParameter("limit", `limit is a whole number from 1 to ${most}`);
  return limit;
};

export const accountsQuery = (search: URLSearchParams): Extract<Query, { readonly name: "accounts" }> => {
  only(search, ["stage", "sync", "q", "limit", "cursor"]);
  const q = search.get("q");
  if (q !== null && (q.trim() === "" || q.length > 200)) {
    throw new BadParameter(
      "q",
      "q is a word of 1 to 200 characters: a foreign id, name, email, number, amount or correlation id",
    );
  }
  const cursor = search.get("cursor");
  if (cursor !== null && decodeCursor(cursor) === null) {
    throw new BadParameter("cursor", "cursor is not one that this server handed out");
  }
  return {
    name: "accounts",
    stage: among("stage", search.get("stage"), stages),
    sync: among("sync", search.get("sync"), syncs),
    q,
    limit: limitOf(search, 200, 50),
    cursor,
  };
};

/** A page of a list: `limit`, `cursor`, and these filters, each null when it is not given. */
export const listParameters = (
  search: URLSearchParams,
  filters: ReadonlyArray<string>,
  isCursor: (text: string) => boolean,
) => {
  only(search, [...filters, "limit", "cursor"]);
  for (const name of filters) if (search.get(name) === "") throw new BadParameter(name, `${name} is empty`);
  const cursor = search.get("cursor");
  if (cursor !== null && !isCursor(cursor)) {
    throw new BadParameter("cursor", "cursor is not one that this list handed out");
  }
  const given = Object.fromEntries(filters.map((name) => [name, search.get(name)]));
  return { filters: given, limit: limitOf(search, 200, 50), cursor };
};

export const timelineQuery = (search: URLSearchParams, id: string): Extract<Query, { readonly name: "timeline" }> => {
  only(search, ["limit", "cursor"]);
  const cursor = search.get("cursor");
  if (cursor !== null && !/^[1-9]\d{0,14}$/.test(decodeCursor(cursor) ?? ""))
    throw new BadParameter("cursor", "cursor is not one that this list handed out");
  return { name: "timeline", id, limit: limitOf(search, 1000, 200), cursor };
};

/** An instant of ISO 8601 with its zone, as epoch milliseconds; null when it is not given. */
export const instantOf = (search: URLSearchParams, name: string): number | null => {
  const text = search.get(name);
  if (text === null) return null;
  const at = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isFinite(at))
    throw new BadParameter(name, `${name} is an instant, 2026-01-31T00:00:00Z; a plus sign of the zone is written %2B`);
  return at;
};

/** Of one account: now, or at other times. */
export const accountAt = (search: URLSearchParams, id: string): Query => {
  only(search, ["asOf", "knownAt"]);
  const [asOf, knownAt] = [instantOf(search, "asOf"), instantOf(search, "knownAt")];
  return asOf === null && knownAt === null ? { name: "account", id } : { name: "accountAt", id, asOf, knownAt };
};

export const noParameters = (search: URLSearchParams): void => only(search, []);
