/**
 * Deferred revenue roll-forward and revenue waterfall of one legal entity and currency, both from the journal entries. They tie to
 * each other and to the entries, and a report that does not is refused, not shown. *Pure.*
 */
import { effectOf, type JournalEntry, type Role } from "../accounting/entry.ts";
import { nextMonth } from "../calendar/day.ts";
import { sumMinor } from "../money.ts";
import type { Row } from "./csv.ts";

export interface Scope {
  readonly entity: string;
  readonly currency: string;
}

export const scoped = (
  entries: ReadonlyArray<JournalEntry>,
  { entity, currency }: Scope,
): ReadonlyArray<JournalEntry> => entries.filter((entry) => entry.entity === entity && entry.currency === currency);

/** Every entity and currency that has entries: a report is of one, and two are never added. */
export const scopesOf = (entries: ReadonlyArray<JournalEntry>): ReadonlyArray<Scope> =>
  [...new Map(entries.map(({ entity, currency }) => [`${entity}\u0000${currency}`, { entity, currency }]))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, scope]) => scope);

export interface RollRow {
  readonly period: string;
  readonly openingMinor: number;
  readonly billingsMinor: number;
  /** Taken from deferred to revenue. */
  readonly recognizedMinor: number;
  /** Refunds, voids, credits, write-offs and their returns, signed. */
  readonly adjustmentsMinor: number;
  readonly closingMinor: number;
}

const isMonth = (period: string): boolean => /^\d{4}-\d{2}$/.test(period);

/** Every period from the first to the last; months without entries are rows of their own. Fiscal periods sort by their id. */
export const periodsOf = (entries: ReadonlyArray<JournalEntry>): ReadonlyArray<string> => {
  const seen = [...new Set(entries.map(({ period }) => period))].sort();
  if (!seen.every(isMonth)) return seen;
  const all: string[] = [];
  const last = seen.at(-1);
  for (let month = seen[0]; month !== undefined && last !== undefined && month <= last; month = nextMonth(month))
    all.push(month);
  return all;
};

const sumWhere = (
  entries: ReadonlyArray<JournalEntry>,
  role: Role,
  where: (entry: JournalEntry) => boolean = () => true,
): number =>
  sumMinor(entries.filter(where).flatMap(({ lines }) => lines.filter((line) => line.role === role).map(effectOf)));

const bills = (entry: JournalEntry): boolean => entry.kind === "invoice" || entry.kind === "debit_note";
const recognizes = (entry: JournalEntry): boolean => entry.kind === "recognition";

export const rollForward = (entries: ReadonlyArray<JournalEntry>): ReadonlyArray<RollRow> => {
  let openingMinor = 0;
  return periodsOf(entries).map((period) => {
    const own = entries.filter((entry) => entry.period === period);
    const billingsMinor = sumWhere(own, "DeferredRevenue", bills);
    const recognizedMinor = 0 - sumWhere(own, "DeferredRevenue", recognizes);
    const adjustmentsMinor = sumWhere(own, "DeferredRevenue", (entry) => !bills(entry) && !recognizes(entry));
    const closingMinor = openingMinor + billingsMinor - recognizedMinor + adjustmentsMinor;
    const row = { period, openingMinor, billingsMinor, recognizedMinor, adjustmentsMinor, closingMinor };
    openingMinor = closingMinor;
    return row;
  });
};

export interface Waterfall {
  /** Periods in which revenue is recognized. */
  readonly columns: ReadonlyArray<string>;
  readonly rows: ReadonlyArray<{
    /** Month in which it was booked. */
    readonly booked: string;
    readonly amountsMinor: ReadonlyArray<number>;
    readonly totalMinor: number;
  }>;
  readonly totalsMinor: ReadonlyArray<number>;
  readonly totalMinor: number;
}

export const waterfall = (entries: ReadonlyArray<JournalEntry>): Waterfall => {
  const columns = periodsOf(entries);
  const at = new Map(columns.map((period, index) => [period, index]));
  const rows = new Map<string, number[]>();
  for (const { period, lines } of entries) {
    for (const line of lines) {
      if (line.role !== "Revenue") continue;
      const booked = line.dimensions["booked"] ?? period;
      const row = rows.get(booked) ?? columns.map(() => 0);
      row[at.get(period)!] = sumMinor([row[at.get(period)!]!, effectOf(line)]);
      rows.set(booked, row);
    }
  }
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
  const totalsMinor = columns.map((_, index) => sumMinor(sorted.map(([, amounts]) => amounts[index]!)));
  return {
    columns,
    rows: sorted.map(([booked, amountsMinor]) => ({ booked, amountsMinor, totalMinor: sumMinor(amountsMinor) })),
    totalsMinor,
    totalMinor: sumMinor(totalsMinor),
  };
};

/** Where the two reports and the entries do not say the same; empty when they tie. */
export const untied = (
  entries: ReadonlyArray<JournalEntry>,
  roll: ReadonlyArray<RollRow>,
  fall: Waterfall,
): ReadonlyArray<string> => {
  const found: string[] = [];
  const same = (what: string, a: number, b: number): void => {
    if (a !== b) found.push(`${what}: ${a} against ${b}`);
  };
  let balance = 0;
  for (const [index, row] of roll.entries()) {
    const own = entries.filter(({ period }) => period === row.period);
    balance = sumMinor([balance, sumWhere(own, "DeferredRevenue")]);
    same(`closing of ${row.period} and the deferred account`, row.closingMinor, balance);
    const accrued = sumWhere(own, "UnbilledReceivable", recognizes);
    const direct = sumWhere(own, "Revenue", (entry) => !recognizes(entry));
    const column = fall.totalsMinor[index] ?? 0;
    same(`waterfall and roll-forward of ${row.period}`, column, row.recognizedMinor + accrued + direct);
    same(`waterfall of ${row.period} and the revenue account`, column, sumWhere(own, "Revenue"));
  }
  same("the waterfall's rows and columns", sumMinor(fall.rows.map(({ totalMinor }) => totalMinor)), fall.totalMinor);
  return found;
};

export interface RevenueReports extends Scope {
  readonly rollForward: ReadonlyArray<RollRow>;
  readonly waterfall: Waterfall;
}

/** Throws when the reports do not tie: that is a bug, and no figure of it may be shown. */
export const revenueReports = (all: ReadonlyArray<JournalEntry>, scope: Scope): RevenueReports => {
  const entries = scoped(all, scope);
  const [roll, fall] = [rollForward(entries), waterfall(entries)];
  const found = untied(entries, roll, fall);
  if (found.length > 0)
    throw new Error(`reports: ${scope.entity} in ${scope.currency} does not tie: ${found.join("; ")}`);
  return { ...scope, rollForward: roll, waterfall: fall };
};

/** One row a booked month, one column a recognized month. */
export const waterfallRows = ({ columns, rows }: Waterfall): ReadonlyArray<Row> =>
  rows.map(({ booked, amountsMinor, totalMinor }) => ({
    booked,
    ...Object.fromEntries(columns.map((period, index) => [period, amountsMinor[index]!])),
    totalMinor,
  }));
export const rollRows = (rows: ReadonlyArray<RollRow>): ReadonlyArray<Row> => rows.map((row) => ({ ...row }));
