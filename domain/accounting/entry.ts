/**
 * Journal entries: one legal entity, one currency, debits equal to credits, an effective date and a period. Accounts are roles here;
 * the chart gives them numbers. *Pure.*
 */
import type { Day } from "../calendar/day.ts";
import { exponentOf, sumMinor } from "../money.ts";
import { type Assigned, assignPeriod, type PeriodBook } from "./period.ts";

export type Side = "debit" | "credit";

/** Every role with the side on which it grows. */
export const normalSide = {
  AccountsReceivable: "debit",
  UnbilledReceivable: "debit",
  Cash: "debit",
  Clearing: "debit",
  DueFrom: "debit",
  /** Contra revenue: what was recognized and given back. */
  Refunds: "debit",
  Voids: "debit",
  CreditNotes: "debit",
  Disputes: "debit",
  Discounts: "debit",
  BadDebt: "debit",
  Fees: "debit",
  FxLoss: "debit",
  DeferredRevenue: "credit",
  TaxPayable: "credit",
  CustomerCredits: "credit",
  DueTo: "credit",
  Revenue: "credit",
  /** Cash for what had been written off before it was earned. */
  Recoverables: "credit",
  FxGain: "credit",
} as const satisfies Readonly<Record<string, Side>>;
export type Role = keyof typeof normalSide;
export const roles = Object.keys(normalSide) as ReadonlyArray<Role>;

export type EntryKind =
  | "invoice"
  /** Credit of the customer's that an invoice used up, or left over. */
  | "balance"
  | "recognition"
  | "payment"
  | "refund"
  | "void"
  | "credit_note"
  | "debit_note"
  | "uncollectible"
  | "recovery"
  | "dispute"
  | "dispute_won"
  | "payout"
  | "fee"
  | "intercompany"
  | "revaluation";

export type Dimensions = Readonly<Record<string, string>>;

export interface JournalLine {
  readonly role: Role;
  readonly side: Side;
  /** Above zero. */
  readonly amountMinor: number;
  readonly dimensions: Dimensions;
}

export interface JournalEntry {
  readonly id: string;
  readonly kind: EntryKind;
  readonly entity: string;
  readonly currency: string;
  /** When it is effective. */
  readonly date: Day;
  /** Where it is booked. */
  readonly period: string;
  readonly late: Assigned["late"];
  /** What it comes from: an invoice, a schedule, a dispute. */
  readonly source: string;
  readonly lines: ReadonlyArray<JournalLine>;
}

/** A posting by what it does to its account: above zero it grows, below it shrinks. */
export interface Posting {
  readonly role: Role;
  readonly amountMinor: number;
  readonly dimensions?: Dimensions;
}

export interface EntryHead {
  readonly id: string;
  readonly kind: EntryKind;
  readonly entity: string;
  readonly currency: string;
  readonly date: Day;
  readonly source: string;
}

const other = (side: Side): Side => (side === "debit" ? "credit" : "debit");

export const sumOf = (lines: ReadonlyArray<JournalLine>, side: Side): number =>
  sumMinor(lines.filter((line) => line.side === side).map(({ amountMinor }) => amountMinor));

/** Null when nothing moves. An entry that does not balance is a bug of its maker and throws. */
export const entryOf = (head: EntryHead, postings: ReadonlyArray<Posting>, book?: PeriodBook): JournalEntry | null => {
  if (exponentOf(head.currency) === null)
    throw new RangeError(`accounting: ${head.currency} of entry ${head.id} is not an ISO 4217 currency`);
  const lines = postings
    .filter(({ amountMinor }) => amountMinor !== 0)
    .map(({ role, amountMinor, dimensions }): JournalLine => {
      const side = amountMinor > 0 ? normalSide[role] : other(normalSide[role]);
      return { role, side, amountMinor: Math.abs(amountMinor), dimensions: dimensions ?? {} };
    });
  if (lines.length === 0) return null;
  const [debits, credits] = [sumOf(lines, "debit"), sumOf(lines, "credit")];
  if (debits !== credits)
    throw new RangeError(
      `accounting: entry ${head.id} has debits of ${debits} and credits of ${credits} ${head.currency}`,
    );
  return { ...head, ...assignPeriod(head.date, book), lines };
};

/** Entries without those in which nothing moved. */
export const present = (entries: ReadonlyArray<JournalEntry | null>): ReadonlyArray<JournalEntry> =>
  entries.filter((entry) => entry !== null);

/** What a line does to its account. */
export const effectOf = ({ role, side, amountMinor }: JournalLine): number =>
  side === normalSide[role] ? amountMinor : -amountMinor;

/** What entries do to a role, by period. */
export const movements = (entries: ReadonlyArray<JournalEntry>, role: Role): ReadonlyMap<string, number> => {
  const byPeriod = new Map<string, number>();
  for (const { period, lines } of entries) {
    for (const line of lines)
      if (line.role === role) byPeriod.set(period, sumMinor([byPeriod.get(period) ?? 0, effectOf(line)]));
  }
  return byPeriod;
};

export interface TrialRow {
  readonly entity: string;
  readonly currency: string;
  readonly role: Role;
  readonly debitMinor: number;
  readonly creditMinor: number;
}

/** Debits and credits by entity, currency and role; they are equal per entity and currency. */
export const trialBalance = (entries: ReadonlyArray<JournalEntry>): ReadonlyArray<TrialRow> => {
  const rows = new Map<string, TrialRow>();
  for (const { entity, currency, lines } of entries) {
    for (const { role, side, amountMinor } of lines) {
      const key = `${entity}\u0000${currency}\u0000${role}`;
      const row = rows.get(key) ?? { entity, currency, role, debitMinor: 0, creditMinor: 0 };
      const field = side === "debit" ? "debitMinor" : "creditMinor";
      rows.set(key, { ...row, [field]: sumMinor([row[field], amountMinor]) });
    }
  }
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
};
