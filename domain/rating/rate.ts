/**
 * What a quantity costs under a charge, with its working. Everything is exact up to the end of the line, where the amount is
 * rounded once to the minor unit; the lines of the working are rounded together so that they sum to it. *Pure.*
 */
import { toDecimal } from "../money.ts";
import type { Charge, Price } from "./charge.ts";
import { percentage } from "./percentage.ts";
import {
  add,
  ceiling,
  compare,
  divide,
  greatest,
  isZero,
  majorOf,
  minorOf,
  multiply,
  negate,
  parse,
  type Rational,
  type Rounding,
  ratio,
  roundMinor,
  roundTogether,
  subtract,
  toText,
  total,
  zero,
} from "./rational.ts";
import { graduated, type PricedLine, packageOf, stairstep, volume } from "./tiers.ts";

/** Where in its period a line stands. The default is a line that is its whole period. */
export interface LinePlace {
  /** Units of the same period on earlier lines: tiers go on from there. */
  readonly position: Rational;
  /** Opens the period: bears the first tier's flat price. */
  readonly first: boolean;
  /** Closes the period: the minimum is made up here. */
  readonly last: boolean;
  /** What earlier lines of the period came to, exact, in major units. */
  readonly billedBefore: Rational;
}
export const wholePeriod: LinePlace = { position: zero, first: true, last: true, billedBefore: zero };

export interface RatedLine {
  readonly label: string;
  readonly quantity: string | null;
  readonly unitPrice: string | null;
  /** Major units, exact. */
  readonly exact: string;
  readonly amountMinor: number;
}

export interface Rated {
  readonly currency: string;
  readonly quantity: string;
  readonly amountMinor: number;
  readonly amount: string;
  /** Major units before rounding. */
  readonly exact: string;
  readonly rounding: Rounding;
  readonly lines: ReadonlyArray<RatedLine>;
}

/** The price of everything up to a quantity at or above zero. */
const upTo = (price: Price, quantity: Rational): ReadonlyArray<PricedLine> => {
  switch (price.model) {
    case "flat":
      return [{ label: "flat", quantity: null, unitPrice: null, amount: parse(price.amount) }];
    case "per_unit":
      return [
        { label: "units", quantity, unitPrice: parse(price.unit), amount: multiply(quantity, parse(price.unit)) },
      ];
    case "graduated":
      return graduated(price, zero, quantity, true);
    case "graduated_percentage": {
      const tiers = price.tiers.map((tier) => ({ ...tier, unit: percentText(tier.unit ?? 0) }));
      return graduated({ ...price, tiers }, zero, quantity, true);
    }
    case "volume":
      return volume(price, quantity);
    case "stairstep":
      return stairstep(price, quantity, price.overage === undefined ? null : parse(price.overage));
    case "package": {
      const counted = greatest(zero, subtract(quantity, parse(price.freeUnits ?? 0)));
      const packages = ratio(ceiling(divide(counted, packageOf(price.size))));
      const unitPrice = parse(price.price);
      return [
        {
          label: `packages of ${toText(parse(price.size))}`,
          quantity: packages,
          unitPrice,
          amount: multiply(packages, unitPrice),
        },
      ];
    }
    case "block": {
      const blocks = ratio(ceiling(divide(quantity, packageOf(price.size))));
      return price.mode === "volume" ? volume(price, blocks) : graduated(price, zero, blocks, true);
    }
    case "percentage":
      return percentage(price, isZero(quantity) ? [] : [quantity]);
  }
};
const percentText = (percent: string | number): string => toText(divide(parse(percent), ratio(100)));

const stretch = (charge: Charge, from: Rational, to: Rational, first: boolean): ReadonlyArray<PricedLine> => {
  const { price } = charge;
  if (price.model === "graduated" && compare(from, to) <= 0) return graduated(price, from, to, first);
  if (first && isZero(from)) return upTo(price, to);
  const before = upTo(price, from);
  const taken = negate(total(before.map(({ amount }) => amount)));
  const lines = [...upTo(price, to)];
  if (!isZero(taken))
    lines.push({ label: `charged before, up to ${toText(from)}`, quantity: null, unitPrice: null, amount: taken });
  return lines;
};

const billable = (charge: Charge, quantity: Rational): Rational =>
  greatest(zero, subtract(quantity, parse(charge.included ?? 0)));

const priced = (charge: Charge, quantity: Rational, place: LinePlace): ReadonlyArray<PricedLine> => {
  if (place.first && !isZero(place.position)) throw new RangeError("rating: the first line of a period has position 0");
  const end = add(place.position, quantity);
  if (charge.negative === "credit" && isZero(place.position) && compare(end, zero) < 0) {
    return upTo(charge.price, negate(end)).map((line) => ({
      ...line,
      label: `credit: ${line.label}`,
      amount: negate(line.amount),
    }));
  }
  return stretch(charge, billable(charge, place.position), billable(charge, end), place.first);
};

/** Minimum and maximum of the period, as lines of their own. */
const limits = (charge: Charge, lines: ReadonlyArray<PricedLine>, place: LinePlace): ReadonlyArray<PricedLine> => {
  const plain = (label: string, amount: Rational): PricedLine => ({ label, quantity: null, unitPrice: null, amount });
  const more: PricedLine[] = [];
  let sum = add(place.billedBefore, total(lines.map(({ amount }) => amount)));
  if (charge.maximum !== undefined && compare(sum, parse(charge.maximum)) > 0) {
    more.push(plain(`to the most of ${toText(parse(charge.maximum))}`, subtract(parse(charge.maximum), sum)));
    sum = parse(charge.maximum);
  }
  if (charge.minimum !== undefined && place.last && compare(sum, parse(charge.minimum)) < 0)
    more.push(plain(`to the least of ${toText(parse(charge.minimum))}`, subtract(parse(charge.minimum), sum)));
  return more;
};

export const finish = (
  currency: string,
  quantity: Rational,
  lines: ReadonlyArray<PricedLine>,
  rounding: Rounding,
): Rated => {
  const exacts = lines.map(({ amount }) => minorOf(amount, currency));
  const exact = total(exacts);
  const amountMinor = roundMinor(exact, rounding);
  const rounded = roundTogether(exacts, amountMinor);
  return {
    currency,
    quantity: toText(quantity),
    amountMinor,
    amount: toDecimal(amountMinor, currency),
    exact: toText(majorOf(exact, currency)),
    rounding,
    lines: lines.map((line, index) => ({
      label: line.label,
      quantity: line.quantity === null ? null : toText(line.quantity),
      unitPrice: line.unitPrice === null ? null : toText(line.unitPrice),
      exact: toText(line.amount),
      amountMinor: rounded[index]!,
    })),
  };
};

/** The exact sum of the lines, in major units: what later lines of the period take as billed before. */
export interface RatedExactly {
  readonly rated: Rated;
  readonly exact: Rational;
}

export const rateExactly = (
  charge: Charge,
  currency: string,
  quantity: Rational,
  place: LinePlace = wholePeriod,
): RatedExactly => {
  const base = priced(charge, quantity, place);
  const lines = [...base, ...limits(charge, base, place)];
  const exact = total(lines.map(({ amount }) => amount));
  return { rated: finish(currency, quantity, lines, charge.rounding ?? "half_up"), exact };
};

export const rate = (charge: Charge, currency: string, quantity: Rational, place: LinePlace = wholePeriod): Rated =>
  rateExactly(charge, currency, quantity, place).rated;

/** Single transactions in their order, for the percentage model; any other model prices their sum. */
export const rateTransactions = (
  charge: Charge,
  currency: string,
  amounts: ReadonlyArray<Rational>,
  place: LinePlace = wholePeriod,
): Rated => {
  if (charge.price.model !== "percentage") return rate(charge, currency, total(amounts), place);
  if (charge.included !== undefined)
    throw new RangeError("rating: percentage has freeTotal and freeEvents for what is free, not included");
  const base = percentage(charge.price, amounts);
  return finish(currency, total(amounts), [...base, ...limits(charge, base, place)], charge.rounding ?? "half_up");
};
