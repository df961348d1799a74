/**
 * Exact fractions of whole numbers: unit prices below the minor unit, day fractions and rates stay exact until the one place
 * where an amount is rounded. *Pure.*
 */
import * as Schema from "effect/Schema";
import { exponentOf } from "../money.ts";

/** In lowest terms, `d` above zero. */
export interface Rational {
  readonly n: bigint;
  readonly d: bigint;
}

/** `half_up` goes away from zero at the half, so that a credit mirrors its charge; `up` and `down` are away from and towards zero. */
export const Rounding = Schema.Literal("half_up", "half_even", "half_down", "up", "down");
export type Rounding = typeof Rounding.Type;

/** A decimal as text, or a whole number: what a JSON input may use for quantities, prices and amounts in major units. */
export const Decimal = Schema.Union(
  Schema.String.pipe(Schema.pattern(/^-?\d{1,30}(\.\d{1,30})?$/)),
  Schema.Int.pipe(Schema.filter((n) => Number.isSafeInteger(n))),
).annotations({
  identifier: "Decimal",
  message: () => ({ message: "Expected a decimal in quotes, such as a price, or a whole number", override: true }),
});
export type Decimal = typeof Decimal.Type;

const gcd = (a: bigint, b: bigint): bigint => {
  let [x, y] = [a < 0n ? -a : a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
};

export const ratio = (n: bigint | number, d: bigint | number = 1n): Rational => {
  const [top, bottom] = [BigInt(n), BigInt(d)];
  if (bottom === 0n) throw new RangeError("rational: the denominator is zero");
  if (bottom === 1n) return { n: top, d: 1n };
  const by = gcd(top, bottom < 0n ? -bottom : bottom) * (bottom < 0n ? -1n : 1n);
  return { n: top / by, d: bottom / by };
};

export const zero: Rational = { n: 0n, d: 1n };
export const one: Rational = { n: 1n, d: 1n };

/** `"12.50"` or `12`. Throws on what is no decimal. */
export const parse = (value: Decimal): Rational => {
  if (typeof value === "number") return ratio(value);
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value);
  if (!match) throw new RangeError(`rational: "${value}" is not a decimal`);
  const fraction = match[3] ?? "";
  const digits = BigInt(`${match[2]}${fraction}`);
  return ratio(match[1] === "-" ? -digits : digits, 10n ** BigInt(fraction.length));
};

export const add = (a: Rational, b: Rational): Rational =>
  a.d === b.d ? ratio(a.n + b.n, a.d) : ratio(a.n * b.d + b.n * a.d, a.d * b.d);
export const negate = (a: Rational): Rational => ({ n: -a.n, d: a.d });
export const subtract = (a: Rational, b: Rational): Rational => add(a, negate(b));
export const multiply = (a: Rational, b: Rational): Rational => ratio(a.n * b.n, a.d * b.d);
export const divide = (a: Rational, b: Rational): Rational => ratio(a.n * b.d, a.d * b.n);
export const total = (all: Iterable<Rational>): Rational => {
  let sum = zero;
  for (const each of all) sum = add(sum, each);
  return sum;
};

export const compare = (a: Rational, b: Rational): number => {
  const difference = a.n * b.d - b.n * a.d;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};
export const least = (a: Rational, b: Rational): Rational => (compare(a, b) <= 0 ? a : b);
export const greatest = (a: Rational, b: Rational): Rational => (compare(a, b) >= 0 ? a : b);
export const isZero = (a: Rational): boolean => a.n === 0n;

export const floor = (a: Rational): bigint => (a.n >= 0n || a.n % a.d === 0n ? a.n / a.d : a.n / a.d - 1n);
export const ceiling = (a: Rational): bigint => -floor(negate(a));

export const round = (a: Rational, mode: Rounding = "half_up"): bigint => {
  const size = a.n < 0n ? -a.n : a.n;
  const [down, twice] = [size / a.d, (size % a.d) * 2n];
  const away =
    mode === "up"
      ? twice > 0n
      : mode === "down"
        ? false
        : twice > a.d || (twice === a.d && (mode === "half_up" || (mode === "half_even" && down % 2n === 1n)));
  const rounded = away ? down + 1n : down;
  return a.n < 0n ? -rounded : rounded;
};

/** Whole minor units as a safe integer. The argument counts minor units. */
export const roundMinor = (minor: Rational, mode: Rounding = "half_up"): number => {
  const rounded = Number(round(minor, mode));
  if (!Number.isSafeInteger(rounded)) throw new RangeError("rational: the amount is past 2^53 minor units");
  return rounded;
};

const scaleOf = (currency: string): bigint => {
  const exponent = exponentOf(currency);
  if (exponent === null)
    throw new RangeError(`money: ${currency} is not an ISO 4217 currency; use its code of three letters`);
  return 10n ** BigInt(exponent);
};

/** Major units of a currency as minor units, not rounded. */
export const minorOf = (major: Rational, currency: string): Rational => multiply(major, ratio(scaleOf(currency)));
export const majorOf = (minor: Rational, currency: string): Rational => divide(minor, ratio(scaleOf(currency)));

/** An amount in major units that must already be at the currency's precision. */
export const exactMinor = (amount: Decimal, currency: string): number => {
  const minor = minorOf(parse(amount), currency);
  if (minor.d !== 1n)
    throw new RangeError(`money: ${amount} is finer than ${currency} has minor units; round it first`);
  return roundMinor(minor);
};

/** With exactly this many digits after the point. */
export const toDigits = (a: Rational, digits: number, mode: Rounding = "half_up"): string => {
  const scaled = round(multiply(a, ratio(10n ** BigInt(digits))), mode);
  const text = String(scaled < 0n ? -scaled : scaled).padStart(digits + 1, "0");
  const sign = scaled < 0n ? "-" : "";
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
};

/** The exact value: a decimal where it ends, else `n/d`. */
export const toText = (a: Rational): string => {
  let [rest, digits] = [a.d, 0];
  for (const prime of [10n, 5n, 2n]) {
    while (rest % prime === 0n) {
      rest /= prime;
      digits += 1;
    }
  }
  return rest === 1n ? toDigits(a, digits) : `${a.n}/${a.d}`;
};

/** Whole minor units for parts whose exact values are known, so that they sum to `total`: floors, then the largest fractions first. */
export const roundTogether = (parts: ReadonlyArray<Rational>, totalMinor: number): ReadonlyArray<number> => {
  const floors = parts.map(floor);
  const left = BigInt(totalMinor) - floors.reduce((all, each) => all + each, 0n);
  if (left < 0n || left > BigInt(parts.length))
    throw new RangeError(`rational: ${totalMinor} is not what the parts round to together`);
  const order = parts
    .map((part, index) => ({ index, rest: subtract(part, ratio(floors[index]!)) }))
    .sort((a, b) => compare(b.rest, a.rest) || a.index - b.index);
  const raised = new Set(order.slice(0, Number(left)).map(({ index }) => index));
  return floors.map((each, index) => Number(raised.has(index) ? each + 1n : each));
};
