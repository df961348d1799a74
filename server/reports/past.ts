/** The books as they were known at an instant: the journal folded anew up to then, with every close on the way. */
import * as Effect from "effect/Effect";
import type { ExchangeRate } from "../../domain/accounting/exchange.ts";
import type { AccountBooks } from "../../domain/books/account.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import { firstEntry, positionAt } from "../explain/history.ts";
import { refold } from "../periods/refold.ts";
import { booksIn, rootsIn } from "./keeper.ts";
import { keptBooksOf, ratesIn } from "./keeping.ts";

/** Entries of the journal that are folded anew for one answer. */
export const mostRefolded = 200_000;

export type PastBooks =
  | {
      readonly position: number;
      readonly roots: ReadonlyArray<string>;
      readonly booksOf: (root: string) => Effect.Effect<AccountBooks>;
      readonly rates: ReadonlyArray<ExchangeRate>;
    }
  | { readonly refused: "history-gone" | "too-much-history"; readonly detail: string };

/** `party`: of its account alone, as it was made up then. */
export const pastOf = (engine: Engine, knownAt: number, party: string | null): Effect.Effect<PastBooks, StoreError> =>
  Effect.gen(function* () {
    const first = yield* firstEntry(engine);
    if (first !== null && first.position > 1)
      return {
        refused: "history-gone",
        detail: `the journal now begins at entry ${first.position}, taken in at ${new Date(first.at).toISOString()}`,
      };
    const position = yield* positionAt(engine, knownAt);
    if (position > mostRefolded)
      return {
        refused: "too-much-history",
        detail: `the journal has ${position} entries by then, and one answer folds at most ${mostRefolded}`,
      };
    const { core, keeper } = yield* refold(engine.journal, engine.surroundings, position);
    const booksOf = booksIn(core, keptBooksOf(engine));
    const roots = party === null ? rootsIn(core) : [core.root(party)];
    return {
      position,
      roots,
      rates: ratesIn(core),
      booksOf: (root) => Effect.sync(() => keeper.ledgerAt(core, booksOf(root), null)),
    };
  });
