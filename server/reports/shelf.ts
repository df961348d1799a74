/**
 * The books of every account, made when somebody asks and again only when something of the account changed. As many as fit are kept;
 * what does not is made anew with each report.
 */
import * as Effect from "effect/Effect";
import type { AccountBooks } from "../../domain/books/account.ts";
import { type Close, closeName, closesIn, leftBy, posted, standing } from "../../domain/books/closes.ts";
import type { BookEntry } from "../../domain/books/entry.ts";
import { period } from "../../domain/controls/period.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import { membersOf } from "../reconciliation/detached.ts";
import { keepingOf, keptBooksOf, safely } from "./keeping.ts";
import { entriesKnownAt } from "./known.ts";

/** Journal entries that are kept, of all accounts together. */
const mostEntries = 200_000;
/** Of which what their closed periods hold is remembered. */
const mostAccounts = 20_000;

interface Kept {
  readonly books: AccountBooks;
  /** Prices that it rests on, as they were. */
  readonly prices: ReadonlyArray<readonly [id: string, register: unknown]>;
}

export class Shelf {
  private readonly kept = new Map<string, Kept>();
  private readonly left = new Map<
    string,
    { readonly key: string; readonly byClose: ReadonlyMap<string, ReadonlyArray<BookEntry>> }
  >();
  private entries = 0;
  private readonly engine: Engine;
  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** Forget what changed. */
  refresh(): void {
    const { unbooked } = this.engine.core;
    for (const root of unbooked) this.drop(root);
    unbooked.clear();
  }

  booksOf(root: string): Effect.Effect<AccountBooks, StoreError> {
    const known = this.kept.get(root);
    if (known !== undefined && this.isFresh(known)) return Effect.succeed(known.books);
    const { core, snapshots } = this.engine;
    return Effect.map(membersOf({ core, snapshots }, root), (members) => {
      const prices = new Set<string>();
      const keeping = keepingOf(core, keptBooksOf(this.engine), (id) => prices.add(id));
      const books = safely(root, members, keeping);
      const asked = [...prices].map((id) => [id, core.catalogue.get(id)] as const);
      this.keep(root, { books, prices: asked });
      return books;
    });
  }

  /** The account's entries in the periods that they were, or will be, booked in. */
  ledgerOf(root: string): Effect.Effect<AccountBooks, StoreError> {
    return Effect.flatMap(this.booksOf(root), (books) => {
      const { core } = this.engine;
      const closes = closesIn(core.controls.all(period).values()).filter((close) => close.books !== null);
      const now = standing(closes, null);
      if (now.length === 0) return Effect.succeed(books);
      return Effect.map(this.leftAt(root, books, closes, now), (left) => ({
        ...books,
        entries: posted(books.entries, now, (close) => left.get(closeName(close)) ?? []),
      }));
    });
  }

  /** What each close left of the account in its period. What came in since the cut is left aside by a fold of its own. */
  private leftAt(
    root: string,
    books: AccountBooks,
    closes: ReadonlyArray<Close>,
    wanted: ReadonlyArray<Close>,
  ): Effect.Effect<ReadonlyMap<string, ReadonlyArray<BookEntry>>, StoreError> {
    const { engine } = this;
    const members = engine.core.membersOf(root);
    const key = `${members.join()} ${wanted.map(closeName).join()}`;
    const known = this.left.get(root);
    if (known?.key === key) return Effect.succeed(known.byClose);
    return Effect.gen(function* () {
      const byClose = new Map<string, ReadonlyArray<BookEntry>>();
      for (const close of closes) {
        const derived = yield* entriesKnownAt(engine, members, books, close);
        const booked = posted(derived, standing(closes, close), (one) => byClose.get(closeName(one)) ?? []);
        byClose.set(closeName(close), leftBy(close, booked));
      }
      return byClose;
    }).pipe(
      Effect.tap((byClose) =>
        Effect.sync(() => {
          if (this.left.size >= mostAccounts) this.left.clear();
          this.left.set(root, { key, byClose });
        }),
      ),
    );
  }

  private isFresh({ prices }: Kept): boolean {
    return prices.every(([id, register]) => this.engine.core.catalogue.get(id) === register);
  }

  private keep(root: string, kept: Kept): void {
    this.drop(root);
    if (this.entries + kept.books.entries.length > mostEntries) return;
    this.kept.set(root, kept);
    this.entries += kept.books.entries.length;
  }

  private drop(root: string): void {
    const known = this.kept.get(root);
    if (known === undefined) return;
    this.kept.delete(root);
    this.entries -= known.books.entries.length;
  }
}

const shelves = new WeakMap<Engine, Shelf>();
export const shelfOf = (engine: Engine): Shelf => {
  const known = shelves.get(engine) ?? new Shelf(engine);
  shelves.set(engine, known);
  return known;
};
