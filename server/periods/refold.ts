/** The journal folded anew up to a cut, entry by entry, giving way to others between pages: what a closed period is reported from. */
import * as Effect from "effect/Effect";
import type { Surroundings } from "../../domain/party.ts";
import type { Entry, Journal, StoreError } from "../../domain/ports/store.ts";
import { Core } from "../engine/core.ts";
import { Keeper } from "../reports/keeper.ts";
import { Books } from "./books.ts";

/** Entries folded before others get their turn. */
const page = 64;

/** Everything is in memory, and each entry is settled before the next. */
export const foldAlone = (core: Core, entry: Entry): ReturnType<Core["settleFold"]> => {
  core.apply([entry]);
  for (let missing = core.missingMembers; missing.length > 0; missing = core.missingMembers) core.restore(missing, []);
  return core.settleFold();
};

export const refold = (
  journal: typeof Journal.Service,
  surroundings: Surroundings,
  cut: number,
): Effect.Effect<{ readonly core: Core; readonly books: Books; readonly keeper: Keeper }, StoreError> =>
  Effect.gen(function* () {
    const core = new Core(surroundings);
    const books = new Books();
    const keeper = new Keeper();
    while (core.position < cut) {
      const entries = yield* journal.read(core.position, Math.min(page, cut - core.position));
      const within = entries.filter(({ position }) => position <= cut);
      if (within.length === 0) break;
      for (const entry of within) {
        books.step(core, entry, () => foldAlone(core, entry));
        keeper.step(core, entry);
      }
      yield* Effect.yieldNow();
    }
    return { core, books, keeper };
  });
