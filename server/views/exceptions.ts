/**
 * Finance's queue over all accounts: filtered, counted, its money by currency, sorted by money at risk or by age. A page goes on
 * after a place in that order, so that what comes and goes meanwhile shifts nothing.
 */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { desk } from "../../domain/controls/desk.ts";
import type { Exception } from "../../domain/exceptions.ts";
import { accountId } from "../../domain/ids.ts";
import { exponentOf } from "../../domain/money.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Core } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { resolve } from "./find.ts";
import { unattributed } from "./unattributed.ts";

type ExceptionsQuery = Extract<Query, { readonly name: "exceptions" }>;
export type ExceptionSort = ExceptionsQuery["sort"];

interface Item {
  readonly exception: Exception;
  /** Null: nobody's yet. */
  readonly party: string | null;
}

/** In the order of the list: what comes first is greater; null comes last. */
interface Place {
  readonly rank: bigint | null;
  readonly id: string;
}

function* everything(core: Core): Iterable<Item> {
  for (const [party, found] of core.allExceptions()) for (const exception of found) yield { exception, party };
  for (const exception of unattributed(core)) yield { exception, party: null };
}

/** The finest exponent of ISO 4217: what amounts are compared in. */
const finest = 4;

/** One unit of any currency counts as one of any other. */
const rankOf = ({ moneyMinor, currency, ageFrom }: Exception, sort: ExceptionSort): bigint | null => {
  if (sort === "age") return ageFrom === null ? null : BigInt(-Math.trunc(ageFrom));
  if (moneyMinor === null) return null;
  const exponent = (currency === null ? null : exponentOf(currency)) ?? 2;
  return BigInt(Math.abs(moneyMinor)) * 10n ** BigInt(finest - exponent);
};

const compare = (a: Place, b: Place): number => {
  if (a.rank !== b.rank) {
    if (a.rank === null || b.rank === null) return a.rank === null ? 1 : -1;
    return a.rank > b.rank ? -1 : 1;
  }
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
};

const cursorOf = (sort: ExceptionSort, { rank, id }: Place): string =>
  encodeCursor(`${sort} ${rank === null ? "-" : rank} ${id}`);

/** Null for what a list of this sort never handed out. */
export const exceptionPlace = (sort: ExceptionSort, cursor: string): Place | null => {
  const match = /^(money|age) (-|-?\d+) (exc_[0-9a-f]{20})$/.exec(decodeCursor(cursor) ?? "");
  if (match?.[1] !== sort) return null;
  return { rank: match[2] === "-" ? null : BigInt(match[2]!), id: match[3]! };
};

export const exceptionStatuses = ["open", "snoozed", "resolved"] as const;
type ExceptionStatus = (typeof exceptionStatuses)[number];

/** A snooze lasts until journal time passes it; a resolution for as long as the money is what it was. */
const statusOf = (core: Core, { id, moneyMinor, currency }: Exception): ExceptionStatus => {
  const record = core.controls.get(desk, id);
  if (record?.resolved && record.resolved.moneyMinor === moneyMinor && record.resolved.currency === currency)
    return "resolved";
  return record?.snoozed && record.snoozed.until > core.now ? "snoozed" : "open";
};

const exceptionJson = (core: Core, { exception, party }: Item): Json => ({
  ...(exception as unknown as { readonly [key: string]: Json }),
  status: statusOf(core, exception),
  assignee: core.controls.get(desk, exception.id)?.assignee ?? null,
  party,
  account: party === null ? null : accountId(core.root(party)),
});

/** A sum past what a number holds exactly is its digits. */
const whole = (sum: bigint): Json => (sum <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(sum) : String(sum));

const totalsOf = (items: ReadonlyArray<Item>) => {
  const types: Record<string, number> = {};
  const money = new Map<string, bigint>();
  for (const { exception } of items) {
    const { type, currency, moneyMinor } = exception;
    types[type] = (types[type] ?? 0) + 1;
    if (moneyMinor !== null && currency !== null)
      money.set(currency, (money.get(currency) ?? 0n) + BigInt(Math.abs(moneyMinor)));
  }
  const moneyMinor = Object.fromEntries([...money].sort().map(([currency, sum]) => [currency, whole(sum)]));
  return { total: items.length, types, moneyMinor };
};

const orders: Readonly<Record<ExceptionSort, string>> = {
  money: "greatest amount first; for this order alone, one unit of any currency counts as one of any other",
  age: "oldest first",
};

/** `null`: no such account. */
export const exceptions = (engine: Engine, query: ExceptionsQuery): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const { core } = engine;
    const { type, owner, currency, sort, limit } = query;
    let members: ReadonlySet<string> | null = null;
    if (query.account !== null) {
      const party = yield* resolve(engine, query.account);
      if (party === null) return null;
      members = new Set(core.membersOf(core.root(party)));
    }
    const items: Item[] = [];
    for (const item of everything(core)) {
      const { exception, party } = item;
      if (members !== null && (party === null || !members.has(party))) continue;
      if (type !== null && exception.type !== type) continue;
      if (owner !== null && exception.owner !== owner) continue;
      if (currency !== null && exception.currency !== currency) continue;
      items.push(item);
    }
    const from = query.cursor === null ? null : exceptionPlace(sort, query.cursor);
    const sorted = items
      .map((item) => ({ item, place: { rank: rankOf(item.exception, sort), id: item.exception.id } }))
      .filter(({ place }) => from === null || compare(place, from) > 0)
      .sort((a, b) => compare(a.place, b.place));
    const shown = sorted.slice(0, limit);
    return {
      items: shown.map(({ item }) => exceptionJson(core, item)),
      nextCursor: sorted.length > limit ? cursorOf(sort, shown.at(-1)!.place) : null,
      ...totalsOf(items),
      order: orders[sort],
      seq: core.position,
    };
  });

/** `null`: there is none, or no longer. */
export const exception = (
  engine: Engine,
  { id }: Extract<Query, { readonly name: "exception" }>,
): Effect.Effect<Json, StoreError> =>
  Effect.sync(() => {
    for (const item of everything(engine.core)) if (item.exception.id === id) return exceptionJson(engine.core, item);
    return null;
  });
