/**
 * The five ports in memory. Holds what it is given and copies no content: the harness makes thousands of these, and lets one
 * survive the engine that used it.
 */
import { createHash } from "node:crypto";
import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import {
  type AccountRow,
  type Appended,
  type ChainLink,
  type CommandRow,
  type DataKey,
  DataKeys,
  DueRecords,
  type Entry,
  Journal,
  type NewEntry,
  Outbox,
  Snapshots,
  type Store,
} from "../../domain/ports/store.ts";
import { byCodePoint } from "./order.ts";

export interface MemoryStore {
  readonly journal: typeof Journal.Service;
  readonly snapshots: typeof Snapshots.Service;
  readonly outbox: typeof Outbox.Service;
  readonly due: typeof DueRecords.Service;
  readonly dataKeys: typeof DataKeys.Service;
  /** Provides this very store, as often as it is built. */
  readonly layer: Layer.Layer<Store>;
}

export const makeMemory = (): MemoryStore => {
  const journal = makeJournal();
  const snapshots = makeSnapshots();
  const outbox = makeOutbox();
  const due = makeDueRecords();
  const dataKeys = makeDataKeys();
  const context = Context.make(Journal, journal).pipe(
    Context.add(Snapshots, snapshots),
    Context.add(Outbox, outbox),
    Context.add(DueRecords, due),
    Context.add(DataKeys, dataKeys),
  );
  return { journal, snapshots, outbox, due, dataKeys, layer: Layer.succeedContext(context) };
};

/** A new, empty store for each build. */
export const layer: Layer.Layer<Store> = Layer.unwrapEffect(Effect.sync(() => makeMemory().layer));

/** What the first link follows, in hex. */
const GENESIS = "0".repeat(64);

const makeJournal = (): typeof Journal.Service => {
  const entries: Array<Entry> = [];
  const raws: Array<Uint8Array | null> = [];
  /** By (connection, id, type): position by data hash, earliest first. */
  const seen = new Map<string, Map<string, number>>();

  const append = (entry: NewEntry): Appended => {
    const { connection, dedup } = entry;
    const position = entries.length + 1;
    let conflictOf: number | null = null;
    if (dedup !== null) {
      const key = `${connection.length}:${connection}${dedup.id.length}:${dedup.id}${dedup.type}`;
      const hashes = seen.get(key);
      if (hashes === undefined) seen.set(key, new Map([[dedup.hash, position]]));
      else {
        const same = hashes.get(dedup.hash);
        if (same !== undefined) return { _tag: "Duplicate", position: same };
        for (const earliest of hashes.values()) {
          conflictOf = earliest;
          break;
        }
        hashes.set(dedup.hash, position);
      }
    }
    const { kind, at, partition, events, note } = entry;
    entries.push({ position, kind, connection, at, partition, dedup, conflictOf, events, note });
    raws.push(entry.raw);
    return { _tag: "Accepted", position, conflictOf };
  };

  /** A link for each entry, made when it is first asked for: most journals in memory are never asked. */
  const hashes: Array<string> = [GENESIS];
  const chain = (position: number): ChainLink | null => {
    if (!(Number.isSafeInteger(position) && position > 0 && position <= entries.length)) return null;
    for (let at = hashes.length; at <= position; at++) {
      const hash = createHash("sha256").update(`${hashes[at - 1]}${JSON.stringify(entries[at - 1])}`);
      const raw = raws[at - 1] ?? null;
      hashes.push((raw === null ? hash : hash.update(raw)).digest("hex"));
    }
    return { first: position, last: position, previous: hashes[position - 1]!, hash: hashes[position]! };
  };

  return {
    append: (batch) => Effect.sync(() => batch.map(append)),
    read: (after, limit) =>
      Effect.sync(() => {
        const from = Math.max(after, 0);
        return limit > 0 ? entries.slice(from, from + limit) : [];
      }),
    raw: (position) => Effect.sync(() => raws[position - 1] ?? null),
    head: Effect.sync(() => entries.length),
    link: (position) => Effect.sync(() => chain(position)),
    check: Effect.succeed([]),
  };
};

const makeSnapshots = (): typeof Snapshots.Service => {
  let through = 0;
  const cells = new Map<string, Map<string, string>>();
  const owners = new Map<string, string>();
  const terms = new Map<string, Set<string>>();
  const accounts = new Map<string, AccountRow>();

  return {
    through: Effect.sync(() => through),
    save: (batch) =>
      Effect.sync(() => {
        if (batch.through < through) return;
        through = batch.through;
        for (const { party, cell, body } of batch.cells) {
          const held = cells.get(party);
          if (body !== null) {
            if (held === undefined) cells.set(party, new Map([[cell, body]]));
            else held.set(cell, body);
          } else if (held?.delete(cell) && held.size === 0) cells.delete(party);
        }
        for (const { subject, party } of batch.owners) owners.set(subject, party);
        for (const { term, party } of batch.terms) {
          const held = terms.get(term);
          if (held === undefined) terms.set(term, new Set([party]));
          else held.add(party);
        }
        for (const row of batch.accounts) {
          if (row.body === null) accounts.delete(row.id);
          else accounts.set(row.id, row);
        }
      }),
    load: (parties) =>
      Effect.sync(() =>
        [...new Set(parties)].flatMap((party) =>
          Array.from(cells.get(party) ?? [], ([cell, body]) => ({ party, cell, body })),
        ),
      ),
    owners: (subjects) =>
      Effect.sync(() =>
        [...new Set(subjects)].flatMap((subject) => {
          const party = owners.get(subject);
          return party === undefined ? [] : [{ subject, party }];
        }),
      ),
    find: (text, prefix, limit) =>
      Effect.sync(() => {
        const matching = prefix ? [...terms.keys()].filter((term) => term.startsWith(text)).sort(byCodePoint) : [text];
        const found = matching.flatMap((term) => [...(terms.get(term) ?? [])].sort(byCodePoint));
        return [...new Set(found)].slice(0, Math.max(limit, 0));
      }),
    accounts: ({ after, stage, sync, limit }) =>
      Effect.sync(() =>
        [...accounts.values()]
          .filter((row) => (stage === null || row.stage === stage) && (sync === null || row.sync === sync))
          .filter((row) => after === null || byCodePoint(row.id, after) > 0)
          .sort((a, b) => byCodePoint(a.id, b.id))
          .slice(0, Math.max(limit, 0)),
      ),
    parties: (after, limit) =>
      Effect.sync(() =>
        [...cells.keys()]
          .filter((party) => after === null || byCodePoint(party, after) > 0)
          .sort(byCodePoint)
          .slice(0, Math.max(limit, 0)),
      ),
    forgetTerms: (beginning, parties) =>
      Effect.sync(() => {
        for (const [term, held] of terms) {
          if (!term.startsWith(beginning)) continue;
          for (const party of parties) held.delete(party);
          if (held.size === 0) terms.delete(term);
        }
      }),
    clear: Effect.sync(() => {
      through = 0;
      for (const held of [cells, owners, terms, accounts]) held.clear();
    }),
  };
};

const makeOutbox = (): typeof Outbox.Service => {
  const commands = new Map<string, CommandRow>();
  return {
    save: (rows) =>
      Effect.sync(() => {
        for (const row of rows) commands.set(row.key, row);
      }),
    list: ({ states, after, limit }) =>
      Effect.sync(() =>
        [...commands.values()]
          .filter((row) => states.includes(row.state) && (after === null || byCodePoint(row.key, after) > 0))
          .sort((a, b) => byCodePoint(a.key, b.key))
          .slice(0, Math.max(limit, 0)),
      ),
    clear: Effect.sync(() => commands.clear()),
  };
};

const makeDataKeys = (): typeof DataKeys.Service => {
  const keys = new Map<string, DataKey>();
  const held = (names: Iterable<string>): ReadonlyMap<string, DataKey> =>
    new Map([...names].flatMap((name) => (keys.has(name) ? [[name, keys.get(name)!] as const] : [])));
  return {
    get: (names) => Effect.sync(() => held(names)),
    add: (fresh) =>
      Effect.sync(() => {
        for (const [name, key] of fresh) if (!keys.has(name)) keys.set(name, key);
        return held(fresh.keys());
      }),
    destroy: (names) =>
      Effect.sync(() => {
        for (const name of names) keys.set(name, null);
      }),
  };
};

const makeDueRecords = (): typeof DueRecords.Service => {
  const due = new Map<string, number>();
  return {
    save: (records) =>
      Effect.sync(() => {
        for (const { party, at } of records) {
          if (at === null) due.delete(party);
          else due.set(party, at);
        }
      }),
    all: Effect.sync(() => Array.from(due, ([party, at]) => ({ party, at }))),
    clear: Effect.sync(() => due.clear()),
  };
};
