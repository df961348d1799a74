/** Which account an id means: an account id (also a former one), a party, or any object's `connection:foreignId`. */
import * as Effect from "effect/Effect";
import { accountId } from "../../domain/ids.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";

const isParty = (party: string): boolean => !party.startsWith("@") && party.includes(":");

/** The loaded party that an id leads to, or null. Its whole account is in memory and settled when this answers. */
export const resolve = (engine: Engine, id: string): Effect.Effect<string | null, StoreError> =>
  Effect.gen(function* () {
    const party = id.startsWith("acct_") ? yield* byAccount(engine, id) : yield* byForeignId(engine, id);
    if (party !== null) yield* settled(engine, party);
    return party;
  });

/** The account of the party in memory, between two folds. */
export const settled = (engine: Engine, party: string): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    for (;;) {
      yield* engine.ensure(party);
      // Others have the thread between the joining and what follows from it.
      if (engine.core.isSettled) return;
      yield* Effect.yieldNow();
    }
  });

/** The fold loads what an event names; only what something was stored of is a party. */
export const isKnown = (core: Engine["core"], id: string): boolean => {
  const party = core.parties.get(id);
  if (party === undefined) return false;
  return party.evidence.registers.size > 0 || party.slots.size > 0 || party.links.length > 0 || !party.uses.isEmpty;
};

/** Whether anything was reported of this party, or decided about it. */
export const isStored = ({ core, snapshots }: Engine, id: string): Effect.Effect<boolean, StoreError> =>
  isKnown(core, id) ? Effect.succeed(true) : Effect.map(snapshots.load([id]), (cells) => cells.length > 0);

const byAccount = (engine: Engine, id: string): Effect.Effect<string | null, StoreError> =>
  Effect.gen(function* () {
    const { core, snapshots } = engine;
    for (const account of core.accounts.values()) if (account.id === id) return account.root;
    // In id order, so the row itself is the first after anything shorter.
    const rows = yield* snapshots.accounts({ after: id.slice(0, -1), stage: null, sync: null, limit: 4 });
    const row = rows.find((candidate) => candidate.id === id);
    if (row?.body) return (JSON.parse(row.body) as { readonly root: string }).root;
    // A former account id is that of a party that now points to another.
    for (const [party, { link }] of core.links.entries) {
      if (link === null) continue;
      for (const member of [party, link.target]) if (accountId(member) === id) return core.root(member);
    }
    return null;
  });

const byForeignId = (engine: Engine, id: string): Effect.Effect<string | null, StoreError> =>
  Effect.gen(function* () {
    const { core, snapshots } = engine;
    if (!isParty(id)) return null;
    if (core.links.isTarget(id) || (yield* isStored(engine, id))) return id;
    const term = id.toLowerCase();
    return core.freshParties(term)[0] ?? (yield* snapshots.find(term, false, 1))[0] ?? null;
  });
