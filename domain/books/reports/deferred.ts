/** Deferred revenue roll-forward: what was deferred, earned and put right in each period. *Pure.* */
import { effectOf } from "../../accounting/entry.ts";
import { type Month, monthOf, nextMonth } from "../../calendar/day.ts";
import type { Row } from "../../reports/csv.ts";
import { revenueReports, scopesOf } from "../../reports/revenue.ts";
import type { AccountBooks } from "../account.ts";
import { part, scopeOf } from "./parts.ts";
import { type Asked, inMonths, inScope, isOf, type Part, type Report, type Sums, type Table } from "./report.ts";

const key = ["entity", "currency", "period"] as const;
const moves = ["billingsMinor", "recognizedMinor", "adjustmentsMinor"] as const;
const columnOf = (kind: string): (typeof moves)[number] =>
  kind === "invoice" || kind === "debit_note"
    ? "billingsMinor"
    : kind === "recognition"
      ? "recognizedMinor"
      : "adjustmentsMinor";
/** Of a movement to the closing balance. */
const signOf = (column: string): number => (column === "recognizedMinor" ? -1 : 1);

function* parts({ entries }: AccountBooks, asked: Asked): Iterable<Part> {
  for (const entry of entries) {
    if (!inScope(asked, entry.entity, entry.currency)) continue;
    const column = columnOf(entry.kind);
    for (const line of entry.lines)
      if (line.role === "DeferredRevenue")
        yield part(entry, { ...scopeOf(entry), period: entry.period }, column, signOf(column) * effectOf(line) || 0);
  }
}

const table = (sums: Sums, asked: Asked): Table => {
  const to = asked.to ?? monthOf(asked.asOf);
  const rows: Row[] = [];
  let scope = "";
  let openingMinor = 0;
  let next: Month = "";
  const put = (entity: string, currency: string, period: Month, columns: ReadonlyMap<string, number>): void => {
    const [billingsMinor, recognizedMinor, adjustmentsMinor] = moves.map((name) => columns.get(name) ?? 0) as [
      number,
      number,
      number,
    ];
    const closingMinor = openingMinor + billingsMinor - recognizedMinor + adjustmentsMinor;
    if (inMonths({ from: asked.from, to }, period))
      rows.push({
        entity,
        currency,
        period,
        openingMinor,
        billingsMinor,
        recognizedMinor,
        adjustmentsMinor,
        closingMinor,
      });
    openingMinor = closingMinor;
    next = nextMonth(period);
  };
  const fill = (before: Month): void => {
    if (scope === "") return;
    const [entity, currency] = scope.split("\u0000") as [string, string];
    while (next < before) put(entity, currency, next, new Map());
  };
  for (const { key: at, columns } of sums.rows) {
    const name = `${at["entity"]}\u0000${at["currency"]}`;
    if (name !== scope) {
      fill(nextMonth(to));
      [scope, openingMinor, next] = [name, 0, at["period"]!];
    }
    fill(at["period"]!);
    put(at["entity"]!, at["currency"]!, at["period"]!, columns);
  }
  fill(nextMonth(to));
  return { columns: [...key, "openingMinor", ...moves, "closingMinor"], rows };
};

export const deferredRevenue: Report = {
  name: "deferred-revenue",
  title: "Deferred revenue roll-forward",
  what: "What each period began with, what was billed ahead, earned, and put right, and what it ended with.",
  word: "revenue",
  parameters: ["entity", "currency", "account", "from", "to", "asOf", "knownAt", "measure"],
  key,
  parts,
  table,
  reaches: (one, row, column) => {
    if (column !== "openingMinor" && column !== "closingMinor")
      return one.column === column && isOf(one, row, key) ? one.amountMinor : 0;
    if (!isOf(one, row, ["entity", "currency"])) return 0;
    const [period, at] = [one.row["period"]!, String(row["period"])];
    const counts = column === "openingMinor" ? period < at : period <= at;
    return counts ? signOf(one.column) * one.amountMinor : 0;
  },
  untied: (books, sums, asked) => untied(books, sums, asked),
};

/** Roll-forward, waterfall and accounts of one account's books, and these against the sums of the parts. */
const untied = ({ entries }: AccountBooks, sums: Sums, asked: Asked): ReadonlyArray<string> => {
  const found: string[] = [];
  const told = new Map(
    sums.rows.map(({ key: at, columns }) => [`${at["entity"]} ${at["currency"]} ${at["period"]}`, columns]),
  );
  for (const scope of scopesOf(entries)) {
    if (!inScope(asked, scope.entity, scope.currency)) continue;
    for (const row of revenueReports(entries, scope).rollForward)
      for (const column of moves) {
        const mine = told.get(`${scope.entity} ${scope.currency} ${row.period}`)?.get(column) ?? 0;
        if (mine !== row[column])
          found.push(
            `${column} of ${row.period} of ${scope.entity} in ${scope.currency}: ${mine} against ${row[column]}`,
          );
      }
  }
  return found;
};
