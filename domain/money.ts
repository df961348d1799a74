/**
 * Exact money: whole minor units with the exponent that ISO 4217 gives the currency. No floats, no rounding but by
 * largest remainder. *Pure.*
 */

const exponentOther = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
const exponentThree = "BHD IQD JOD KWD LYD OMR TND";
const exponentFour = "CLF UYW";
const exponentTwo =
  "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE " +
  "CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR " +
  "KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB " +
  "PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY " +
  "TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";

const exponents = new Map<string, number>();
for (const [codes, exponent] of [
  [exponentTwo, 2],
  [exponentOther, 0],
  [exponentThree, 3],
  [exponentFour, 4],
] as const) {
  for (const code of codes.split(" ")) exponents.set(code, exponent);
}

/** Digits after the decimal point, by ISO 4217; null for a code that is not an active currency there. */
export const exponentOf = (currency: string): number | null => exponents.get(currency) ?? null;

/** `12345, "USD"` → `"123.45"`. The currency must be known. */
export const toDecimal = (amountMinor: number, currency: string): string => {
  const exponent = known(currency);
  const sign = amountMinor < 0 ? "-" : "";
  const digits = String(Math.abs(whole(amountMinor))).padStart(exponent + 1, "0");
  return exponent === 0 ? sign + digits : `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
};

/** `"123.45", "USD"` → `12345`; null when the text is no decimal, finer than the currency, or past ±2^53. */
export const fromDecimal = (text: string, currency: string): number | null => {
  const exponent = known(currency);
  const match = /^(-?)(\d+)(?:\.(\d*))?$/.exec(text);
  if (!match) return null;
  const fraction = (match[3] ?? "").replace(/0+$/, "");
  if (fraction.length > exponent) return null;
  const minor = Number(`${match[2]}${fraction.padEnd(exponent, "0")}`);
  if (!Number.isSafeInteger(minor)) return null;
  return match[1] === "-" && minor !== 0 ? -minor : minor;
};

const whole = (amountMinor: number): number => {
  if (!Number.isSafeInteger(amountMinor))
    throw new RangeError(`money: ${amountMinor} is not a whole number of minor units`);
  return amountMinor;
};

const known = (currency: string): number => {
  const exponent = exponents.get(currency);
  if (exponent === undefined) throw new RangeError(`money: ${currency} is not an ISO 4217 currency`);
  return exponent;
};

const noMinorUnit = new Set("XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX".split(" "));

/** Like `exponentOf`, and 0 for the codes of ISO 4217 that have no minor unit: metals, funds, tests. For importers. */
export const minorUnitOf = (code: string): number | null => exponentOf(code) ?? (noMinorUnit.has(code) ? 0 : null);

/**
 * The one split of the project: largest remainder, ties to the earlier index, a weight of zero gets nothing. The parts sum to
 * the total, and a credit of a total splits as the mirror image of its charge. Weights are not negative and not all zero.
 */
export const splitMinor = (totalMinor: number, weights: ReadonlyArray<bigint>): ReadonlyArray<number> => {
  const sum = weights.reduce((all, weight) => all + weight, 0n);
  if (weights.some((weight) => weight < 0n)) throw new RangeError("money: a weight of a split is negative");
  if (sum === 0n) throw new RangeError("money: a split needs a weight above zero");
  const total = BigInt(Math.abs(whole(totalMinor)));
  const parts = weights.map((weight) => (total * weight) / sum);
  let left = Number(total - parts.reduce((all, part) => all + part, 0n));
  const byRemainder = weights
    .map((weight, index) => ({ index, rest: (total * weight) % sum }))
    .sort((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest > b.rest ? -1 : 1));
  for (const { index } of byRemainder) {
    if (left === 0) break;
    parts[index] = parts[index]! + 1n;
    left -= 1;
  }
  return parts.map((part) => (totalMinor < 0 && part !== 0n ? -Number(part) : Number(part)));
};

/** A sum that stays exact, or says that it does not. */
export const sumMinor = (amounts: Iterable<number>): number => {
  let sum = 0;
  for (const amount of amounts) sum = whole(sum + whole(amount));
  return sum;
};
