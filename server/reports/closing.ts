/**
 * The revenue books of one legal entity and period as they are reported at its close: roll-forward, the waterfall's column, entries by
 * kind and role, receivables by age, and what is left out. The same journal gives the same figures. *Pure.*
 */

import type { KeptBooks } from "../../domain/booking.ts";
import type { AccountBooks } from "../../domain/books/account.ts";
import { receivables } from "../../domain/books/reports/aging.ts";
import { deferredRevenue } from "../../domain/books/reports/deferred.ts";
import type { Asked, Report } from "../../domain/books/reports/report.ts";
import { revenueWaterfall } from "../../domain/books/reports/waterfall.ts";
import { lastOf } from "../../domain/calendar/day.ts";
import type { Json } from "../../domain/canonical.ts";
import { sumMinor } from "../../domain/money.ts";
import type { Core } from "../engine/core.ts";
import { booksIn, type Keeper, rootsIn } from "./keeper.ts";
import { Running } from "./run.ts";

interface Closing {
  readonly entity: string;
  readonly period: string;
  readonly cut: number;
  readonly books: KeptBooks;
}

/** By kind, role and currency: debits and credits of the period. */
class Totals {
  private readonly sums = new Map<string, { debitMinor: number; creditMinor: number; entries: Set<string> }>();

  add({ entries }: AccountBooks, { entity, period }: Closing): void {
    for (const { entity: of, period: at, kind, currency, id, lines } of entries) {
      if (of !== entity || at !== period) continue;
      for (const { role, side, amountMinor } of lines) {
        const key = `${currency}\u0000${kind}\u0000${role}`;
        const sum = this.sums.get(key) ?? { debitMinor: 0, creditMinor: 0, entries: new Set<string>() };
        const field = side === "debit" ? "debitMinor" : "creditMinor";
        sum[field] = sumMinor([sum[field], amountMinor]);
        sum.entries.add(id);
        this.sums.set(key, sum);
      }
    }
  }

  get rows(): ReadonlyArray<Json> {
    return [...this.sums]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { debitMinor, creditMinor, entries }]) => {
        const [currency, kind, role] = key.split("\u0000") as [string, string, string];
        return { currency, kind, role, debitMinor, creditMinor, entries: entries.size };
      });
  }
}

/** Throws when the figures do not tie: then nothing may be kept as reported. */
export const closingFigures = (core: Core, keeper: Keeper, closing: Closing): Json => {
  const { entity, period, cut, books } = closing;
  const at = keeper.closes(core).find((close) => close.cut === cut) ?? null;
  const asked: Asked = {
    entity,
    currency: null,
    from: period,
    to: period,
    asOf: lastOf(period),
    within: 1,
    measure: "transaction",
    rules: books.accounting,
  };
  const reports: ReadonlyArray<readonly [name: string, report: Report]> = [
    ["rollForward", deferredRevenue],
    ["waterfall", revenueWaterfall],
    ["receivables", receivables],
  ];
  const running = reports.map(([name, report]) => ({ name, report, of: new Running(report, asked, null) }));
  const totals = new Totals();
  const booksOf = booksIn(core, books);
  for (const root of rootsIn(core)) {
    const ledger = keeper.ledgerAt(core, booksOf(root), at);
    totals.add(ledger, closing);
    for (const { name, of } of running) {
      const untied = of.add(ledger);
      if (untied !== null) throw new Error(`${name} of ${period} of ${entity} does not tie: ${untied}`);
    }
  }
  const left = running[0]!.of;
  return {
    ...Object.fromEntries(
      running.map(({ name, report, of }) => [name, report.table(of.sums, asked).rows as unknown as Json]),
    ),
    journal: totals.rows,
    unstated: { total: left.leftOut, moneyMinor: Object.fromEntries([...left.leftOutMinor].sort()) },
  };
};
