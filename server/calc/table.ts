/** Rows under a head, aligned: words to the left, figures to the right. *Pure.* */

export interface Column {
  readonly head: string;
  readonly figures: boolean;
}
export type Cell = string | number | null;

export const word = (head: string): Column => ({ head, figures: false });
export const figure = (head: string): Column => ({ head, figures: true });

/** Totals are set off from the rows above them. */
export const table = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<Cell>>,
  totals: ReadonlyArray<ReadonlyArray<Cell>> = [],
): string => {
  const texts = [columns.map(({ head }) => head), ...rows, ...totals].map((row) =>
    columns.map((_, at) => String(row[at] ?? "")),
  );
  const widths = columns.map((_, at) => Math.max(...texts.map((row) => row[at]!.length)));
  const lines = texts.map((row) =>
    columns
      .map(({ figures }, at) => (figures ? row[at]!.padStart(widths[at]!) : row[at]!.padEnd(widths[at]!)))
      .join("  ")
      .trimEnd(),
  );
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  const [head, ...body] = lines;
  const sums = totals.length === 0 ? [] : [rule, ...body.slice(rows.length)];
  return [head, rule, ...body.slice(0, rows.length), ...sums].join("\n");
};

/** What is empty leaves no gap. */
export const paragraphs = (parts: ReadonlyArray<string | null>): string =>
  parts.filter((part) => part !== null && part !== "").join("\n\n");
