/** Bookings against billings against revenue, and use on its way to the books. *Pure.* */
import { effectOf } from "../../accounting/entry.ts";
import { type Month, monthOf, nextMonth } from "../../calendar/day.ts";
import { connectionOf } from "../../ids.ts";
import type { Row } from "../../reports/csv.ts";
import { bookingsToRevenue, checkpoints, hops, type UsageItem } from "../../reports/flow.ts";
import { scopesOf } from "../../reports/revenue.ts";
import type { AccountBooks } from "../account.ts";
import { explainPathOf } from "../entry.ts";
import { bookingsOf } from "../value.ts";
import { part, scopeOf } from "./parts.ts";
import {
  type Asked,
  inMonths,
  inScope,
  isOf,
  type Part,
  type PartOf,
  type Report,
  type Sums,
  type Table,
} from "./report.ts";

const contra = new Set(["Refunds", "Voids", "CreditNotes", "Disputes", "Discounts"]);
const bills = new Set(["invoice", "debit_note", "credit_note", "void"]);
const billed = new Set(["AccountsReceivable", "TaxPayable", "CustomerCredits"]);
const flows = ["bookedMinor", "billedMinor", "recognizedMinor"] as const;
const key = ["entity", "currency", "period"] as const;

function* parts(books: AccountBooks, asked: Asked): Iterable<Part> {
  for (const known of books.contracts) {
    const { entity, contract, party, about, id } = known;
    if (!inScope(asked, entity, contract.currency)) continue;
    for (const { on, amountMinor } of bookingsOf(known, asked.asOf)) {
      const explain = about.startsWith("terms/") ? null : explainPathOf(connectionOf(party), about);
      const of: PartOf = { id: `${id} ${on}`, kind: "booking", date: on, period: monthOf(on), explain };
      yield {
        row: { entity, currency: contract.currency, period: monthOf(on) },
        column: "bookedMinor",
        amountMinor,
        of,
      };
    }
  }
  for (const entry of books.entries) {
    if (!inScope(asked, entry.entity, entry.currency)) continue;
    const row = { ...scopeOf(entry), period: entry.period };
    for (const line of entry.lines) {
      if (bills.has(entry.kind) && billed.has(line.role))
        yield part(entry, row, "billedMinor", line.side === "debit" ? line.amountMinor : -line.amountMinor);
      if (line.role === "Revenue") yield part(entry, row, "recognizedMinor", effectOf(line));
      else if (contra.has(line.role)) yield part(entry, row, "recognizedMinor", -effectOf(line));
    }
  }
}

const table = (sums: Sums, asked: Asked): Table => {
  const to = asked.to ?? monthOf(asked.asOf);
  const rows: Row[] = [];
  let scope = "";
  let [backlogMinor, unrecognizedMinor] = [0, 0];
  let next: Month = "";
  const put = (period: Month, columns: ReadonlyMap<string, number>): void => {
    const [entity, currency] = scope.split("\u0000") as [string, string];
    const [bookedMinor, billedMinor, recognizedMinor] = flows.map((name) => columns.get(name) ?? 0) as [
      number,
      number,
      number,
    ];
    backlogMinor += bookedMinor - billedMinor;
    unrecognizedMinor += billedMinor - recognizedMinor;
    if (inMonths({ from: asked.from, to }, period))
      rows.push({
        entity,
        currency,
        period,
        bookedMinor,
        billedMinor,
        recognizedMinor,
        backlogMinor,
        unrecognizedMinor,
      });
    next = nextMonth(period);
  };
  for (const { key: at, columns } of sums.rows) {
    const name = `${at["entity"]}\u0000${at["currency"]}`;
    if (name !== scope) [scope, backlogMinor, unrecognizedMinor, next] = [name, 0, 0, at["period"]!];
    while (next < at["period"]!) put(next, new Map());
    put(at["period"]!, columns);
  }
  return { columns: [...key, ...flows, "backlogMinor", "unrecognizedMinor"], rows };
};

export const bookingsBillingsRevenue: Report = {
  name: "bookings-billings-revenue",
  title: "Bookings, billings and revenue",
  what: "What was sold, billed and earned in each period, without tax; what is sold and not billed, billed and not earned, to date.",
  word: "revenue",
  parameters: ["entity", "currency", "account", "from", "to", "asOf", "knownAt"],
  key,
  parts,
  table,
  reaches: (one, row, column) => {
    if (column !== "backlogMinor" && column !== "unrecognizedMinor")
      return one.column === column && isOf(one, row, key) ? one.amountMinor : 0;
    if (!isOf(one, row, ["entity", "currency"]) || one.row["period"]! > String(row["period"])) return 0;
    const [plus, minus] =
      column === "backlogMinor" ? ["bookedMinor", "billedMinor"] : ["billedMinor", "recognizedMinor"];
    return one.column === plus ? one.amountMinor : one.column === minus ? -one.amountMinor : 0;
  },
  untied: (books, sums, asked) => {
    const bookings = books.contracts.flatMap((known) => bookingsOf(known, asked.asOf));
    return scopesOf(books.entries)
      .filter(({ entity, currency }) => inScope(asked, entity, currency))
      .flatMap((scope) =>
        bookingsToRevenue(bookings, books.entries, scope).flatMap((row) => {
          const own = sums.rows.find(
            ({ key: at }) =>
              at["entity"] === scope.entity && at["currency"] === scope.currency && at["period"] === row.period,
          );
          return flows.flatMap((name) => {
            const mine = own?.columns.get(name) ?? 0;
            return mine === row[name]
              ? []
              : [`${name} of ${row.period} in ${scope.currency}: ${mine} against ${row[name]}`];
          });
        }),
      );
  },
};

const ofUse = ({ id }: UsageItem): PartOf => ({ id, kind: "use", date: null, period: null, explain: null });
const usages = (books: AccountBooks, asked: Asked): ReadonlyArray<UsageItem> =>
  books.usage.filter(({ currency }) => asked.currency === null || asked.currency === currency);

export const unbilledUsage: Report = {
  name: "unbilled-usage",
  title: "Unbilled use",
  what: "What was used and is not posted, by customer, meter and currency; `unvalued` has no price yet, also no estimate.",
  word: "rating",
  parameters: ["currency", "account", "asOf", "knownAt"],
  key: ["currency", "customer", "meter"],
  *parts(books, asked): Iterable<Part> {
    for (const use of usages(books, asked)) {
      if (use.reached === "posted") continue;
      const row = { currency: use.currency, customer: use.account, meter: use.meter };
      const add = (column: string, amountMinor: number): Part => ({ row, column, amountMinor, of: ofUse(use) });
      yield add("items", 1);
      yield use.valueMinor === null ? add("unvalued", 1) : add("valueMinor", use.valueMinor);
    }
  },
  table: (sums) => sums.table(unbilledUsage.key, ["items", "valueMinor", "unvalued"]),
};

const counted = ["arrived", "arrivedMinor", "passed", "passedMinor", "held", "heldMinor", "unvalued"] as const;

export const usageCheckpoints: Report = {
  name: "usage-checkpoints",
  title: "Use by checkpoint",
  what: "How much use arrived at each checkpoint from raw to posted, went on, and is held there with its reasons: arrived is passed and held.",
  word: "rating",
  parameters: ["currency", "account", "asOf", "knownAt"],
  key: ["currency", "hop"],
  *parts(books, asked): Iterable<Part> {
    for (const use of usages(books, asked))
      for (const row of checkpoints([use])) {
        const { hop, currency, reasons } = row;
        const at = { currency, hop: `${hops.indexOf(hop) + 1} ${hop}` };
        const said = reasons.length === 0 ? {} : { said: { reasons: reasons.join("; ") } };
        for (const name of counted) yield { row: at, column: name, amountMinor: row[name], of: ofUse(use), ...said };
      }
  },
  table: (sums) => sums.table(usageCheckpoints.key, counted, ["reasons"]),
  untied: (books, sums, asked) =>
    checkpoints(usages(books, asked)).flatMap((row) => {
      const own = sums.rows.find(
        ({ key: at }) => at["currency"] === row.currency && at["hop"]!.endsWith(` ${row.hop}`),
      );
      return counted.flatMap((name) => {
        const mine = own?.columns.get(name) ?? 0;
        return mine === row[name] ? [] : [`${name} at ${row.hop}: ${mine} against ${row[name]}`];
      });
    }),
};
