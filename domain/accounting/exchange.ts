/**
 * Amounts in two currencies: at a stated rate with its source and date, never added. Revenue keeps the rate of its invoice; what a
 * payment is worth more or less by then is a realized gain or loss. *Pure.*
 */
import * as Schema from "effect/Schema";
import { Day } from "../calendar/day.ts";
import {
  Decimal,
  divide,
  majorOf,
  minorOf,
  multiply,
  parse,
  type Rational,
  type Rounding,
  ratio,
  roundMinor,
} from "../rating/rational.ts";
import { entryOf, type JournalEntry, type Posting } from "./entry.ts";
import type { PeriodBook } from "./period.ts";

/** One unit of `base` is `rate` units of `quote`. */
export const ExchangeRate = Schema.Struct({
  base: Schema.String,
  quote: Schema.String,
  rate: Decimal,
  source: Schema.String,
  date: Day,
});
export type ExchangeRate = typeof ExchangeRate.Type;

/** Either way round, exactly; the currencies' own exponents. */
export const convert = (
  amountMinor: number,
  from: string,
  to: string,
  { base, quote, rate }: ExchangeRate,
  rounding: Rounding = "half_up",
): number => {
  if (from === to) return amountMinor;
  const factor: Rational | null =
    from === base && to === quote ? parse(rate) : from === quote && to === base ? divide(ratio(1), parse(rate)) : null;
  if (factor === null) throw new RangeError(`exchange: a rate of ${base} in ${quote} does not turn ${from} into ${to}`);
  if (factor.n <= 0n) throw new RangeError(`exchange: the rate ${rate} of ${base} in ${quote} is not above zero`);
  return roundMinor(minorOf(multiply(majorOf(ratio(amountMinor), from), factor), to), rounding);
};

/** The newest rate at or before a date; null when there is none. */
export const rateOn = (rates: ReadonlyArray<ExchangeRate>, a: string, b: string, day: Day): ExchangeRate | null =>
  rates
    .filter(({ base, quote, date }) => date <= day && ((base === a && quote === b) || (base === b && quote === a)))
    .sort((x, y) => (x.date < y.date ? -1 : x.date > y.date ? 1 : x.source < y.source ? -1 : 1))
    .at(-1) ?? null;

/** A receivable in its own currency, and what the books carry for it. */
export interface Carried {
  readonly currency: string;
  readonly openMinor: number;
  readonly functional: string;
  readonly carriedMinor: number;
}

export interface Settlement {
  readonly cashMinor: number;
  /** What the books carried for the part that is paid. */
  readonly relievedMinor: number;
  /** Above zero a gain. */
  readonly realizedMinor: number;
  readonly rest: Carried;
}

/** Part payments relieve what is carried in proportion; the last one takes all that is left of it. */
export const settle = (carried: Carried, paidMinor: number, rate: ExchangeRate): Settlement => {
  if (paidMinor <= 0 || paidMinor > carried.openMinor)
    throw new RangeError(`exchange: ${paidMinor} of an open ${carried.openMinor} ${carried.currency} cannot be paid`);
  const cashMinor = convert(paidMinor, carried.currency, carried.functional, rate);
  const relievedMinor = roundMinor(multiply(ratio(carried.carriedMinor), ratio(paidMinor, carried.openMinor)));
  const rest = {
    ...carried,
    openMinor: carried.openMinor - paidMinor,
    carriedMinor: carried.carriedMinor - relievedMinor,
  };
  return { cashMinor, relievedMinor, realizedMinor: cashMinor - relievedMinor, rest };
};

export interface SettledHead {
  readonly id: string;
  readonly entity: string;
  readonly date: Day;
  readonly source: string;
}

/** A payment in the books' currency. The rate stands in the dimensions of the lines that it made. */
export const settlementEntry = (
  head: SettledHead,
  carried: Carried,
  paidMinor: number,
  rate: ExchangeRate,
  book?: PeriodBook,
): { readonly entry: JournalEntry | null; readonly settlement: Settlement } => {
  const settlement = settle(carried, paidMinor, rate);
  const { realizedMinor } = settlement;
  const dimensions = { rate: `${rate.base}/${rate.quote} ${rate.rate}`, rateSource: rate.source, rateDate: rate.date };
  const postings: ReadonlyArray<Posting> = [
    { role: "Cash", amountMinor: settlement.cashMinor, dimensions },
    { role: "AccountsReceivable", amountMinor: -settlement.relievedMinor },
    { role: "FxLoss", amountMinor: Math.max(0, -realizedMinor), dimensions },
    { role: "FxGain", amountMinor: Math.max(0, realizedMinor), dimensions },
  ];
  return { entry: entryOf({ ...head, kind: "payment", currency: carried.functional }, postings, book), settlement };
};

/** An entry of another currency in the books' own: receivable, or whatever line is greatest, bears the parts of a minor unit. */
export const translate = (entry: JournalEntry, functional: string, rate: ExchangeRate): JournalEntry => {
  if (entry.currency === functional) return entry;
  const dimensions = { rate: `${rate.base}/${rate.quote} ${rate.rate}`, rateSource: rate.source, rateDate: rate.date };
  const lines = entry.lines.map((line) => ({
    ...line,
    amountMinor: convert(line.amountMinor, entry.currency, functional, rate),
    dimensions: { ...line.dimensions, ...dimensions },
  }));
  const net = lines.reduce((sum, { side, amountMinor }) => sum + (side === "debit" ? amountMinor : -amountMinor), 0);
  const greatest = lines.reduce((at, line, index) => (line.amountMinor > lines[at]!.amountMinor ? index : at), 0);
  const balanced = lines.map((line, index) =>
    index === greatest ? { ...line, amountMinor: line.amountMinor + (line.side === "debit" ? -net : net) } : line,
  );
  return { ...entry, currency: functional, lines: balanced.filter(({ amountMinor }) => amountMinor !== 0) };
};
