/** A report over the books of one account after the other: what adds up, what is left out, and whether everything ties. */
import * as Effect from "effect/Effect";
import type { ExchangeRate } from "../../domain/accounting/exchange.ts";
import type { AccountBooks } from "../../domain/books/account.ts";
import { inFunctional } from "../../domain/books/functional.ts";
import { type Asked, type Part, type Report, reach, Sums } from "../../domain/books/reports/report.ts";
import type { Unstated } from "../../domain/books/unstated.ts";
import { sumMinor } from "../../domain/money.ts";
import type { Row } from "../../domain/reports/csv.ts";

export interface Cell {
  readonly row: Row;
  readonly column: string;
}
/** What of an account's books went into a cell. */
export interface CellPart {
  readonly account: string;
  readonly amountMinor: number;
  readonly of: Part["of"];
}

/** Told one by one; all are counted. */
const mostUnstated = 500;
const mostNotes = 200;
const mostParts = 10_000;

export class Running {
  readonly sums = new Sums();
  readonly unstated: Array<Unstated & { readonly account: string }> = [];
  readonly notes: string[] = [];
  readonly parts: CellPart[] = [];
  readonly leftOutMinor = new Map<string, number>();
  leftOut = 0;
  noted = 0;
  accounts = 0;
  partCount = 0;
  cellMinor = 0;
  private readonly report: Report;
  private readonly asked: Asked;
  private readonly cell: Cell | null;
  private readonly rates: () => ReadonlyArray<ExchangeRate>;
  constructor(report: Report, asked: Asked, cell: Cell | null, rates: () => ReadonlyArray<ExchangeRate> = () => []) {
    this.report = report;
    this.asked = asked;
    this.cell = cell;
    this.rates = rates;
  }

  /** In the currency that is asked for. */
  private measured(books: AccountBooks): AccountBooks {
    const { functional = {} } = this.asked.rules;
    if (this.asked.measure === "transaction") return books;
    const { entries, unstated } = inFunctional(books.entries, functional, this.rates());
    return { ...books, entries, unstated: [...books.unstated, ...unstated] };
  }

  /** Null: it ties; else the two figures that do not, in words. */
  add(kept: AccountBooks): string | null {
    const { report, asked, cell } = this;
    const books = this.measured(kept);
    const own = new Sums();
    this.accounts += 1;
    let found: ReadonlyArray<string>;
    try {
      for (const part of report.parts(books, asked)) {
        own.add(part);
        this.sums.add(part);
        if (cell === null) continue;
        const amountMinor = reach(report, part, cell.row, cell.column);
        if (amountMinor !== 0) this.take({ account: books.account, amountMinor, of: part.of });
      }
      found = report.untied?.(books, own, asked) ?? [];
    } catch (error) {
      found = [error instanceof Error ? error.message : String(error)];
    }
    for (const one of books.unstated) this.leave(one, books.account);
    for (const note of [...books.notes, ...(report.refusals?.(books, asked) ?? [])]) this.note(note);
    return found.length === 0 ? null : `${books.account} (${books.root}): ${found.slice(0, 5).join("; ")}`;
  }

  private take(part: CellPart): void {
    this.partCount += 1;
    this.cellMinor = sumMinor([this.cellMinor, part.amountMinor]);
    if (this.parts.length < mostParts) this.parts.push(part);
  }

  private leave(one: Unstated, account: string): void {
    const { entity, currency, measure } = this.asked;
    if (entity !== null && one.entity !== null && one.entity !== entity) return;
    if (measure === "transaction" && currency !== null && one.currency !== null && one.currency !== currency) return;
    this.leftOut += 1;
    if (one.currency !== null && one.amountMinor !== null)
      this.leftOutMinor.set(one.currency, (this.leftOutMinor.get(one.currency) ?? 0) + Math.abs(one.amountMinor));
    if (this.unstated.length < mostUnstated) this.unstated.push({ ...one, account });
  }

  private note(note: string): void {
    if (this.notes.includes(note)) return;
    this.noted += 1;
    if (this.notes.length < mostNotes) this.notes.push(note);
  }
}

export const runOver = <E>(
  running: Running,
  roots: Iterable<string>,
  booksOf: (root: string) => Effect.Effect<AccountBooks, E>,
  turn: () => Effect.Effect<void>,
): Effect.Effect<string | null, E> =>
  Effect.gen(function* () {
    for (const root of roots) {
      const untied = running.add(yield* booksOf(root));
      if (untied !== null) return untied;
      yield* turn();
    }
    return null;
  });
