/**
 * A processor's payout through a clearing account: sales go in gross; fees, refunds and disputes come out; the bank deposit is matched
 * with what is left, never with sales. *Pure.*
 */
import type { Day } from "../calendar/day.ts";
import { entryOf, type JournalEntry, movements, present } from "./entry.ts";
import type { PeriodBook } from "./period.ts";

export interface Payout {
  readonly id: string;
  readonly entity: string;
  readonly currency: string;
  readonly date: Day;
  readonly grossMinor: number;
  readonly feesMinor: number;
  readonly refundsMinor: number;
  readonly disputesMinor: number;
  readonly depositMinor: number;
}

export interface Cleared {
  readonly entries: ReadonlyArray<JournalEntry>;
  readonly netMinor: number;
  /** Zero when the deposit matches. */
  readonly clearingMinor: number;
}

export const clear = (payout: Payout, book?: PeriodBook): Cleared => {
  const { id, entity, currency, date } = payout;
  const head = (part: string) => ({ id: `${id}/${part}`, entity, currency, date, source: id });
  const out = (kind: "fee" | "refund" | "dispute", role: "Fees" | "Refunds" | "Disputes", amountMinor: number) =>
    entryOf(
      { ...head(kind), kind },
      [
        { role, amountMinor },
        { role: "Clearing", amountMinor: -amountMinor },
      ],
      book,
    );
  const entries = present([
    entryOf(
      { ...head("sales"), kind: "payment" },
      [
        { role: "Clearing", amountMinor: payout.grossMinor },
        { role: "AccountsReceivable", amountMinor: -payout.grossMinor },
      ],
      book,
    ),
    out("fee", "Fees", payout.feesMinor),
    out("refund", "Refunds", payout.refundsMinor),
    out("dispute", "Disputes", payout.disputesMinor),
    entryOf(
      { ...head("deposit"), kind: "payout" },
      [
        { role: "Cash", amountMinor: payout.depositMinor },
        { role: "Clearing", amountMinor: -payout.depositMinor },
      ],
      book,
    ),
  ]);
  const clearingMinor = [...movements(entries, "Clearing").values()].reduce((sum, each) => sum + each, 0);
  return { entries, netMinor: clearingMinor + payout.depositMinor, clearingMinor };
};
