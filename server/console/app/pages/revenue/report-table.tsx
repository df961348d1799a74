/** The figures of a report: each a link to what it is made of. */
import { go, withSearch } from "../../router.ts";
import { Money } from "../../ui/figure.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { headOf, isMoney, type Report, type Row, scopeOf } from "./told.ts";

/** Of the whole table: named above it. */
const said = new Set(["entity", "currency"]);

/** The cell in the words of the API: the row by its key, and the column. */
const cellOf = (row: Row, column: string): string => {
  const path = String(row["entries"]);
  return `${path.slice(path.indexOf("?") + 1)}&column=${encodeURIComponent(column)}`;
};

const Cell = ({
  row,
  column,
  chosen,
}: {
  readonly row: Row;
  readonly column: string;
  readonly chosen: string | null;
}) => {
  const value = row[column];
  if (value === null || value === undefined) return <span class="soft">–</span>;
  if (!isMoney(column) || typeof value !== "number") return <>{String(value)}</>;
  const { currency } = scopeOf(row);
  if (value === 0) return <span class="soft">0</span>;
  const cell = cellOf(row, column);
  return (
    <a href={withSearch({ cell })} class={`cell ${cell === chosen ? "chosen-cell" : ""}`}>
      <Money minor={value} currency={currency} />
    </a>
  );
};

export const ReportTable = ({
  report,
  rows,
  chosen,
}: {
  readonly report: Report;
  readonly rows: ReadonlyArray<Row>;
  readonly chosen: string | null;
}) => {
  const money = report.columns.filter(isMoney);
  return (
    <Table
      caption={report.title}
      rows={rows}
      keyOf={(row) => String(row["entries"])}
      onOpen={(row) => {
        const column = money.findLast((name) => row[name] !== 0 && row[name] !== null);
        if (column !== undefined) go(withSearch({ cell: cellOf(row, column) }));
      }}
      columns={report.columns
        .filter((column) => !said.has(column))
        .map(
          (column): Column<Row> => ({
            head: headOf(column),
            cell: (row) => <Cell row={row} column={column} chosen={chosen} />,
            figure: isMoney(column) || /Percent$/.test(column),
            tight: true,
          }),
        )}
    />
  );
};
