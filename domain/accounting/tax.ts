/** Tax beside a net amount or inside a gross one. Each tax is rounded once, on its line or on the document's sum. It is never revenue. *Pure.* */
import * as Schema from "effect/Schema";
import { splitMinor, sumMinor } from "../money.ts";
import {
  add,
  Decimal,
  divide,
  multiply,
  one,
  parse,
  type Rational,
  type Rounding,
  ratio,
  roundMinor,
  total,
} from "../rating/rational.ts";

export const TaxRate = Schema.Struct({ id: Schema.String, percent: Decimal });
export type TaxRate = typeof TaxRate.Type;

export interface TaxedLine {
  readonly netMinor: number;
  readonly taxes: ReadonlyArray<{ readonly id: string; readonly amountMinor: number }>;
  readonly grossMinor: number;
}
export interface Taxed {
  readonly netMinor: number;
  readonly taxMinor: number;
  readonly grossMinor: number;
  readonly lines: ReadonlyArray<TaxedLine>;
}
export interface TaxRule {
  readonly rates: ReadonlyArray<TaxRate>;
  /** The amounts given contain their tax. */
  readonly inclusive: boolean;
  /** Where a tax is rounded. On the document the lines share its amount by largest remainder. Default: line. */
  readonly roundAt?: "line" | "document";
  readonly rounding?: Rounding;
}

const rateOf = ({ percent }: TaxRate): Rational => divide(parse(percent), ratio(100));

/** Amounts of lines in minor units, all of one sign. */
export const taxOn = (amounts: ReadonlyArray<number>, rule: TaxRule): Taxed => {
  const { rates, inclusive, roundAt = "line", rounding = "half_up" } = rule;
  const all = total(rates.map(rateOf));
  const shares = rates.map((rate) => (inclusive ? divide(rateOf(rate), add(one, all)) : rateOf(rate)));
  const taxes = shares.map((share) => {
    if (roundAt === "line") return amounts.map((amount) => roundMinor(multiply(ratio(amount), share), rounding));
    const whole = roundMinor(multiply(ratio(sumMinor(amounts)), share), rounding);
    return amounts.length === 0 || amounts.every((amount) => amount === 0)
      ? amounts.map(() => 0)
      : splitMinor(
          whole,
          amounts.map((amount) => BigInt(Math.abs(amount))),
        );
  });
  const lines = amounts.map((amount, index): TaxedLine => {
    const own = rates.map(({ id }, at) => ({ id, amountMinor: taxes[at]![index]! }));
    const taxMinor = sumMinor(own.map(({ amountMinor }) => amountMinor));
    const netMinor = inclusive ? amount - taxMinor : amount;
    return { netMinor, taxes: own, grossMinor: netMinor + taxMinor };
  });
  const netMinor = sumMinor(lines.map((line) => line.netMinor));
  const grossMinor = sumMinor(lines.map((line) => line.grossMinor));
  return { netMinor, taxMinor: grossMinor - netMinor, grossMinor, lines };
};
