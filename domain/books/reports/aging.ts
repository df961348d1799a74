/** Receivables by age: what is open on a day, by how long ago it was due. *Pure.* */
import { effectOf } from "../../accounting/entry.ts";
import { daysBetween } from "../../calendar/day.ts";
import { aging as agingOf, type OpenInvoice } from "../../reports/receivables.ts";
import type { AccountBooks } from "../account.ts";
import type { BookEntry } from "../entry.ts";
import { postedOn } from "../late.ts";
import { part, scopeOf } from "./parts.ts";
import { type Asked, inScope, isOf, type Part, type Report } from "./report.ts";

const limits = [30, 60, 90] as const;
const buckets = ["1-30", "31-60", "61-90", "91+"] as const;
const columns = ["current", ...buckets];

interface Open extends OpenInvoice {
  readonly entity: string;
  readonly lines: ReadonlyArray<{ readonly entry: BookEntry; readonly minor: number }>;
}

/** Invoices with a balance on the day, by what the receivable account says. */
export const openOn = ({ entries, due, account }: AccountBooks, asked: Asked): ReadonlyArray<Open> => {
  const open = new Map<string, Open & { lines: Array<Open["lines"][number]>; openMinor: number }>();
  for (const entry of entries) {
    if (!inScope(asked, entry.entity, entry.currency) || postedOn(entry) > asked.asOf) continue;
    for (const line of entry.lines) {
      if (line.role !== "AccountsReceivable") continue;
      const id = line.dimensions["invoice"] ?? entry.source;
      const key = `${id} ${entry.entity} ${entry.currency}`;
      const { entity, currency } = entry;
      const one = open.get(key) ?? {
        id,
        account,
        entity,
        currency,
        due: due.get(id) ?? entry.date,
        openMinor: 0,
        lines: [],
      };
      one.openMinor += effectOf(line);
      one.lines.push({ entry, minor: effectOf(line) });
      open.set(key, one);
    }
  }
  return [...open.values()].filter(({ openMinor }) => openMinor !== 0);
};

const bucketOf = (late: number): string => {
  if (late <= 0) return "current";
  return buckets[limits.findIndex((limit) => late <= limit)] ?? buckets.at(-1)!;
};

export const receivables: Report = {
  name: "aging",
  title: "Receivables by age",
  what: "What customers owe on a day: not due yet, and by days since it was due (since it was billed, where no due date is said).",
  word: "revenue",
  parameters: ["entity", "currency", "account", "asOf", "knownAt", "measure"],
  key: ["entity", "currency", "customer"],
  *parts(books, asked): Iterable<Part> {
    for (const { due, lines } of openOn(books, asked))
      for (const { entry, minor } of lines) {
        const row = { ...scopeOf(entry), customer: books.account };
        yield part(entry, row, bucketOf(daysBetween(due, asked.asOf)), minor);
      }
  },
  table: (sums) => {
    const { rows } = sums.table(receivables.key, columns);
    const sum = (row: (typeof rows)[number]): number => columns.reduce((all, name) => all + Number(row[name]), 0);
    return {
      columns: [...receivables.key, ...columns, "totalMinor"],
      rows: rows.map((row) => ({ ...row, totalMinor: sum(row) })),
    };
  },
  reaches: (one, row, column) =>
    (column === "totalMinor" || one.column === column) && isOf(one, row, receivables.key) ? one.amountMinor : 0,
  untied: (books, sums, asked) => {
    const twice = agingOf(openOn(books, asked), asked.asOf, limits);
    return twice.totals.flatMap(({ currency, currentMinor, bucketsMinor }) => {
      const own = sums.rows.filter(({ key }) => key["currency"] === currency);
      return [currentMinor, ...bucketsMinor].flatMap((minor, index) => {
        const mine = own.reduce((sum, row) => sum + (row.columns.get(columns[index]!) ?? 0), 0);
        return mine === minor ? [] : [`${columns[index]} in ${currency}: ${mine} against ${minor}`];
      });
    });
  },
};
