/**
 * What is reported when a period is closed: invoices, postings and cash by account and currency, what is late and what is on its
 * way; computed from a fold that stands at the cut. The same journal gives the same bytes. *Pure.*
 */
import type { KeptBooks } from "../../domain/booking.ts";
import { localDay } from "../../domain/calendar/zone.ts";
import { canonical, type Json } from "../../domain/canonical.ts";
import type { InvoiceView } from "../../domain/group.ts";
import { accountId } from "../../domain/ids.ts";
import { aging, type OpenInvoice } from "../../domain/reports/receivables.ts";
import { isFinalized } from "../../domain/wish.ts";
import type { Core } from "../engine/core.ts";
import { closingFigures } from "../reports/closing.ts";
import type { Keeper } from "../reports/keeper.ts";
import { type Books, effectOf, type Line } from "./books.ts";

/** Changes when the figures are computed in another way: a kept report names the one that it was made by, and is checked by that. */
export const reportVersion = 2;

export interface Closing {
  readonly entity: string;
  readonly period: string;
  /** Epoch milliseconds, UTC. */
  readonly from: number;
  readonly until: number;
  readonly timeZone: string;
  readonly connections: ReadonlyArray<string>;
  readonly cut: number;
  /** Absent: closed by a version that kept no revenue books. */
  readonly books?: KeptBooks;
}

/** As the version that closed the period reported it: the second one added the revenue books to what the first one had. */
export const reportOf = (core: Core, books: Books, keeper: Keeper, closing: Closing): string => {
  const first = documentsReport(core, books, closing);
  if (closing.books === undefined) return first;
  const revenue = closingFigures(core, keeper, { ...closing, books: closing.books });
  return canonical({ ...(JSON.parse(first) as { readonly [key: string]: Json }), version: reportVersion, revenue });
};

interface Figures {
  invoices: number;
  invoicedMinor: number;
  settledMinor: number;
  creditsMinor: number;
  openMinor: number;
  receivablePostedMinor: number;
  cashPostedMinor: number;
  cashReceivedMinor: number;
  cashReturnedMinor: number;
}
const nothing = (): Figures => ({
  invoices: 0,
  invoicedMinor: 0,
  settledMinor: 0,
  creditsMinor: 0,
  openMinor: 0,
  receivablePostedMinor: 0,
  cashPostedMinor: 0,
  cashReceivedMinor: 0,
  cashReturnedMinor: 0,
});

const names = Object.keys(nothing()) as ReadonlyArray<keyof Figures>;

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const effectiveAt = ({ data }: InvoiceView): number => data.finalizedAt ?? data.periodStart ?? 0;

/** The first version of the report. */
const documentsReport = (core: Core, books: Books, closing: Closing): string => {
  const { entity, period, from, until, timeZone, connections, cut } = closing;
  const own = new Set(connections);
  const within = (at: number | null): boolean => at !== null && from <= at && at < until;
  const accounts = new Map<string, Map<string, Figures>>();
  const figuresOf = (account: string, currency: string): Figures => {
    const currencies = accounts.get(account) ?? new Map<string, Figures>();
    accounts.set(account, currencies);
    const figures = currencies.get(currency) ?? nothing();
    currencies.set(currency, figures);
    return figures;
  };
  const accountOf = (party: string): string => accountId(core.root(party));
  const open: OpenInvoice[] = [];

  for (const [id, party] of core.parties) {
    if (!own.has(party.connection)) continue;
    for (const { view } of party.groups.values()) {
      if (view === null || !isFinalized(view.data)) continue;
      const { currency, totalMinor } = view.data;
      const { settledMinor, creditsMinor, payments, refunds, chargebacks } = view.money;
      const openMinor = totalMinor - settledMinor - creditsMinor;
      const at = effectiveAt(view);
      const account = accountOf(id);
      if (within(at)) {
        const figures = figuresOf(account, currency);
        figures.invoices += 1;
        figures.invoicedMinor += totalMinor;
        figures.settledMinor += settledMinor;
        figures.creditsMinor += creditsMinor;
        figures.openMinor += openMinor;
      }
      for (const { amountMinor } of payments.filter((payment) => within(payment.at ?? at)))
        figuresOf(account, currency).cashReceivedMinor += amountMinor;
      for (const { amountMinor } of [...refunds, ...chargebacks].filter((back) => within(back.at ?? at)))
        figuresOf(account, currency).cashReturnedMinor += amountMinor;
      if (at < until && openMinor !== 0)
        open.push({
          id: `${party.connection}:${view.subject}`,
          account,
          currency,
          due: localDay(at, timeZone),
          openMinor,
        });
    }
  }
  const lines = books.of(entity, period);
  for (const line of lines) {
    const { side, amountMinor } = effectOf(line);
    const figures = figuresOf(accountOf(line.party), line.currency);
    if (side === "receivable") figures.receivablePostedMinor += amountMinor;
    else figures.cashPostedMinor += amountMinor;
  }
  const rows = [...accounts]
    .flatMap(([account, currencies]) =>
      [...currencies].map(([currency, figures]) => ({ ...figures, account, currency })),
    )
    .sort((a, b) => byText(a.account, b.account) || byText(a.currency, b.currency));
  const asOf = localDay(until - 1, timeZone);
  open.sort((a, b) => byText(a.id, b.id));
  return canonical({
    version: 1,
    entity,
    period,
    timeZone,
    from: new Date(from).toISOString(),
    until: new Date(until).toISOString(),
    cut,
    accounts: rows,
    totals: totalsOf(rows),
    documents: documentsOf(lines, books.inFlight(entity, period)),
    late: lines
      .filter(({ late }) => late !== null)
      .map(({ late, ...line }) => ({ ...line, ...late }))
      .sort((a, b) => byText(a.outsideId, b.outsideId) || byText(a.verb, b.verb)),
    /** By days since each took effect: the sources say no due dates. */
    receivables: aging(open, asOf),
  } as unknown as Json);
};

const totalsOf = (rows: ReadonlyArray<{ readonly currency: string } & Figures>) => {
  const totals = new Map<string, Figures>();
  for (const row of rows) {
    const { currency } = row;
    const total = totals.get(currency) ?? nothing();
    totals.set(currency, total);
    for (const name of names) total[name] += row[name];
  }
  return [...totals].sort(([a], [b]) => byText(a, b)).map(([currency, figures]) => ({ currency, ...figures }));
};

/** How many documents of each kind went to each target, and what they are worth. */
const documentsOf = (lines: ReadonlyArray<Line>, inFlight: ReadonlyArray<Line>) => {
  const rows = new Map<string, { count: number; amountMinor: number }>();
  const add = (state: string, { target, document, currency, amountMinor }: Line): void => {
    const key = [target, document, currency, state].join("\u0000");
    const row = rows.get(key) ?? { count: 0, amountMinor: 0 };
    rows.set(key, row);
    row.count += 1;
    row.amountMinor += amountMinor;
  };
  const states = { post: "posted", update: "changed", reverse: "reversed" } as const;
  for (const line of lines) add(states[line.verb], line);
  for (const line of inFlight) add("in-flight", line);
  return [...rows]
    .sort(([a], [b]) => byText(a, b))
    .map(([key, sums]) => {
      const [target, document, currency, state] = key.split("\u0000");
      return { target, document, currency, state, ...sums };
    });
};
