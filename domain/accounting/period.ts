/**
 * Which accounting period an entry belongs to: its own while that is open, else the first open one after it, with the reason and a
 * pointer to its own. A function of the date and of what is closed; whoever asks writes the answer down and never asks again. *Pure.*
 */
import { type Day, monthOf, nextMonth } from "../calendar/day.ts";

/** A fiscal period that is not a calendar month. Half-open. */
export interface FiscalPeriod {
  readonly id: string;
  readonly from: Day;
  readonly to: Day;
}

export interface PeriodBook {
  /** Ids of closed periods: `2024-03`, or a fiscal period's. */
  readonly closed: ReadonlyArray<string>;
  /** In order and without holes. Without it periods are calendar months. */
  readonly fiscal?: ReadonlyArray<FiscalPeriod>;
}
export const openBook: PeriodBook = { closed: [] };

export interface Assigned {
  readonly period: string;
  /** Null: the entry is in its own period. */
  readonly late: { readonly own: string; readonly reason: string } | null;
}

const late = (own: string, period: string, date: Day): Assigned => ({
  period,
  late: { own, reason: `effective ${date} in ${own}, which is closed; ${period} is the first open period after it` },
});

export const assignPeriod = (date: Day, book: PeriodBook = openBook): Assigned => {
  const closed = new Set(book.closed);
  if (!book.fiscal) {
    const own = monthOf(date);
    if (!closed.has(own)) return { period: own, late: null };
    let period = nextMonth(own);
    while (closed.has(period)) period = nextMonth(period);
    return late(own, period, date);
  }
  const at = book.fiscal.findIndex(({ from, to }) => from <= date && date < to);
  const own = book.fiscal[at];
  if (!own) throw new RangeError(`periods: no fiscal period contains ${date}; add one to the calendar`);
  if (!closed.has(own.id)) return { period: own.id, late: null };
  const open = book.fiscal.slice(at + 1).find(({ id }) => !closed.has(id));
  if (!open) throw new RangeError(`periods: every period from ${own.id} on is closed; open one after it`);
  return late(own.id, open.id, date);
};
