/** Which entries a replay goes over, in order of position and in bounded pieces. */
import * as Effect from "effect/Effect";
import type { ReplayFilter } from "../../domain/controls/replay.ts";
import type { Entry, StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import { entriesAt, positionsOf } from "../explain/history.ts";
import { resolve } from "../views/find.ts";

const page = 256;

export interface Piece {
  readonly entries: ReadonlyArray<Entry>;
  /** Everything up to here was looked at. */
  readonly next: number;
}

/** What came with bytes through a door: polls and answers to our own questions are asked for again instead. */
const hasBytes = ({ kind }: Entry): boolean => kind === "webhook" || kind === "fault";

const fits = (filter: ReplayFilter, { connection, dedup, at }: Entry): boolean =>
  (filter.connection === undefined || connection === filter.connection) &&
  (filter.event === undefined || dedup?.id === filter.event) &&
  (filter.type === undefined || dedup?.type === filter.type) &&
  (filter.from === undefined || at >= filter.from) &&
  (filter.to === undefined || at < filter.to);

/** Known without looking through the journal; null: it has to be looked through. */
const narrowed = (engine: Engine, filter: ReplayFilter): Effect.Effect<ReadonlyArray<number> | null, StoreError> =>
  Effect.gen(function* () {
    if (filter.position !== undefined) return [filter.position];
    if (filter.undecodable === true)
      return [...engine.core.faults.values()]
        .filter(({ kind }) => kind === "undecodable" || kind === "unknown-type" || kind === "envelope")
        .map(({ position }) => position)
        .sort((a, b) => a - b);
    if (filter.account === undefined) return null;
    const party = yield* resolve(engine, filter.account);
    if (party === null) return [];
    const found = new Set<number>();
    for (const member of engine.core.membersOf(engine.core.root(party)))
      for (const position of yield* positionsOf(engine, member, null)) found.add(position);
    return [...found].sort((a, b) => a - b);
  });

/** The next piece after a position. */
export const candidates = (
  engine: Engine,
  filter: ReplayFilter,
  after: number,
  through: number,
): Effect.Effect<Piece, StoreError> =>
  Effect.gen(function* () {
    const positions = yield* narrowed(engine, filter);
    let entries: ReadonlyArray<Entry>;
    let next: number;
    if (positions === null) {
      entries = yield* engine.journal.read(after, Math.min(page, through - after));
      next = entries.at(-1)?.position ?? through;
    } else {
      const rest = positions.filter((position) => position > after && position <= through);
      entries = yield* entriesAt(engine, rest.slice(0, page));
      next = rest.length > page ? rest[page - 1]! : through;
    }
    return {
      entries: entries.filter((entry) => hasBytes(entry) && fits(filter, entry)),
      next: Math.min(next, through),
    };
  });
