/**
 * The entries of the journal that spoke of a party or of one of its objects, found through the trace. A directory whose trace does
 * not reach back to the first entry is read from its beginning instead, in pages.
 */
import * as Effect from "effect/Effect";
import { partyId } from "../../domain/ids.ts";
import type { Entry, StoreError } from "../../domain/ports/store.ts";
import { partiesOfNote, poolOf } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";
import { readTrace, type Traced, traceIsWhole } from "../engine/trace.ts";

const page = 512;
/** Entries between two wanted ones that are read along rather than asked for apart. */
const along = 128;
/** Rows of the trace for one name. */
const mostRows = 100_000;

const isWhole = ({ core, snapshots }: Engine): Effect.Effect<boolean, StoreError> =>
  Effect.map(snapshots.find(traceIsWhole.term, false, 1), (found) => found.length > 0 || core.trace.isWhole);

const rowsOf = ({ core, snapshots }: Engine, party: string, about: string | null, term: string) =>
  Effect.gen(function* () {
    const fresh = core.trace.fresh(party, about);
    return [...fresh, ...(yield* snapshots.find(term, about === null, mostRows))];
  });

const traced = (engine: Engine, party: string, about: string | null): Effect.Effect<Traced, StoreError> =>
  Effect.map(rowsOf(engine, party, about, engine.core.trace.termOf(party, about)), readTrace);

/** Ascending; with what was said of its objects before it was known whose they are. */
export const positionsOf = (
  engine: Engine,
  party: string,
  about: string | null,
): Effect.Effect<ReadonlyArray<number>, StoreError> =>
  Effect.gen(function* () {
    if (!(yield* isWhole(engine))) return yield* scanned(engine, party);
    const { positions, waited } = yield* traced(engine, party, about);
    const all = new Set(positions);
    const pool = poolOf(party.slice(0, party.indexOf(":")));
    for (const subject of waited)
      for (const position of (yield* traced(engine, pool, subject)).positions) all.add(position);
    return [...all].sort((a, b) => a - b);
  });

/** Every entry that names the party or one of its objects. */
const scanned = ({ core, journal }: Engine, party: string) =>
  Effect.gen(function* () {
    const own = core.parties.get(party);
    const found: number[] = [];
    const concerns = ({ note, events, kind }: Entry): boolean => {
      const { target } = (kind === "operator" ? note : {}) as { readonly target?: string };
      if (target === party || partiesOfNote(note).includes(party)) return true;
      return events.some(
        ({ source, subject, owner, links }) =>
          (owner !== null && partyId(source, owner) === party) ||
          (source === own?.connection && own.evidence.has(subject)) ||
          own?.evidence.has(`replica/${source}:${subject}`) ||
          links.some((link) => link.target === party),
      );
    };
    for (let after = 0; ; ) {
      const entries: ReadonlyArray<Entry> = yield* journal.read(after, page);
      if (entries.length === 0) return found;
      for (const entry of entries) if (concerns(entry)) found.push(entry.position);
      after = entries.at(-1)!.position;
      yield* Effect.yieldNow();
    }
  });

/** Those that the journal still has, ascending. */
export const entriesAt = (
  { journal }: Pick<Engine, "journal">,
  positions: ReadonlyArray<number>,
): Effect.Effect<ReadonlyArray<Entry>, StoreError> =>
  Effect.gen(function* () {
    const found: Entry[] = [];
    for (let from = 0; from < positions.length; ) {
      const first = positions[from]!;
      let to = from + 1;
      while (to < positions.length && positions[to]! - positions[to - 1]! <= along && positions[to]! - first < page)
        to++;
      const wanted = new Set(positions.slice(from, to));
      const entries = yield* journal.read(first - 1, positions[to - 1]! - first + 1);
      found.push(...entries.filter(({ position }) => wanted.has(position)));
      from = to;
      yield* Effect.yieldNow();
    }
    return found;
  });

/** The last position that was taken in at or before an instant; 0 when there was none. By halving: entries are taken in one after the other. */
export const positionAt = ({ journal, core }: Engine, at: number): Effect.Effect<number, StoreError> =>
  Effect.gen(function* () {
    let low = 0;
    let high = core.position;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const [entry] = yield* journal.read(middle - 1, 1);
      if (entry !== undefined && entry.at > at) high = middle - 1;
      else low = middle;
    }
    return low;
  });

/** The first entry that there still is; null in an empty journal. */
export const firstEntry = ({ journal }: Engine): Effect.Effect<Entry | null, StoreError> =>
  Effect.map(journal.read(0, 1), ([entry]) => entry ?? null);
