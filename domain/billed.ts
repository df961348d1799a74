/**
 * What invoices add up to, by currency: kept as the counts of an account are, by taking an invoice's old share away and adding its new
 * one, so that it costs the same with ten invoices and with a thousand. *Pure.*
 */
import type { InvoiceView } from "./group.ts";

/** Whole minor units. */
export interface Billed {
  /** Finalized invoices that are not void; one that vanishes takes its line with it. */
  readonly invoices: number;
  readonly billedMinor: number;
  /** Of these, what is neither settled nor credited. */
  readonly dueMinor: number;
}

/** By currency. */
export type BilledIn = Map<string, Billed>;

const none: Billed = { invoices: 0, billedMinor: 0, dueMinor: 0 };

const add = (into: BilledIn, currency: string, more: Billed, by: 1 | -1): void => {
  const had = into.get(currency) ?? none;
  const invoices = had.invoices + by * more.invoices;
  if (invoices === 0) into.delete(currency);
  else
    into.set(currency, {
      invoices,
      billedMinor: had.billedMinor + by * more.billedMinor,
      dueMinor: had.dueMinor + by * more.dueMinor,
    });
};

export const addInvoice = (into: BilledIn, view: InvoiceView | null, by: 1 | -1): void => {
  if (view === null || view.cash === "none") return;
  const { data, money } = view;
  const dueMinor = Math.max(0, data.totalMinor - money.settledMinor - money.creditsMinor);
  add(into, data.currency, { invoices: 1, billedMinor: data.totalMinor, dueMinor }, by);
};

/** In the order of the codes. */
export type BilledSum = ReadonlyArray<Omit<Billed, "invoices"> & { readonly currency: string }>;

/** Of several parties. */
export const sumBilled = (parts: ReadonlyArray<BilledIn>): BilledSum => {
  const sum: BilledIn = new Map();
  for (const part of parts) for (const [currency, billed] of part) add(sum, currency, billed, 1);
  return [...sum]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, { billedMinor, dueMinor }]) => ({ currency, billedMinor, dueMinor }));
};
