/**
 * Finance's queue over all accounts: filtered, counted, its money by currency, sorted by money at risk, by age, or by how much it presses. A page goes on
 * after a place in that order, so that what comes and goes meanwhile shifts nothing.
 */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { type DeskRecord, desk, isClosed } from "../../domain/controls/desk.ts";
import { accountId } from "../../domain/ids.ts";
import { exponentOf } from "../../domain/money.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import { type Priority, priorities } from "../../domain/priority.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import {
  closedItems,
  type ExceptionStatus,
  everything,
  exceptionStatuses,
  type Item,
  pressing,
  statusOf,
  teamOf,
} from "../queues/items.ts";
import { passes, type Sieve } from "../queues/sieve.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { resolve } from "./find.ts";

type ExceptionsQuery = Extract<Query, { readonly name: "exceptions" }>;
const everyOne: Sieve = {};
/** In the place of an assignee. */
export const nobody = "nobody";
export type ExceptionSort = ExceptionsQuery["sort"];

/** In the order of the list: what comes first is greater; null comes last. */
interface Place {
  readonly rank: bigint | null;
  readonly id: string;
}

/** The finest exponent of ISO 4217: what amounts are compared in. */
const finest = 4;

/** More than any instant in epoch milliseconds. */
const instants = 10n ** 16n;
const never = 9_999_999_999_999;

/** One unit of any currency counts as one of any other. */
const rankOf = ({ item, priority, dueAt }: Shown, sort: ExceptionSort): bigint | null => {
  const { moneyMinor, currency, ageFrom } = item.exception;
  if (sort === "priority")
    return BigInt(priorities.length - priorities.indexOf(priority)) * instants - BigInt(dueAt ?? never);
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
  const match = /^(money|age|priority) (-|-?\d+) (exc_[0-9a-f]{20})$/.exec(decodeCursor(cursor) ?? "");
  if (match?.[1] !== sort) return null;
  return { rank: match[2] === "-" ? null : BigInt(match[2]!), id: match[3]! };
};

/** One exception with everything that the desk knows of it. */
interface Shown {
  readonly item: Item;
  readonly status: ExceptionStatus;
  readonly priority: Priority;
  readonly dueAt: number | null;
  readonly overdue: boolean;
  readonly record: DeskRecord | null;
}

const shownOf = ({ core, queues }: Engine, item: Item): Shown => {
  const record = core.controls.get(desk, item.exception.id);
  const closed = isClosed(record);
  const dueAt = closed ? null : (record?.dueAt ?? null);
  const status = statusOf(item.exception, record, core.now);
  return {
    item,
    status,
    priority: pressing(core, item, queues),
    dueAt,
    overdue: status === "open" && dueAt !== null && dueAt <= core.now,
    // It came back, and the queue was not looked through since.
    record: closed ? { ...record!, openedAt: null, changedAt: null, closed: null } : record,
  };
};

/** Not there any more; it says how it was when it closed. */
const closedOf = ({ core, queues }: Engine, item: Item): Shown => ({
  item,
  status: "closed",
  priority: pressing(core, item, queues),
  dueAt: null,
  overdue: false,
  record: core.controls.get(desk, item.exception.id),
});

function* shownItems(engine: Engine, statuses: ReadonlyArray<ExceptionStatus>): Iterable<Shown> {
  const there = new Set<string>();
  for (const item of everything(engine.core)) {
    there.add(item.exception.id);
    const shown = shownOf(engine, item);
    if (statuses.includes(shown.status)) yield shown;
  }
  if (!statuses.includes("closed")) return;
  // One that came back since the queue was looked through is open, not closed.
  for (const item of closedItems(engine.core)) {
    const seen = item.party === null ? engine.sees(item.exception.source) : engine.sees(item.party);
    if (seen && !there.has(item.exception.id)) yield closedOf(engine, item);
  }
}

const exceptionJson = ({ core, queues }: Engine, { item, status, priority, dueAt, overdue, record }: Shown): Json => ({
  ...(item.exception as unknown as { readonly [key: string]: Json }),
  status,
  priority,
  dueAt,
  overdue,
  assignee: (status === "closed" ? record?.closed?.assignee : record?.assignee) ?? null,
  team: teamOf(queues, item.exception.owner),
  firstSeenAt: record?.openedAt ?? null,
  changedAt: record?.changedAt ?? null,
  snoozedUntil: status === "snoozed" ? record!.snoozed!.until : null,
  closed: (record?.closed ?? null) as unknown as Json,
  history: (record?.history ?? []) as unknown as Json,
  party: item.party,
  account: item.party === null ? null : accountId(core.root(item.party)),
});

/** A sum past what a number holds exactly is its digits. */
const whole = (sum: bigint): Json => (sum <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(sum) : String(sum));

const totalsOf = (items: ReadonlyArray<Shown>) => {
  const types: Record<string, number> = {};
  const money = new Map<string, bigint>();
  for (const { item } of items) {
    const { type, currency, moneyMinor } = item.exception;
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
  priority: "the most pressing first, of equals the one due first",
};

/** `null`: no such account. */
export const exceptions = (engine: Engine, query: ExceptionsQuery): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const { core } = engine;
    const { type, owner, currency, sort, limit } = query;
    const { statuses = ["open"], team = null, priority = null, overdue = null, assignee = null } = query;
    const { sieve = everyOne } = query;
    const at = yield* Clock.currentTimeMillis;
    let members: ReadonlySet<string> | null = null;
    if (query.account !== null) {
      const party = yield* resolve(engine, query.account);
      if (party === null) return null;
      members = new Set(core.membersOf(core.root(party)));
    }
    const items: Shown[] = [];
    for (const shown of shownItems(engine, statuses)) {
      const { exception, party } = shown.item;
      if (members !== null && (party === null || !members.has(party))) continue;
      if (type !== null && exception.type !== type) continue;
      if (owner !== null && exception.owner !== owner) continue;
      if (currency !== null && exception.currency !== currency) continue;
      if (team !== null && teamOf(engine.queues, exception.owner) !== team) continue;
      if (priority !== null && shown.priority !== priority) continue;
      if (overdue !== null && shown.overdue !== overdue) continue;
      if (assignee !== null && (shown.record?.assignee ?? nobody) !== assignee) continue;
      if (!passes(sieve, shown.item, engine.accounting, at)) continue;
      items.push(shown);
    }
    const from = query.cursor === null ? null : exceptionPlace(sort, query.cursor);
    const sorted = items
      .map((one) => ({ one, place: { rank: rankOf(one, sort), id: one.item.exception.id } }))
      .filter(({ place }) => from === null || compare(place, from) > 0)
      .sort((a, b) => compare(a.place, b.place));
    const page = sorted.slice(0, limit);
    return {
      items: page.map(({ one }) => exceptionJson(engine, one)),
      nextCursor: sorted.length > limit ? cursorOf(sort, page.at(-1)!.place) : null,
      ...totalsOf(items),
      order: orders[sort],
      seq: core.position,
    };
  });

/** `null`: there never was one, or it closed too long ago. */
export const exception = (
  engine: Engine,
  { id }: Extract<Query, { readonly name: "exception" }>,
): Effect.Effect<Json, StoreError> =>
  Effect.sync(() => {
    for (const shown of shownItems(engine, exceptionStatuses))
      if (shown.item.exception.id === id) return exceptionJson(engine, shown);
    return null;
  });
