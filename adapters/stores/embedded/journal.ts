/** The journal in SQLite: dedup and append in one commit, rows of many entries, raw bytes apart. */
import type { Appended, ChainLink, Journal, NewEntry } from "../../../domain/ports/store.ts";
import { decodeEvents, encodeBatches, GENESIS, type Placed } from "./batch.ts";
import { check } from "./check.ts";
import { attempt } from "./failure.ts";
import { seenKey } from "./keys.ts";
import { unpackRaw } from "./raw.ts";
import { add, Seen } from "./seen.ts";
import type { Sqlite } from "./sqlite.ts";

/** What the next append follows. */
interface Tail {
  readonly head: number;
  readonly hash: Buffer;
  readonly seen: Seen;
}

/** `turn`: entries per turn of the index of duplicates, for its tests. */
export const makeJournal = (file: Sqlite, turn?: number): typeof Journal.Service => {
  /** Null: the file is asked again, at first and after an append that failed. Read late: a damaged file can still be checked. */
  let tail: Tail | null = null;
  const tailNow = (): Tail => {
    if (tail === null) {
      const end = readEnd(file);
      tail = { ...end, seen: new Seen(file, end.head, turn) };
    }
    return tail;
  };
  const headNow = (): number => tail?.head ?? readEnd(file).head;
  const rawAt = rawReader(file);

  const append = (entries: ReadonlyArray<NewEntry>): ReadonlyArray<Appended> => {
    if (entries.length === 0) return [];
    const { head, hash, seen } = tailNow();
    const { answers, placed } = place(seen, entries, head);
    const batches = encodeBatches(placed, hash);
    const last = batches.at(-1);
    if (last === undefined) return answers;
    const to = head + placed.length;
    const fresh = placed.flatMap(({ sighting }) => sighting ?? []);
    try {
      const settle = file.transaction(() => {
        for (const { first, count, previous, hash, keys, events, raw } of batches) {
          const row = [first, count, previous, hash, keys, events];
          file.run("INSERT INTO batches VALUES (?, ?, ?, ?, ?, CAST(? AS TEXT))", row);
          if (raw !== null) file.run("INSERT INTO raws VALUES (?, ?)", [first, raw]);
        }
        return seen.advance(fresh, to);
      });
      settle();
      tail = { head: to, hash: last.hash, seen };
    } catch (failure) {
      tail = null;
      throw failure;
    }
    return answers;
  };

  return {
    append: (entries) => attempt(file.path, () => append(entries)),
    read: (after, limit) =>
      attempt(file.path, () => {
        const from = Math.max(after, 0) + 1;
        const to = Math.min(from + limit - 1, headNow());
        if (!(to >= from)) return [];
        const rows = file.rows<readonly [number, number, Buffer]>(
          `SELECT first, count, CAST(events AS BLOB) FROM batches
            WHERE first >= (SELECT coalesce(max(first), 0) FROM batches WHERE first <= ?) AND first <= ? ORDER BY first`,
          [from, to],
        );
        return rows.flatMap(([first, count, events]) => {
          const entries = decodeEvents(first, count, events.toString());
          return first >= from && first + count - 1 <= to
            ? entries
            : entries.filter(({ position }) => position >= from && position <= to);
        });
      }),
    raw: (position) => attempt(file.path, () => rawAt(position)),
    head: attempt(file.path, headNow),
    link: (position) => attempt(file.path, () => readLink(file, position)),
    check: check(file),
  };
};

const readLink = (file: Sqlite, position: number): ChainLink | null => {
  if (!Number.isSafeInteger(position)) return null;
  const [row] = file.rows<readonly [number, number, Buffer, Buffer]>(
    "SELECT first, count, previous, hash FROM batches WHERE first <= ? ORDER BY first DESC LIMIT 1",
    [position],
  );
  if (row === undefined || position >= row[0] + row[1]) return null;
  const [first, count, previous, hash] = row;
  return { first, last: first + count - 1, previous: previous.toString("hex"), hash: hash.toString("hex") };
};

const readEnd = (file: Sqlite): { readonly head: number; readonly hash: Buffer } => {
  const [last] = file.rows<readonly [number, number, Buffer]>(
    "SELECT first, count, hash FROM batches ORDER BY first DESC LIMIT 1",
  );
  return last === undefined ? { head: 0, hash: GENESIS } : { head: last[0] + last[1] - 1, hash: last[2] };
};

/** Decides entry by entry, as if each came alone: what it repeats, what it contradicts, where it goes. */
const place = (seen: Seen, entries: ReadonlyArray<NewEntry>, head: number) => {
  const keys = entries.map(({ connection, dedup }) => (dedup === null ? null : seenKey(connection, dedup)));
  const found = seen.find(keys.filter((key) => key !== null));
  const placed: Array<Placed> = [];
  const answers = entries.map((entry, i): Appended => {
    const key = keys[i] ?? null;
    const earlier = key === null ? [] : (found.get(key.id) ?? []);
    const same = earlier.find(({ hash }) => hash === key?.hash);
    if (same !== undefined) return { _tag: "Duplicate", position: same.position };
    const position = head + placed.length + 1;
    const conflictOf = earlier[0]?.position ?? null;
    const sighting = key === null ? null : { id: key.id, hash: key.hash, position };
    placed.push({ entry, position, conflictOf, sighting });
    if (sighting !== null) add(found, sighting);
    return { _tag: "Accepted", position, conflictOf };
  });
  return { answers, placed };
};

/** Keeps the row that it read last: a replay asks for its entries one after the other. */
const rawReader = (file: Sqlite) => {
  let last: { readonly first: number; readonly count: number; readonly raws: ReadonlyArray<Uint8Array | null> } | null =
    null;
  return (position: number): Uint8Array | null => {
    if (last === null || position < last.first || position >= last.first + last.count) {
      const [row] = file.rows<readonly [number, number]>(
        "SELECT first, count FROM batches WHERE first <= ? ORDER BY first DESC LIMIT 1",
        [position],
      );
      if (row === undefined || position >= row[0] + row[1]) return null;
      const [first, count] = row;
      const [blob] = file.rows<readonly [Buffer]>("SELECT raw FROM raws WHERE first = ?", [first]);
      last = { first, count, raws: blob === undefined ? [] : unpackRaw(blob[0], count) };
    }
    const raw = last.raws[position - last.first] ?? null;
    return raw === null ? null : new Uint8Array(raw);
  };
};
