/** An account to look at without keeping it in memory: its loaded parties as they are, the others made for the occasion. */
import type * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import { Party } from "../../domain/party.ts";
import { peersOf } from "../../domain/peers.ts";
import type { Cell, Snapshots, StoreError } from "../../domain/ports/store.ts";
import type { Core } from "../engine/core.ts";

/** Not the engine itself: that has what is built on this. */
export interface Loading {
  readonly core: Core;
  readonly snapshots: Context.Tag.Service<Snapshots>;
}

const made = (core: Loading["core"], id: string, cells: ReadonlyArray<Cell>): Party => {
  const party = new Party(id, core.surroundings);
  for (const { cell, body } of cells) if (body !== null) party.restore(cell, body);
  return party;
};

/** The members of an account; one that nothing is stored of is not among them. */
export const membersOf = (
  { core, snapshots }: Loading,
  root: string,
): Effect.Effect<ReadonlyArray<Party>, StoreError> =>
  Effect.flatMap(some({ core, snapshots }, core.membersOf(root)), (members) => {
    // The ERP's own objects for a customer that we made there are with that customer, though nothing links the record itself.
    const ours = members.flatMap(({ slots }) =>
      [...slots.values()].flatMap(({ kind, target, held }) =>
        kind === "customer" && held !== null ? [`${target}:${held.foreignId}`] : [],
      ),
    );
    const strangers = ours.filter((id) => core.membersOf(core.root(id)).length === 1 && core.root(id) === id);
    const more = strangers.filter((id) => !members.some((member) => member.id === id));
    return more.length === 0
      ? Effect.succeed(members)
      : Effect.map(some({ core, snapshots }, more), (found) => [...members, ...found]);
  });

const some = (
  { core, snapshots }: Loading,
  ids: ReadonlyArray<string>,
): Effect.Effect<ReadonlyArray<Party>, StoreError> =>
  Effect.gen(function* () {
    const missing = ids.filter((id) => !core.parties.has(id));
    const cells = missing.length === 0 ? [] : yield* snapshots.load(missing);
    // From here on nothing else runs: what was loaded meanwhile is taken as it is in memory.
    const loose = missing
      .filter((id) => !core.parties.has(id) && cells.some(({ party }) => party === id))
      .map((id) =>
        made(
          core,
          id,
          cells.filter(({ party }) => party === id),
        ),
      );
    const known = ids.flatMap((id) => core.parties.get(id) ?? loose.find((party) => party.id === id) ?? []);
    if (loose.length > 0) {
      const peers = peersOf(known, core.surroundings.places);
      for (const party of loose) {
        party.meet(peers);
        party.refresh();
      }
    }
    return known;
  });
