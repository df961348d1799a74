/**
 * One account at another time. `knownAt`: the journal folded up to the entries taken in by then. `asOf`: what was effective by then:
 * observations by their vendor's time, a document of ours by the date of what it stands for, what changed or took it back by when it
 * was done, acts of people by theirs. A second fold over the account's own entries; the live one is not touched.
 */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import type { AccountData } from "../../domain/event.ts";
import { accountId, connectionOf, partyId } from "../../domain/ids.ts";
import type { LedgerNote } from "../../domain/note.ts";
import type { Entry, StoreError } from "../../domain/ports/store.ts";
import { Core } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { accountJson } from "../views/account.ts";
import { isKnown, resolve } from "../views/find.ts";
import { entriesAt, firstEntry, positionAt, positionsOf } from "./history.ts";

/** Entries of one account that are folded for one answer. */
export const mostEntries = 50_000;
const chunk = 256;

export interface Instants {
  /** Epoch milliseconds; null: now. */
  readonly asOf: number | null;
  readonly knownAt: number | null;
}

export type Past =
  | { readonly core: Core; readonly entries: ReadonlyArray<Entry> }
  | { readonly refused: "too-much-history" | "history-gone"; readonly detail: string };

/** The account's entries up to a position, folded apart; `turn` may leave out or change them. */
export const foldApart = (
  engine: Engine,
  party: string,
  through: number,
  turn: (entries: ReadonlyArray<Entry>) => ReadonlyArray<Entry>,
  now: number,
  surroundings = engine.core.surroundings,
): Effect.Effect<Past, StoreError> =>
  Effect.gen(function* () {
    const parties = new Set(engine.core.membersOf(engine.core.root(party)));
    const first = yield* firstEntry(engine);
    for (;;) {
      const positions = new Set<number>();
      for (const member of parties)
        for (const position of yield* positionsOf(engine, member, null))
          if (position <= through) positions.add(position);
      if (positions.size > mostEntries)
        return {
          refused: "too-much-history",
          detail: `the account has ${positions.size} entries by then, and one answer folds at most ${mostEntries}`,
        };
      const sorted = [...positions].sort((a, b) => a - b);
      if (first !== null && sorted[0] !== undefined && sorted[0] < first.position)
        return {
          refused: "history-gone",
          detail: `the account's history begins at entry ${sorted[0]}, and the journal now begins at ${first.position}, taken in at ${new Date(first.at).toISOString()}`,
        };
      const entries = yield* entriesAt(engine, sorted);
      const core = new Core(surroundings);
      core.canRead = engine.core.canRead;
      core.tickOf = engine.core.tickOf;
      const turned = turn(entries);
      for (let from = 0; from < turned.length; from += chunk) {
        core.apply(turned.slice(from, from + chunk));
        yield* Effect.yieldNow();
      }
      for (let missing = core.missingMembers; missing.length > 0; missing = core.missingMembers)
        core.restore(missing, []);
      // Who belonged to the account then, and not now.
      const others = core.membersOf(core.root(party)).filter((member) => !parties.has(member));
      if (others.length === 0) {
        core.now = now;
        core.position = through;
        core.settleFold();
        return { core, entries };
      }
      for (const other of others) parties.add(other);
    }
  });

/** What of the entries was effective by then. */
export const effectiveBy =
  (asOf: number) =>
  (entries: ReadonlyArray<Entry>): ReadonlyArray<Entry> => {
    const kept = entries.map((entry) => ({ ...entry, events: entry.events.filter(({ time }) => time <= asOf) }));
    const spoken = new Set(kept.flatMap(({ events }) => events.map(({ source, subject }) => `${source}:${subject}`)));
    /** Keys of the commands whose outcome counts. */
    const counts = new Set<string>();
    const stands = (party: string, source: string): boolean => spoken.has(`${connectionOf(party)}:${source}`);
    return kept.filter(({ kind, note, at }) => {
      if (kind === "webhook" || kind === "poll") return true;
      if (kind !== "command" && kind !== "decision") return at <= asOf;
      const ledger = note as unknown as LedgerNote;
      switch (ledger.type) {
        case "command.claimed": {
          const { key, verb, source } = ledger.command;
          if (verb === "post" ? stands(ledger.party, source) : at <= asOf) counts.add(key);
          else counts.delete(key);
          return counts.has(key);
        }
        case "document.adopted":
          return stands(ledger.party, ledger.place.source);
        case "document.reattributed":
          return stands(ledger.party, ledger.to.slice(ledger.to.indexOf("|") + 1, ledger.to.lastIndexOf("|")));
        case "period.assigned":
          return counts.has(ledger.key) && ledger.effectiveAt <= asOf;
        default:
          return "key" in ledger ? counts.has(ledger.key) : at <= asOf;
      }
    });
  };

const refused = (problem: string, detail: string): Json => ({ refused: { problem, detail } });

/** `null`: nothing is known by this id, now or ever. */
export const accountAt = (
  engine: Engine,
  { id, asOf, knownAt }: Extract<Query, { readonly name: "accountAt" }>,
): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const party = yield* resolve(engine, id);
    if (party === null) return null;
    const first = yield* firstEntry(engine);
    if (knownAt !== null && first !== null && first.position > 1 && knownAt < first.at)
      return refused(
        "history-gone",
        `the journal now begins at entry ${first.position}, taken in at ${new Date(first.at).toISOString()}`,
      );
    const through = knownAt === null ? engine.core.position : yield* positionAt(engine, knownAt);
    const now = asOf ?? knownAt ?? engine.core.now;
    const past = yield* foldApart(engine, party, through, asOf === null ? (all) => all : effectiveBy(asOf), now);
    if ("refused" in past) return refused(past.refused, past.detail);
    const { core } = past;
    const said = [
      asOf === null ? null : `effective by ${new Date(asOf).toISOString()}`,
      knownAt === null ? null : `known by ${new Date(knownAt).toISOString()}`,
    ];
    if (!core.membersOf(core.root(party)).some((member) => isKnown(core, member)))
      return refused("not-known-then", `of ${JSON.stringify(id)} nothing was ${said.filter(Boolean).join(" and ")}`);
    // All of an account is in sight or nothing of it; what was one company then need not be one now.
    if (!core.membersOf(core.root(party)).every((member) => engine.sees(member)))
      return refused(
        "not-known-then",
        `${JSON.stringify(id)} was one account then with companies of other legal entities: ask with a key that is not limited`,
      );
    return {
      ...(accountJson(core, party) as { readonly [key: string]: Json }),
      parents: parentsIn(core, party),
      children: [],
      asOf,
      knownAt,
    };
  });

/** As its own systems said then; who named it as parent is not looked for. */
const parentsIn = (core: Core, party: string): ReadonlyArray<string> => {
  const parents = core.membersOf(core.root(party)).flatMap((member) => {
    const own = core.parties.get(member);
    const parent = own?.evidence.data<AccountData>(`account/${own.customer}`)?.parent ?? null;
    return parent === null ? [] : [accountId(core.root(partyId(own!.connection, parent)))];
  });
  return [...new Set(parents)].filter((id) => id !== accountId(core.root(party))).sort();
};
