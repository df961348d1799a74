/**
 * Who did what, when and why, from the journal alone: acts of people, uses of keys, and what the engine decided about controls; each
 * with the hash of the chain's link that holds it. Newest first.
 */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import type { ChainLink, Entry, StoreError } from "../../domain/ports/store.ts";
import { withoutUnseen } from "../access/unseen.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { decodeCursor, encodeCursor } from "../views/cursor.ts";
import { resolve } from "../views/find.ts";
import { headText } from "./expected-head.ts";
import { newestFirst } from "./newest-first.ts";

type AuditQuery = Extract<Query, { readonly name: "audit" }>;
type Note = Readonly<Record<string, Json>>;

/** Entries are taken in order of their time but for the clocks of several servers. Milliseconds. */
const skewMs = 3_600_000;

/** The position that a page ended at; null for what is no cursor of ours. */
export const auditPlace = (cursor: string): number | null => {
  const text = decodeCursor(cursor);
  return text !== null && /^[1-9]\d{0,15}$/.test(text) ? Number(text) : null;
};

export const isAudited = ({ kind, note }: Entry): boolean =>
  kind === "operator" || (kind === "decision" && (note as Note | null)?.["party"] === controlsParty);

/** What is of no one party is told to those who see everything. */
const isInSight = ({ sees }: Engine, { party }: Note): boolean =>
  sees(party === controlsParty || party === undefined ? "@" : String(party));

/** Everything that the note names, at its own level. */
const names = (note: Note): ReadonlyArray<Json> =>
  Object.values(note).flatMap((value) => (Array.isArray(value) ? value : [value]));

export const auditJson = (entry: Entry, link: ChainLink | null): Json => {
  const { party = null, type = null, by = null, reason = null, ...detail } = entry.note as Note;
  return {
    position: entry.position,
    at: entry.at,
    by,
    type,
    reason,
    party: party === controlsParty ? null : party,
    detail,
    act: entry.dedup?.id ?? null,
    /** Null: two requests of one id; this one was refused. */
    stands: entry.kind !== "operator" || entry.conflictOf === null,
    hash: link?.hash ?? null,
    link: link === null ? null : { first: link.first, last: link.last },
  };
};

/** Null: there is no such account. */
export const audit = (engine: Engine, query: AuditQuery): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const { journal, core } = engine;
    const { from, to, by, type, account, limit } = query;
    const party = account === null ? null : yield* resolve(engine, account);
    if (account !== null && party === null) return null;
    const members: ReadonlySet<Json> | null =
      party === null ? null : new Set<Json>([...core.membersOf(core.root(party)), core.account(party).id]);
    const matches = (entry: Entry): boolean => {
      if (!isAudited(entry) || !isInSight(engine, entry.note as Note)) return false;
      const note = entry.note as Note;
      if (from !== null && entry.at < from) return false;
      if (to !== null && entry.at >= to) return false;
      if (by !== null && note["by"] !== by) return false;
      if (type !== null && note["type"] !== type && !String(note["type"]).startsWith(`${type}.`)) return false;
      return members === null || names(note).some((name) => members.has(name));
    };
    const items: Json[] = [];
    let link: ChainLink | null = null;
    const high = query.cursor === null ? yield* journal.head : auditPlace(query.cursor)! - 1;
    const left = yield* newestFirst(engine, high, {
      wanted: matches,
      over: ({ at }) => from !== null && at < from - skewMs,
      take: (entry) =>
        Effect.gen(function* () {
          if (link === null || entry.position < link.first || entry.position > link.last)
            link = yield* journal.link(entry.position);
          items.push(auditJson({ ...entry, note: withoutUnseen(engine, entry.note) }, link));
          return items.length < limit;
        }),
    });
    return { items, nextCursor: left === 0 ? null : encodeCursor(String(left + 1)) };
  });

/** The end of the hash chain as it is now; to be noted where this server cannot write. */
export const auditHead = (engine: Engine): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const { journal } = engine;
    const position = yield* journal.head;
    const link = position === 0 ? null : yield* journal.link(position);
    if (link === null) return { position: 0, hash: null, head: null };
    return { position: link.last, hash: link.hash, head: headText(link) };
  });
