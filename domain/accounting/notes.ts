/** Credit and debit notes: a part of a document with its tax. The total is the sum of the rounded parts. *Pure.* */
import type { Day } from "../calendar/day.ts";
import { multiply, type Rational, ratio, roundMinor } from "../rating/rational.ts";
import { entryOf, type JournalEntry, type Posting } from "./entry.ts";
import type { PeriodBook } from "./period.ts";
import { type Taxed, type TaxRate, taxOn } from "./tax.ts";

/** What a share of fees comes to, each fee rounded once, tax on the rounded. */
export const noteFor = (
  feesMinor: ReadonlyArray<number>,
  share: Rational,
  rates: ReadonlyArray<TaxRate>,
  roundAt: "line" | "document" = "line",
): Taxed =>
  taxOn(
    feesMinor.map((fee) => roundMinor(multiply(ratio(fee), share))),
    { rates, inclusive: false, roundAt },
  );

export interface NoteHead {
  readonly id: string;
  readonly entity: string;
  readonly currency: string;
  readonly date: Day;
  /** The document that it changes. */
  readonly source: string;
}

/** A debit note bills more: part of it earned already, the rest deferred. */
export const debitNote = (note: NoteHead, taxed: Taxed, earnedMinor: number, book?: PeriodBook): JournalEntry | null =>
  entryOf({ ...note, kind: "debit_note" }, postings(taxed, earnedMinor, 1), book);

/** A credit note takes back: what was earned goes to its contra account, the rest from deferred. */
export const creditNote = (note: NoteHead, taxed: Taxed, earnedMinor: number, book?: PeriodBook): JournalEntry | null =>
  entryOf({ ...note, kind: "credit_note" }, postings(taxed, earnedMinor, -1), book);

const postings = (taxed: Taxed, earnedMinor: number, sign: 1 | -1): ReadonlyArray<Posting> => {
  if (earnedMinor < 0 || earnedMinor > taxed.netMinor)
    throw new RangeError(`accounting: ${earnedMinor} of a note of ${taxed.netMinor} net cannot be earned`);
  return [
    { role: "AccountsReceivable", amountMinor: sign * taxed.grossMinor },
    { role: "TaxPayable", amountMinor: sign * taxed.taxMinor },
    { role: "DeferredRevenue", amountMinor: sign * (taxed.netMinor - earnedMinor) },
    sign === 1 ? { role: "Revenue", amountMinor: earnedMinor } : { role: "CreditNotes", amountMinor: earnedMinor },
  ];
};
