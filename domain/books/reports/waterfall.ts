/** Revenue waterfall: rows by the month in which it was booked, columns by the period in which it is recognized. *Pure.* */
import { effectOf } from "../../accounting/entry.ts";
import { nextMonth } from "../../calendar/day.ts";
import type { Row } from "../../reports/csv.ts";
import { revenueReports, scopesOf } from "../../reports/revenue.ts";
import type { AccountBooks } from "../account.ts";
import { part, scopeOf } from "./parts.ts";
import { type Asked, inMonths, inScope, isOf, type Part, type Report, type Sums, type Table } from "./report.ts";

const key = ["entity", "currency", "booked"] as const;

function* parts({ entries }: AccountBooks, asked: Asked): Iterable<Part> {
  for (const entry of entries) {
    if (!inScope(asked, entry.entity, entry.currency) || !inMonths(asked, entry.period)) continue;
    for (const line of entry.lines)
      if (line.role === "Revenue") {
        const booked = line.dimensions["booked"] ?? entry.period;
        yield part(entry, { ...scopeOf(entry), booked }, entry.period, effectOf(line));
      }
  }
}

const table = (sums: Sums): Table => {
  const seen = [...new Set(sums.rows.flatMap(({ columns }) => [...columns.keys()]))].sort();
  const months: string[] = [];
  for (let month = seen[0]; month !== undefined && month <= seen.at(-1)!; month = nextMonth(month)) months.push(month);
  const rows = sums.rows.map(({ key: at, columns }): Row => {
    const amounts = months.map((month) => [month, columns.get(month) ?? 0] as const);
    return { ...at, ...Object.fromEntries(amounts), totalMinor: amounts.reduce((sum, [, minor]) => sum + minor, 0) };
  });
  return { columns: [...key, ...months, "totalMinor"], rows };
};

export const revenueWaterfall: Report = {
  name: "revenue-waterfall",
  title: "Revenue waterfall",
  what: "Revenue by the month in which it was booked and the period in which it is, or will be, recognized.",
  word: "revenue",
  parameters: ["entity", "currency", "account", "from", "to", "asOf", "knownAt", "measure"],
  key,
  parts,
  table,
  reaches: (one, row, column) =>
    (column === "totalMinor" || one.column === column) && isOf(one, row, key) ? one.amountMinor : 0,
  untied: ({ entries }, sums, asked) =>
    scopesOf(entries)
      .filter(({ entity, currency }) => inScope(asked, entity, currency))
      .flatMap((scope) => {
        const fall = revenueReports(entries, scope).waterfall;
        const own = sums.rows.filter(
          ({ key: at }) => at["entity"] === scope.entity && at["currency"] === scope.currency,
        );
        return fall.columns.flatMap((period, index) => {
          if (!inMonths(asked, period)) return [];
          const mine = own.reduce((sum, { columns }) => sum + (columns.get(period) ?? 0), 0);
          const theirs = fall.totalsMinor[index]!;
          return mine === theirs
            ? []
            : [`revenue of ${period} of ${scope.entity} in ${scope.currency}: ${mine} against ${theirs}`];
        });
      }),
};
