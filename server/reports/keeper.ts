/**
 * What every close left in its period, followed beside a fold of the whole journal: at each closing entry the books of all accounts
 * are made as they stand there, and its period is set down. *Pure* but for its own maps.
 */
import type { KeptBooks } from "../../domain/booking.ts";
import type { AccountBooks } from "../../domain/books/account.ts";
import { type Close, closeName, closesIn, leftBy, posted, standing } from "../../domain/books/closes.ts";
import type { BookEntry } from "../../domain/books/entry.ts";
import { type PeriodNotes, period } from "../../domain/controls/period.ts";
import type { Entry } from "../../domain/ports/store.ts";
import type { Core } from "../engine/core.ts";
import { keepingOf, safely } from "./keeping.ts";

export const rootsIn = (core: Core): ReadonlyArray<string> =>
  [...core.parties.keys()].filter((id) => !id.startsWith("@") && core.root(id) === id).sort();

/** The books of every account of a core that holds all of them, as the settings ask for. */
export const booksIn = (core: Core, kept: KeptBooks): ((root: string) => AccountBooks) => {
  const keeping = keepingOf(core, kept);
  return (root) =>
    safely(
      root,
      core.membersOf(root).flatMap((id) => core.parties.get(id) ?? []),
      keeping,
    );
};

export class Keeper {
  /** By close and party. */
  private readonly left = new Map<string, Map<string, BookEntry[]>>();

  /** After the entry was folded. */
  step(core: Core, entry: Entry): void {
    const note = entry.note as unknown as PeriodNotes | null;
    if (note?.type !== "period.closed" || note.books === undefined) return;
    const close = this.closes(core).find(({ cut }) => cut === entry.position);
    if (close === undefined) return;
    const byParty = new Map<string, BookEntry[]>();
    const booksOf = booksIn(core, note.books);
    for (const root of rootsIn(core))
      for (const one of leftBy(close, this.ledgerAt(core, booksOf(root), close).entries)) {
        const known = byParty.get(one.party);
        if (known === undefined) byParty.set(one.party, [one]);
        else known.push(one);
      }
    this.left.set(closeName(close), byParty);
  }

  /** As they stand at a close, before it; null: at the end of what was folded. */
  ledgerAt(core: Core, books: AccountBooks, at: Close | null): AccountBooks {
    const closes = standing(this.closes(core), at);
    if (closes.length === 0) return books;
    const members = core.membersOf(books.root);
    const left = (close: Close): ReadonlyArray<BookEntry> => {
      const byParty = this.left.get(closeName(close));
      return members.flatMap((party) => byParty?.get(party) ?? []);
    };
    return { ...books, entries: posted(books.entries, closes, left) };
  }

  /** Of a time when the books were kept. */
  closes(core: Core): ReadonlyArray<Close> {
    return closesIn(core.controls.all(period).values()).filter(({ books }) => books !== null);
  }
}
