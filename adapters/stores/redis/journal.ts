/** The journal on two streams: rows of entries, and apart from them their raw bytes, which reading never touches. */
import type { ChainLink, Entry, Journal } from "../../../domain/ports/store.ts";
import { decodeEvents } from "../embedded/batch.ts";
import { unpackRaw } from "../embedded/raw.ts";
import { Appender } from "./appender.ts";
import { check } from "./check.ts";
import type { Connection } from "./connection.ts";
import { attempt } from "./failure.ts";
import { numberOf } from "./link.ts";
import { missing, rawRowsIn, rowsIn } from "./rows.ts";

/** Rows in the first answer, and how large the later ones should be. Bytes. */
const FIRST_PAGE = 16;
const PAGE_BYTES = 4 * 1024 * 1024;
const MAX_PAGE = 1024;

export const makeJournal = (connection: Connection): typeof Journal.Service => {
  const { where, names } = connection;
  const appender = new Appender(connection);
  const rawAt = rawReader(connection);

  const headNow = async (): Promise<number> => {
    const [head] = await connection.read(["HGET", names.meta, "head"]);
    return numberOf(head);
  };

  const read = async (after: number, limit: number): Promise<ReadonlyArray<Entry>> => {
    const from = Math.max(after, 0) + 1;
    if (!(limit > 0) || !Number.isSafeInteger(from)) return [];
    const entries: Array<Entry> = [];
    let next = from;
    let page = FIRST_PAGE;
    while (entries.length < limit) {
      const wanted = limit - entries.length;
      const count = String(Math.max(Math.min(page, wanted), 1));
      const [head, before, following] = await connection.read(
        ["HGET", names.meta, "head"],
        // The row that holds the first position; the pages after it begin with a row.
        next === from ? ["XREVRANGE", names.journal, String(next), "-", "COUNT", "1"] : ["PING"],
        ["XRANGE", names.journal, next === from ? `(${next}-0` : `${next}-0`, "+", "COUNT", count],
      );
      const rows = [...(next === from ? rowsIn(before) : []), ...rowsIn(following)];
      let bytes = 0;
      for (const { first, count, events } of rows) {
        const last = first + count - 1;
        if (last < next) continue;
        if (entries.length >= limit) break;
        if (first > next) throw missing(next, first - 1);
        bytes += events.length;
        for (const entry of decodeEvents(first, count, events.toString())) {
          if (entry.position >= next && entries.length < limit) entries.push(entry);
        }
        next = last + 1;
      }
      if (next > numberOf(head)) break;
      if (bytes === 0) throw missing(next, numberOf(head));
      page = Math.min(Math.max(Math.floor((PAGE_BYTES * rows.length) / bytes), 1), MAX_PAGE);
    }
    return entries;
  };

  const link = async (position: number): Promise<ChainLink | null> => {
    if (!(Number.isSafeInteger(position) && position > 0)) return null;
    const [found] = await connection.read(["XREVRANGE", names.journal, String(position), "-", "COUNT", "1"]);
    const [row] = rowsIn(found);
    if (row === undefined || position >= row.first + row.count) return null;
    const { first, count, previous, hash } = row;
    return { first, last: first + count - 1, previous: previous.toString("hex"), hash: hash.toString("hex") };
  };

  return {
    append: (entries) => attempt(where, () => appender.append(entries)),
    read: (after, limit) => attempt(where, () => read(after, limit)),
    raw: (position) => attempt(where, () => rawAt(position)),
    head: attempt(where, headNow),
    link: (position) => attempt(where, () => link(position)),
    check: attempt(where, () => check(connection)),
  };
};

/** Keeps the row that it read last: a replay asks for its entries one after the other. */
const rawReader = (connection: Connection) => {
  let last: { readonly first: number; readonly count: number; readonly raws: ReadonlyArray<Uint8Array | null> } | null =
    null;
  return async (position: number): Promise<Uint8Array | null> => {
    if (!(Number.isSafeInteger(position) && position > 0)) return null;
    if (last === null || position < last.first || position >= last.first + last.count) {
      const { raws } = connection.names;
      const [found] = await connection.read(["XREVRANGE", raws, String(position), "-", "COUNT", "1"]);
      const [row] = rawRowsIn(found);
      if (row === undefined || position >= row.first + row.count) return null;
      last = { first: row.first, count: row.count, raws: unpackRaw(row.raw, row.count) };
    }
    const raw = last.raws[position - last.first] ?? null;
    return raw === null ? null : new Uint8Array(raw);
  };
};
