/** A report as the API answers it, and which of its cells are money. *Pure.* */
import type { ReportAnswer, ReportEntries } from "../../../../reports/operations.ts";

export type Report = typeof ReportAnswer.Type;
export type Parts = typeof ReportEntries.Type;
export type Row = Report["rows"][number];

/** Those with a chart, in the order of the tabs. */
export const charted = ["deferred-revenue", "revenue-waterfall", "arr", "aging"] as const;
export type Charted = (typeof charted)[number];
export const isCharted = (name: string): name is Charted => (charted as ReadonlyArray<string>).includes(name);

export const isMonth = (column: string): boolean => /^\d{4}-\d\d$/.test(column);
export const isBucket = (column: string): boolean => column === "current" || /^\d{1,3}(-\d{1,3}|\+)$/.test(column);
export const isMoney = (column: string): boolean => /Minor$/.test(column) || isMonth(column) || isBucket(column);

/** `openingMinor` → `opening`. */
export const headOf = (column: string): string =>
  column
    .replace(/Minor$/, "")
    .replace(/Percent$/, " %")
    .replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/^current$/, "not due")
    .replace(/^(\d{1,3}(-\d{1,3}|\+))$/, "$1 days");

export interface Scope {
  readonly entity: string;
  readonly currency: string;
}

export const scopeOf = (row: Row): Scope => ({
  entity: String(row["entity"] ?? ""),
  currency: String(row["currency"] ?? ""),
});
export const scopeName = ({ entity, currency }: Scope): string =>
  entity === "" || entity === "default" ? currency : `${currency} of ${entity}`;

/** Legal entities and currencies that have rows, each once, in order: two are never added. */
export const scopesIn = (rows: ReadonlyArray<Row>): ReadonlyArray<Scope> => {
  const found = new Map(rows.map((row) => [scopeName(scopeOf(row)), scopeOf(row)]));
  return [...found.values()].sort((a, b) => (scopeName(a) < scopeName(b) ? -1 : 1));
};

export const minorIn = (row: Row, column: string): number => {
  const value = row[column];
  return typeof value === "number" ? value : 0;
};
