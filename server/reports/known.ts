/** What an account's books asked for at a close: as they are, where nothing came in since; else from its entries up to the cut. */
import * as Effect from "effect/Effect";
import type { AccountBooks } from "../../domain/books/account.ts";
import type { Close } from "../../domain/books/closes.ts";
import type { BookEntry } from "../../domain/books/entry.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import { foldApart } from "../explain/as-of.ts";
import { positionsOf } from "../explain/history.ts";
import { keepingOf, keptBooksOf, safely } from "./keeping.ts";

export const entriesKnownAt = (
  engine: Engine,
  members: ReadonlyArray<string>,
  books: AccountBooks,
  close: Close,
): Effect.Effect<ReadonlyArray<BookEntry>, StoreError> =>
  Effect.gen(function* () {
    const kept = close.books ?? keptBooksOf(engine);
    const sameSettings = JSON.stringify(kept) === JSON.stringify(keptBooksOf(engine));
    let moved = !sameSettings;
    for (const member of members) {
      if (moved) break;
      moved = ((yield* positionsOf(engine, member, null)).at(-1) ?? 0) > close.cut;
    }
    if (!moved) return books.entries;
    const found: BookEntry[] = [];
    const done = new Set<string>();
    for (const member of members) {
      if (done.has(member)) continue;
      const past = yield* foldApart(engine, member, close.cut, (all) => all, close.at);
      // What can no longer be told is left as it is.
      if ("refused" in past) return books.entries;
      const { core } = past;
      for (const [id, register] of engine.core.catalogue) core.catalogue.set(id, register);
      const root = core.root(member);
      const then = core.membersOf(root);
      const keeping = keepingOf(core, kept);
      const own = safely(
        root,
        then.flatMap((id) => core.parties.get(id) ?? []),
        keeping,
      );
      for (const id of then) done.add(id);
      for (const entry of own.entries) if (members.includes(entry.party)) found.push(entry);
    }
    return found;
  });
