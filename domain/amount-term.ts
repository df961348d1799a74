/** Amounts as words of the search index: `amount 300.00 usd`. What a person types leads to the words that it may mean. *Pure.* */
import { exponentOf, toDecimal } from "./money.ts";

const exponents = [0, 2, 3, 4];

/** Null: of a currency whose minor units nobody knows. */
export const amountTerm = (amountMinor: number, currency: string): string | null =>
  exponentOf(currency) === null || !Number.isSafeInteger(amountMinor)
    ? null
    : `amount ${toDecimal(Math.abs(amountMinor), currency)} ${currency.toLowerCase()}`;

/** Of an object as a system reports it: its total or its amount; null: it has none. */
export const amountTermOf = (data: object): string | null => {
  const { currency, totalMinor, amountMinor } = data as Readonly<Record<string, unknown>>;
  const minor = totalMinor ?? amountMinor;
  return typeof currency === "string" && typeof minor === "number" ? amountTerm(minor, currency) : null;
};

const typed = /^(?:([a-z]{3})\s*)?[$€£¥]?\s*(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,4}))?\s*(?:([a-z]{3})|[$€£¥])?$/i;

/** How the words begin that an amount may be kept under: `1,200` → `amount 1200 `, `amount 1200.00 ` …; none: it is no amount. */
export const amountWords = (text: string): ReadonlyArray<string> => {
  const match = typed.exec(text.trim());
  if (match === null) return [];
  const [, before, whole, fraction = "", after] = match;
  const digits = whole!.replaceAll(",", "").replace(/^0+(?=\d)/, "");
  const currency = (before ?? after ?? "").toLowerCase();
  return exponents
    .filter((exponent) => exponent >= fraction.length)
    .map((exponent) => {
      const part = exponent === 0 ? "" : `.${fraction.padEnd(exponent, "0")}`;
      return `amount ${digits}${part} ${currency}`;
    });
};
