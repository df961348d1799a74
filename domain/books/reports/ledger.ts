/** The entries themselves with their account numbers, and the trial balance of them. *Pure.* */
import { type ChartRule, ruleFor } from "../../accounting/chart.ts";
import type { JournalLine } from "../../accounting/entry.ts";
import { trialBalance as balanceOf } from "../../accounting/entry.ts";
import { monthOf } from "../../calendar/day.ts";
import type { AccountBooks } from "../account.ts";
import type { BookEntry } from "../entry.ts";
import { postedOn } from "../late.ts";
import { chartOf } from "../rules.ts";
import { part, scopeOf } from "./parts.ts";
import { type Asked, inMonths, inScope, type Part, type Report } from "./report.ts";

const simple = new WeakMap<ReadonlyArray<ChartRule>, Map<string, string | null>>();

/** Asked of every line: where no rule of a role looks at dimensions, its answer is remembered. */
const numberOf = (entry: BookEntry, line: JournalLine, { rules }: Asked): string | null => {
  const chart = chartOf(rules);
  const known = simple.get(chart) ?? new Map<string, string | null>();
  simple.set(chart, known);
  const key = `${entry.entity} ${line.role}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const number = ruleFor(chart, entry.entity, line)?.account ?? null;
  if (!chart.some(({ role, when }) => role === line.role && when !== undefined)) known.set(key, number);
  return number;
};

/** What the chart refuses, once for each role and entity. */
const chartRefusals = ({ entries }: AccountBooks, asked: Asked): ReadonlyArray<string> => {
  const found = new Set<string>();
  for (const entry of entries)
    for (const line of entry.lines)
      if (inScope(asked, entry.entity, entry.currency) && numberOf(entry, line, asked) === null)
        found.add(`the chart of ${entry.entity} has no account for ${line.role}; add a rule with role "${line.role}"`);
  return [...found].sort();
};

const columnOf = ({ side }: JournalLine): string => (side === "debit" ? "debitMinor" : "creditMinor");

export const journal: Report = {
  name: "journal",
  title: "Journal entries",
  what: "Every entry of the periods asked for (the present one when none is), line by line, with its account number and what it comes from.",
  word: "revenue",
  parameters: ["entity", "currency", "account", "from", "to", "asOf", "knownAt", "measure"],
  key: ["entity", "currency", "period", "date", "entry", "line"],
  *parts({ entries, account }, asked): Iterable<Part> {
    const usual = monthOf(asked.asOf);
    const months = { from: asked.from ?? asked.to ?? usual, to: asked.to ?? asked.from ?? usual };
    for (const entry of entries) {
      if (!inScope(asked, entry.entity, entry.currency) || !inMonths(months, entry.period)) continue;
      for (const [index, line] of entry.lines.entries()) {
        const { period, date, id, kind, late, corrects, source } = entry;
        const row = { ...scopeOf(entry), period, date, entry: id, line: String(index + 1).padStart(4, "0") };
        const of = part(entry, row, columnOf(line), line.amountMinor);
        const dimensions = Object.entries(line.dimensions)
          .map(([name, value]) => `${name}=${value}`)
          .join(" ");
        const said = {
          kind,
          role: line.role,
          accountNumber: numberOf(entry, line, asked),
          customer: account,
          source,
          dimensions,
        };
        yield { ...of, said: { ...said, late: late?.reason ?? null, corrects, explain: of.of.explain } };
      }
    }
  },
  table: (sums) =>
    sums.table(
      journal.key,
      ["debitMinor", "creditMinor"],
      ["kind", "role", "accountNumber", "customer", "source", "dimensions", "late", "corrects", "explain"],
    ),
  refusals: chartRefusals,
  untied: (_, sums) => unbalanced(sums.rows),
};

export const trialBalance: Report = {
  name: "trial-balance",
  title: "Trial balance",
  what: "Debits and credits of every account up to a day; they are equal for each legal entity and currency.",
  word: "revenue",
  parameters: ["entity", "currency", "account", "asOf", "knownAt", "measure"],
  key: ["entity", "currency", "accountNumber", "role"],
  *parts({ entries }, asked): Iterable<Part> {
    for (const entry of entries) {
      if (!inScope(asked, entry.entity, entry.currency) || postedOn(entry) > asked.asOf) continue;
      for (const line of entry.lines) {
        const row = { ...scopeOf(entry), accountNumber: numberOf(entry, line, asked), role: line.role };
        yield part(entry, row, columnOf(line), line.amountMinor);
      }
    }
  },
  table: (sums) => {
    const { columns, rows } = sums.table(trialBalance.key, ["debitMinor", "creditMinor"]);
    return {
      columns: [...columns, "balanceMinor"],
      rows: rows.map((row) => ({ ...row, balanceMinor: Number(row["debitMinor"]) - Number(row["creditMinor"]) })),
    };
  },
  refusals: chartRefusals,
  reaches: (one, row, column) => {
    const own = trialBalance.key.every((name) => !Object.hasOwn(row, name) || (one.row[name] ?? null) === row[name]);
    if (!own) return 0;
    if (column === "balanceMinor") return one.column === "debitMinor" ? one.amountMinor : -one.amountMinor;
    return one.column === column ? one.amountMinor : 0;
  },
  untied: ({ entries }, sums, asked) => {
    const counted = entries.filter(
      (entry) => inScope(asked, entry.entity, entry.currency) && postedOn(entry) <= asked.asOf,
    );
    const twice = balanceOf(counted).flatMap(({ entity, currency, role, debitMinor, creditMinor }) => {
      const own = sums.rows.filter(
        ({ key }) => key["entity"] === entity && key["currency"] === currency && key["role"] === role,
      );
      const of = (column: string): number => own.reduce((sum, { columns }) => sum + (columns.get(column) ?? 0), 0);
      return of("debitMinor") === debitMinor && of("creditMinor") === creditMinor
        ? []
        : [
            `${role} of ${entity} in ${currency}: ${of("debitMinor")}, ${of("creditMinor")} against ${debitMinor}, ${creditMinor}`,
          ];
    });
    return [...twice, ...unbalanced(sums.rows)];
  },
};

/** Debits against credits of each entity and currency. */
const unbalanced = (
  rows: ReadonlyArray<{ readonly key: Part["row"]; readonly columns: ReadonlyMap<string, number> }>,
) => {
  const sums = new Map<string, { debit: number; credit: number }>();
  for (const { key, columns } of rows) {
    const name = `${key["entity"]} in ${key["currency"]}`;
    const sum = sums.get(name) ?? { debit: 0, credit: 0 };
    sum.debit += columns.get("debitMinor") ?? 0;
    sum.credit += columns.get("creditMinor") ?? 0;
    sums.set(name, sum);
  }
  return [...sums].flatMap(([name, { debit, credit }]) =>
    debit === credit ? [] : [`debits and credits of ${name}: ${debit} against ${credit}`],
  );
};
