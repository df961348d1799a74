/** One price list over the use of several entities: priced once, then shared by use, to the last minor unit. *Pure.* */
import { splitMinor, toDecimal } from "../money.ts";
import type { Charge } from "./charge.ts";
import { type Rated, rate } from "./rate.ts";
import { compare, type Decimal, parse, type Rational, toText, total, zero } from "./rational.ts";

export interface PoolShare {
  readonly entity: string;
  readonly quantity: string;
  readonly amountMinor: number;
  readonly amount: string;
}
export interface Pooled {
  readonly rated: Rated;
  readonly shares: ReadonlyArray<PoolShare>;
}

/** Whole weights in the proportion of fractions. */
export const weightsOf = (parts: ReadonlyArray<Rational>): ReadonlyArray<bigint> => {
  const common = parts.reduce((all, { d }) => all * d, 1n);
  return parts.map(({ n, d }) => n * (common / d));
};

/** A fee that nobody's use caused is borne equally. Entities are sorted, so that their order in the input does not matter. */
export const ratePooled = (
  charge: Charge,
  currency: string,
  use: ReadonlyArray<{ readonly entity: string; readonly quantity: Decimal }>,
): Pooled => {
  const sorted = [...use].sort((a, b) => (a.entity < b.entity ? -1 : a.entity > b.entity ? 1 : 0));
  const quantities = sorted.map(({ quantity }) => parse(quantity));
  const low = sorted.find((_, index) => compare(quantities[index]!, zero) < 0);
  if (low) throw new RangeError(`rating: ${low.entity} has less than zero in the pool; correct its use first`);
  const sum = total(quantities);
  const rated = rate(charge, currency, sum);
  const weights = sum.n === 0n ? sorted.map(() => 1n) : weightsOf(quantities);
  const parts = sorted.length === 0 ? [] : splitMinor(rated.amountMinor, weights);
  const shares = sorted.map(({ entity }, index) => ({
    entity,
    quantity: toText(quantities[index]!),
    amountMinor: parts[index]!,
    amount: toDecimal(parts[index]!, currency),
  }));
  return { rated, shares };
};
