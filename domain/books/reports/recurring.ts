/** Recurring revenue and how it moves, and the contracts that end soon. *Pure.* */
import { earlier, lastOf, monthOf } from "../../calendar/day.ts";
import { connectionOf } from "../../ids.ts";
import type { Row } from "../../reports/csv.ts";
import { renewalsDue } from "../../reports/receivables.ts";
import { type MovementRow, mrrMovement, recurringIn, retention } from "../../reports/recurring.ts";
import type { AccountBooks } from "../account.ts";
import type { KnownContract } from "../contracts.ts";
import { explainPathOf } from "../entry.ts";
import { levelsOf, stretchesOf } from "../value.ts";
import { openOn } from "./aging.ts";
import { type Asked, inMonths, inScope, type Part, type PartOf, type Report } from "./report.ts";

const ofAccount = ({ account, root }: AccountBooks): PartOf => ({
  id: account,
  kind: "account",
  date: null,
  period: null,
  explain: `/v1/explain/account/${encodeURIComponent(root)}`,
});

const movements = ["newMinor", "expansionMinor", "contractionMinor", "churnMinor", "reactivationMinor"] as const;

/** By legal entity and currency: two are never added. */
const scopes = (contracts: ReadonlyArray<KnownContract>, asked: Asked): ReadonlyArray<ReadonlyArray<KnownContract>> => {
  const groups = new Map<string, KnownContract[]>();
  for (const known of contracts) {
    if (!inScope(asked, known.entity, known.contract.currency)) continue;
    const name = `${known.entity}\u0000${known.contract.currency}`;
    groups.set(name, [...(groups.get(name) ?? []), known]);
  }
  return [...groups.values()];
};

function* arrParts(books: AccountBooks, asked: Asked): Iterable<Part> {
  const through = asked.to ?? monthOf(asked.asOf);
  const day = earlier(asked.asOf, lastOf(through));
  const of = ofAccount(books);
  for (const own of scopes(books.contracts, asked)) {
    const { entity, contract } = own[0]!;
    const levels = own.flatMap((known) => levelsOf(known, books.account, day));
    const segments = own.map((known) => ({ contract: known.contract, segments: stretchesOf(known.contract, day) }));
    for (const row of mrrMovement(levels, { through })) {
      if (!inMonths({ from: asked.from, to: through }, row.month)) continue;
      const key = { entity, currency: contract.currency, month: row.month };
      const end = earlier(day, lastOf(row.month));
      const arrMinor = segments.reduce((sum, each) => sum + recurringIn(each.contract, each.segments, end).arrMinor, 0);
      const amounts: Readonly<Record<string, number>> = { ...amountsOf(row), arrMinor };
      for (const [column, amountMinor] of Object.entries(amounts))
        if (amountMinor !== 0) yield { row: key, column, amountMinor, of };
    }
  }
}

/** Of one customer: what is kept of those who were there, and at most as much as they had. */
const amountsOf = (row: MovementRow) => ({
  startMinor: row.startMinor,
  ...Object.fromEntries(movements.map((name) => [name, row[name]])),
  endMinor: row.endMinor,
  keptMinor: row.startMinor > 0 ? row.endMinor : 0,
  keptGrossMinor: row.startMinor > 0 ? Math.min(row.startMinor, row.endMinor) : 0,
});

export const arr: Report = {
  name: "arr",
  title: "Recurring revenue and its movement",
  what: "Monthly recurring revenue at the start and end of each month, what was new, more, less, lost and won back, retention, and the annual amount. Without trials, use and what is charged once.",
  word: "revenue",
  parameters: ["entity", "currency", "account", "from", "to", "asOf", "knownAt"],
  key: ["entity", "currency", "month"],
  parts: arrParts,
  table: (sums) => ({
    columns: [...arr.key, "startMinor", ...movements, "endMinor", "arrMinor", "nrrPercent", "grrPercent"],
    rows: sums.rows.map(({ key, columns }): Row => {
      const of = (name: string): number => columns.get(name) ?? 0;
      const startMinor = of("startMinor");
      return {
        ...key,
        startMinor,
        ...Object.fromEntries(movements.map((name) => [name, of(name)])),
        endMinor: of("endMinor"),
        arrMinor: of("arrMinor"),
        nrrPercent: retention([{ startMinor, endMinor: of("keptMinor") }]).nrrPercent,
        grrPercent: retention([{ startMinor, endMinor: of("keptGrossMinor") }]).grrPercent,
      };
    }),
  }),
  untied: (_, sums) =>
    sums.rows.flatMap(({ key, columns }) => {
      const of = (name: string): number => columns.get(name) ?? 0;
      const end = movements.reduce((sum, name) => sum + of(name), of("startMinor"));
      return end === of("endMinor") ? [] : [`recurring revenue of ${key["month"]}: ${end} against ${of("endMinor")}`];
    }),
};

export const renewals: Report = {
  name: "renewals",
  title: "Renewals due",
  what: "Contracts whose term ends within so many days (90 when not asked for), the signs that they may not be renewed, and what they bring.",
  word: "revenue",
  parameters: ["entity", "currency", "account", "asOf", "within", "knownAt"],
  key: ["endsOn", "contract", "entity", "currency"],
  *parts(books, asked): Iterable<Part> {
    const overdue = openOn(books, asked).filter(({ due }) => due < asked.asOf);
    for (const { id, entity, contract, party, about } of books.contracts) {
      if (!inScope(asked, entity, contract.currency)) continue;
      const own = overdue.filter(({ currency }) => currency === contract.currency);
      const overdueMinor = own.reduce((sum, { openMinor }) => sum + openMinor, 0);
      for (const due of renewalsDue([contract], asked.asOf, asked.within, () => ({
        overdueMinor,
        disputes: books.disputes,
      }))) {
        const connection = connectionOf(party);
        const explain = about.startsWith("terms/")
          ? `/v1/explain/account/${encodeURIComponent(books.root)}`
          : explainPathOf(connection, about);
        const of: PartOf = { id, kind: "contract", date: due.endsOn, period: null, explain };
        const row = { endsOn: due.endsOn, contract: id, entity, currency: contract.currency };
        const signals = due.signals.join("; ");
        const said = {
          customer: books.account,
          inDays: due.inDays,
          automatic: due.automatic,
          noticeBy: due.noticeBy,
          signals,
          explain,
        };
        yield { row, column: "mrrMinor", amountMinor: due.mrrMinor, of, said };
        yield { row, column: "arrMinor", amountMinor: due.arrMinor, of };
      }
    }
  },
  table: (sums) =>
    sums.table(
      renewals.key,
      ["mrrMinor", "arrMinor"],
      ["customer", "inDays", "automatic", "noticeBy", "signals", "explain"],
    ),
};
