/** What a chart of one report shows, for one legal entity and currency: bars that are stacked, and a line. Whole minor units. *Pure.* */
import { type Charted, headOf, isBucket, isMonth, minorIn, type Row } from "./told.ts";

export interface Series {
  readonly label: string;
  readonly kind: "bar" | "line";
  readonly values: ReadonlyArray<number>;
}
export interface Drawn {
  readonly labels: ReadonlyArray<string>;
  readonly series: ReadonlyArray<Series>;
  /** In words, for whoever does not see it. */
  readonly says: string;
}

const bars = (rows: ReadonlyArray<Row>, columns: ReadonlyArray<string>, sign = 1): ReadonlyArray<Series> =>
  columns.map((column) => ({
    label: headOf(column),
    kind: "bar",
    values: rows.map((row) => sign * minorIn(row, column)),
  }));
const line = (rows: ReadonlyArray<Row>, column: string): Series => ({
  label: headOf(column),
  kind: "line",
  values: rows.map((row) => minorIn(row, column)),
});
const texts = (rows: ReadonlyArray<Row>, column: string): ReadonlyArray<string> =>
  rows.map((row) => String(row[column] ?? ""));

/** `rows`: of one legal entity and currency. */
export const drawn = (report: Charted, columns: ReadonlyArray<string>, rows: ReadonlyArray<Row>): Drawn => {
  switch (report) {
    case "deferred-revenue":
      return {
        labels: texts(rows, "period"),
        series: [
          ...bars(rows, ["billingsMinor"]),
          ...bars(rows, ["recognizedMinor"], -1),
          ...bars(rows, ["adjustmentsMinor"]),
          line(rows, "closingMinor"),
        ],
        says: "Billed ahead upwards, earned downwards, month by month; the line is what is deferred at the end of each.",
      };
    case "revenue-waterfall": {
      const months = columns.filter(isMonth);
      return {
        labels: months,
        series: rows.map((row) => ({
          label: `booked ${String(row["booked"])}`,
          kind: "bar",
          values: months.map((month) => minorIn(row, month)),
        })),
        says: "Revenue by the month in which it is earned, stacked by the month in which it was booked.",
      };
    }
    case "arr":
      return {
        labels: texts(rows, "month"),
        series: [
          ...bars(rows, ["newMinor", "expansionMinor", "reactivationMinor"]),
          // Already below zero where the report has them so.
          ...bars(rows, ["contractionMinor", "churnMinor"], rows.some(isLossPositive) ? -1 : 1),
          line(rows, "endMinor"),
        ],
        says: "What monthly recurring revenue gained upwards and lost downwards; the line is where each month ended.",
      };
    case "aging": {
      const buckets = columns.filter(isBucket);
      return {
        labels: buckets.map(headOf),
        series: [
          {
            label: "open",
            kind: "bar",
            values: buckets.map((bucket) => rows.reduce((sum, row) => sum + minorIn(row, bucket), 0)),
          },
        ],
        says: "What customers owe, by how long ago it was due.",
      };
    }
  }
};

const isLossPositive = (row: Row): boolean => minorIn(row, "churnMinor") > 0 || minorIn(row, "contractionMinor") > 0;
