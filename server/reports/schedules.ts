/** `GET /v1/revenue-schedules`: every line that is, or will be, earned, with its entries, by account. */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import { effectOf } from "../../domain/accounting/entry.ts";
import { usualAccounting } from "../../domain/booking.ts";
import type { AccountBooks } from "../../domain/books/account.ts";
import type { BookEntry } from "../../domain/books/entry.ts";
import type { ScheduledLine } from "../../domain/books/invoice.ts";
import { ownedBy } from "../../domain/books/rules.ts";
import type { Day } from "../../domain/calendar/day.ts";
import { localDay } from "../../domain/calendar/zone.ts";
import type { Json } from "../../domain/canonical.ts";
import { connectionOf } from "../../domain/ids.ts";
import { sumMinor } from "../../domain/money.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { decodeCursor, encodeCursor } from "../views/cursor.ts";
import { resolve } from "../views/find.ts";
import { shelfOf } from "./shelf.ts";

type ListQuery = Extract<Query, { readonly name: "revenueSchedules" }>;

/** Looked at for one page. */
const mostAccounts = 400;
const together = 50;

/** After this line of this account; a null line: after all of it. */
export interface SchedulePlace {
  readonly account: string;
  readonly line: string | null;
}
export const schedulePlace = (cursor: string): SchedulePlace | null => {
  try {
    const [of, account, line] = JSON.parse(decodeCursor(cursor) ?? "") as ReadonlyArray<unknown>;
    const fits = of === "schedules" && typeof account === "string" && (line === null || typeof line === "string");
    return fits ? { account, line } : null;
  } catch {
    return null;
  }
};
const cursorOf = ({ account, line }: SchedulePlace): string =>
  encodeCursor(JSON.stringify(["schedules", account, line]));

/** Shown with every line. */
interface Shown {
  readonly basis: string;
  readonly owner: string;
  readonly today: Day;
  readonly seq: number;
}

const shownBy = (engine: Engine): Effect.Effect<Shown> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const accounting = engine.accounting ?? usualAccounting;
    const today = localDay(Math.max(now, engine.core.now), accounting.timeZone);
    return { ...ownedBy("revenue", engine.core.surroundings.policy, accounting), today, seq: engine.core.position };
  });

const byLine = ({ entries }: AccountBooks): ReadonlyMap<string, ReadonlyArray<BookEntry>> => {
  const found = new Map<string, BookEntry[]>();
  for (const entry of entries) {
    const lines = new Set(
      entry.lines.flatMap(({ role, dimensions }) => (role === "Revenue" ? (dimensions["line"] ?? []) : [])),
    );
    for (const line of lines) found.set(line, [...(found.get(line) ?? []), entry]);
  }
  return found;
};

const lineJson = (
  books: AccountBooks,
  line: ScheduledLine,
  own: ReadonlyArray<BookEntry>,
  { basis, owner, today, seq }: Shown,
): Json => {
  const entries = own.map((entry) => {
    const revenue = entry.lines.filter(({ role, dimensions }) => role === "Revenue" && dimensions["line"] === line.id);
    const { id, date, period, late } = entry;
    return { id, date, period, late: late?.reason ?? null, amountMinor: sumMinor(revenue.map(effectOf)) };
  });
  const recognizedMinor = sumMinor(entries.flatMap(({ date, amountMinor }) => (date <= today ? [amountMinor] : [])));
  const scheduledMinor = sumMinor(entries.map(({ amountMinor }) => amountMinor));
  const {
    recognition,
    invoice,
    party,
    id,
    product,
    contract,
    entity,
    jurisdiction,
    currency,
    amountMinor,
    billedMinor,
  } = line;
  const connection = connectionOf(party);
  return {
    id,
    account: books.account,
    party,
    contract,
    invoice: invoice === null ? null : `${connection}:${invoice.slice(invoice.indexOf("/") + 1)}`,
    product,
    entity,
    jurisdiction,
    currency,
    amountMinor,
    billedMinor,
    method: recognition.method,
    from: "from" in recognition ? recognition.from : "on" in recognition ? recognition.on : null,
    to: "to" in recognition ? recognition.to : null,
    booked: line.booked,
    scheduledMinor,
    recognizedMinor,
    entries,
    basis,
    owner,
    seq,
  };
};

const byId = (a: ScheduledLine, b: ScheduledLine): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** `null`: no such account. */
export const revenueSchedules = (engine: Engine, query: ListQuery): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    yield* engine.fold;
    const { core, snapshots } = engine;
    const shelf = shelfOf(engine);
    shelf.refresh();
    const shown = yield* shownBy(engine);
    const from = query.cursor === null ? null : schedulePlace(query.cursor);
    const items: Json[] = [];
    let last: SchedulePlace | null = null;
    /** True: the page is full. */
    const take = (books: AccountBooks): boolean => {
      const entries = byLine(books);
      for (const line of [...books.lines].sort(byId)) {
        if (from?.account === books.account && (from.line === null || line.id <= from.line)) continue;
        if (items.length === query.limit) return true;
        items.push(lineJson(books, line, entries.get(line.id) ?? [], shown));
        last = { account: books.account, line: line.id };
      }
      return false;
    };
    const page = (more: boolean): Json => ({ items, nextCursor: more && last !== null ? cursorOf(last) : null });
    if (query.account !== null) {
      const party = yield* resolve(engine, query.account);
      if (party === null) return null;
      return page(take(yield* shelf.ledgerOf(core.root(party))));
    }
    yield* Effect.ignore(engine.snapshot);
    let after = from === null ? null : from.account.slice(0, -1);
    for (let seen = 0; seen < mostAccounts; ) {
      const rows: ReadonlyArray<{ readonly id: string; readonly body: string | null }> = yield* snapshots.accounts({
        after,
        stage: null,
        sync: null,
        limit: together,
      });
      for (const { id, body } of rows) {
        if (from !== null && id < from.account) continue;
        const root = body === null ? null : (JSON.parse(body) as { readonly root: string }).root;
        if (root === null || core.root(root) !== root) continue;
        seen += 1;
        if (take(yield* shelf.ledgerOf(root))) return page(true);
        last = { account: id, line: null };
        yield* Effect.yieldNow();
      }
      if (rows.length < together) return page(false);
      after = rows.at(-1)!.id;
    }
    return page(true);
  });

/** `{ found }`, or `{ help }`. A line's id begins with that of the object that bills it. */
export const revenueSchedule = (
  engine: Engine,
  { id }: Extract<Query, { readonly name: "revenueSchedule" }>,
): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    yield* engine.fold;
    const slash = id.indexOf("/");
    const party = yield* resolve(engine, slash < 0 ? id : id.slice(0, slash));
    const shelf = shelfOf(engine);
    shelf.refresh();
    if (party !== null) {
      const books = yield* shelf.ledgerOf(engine.core.root(party));
      const line = books.lines.find((one) => one.id === id);
      if (line !== undefined)
        return { found: lineJson(books, line, byLine(books).get(id) ?? [], yield* shownBy(engine)) };
    }
    return { help: `no revenue line is known as ${JSON.stringify(id)}: GET /v1/revenue-schedules lists them` };
  });
