/**
 * Personal data at rest: sealed before an entry is appended, tokens everywhere behind that, and their own words again only where an
 * answer or a command leaves. The journal, its chain, the cells and the outbox never hold the words, so destroying a key erases them
 * in all of those at once.
 */
import { createHmac } from "node:crypto";
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import type { ErasureRecord } from "../../domain/controls/erasure.ts";
import type { DataKeys, Entry, Journal, NewEntry, Snapshots, StoreError } from "../../domain/ports/store.ts";
import type { Core } from "../engine/core.ts";
import { keysFor, monthKey, type Owners, objectKey, partiesOf, partyKey, sealed } from "./entries.ts";
import { erasedText, isSealed, keyName, keysIn, keysOfBytes, mayHoldTokens, openBytes, revealText } from "./sealing.ts";
import { Vault } from "./vault.ts";

/** Before every hashed word of the search: no id of a connection begins so. */
export const wordMark = "~";
const wordsKey = keyName("words");
const dedupKey = keyName("dedup");

export interface Privacy {
  /** Once on, it stays on for that store: nobody takes personal data in plainly by a forgotten setting. */
  readonly sealing: boolean;
  /** Keys that belong to the store as a whole are at hand afterwards. */
  readonly begin: Effect.Effect<void, StoreError>;
  /** The entry as it is kept. */
  readonly seal: (entries: ReadonlyArray<NewEntry>) => Effect.Effect<ReadonlyArray<NewEntry>, StoreError>;
  /** The journal with raw bytes as they came; null where they were erased. */
  readonly journal: (journal: typeof Journal.Service) => typeof Journal.Service;
  /** What the fold of these entries needs is at hand afterwards. */
  readonly learn: (entries: ReadonlyArray<Entry>) => Effect.Effect<void, StoreError>;
  /** By which a name or an address is found, as far as it is known. */
  readonly wordsOf: (text: string) => ReadonlyArray<string>;
  readonly reveal: (value: Json) => Effect.Effect<Json, StoreError>;
  /** Those of the objects that raw bytes lie under a key of their own of. */
  readonly apart: (objects: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<string>, StoreError>;
  /** Destroys what these orders name; again and again, if need be. */
  readonly carryOut: (
    orders: Iterable<ErasureRecord>,
    snapshots: Pick<typeof Snapshots.Service, "forgetTerms">,
  ) => Effect.Effect<void, StoreError>;
}

/** `wanted`: begin to seal, where that was not begun. `head`: of the journal. */
export const makePrivacy = (
  core: Core,
  keys: typeof DataKeys.Service,
  head: Effect.Effect<number, StoreError>,
  wanted: boolean,
): Privacy => {
  const vault = new Vault(keys);
  let on = wanted;
  let begun = false;
  let keyed = false;
  const times = new Map<string, number>();
  const owners: Owners = {
    ownerOf: (subject) => core.knownOwners.get(subject),
    timesOf: (party) => times.get(party) ?? 0,
  };
  /** Entries are taken in before the journal's erasures are known: a name that was destroyed is followed by the next. */
  const renew = (parties: ReadonlyArray<string>): Effect.Effect<void, StoreError> =>
    Effect.gen(function* () {
      for (let left = parties; left.length > 0; ) {
        const nameOf = (party: string): string => partyKey(party, owners.timesOf(party));
        yield* vault.load(left.map(nameOf));
        left = left.filter((party) => vault.keyOf(nameOf(party)) === null);
        for (const party of left) times.set(party, owners.timesOf(party) + 1);
      }
    });
  const begin: Privacy["begin"] = Effect.suspend(() => {
    if (begun) return Effect.void;
    return Effect.gen(function* () {
      const lasting = [wordsKey, ...((yield* head) === 0 ? [dedupKey] : [])];
      if (wanted) yield* vault.ensure(lasting);
      yield* vault.load([wordsKey, dedupKey]);
      // Hashes of a journal that began without a key stay comparable only without one.
      keyed = vault.keyOf(dedupKey) != null;
      on = vault.keyOf(wordsKey) != null;
      begun = true;
    });
  });
  const hmac = (name: string, text: string): string =>
    createHmac("sha256", vault.keyOf(name)!).update(text).digest("hex");
  const dedupOf = (entry: NewEntry): NewEntry["dedup"] =>
    keyed && entry.dedup !== null && entry.kind !== "operator"
      ? { ...entry.dedup, hash: hmac(dedupKey, entry.dedup.hash) }
      : entry.dedup;
  const wordOf = (text: string): string => wordMark + hmac(wordsKey, text.toLowerCase()).slice(0, 32);

  const reveal = (value: Json): Json => {
    if (typeof value === "string") return revealText(value, vault.keyOf);
    if (Array.isArray(value)) return value.map(reveal);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, inner === undefined ? null : reveal(inner)]),
    );
  };

  return {
    get sealing(): boolean {
      return on;
    },
    begin,
    seal: (entries) =>
      Effect.gen(function* () {
        yield* begin;
        if (!on) return entries;
        yield* renew([...new Set(entries.flatMap((entry) => partiesOf(entry, owners)))]);
        yield* vault.ensure(entries.flatMap((entry) => keysFor(entry, owners)));
        return entries.map((entry) => ({ ...sealed(entry, owners, vault.keyOf), dedup: dedupOf(entry) }));
      }),
    journal: (journal) => ({
      ...journal,
      raw: (position) =>
        Effect.flatMap(journal.raw(position), (raw) => {
          if (raw === null || !isSealed(raw)) return Effect.succeed(raw);
          return Effect.map(vault.load(keysOfBytes(raw)), () => openBytes(raw, vault.keyOf));
        }),
    }),
    learn: (entries) =>
      on
        ? vault.load(entries.flatMap(({ events }) => events.flatMap(({ data }) => keysIn(JSON.stringify(data)))))
        : Effect.void,
    wordsOf: (text) => {
      if (!on) return [text];
      const words = revealText(text, vault.keyOf);
      // Not at hand, or erased: nobody finds it.
      if (mayHoldTokens(words) || (words === erasedText && text !== words)) return [];
      const parts = words.split(/[^\p{L}\p{N}]+/u).filter((part) => part.length > 1);
      return [...new Set([words, ...parts])].map(wordOf);
    },
    reveal: (value) => {
      if (!on) return Effect.succeed(value);
      const text = JSON.stringify(value) ?? "";
      if (!mayHoldTokens(text)) return Effect.succeed(value);
      return Effect.map(vault.load(keysIn(text)), () => reveal(value));
    },
    apart: (objects) =>
      Effect.map(vault.load(objects.map(objectKey)), () =>
        objects.filter((object) => vault.keyOf(objectKey(object)) !== undefined).sort(),
      ),
    carryOut: (orders, snapshots) =>
      Effect.gen(function* () {
        const names: string[] = [];
        const parties: string[] = [];
        for (const { kind, subject, times, objects } of orders) {
          if (kind === "month") names.push(monthKey(subject));
          else {
            for (let time = 0; time < times; time++) names.push(partyKey(subject, time));
            names.push(...objects.map(objectKey));
            parties.push(subject);
          }
        }
        yield* vault.load(names);
        const left = names.filter((name) => vault.keyOf(name) !== null);
        if (left.length === 0) return;
        yield* vault.destroy(left);
        core.forgetWords(wordMark, parties);
        yield* snapshots.forgetTerms(wordMark, parties);
      }),
  };
};
