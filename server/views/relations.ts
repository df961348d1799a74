/** The companies above and below an account: what their systems say of a parent, which joins nothing. */
import * as Effect from "effect/Effect";
import type { AccountData } from "../../domain/event.ts";
import { accountId, partyId } from "../../domain/ids.ts";
import type { Party } from "../../domain/party.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import { childOf } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";

export interface Relations {
  /** Account ids. */
  readonly parents: ReadonlyArray<string>;
  readonly children: ReadonlyArray<string>;
}

/** Children that are shown for one account at most. */
const mostChildren = 200;

const parentOf = (party: Party): string | null => {
  const parent = party.evidence.data<AccountData>(`account/${party.customer}`)?.parent ?? null;
  return parent === null ? null : partyId(party.connection, parent);
};

/** `party`: any of the account, which is in memory. */
export const relationsOf = (engine: Engine, party: string): Effect.Effect<Relations, StoreError> =>
  Effect.gen(function* () {
    const { core, snapshots } = engine;
    const accountOf = (id: string): string => accountId(core.root(id));
    const own = accountOf(party);
    const parents = new Set<string>();
    const children = new Set<string>();
    for (const member of core.membersOf(core.root(party))) {
      const above = core.parties.has(member) ? parentOf(core.parties.get(member)!) : null;
      if (above !== null && engine.sees(above)) parents.add(accountOf(above));
      const term = childOf(member);
      const fresh = core.freshParties(term);
      for (const child of new Set([...fresh, ...(yield* snapshots.find(term, false, mostChildren))])) {
        yield* engine.ensure(child);
        // Terms are never taken back: only what is still said counts.
        if (parentOf(core.parties.get(child)!) === member) children.add(accountOf(child));
      }
    }
    parents.delete(own);
    children.delete(own);
    return { parents: [...parents].sort(), children: [...children].sort() };
  });
