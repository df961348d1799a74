/** Rows as CSV: RFC 4180, LF, the columns of the first row. Text that a spreadsheet would run as a formula is led by an apostrophe. *Pure.* */
export type Cell = string | number | boolean | null;
export type Row = Readonly<Record<string, Cell>>;

const cell = (value: Cell | undefined): string => {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const safe = /^[=+@\t\r]|^-(?![\d.]+$)/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** The header alone when there are no rows and the columns are given. */
export const csv = (rows: ReadonlyArray<Row>, columns: ReadonlyArray<string> = Object.keys(rows[0] ?? {})): string =>
  [columns.map((name) => cell(name)), ...rows.map((row) => columns.map((name) => cell(row[name])))]
    .map((cells) => `${cells.join(",")}\n`)
    .join("");
