/**
 * What a report of the books is: cells that are sums of parts. Every part is of one entry (or contract, or use), so that a cell can
 * always be taken apart again, and the parts of all accounts add up without holding the accounts. *Pure.*
 */
import type { Day, Month } from "../../calendar/day.ts";
import { sumMinor } from "../../money.ts";
import type { Cell, Row } from "../../reports/csv.ts";
import type { AccountBooks } from "../account.ts";
import type { BookRules } from "../rules.ts";

export const parameterNames = [
  "entity",
  "currency",
  "account",
  "from",
  "to",
  "asOf",
  "knownAt",
  "within",
  "measure",
] as const;
/** In which currency entries are counted: that of the document, or that of the entity's books. */
export const measures = ["transaction", "functional"] as const;
export type Measure = (typeof measures)[number];
export type ParameterName = (typeof parameterNames)[number];

export interface Asked {
  /** Null: every one. */
  readonly entity: string | null;
  readonly currency: string | null;
  /** Months, both inclusive; null: from the first, to the last that makes sense. */
  readonly from: Month | null;
  readonly to: Month | null;
  readonly asOf: Day;
  /** Days ahead. */
  readonly within: number;
  readonly measure: Measure;
  readonly rules: BookRules;
}

/** What a part is of. */
export interface PartOf {
  readonly id: string;
  readonly kind: string;
  readonly date: Day | null;
  readonly period: Month | null;
  /** `/v1/explain/…`; null: there is nothing to explain. */
  readonly explain: string | null;
}

export interface Part {
  /** The row, by its key columns. */
  readonly row: Readonly<Record<string, string | null>>;
  readonly column: string;
  readonly amountMinor: number;
  readonly of: PartOf;
  /** Further columns of its row that are no sums. */
  readonly said?: Row;
}

export interface Table {
  readonly columns: ReadonlyArray<string>;
  readonly rows: ReadonlyArray<Row>;
}

export interface Report {
  readonly name: string;
  readonly title: string;
  readonly what: string;
  /** Whose word it is, by the policy's table of owners. */
  readonly word: "rating" | "revenue";
  readonly parameters: ReadonlyArray<ParameterName>;
  readonly key: ReadonlyArray<string>;
  readonly parts: (books: AccountBooks, asked: Asked) => Iterable<Part>;
  readonly table: (sums: Sums, asked: Asked) => Table;
  /** What has no place in it, in words. */
  readonly refusals?: (books: AccountBooks, asked: Asked) => ReadonlyArray<string>;
  /** What a part adds to a cell, where it adds to others than its own. */
  readonly reaches?: (part: Part, row: Row, column: string) => number;
  /** Where what is computed twice does not say the same: `what: a against b`. */
  readonly untied?: (books: AccountBooks, sums: Sums, asked: Asked) => ReadonlyArray<string>;
}

export interface SummedRow {
  readonly key: Readonly<Record<string, string | null>>;
  readonly columns: ReadonlyMap<string, number>;
  readonly said: Row;
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export class Sums {
  private readonly byKey = new Map<
    string,
    { key: SummedRow["key"]; columns: Map<string, number>; said: Record<string, Cell> }
  >();

  add({ row, column, amountMinor, said }: Part): void {
    const name = Object.values(row).join("\u0000");
    let summed = this.byKey.get(name);
    if (summed === undefined) {
      summed = { key: row, columns: new Map(), said: {} };
      this.byKey.set(name, summed);
    }
    summed.columns.set(column, sumMinor([summed.columns.get(column) ?? 0, amountMinor]));
    if (said !== undefined) Object.assign(summed.said, said);
  }

  /** In order of the key's columns as they stand in it. */
  get rows(): ReadonlyArray<SummedRow> {
    return [...this.byKey.values()].sort((a, b) => {
      for (const name of Object.keys(a.key)) {
        const order = byText(a.key[name] ?? "", b.key[name] ?? "");
        if (order !== 0) return order;
      }
      return 0;
    });
  }

  /** One table of the rows as they are. */
  table(keys: ReadonlyArray<string>, sums: ReadonlyArray<string>, said: ReadonlyArray<string> = []): Table {
    const rows = this.rows.map(
      (row): Row => ({
        ...row.key,
        ...Object.fromEntries(said.map((name) => [name, row.said[name] ?? null])),
        ...Object.fromEntries(sums.map((name) => [name, row.columns.get(name) ?? 0])),
      }),
    );
    return { columns: [...keys, ...said, ...sums], rows };
  }
}

/** Of one legal entity and currency, as asked for. */
export const inScope = (asked: Asked, entity: string, currency: string): boolean =>
  (asked.entity === null || asked.entity === entity) && (asked.currency === null || asked.currency === currency);

export const inMonths = ({ from, to }: Pick<Asked, "from" | "to">, month: Month): boolean =>
  (from === null || month >= from) && (to === null || month <= to);

/** What a part adds to a cell. */
export const reach = (report: Report, part: Part, row: Row, column: string): number => {
  if (report.reaches !== undefined) return report.reaches(part, row, column);
  return part.column === column && isOf(part, row, report.key) ? part.amountMinor : 0;
};

export const isOf = (part: Part, row: Row, key: ReadonlyArray<string>): boolean =>
  key.every((name) => !Object.hasOwn(row, name) || (part.row[name] ?? null) === row[name]);
