/**
 * An account's entries in the currency that each legal entity's books are kept in. What an invoice brought keeps the rate of its day
 * until it is gone, to the last minor unit; cash has the rate of its own day, and what that makes more or less is a realized gain or
 * loss. Rates are evidence, with their source and date on every line; where there is none, nothing is guessed. *Pure.*
 */
import { effectOf, type JournalLine, normalSide, type Role } from "../accounting/entry.ts";
import { convert, type ExchangeRate, rateOn } from "../accounting/exchange.ts";
import type { Day } from "../calendar/day.ts";
import { sumMinor } from "../money.ts";
import { multiply, ratio, roundMinor } from "../rating/rational.ts";
import type { BookEntry } from "./entry.ts";
import type { Unstated } from "./unstated.ts";

/** Accounts with a balance: they are relieved of what they carry. Everything else is converted and done with. */
const carries: ReadonlySet<Role> = new Set([
  "AccountsReceivable",
  "UnbilledReceivable",
  "DueFrom",
  "DueTo",
  "DeferredRevenue",
  "TaxPayable",
  "CustomerCredits",
]);

interface Carried {
  openMinor: number;
  carriedMinor: number;
}

export interface Translated {
  readonly entries: ReadonlyArray<BookEntry>;
  readonly unstated: ReadonlyArray<Unstated>;
}

export const inFunctional = (
  entries: ReadonlyArray<BookEntry>,
  functional: Readonly<Record<string, string>>,
  rates: ReadonlyArray<ExchangeRate>,
): Translated => {
  const unstated: Unstated[] = [];
  const carried = new Map<string, Carried>();
  const billedOn = new Map<string, Day>();
  for (const { kind, source, date } of entries) if (kind === "invoice") billedOn.set(source, date);
  const translated = entries.flatMap((entry): ReadonlyArray<BookEntry> => {
    const { entity, currency } = entry;
    const into = Object.hasOwn(functional, entity) ? functional[entity]! : currency;
    if (into === currency) return [entry];
    const invoice = entry.lines.flatMap(({ dimensions }) => dimensions["invoice"] ?? [])[0] ?? entry.source;
    const base = rateOn(rates, currency, into, billedOn.get(invoice) ?? entry.date);
    const own = rateOn(rates, currency, into, entry.date);
    if (base === null || own === null) {
      const reason = `there is no rate of ${currency} in ${into} by ${billedOn.get(invoice) ?? entry.date}`;
      const amountMinor = sumMinor(entry.lines.flatMap((line) => (line.side === "debit" ? [line.amountMinor] : [])));
      unstated.push({ about: entry.id, reason, entity, currency, amountMinor });
      return [];
    }
    return [one(entry, into, base, own, carried)];
  });
  return { entries: translated, unstated };
};

const one = (
  entry: BookEntry,
  into: string,
  base: ExchangeRate,
  own: ExchangeRate,
  carried: Map<string, Carried>,
): BookEntry => {
  const { currency } = entry;
  const lines = entry.lines.map((line): JournalLine => {
    const rate = line.role === "Cash" ? own : base;
    const amountMinor = carries.has(line.role)
      ? relieve(carriedOf(carried, entry, line), effectOf(line), (minor) => convert(minor, currency, into, rate))
      : convert(effectOf(line), currency, into, rate);
    const dimensions = { ...line.dimensions, ...stated(rate) };
    return sided(line.role, amountMinor, dimensions);
  });
  const net = sumMinor(lines.map(({ side, amountMinor }) => (side === "debit" ? amountMinor : -amountMinor)));
  const moves = entry.lines.some(({ role }) => role === "Cash") && own !== base;
  const kept = moves ? [...lines, gainOrLoss(net, own)] : balanced(entry, lines, net, carried);
  return { ...entry, currency: into, lines: kept.filter(({ amountMinor }) => amountMinor !== 0) };
};

const stated = ({ base, quote, rate, source, date }: ExchangeRate) => ({
  rate: `${base}/${quote} ${rate}`,
  rateSource: source,
  rateDate: date,
});

/** Above zero it grows. */
const sided = (role: Role, amountMinor: number, dimensions: JournalLine["dimensions"]): JournalLine => {
  const grows = amountMinor >= 0;
  const side = grows === (normalSide[role] === "debit") ? "debit" : "credit";
  return { role, side, amountMinor: Math.abs(amountMinor), dimensions };
};

/** Debits that are too many are a gain. */
const gainOrLoss = (net: number, rate: ExchangeRate): JournalLine =>
  sided(net > 0 ? "FxGain" : "FxLoss", Math.abs(net), stated(rate));

const carriedOf = (carried: Map<string, Carried>, entry: BookEntry, { role, dimensions }: JournalLine): Carried => {
  const { line, invoice, payment, counterparty } = dimensions;
  // What is owed to the customer is one balance, wherever it came from and goes.
  const of = role === "CustomerCredits" ? "" : (line ?? counterparty ?? invoice ?? payment ?? entry.source);
  const key = [entry.entity, entry.currency, role, of].join("\u0000");
  const known = carried.get(key) ?? { openMinor: 0, carriedMinor: 0 };
  carried.set(key, known);
  return known;
};

/** What a movement is worth: what grows at the rate, what shrinks in proportion, the last of it all that is left. */
const relieve = (balance: Carried, minor: number, worth: (minor: number) => number): number => {
  const { openMinor, carriedMinor } = balance;
  const shrinks = openMinor !== 0 && openMinor > 0 !== minor > 0;
  const part = shrinks ? Math.min(Math.abs(minor), Math.abs(openMinor)) : 0;
  const relieved = part === 0 ? 0 : roundMinor(multiply(ratio(carriedMinor), ratio(part, Math.abs(openMinor))));
  const rest = minor > 0 ? minor - part : minor + part;
  const moved = (rest === 0 ? 0 : worth(rest)) - relieved;
  balance.openMinor = openMinor + minor;
  balance.carriedMinor = carriedMinor + moved;
  return moved;
};

/** Parts of a minor unit go to what is converted and done with, else to the greatest balance. */
const balanced = (
  entry: BookEntry,
  lines: ReadonlyArray<JournalLine>,
  net: number,
  carried: Map<string, Carried>,
): ReadonlyArray<JournalLine> => {
  if (net === 0) return lines;
  const order = lines
    .map((line, index) => ({ line, index }))
    .sort((a, b) => {
      const first = Number(carries.has(a.line.role)) - Number(carries.has(b.line.role));
      return first || b.line.amountMinor - a.line.amountMinor || a.index - b.index;
    });
  const { line, index } = order[0]!;
  const change = normalSide[line.role] === "debit" ? -net : net;
  if (carries.has(line.role)) carriedOf(carried, entry, entry.lines[index]!).carriedMinor += change;
  return lines.map((each, at) => (at === index ? sided(each.role, effectOf(each) + change, each.dimensions) : each));
};
