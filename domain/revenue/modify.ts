/**
 * Contract modifications (ASC 606-10-25-10 to 13, IFRS 15.18 to 21): a separate contract, the rest of the old one together with the
 * new from now on, or a catch-up of what was earned so far. *Pure.*
 */
import * as Schema from "effect/Schema";
import { currencyField, field, optionalField } from "../field.ts";
import { toDecimal } from "../money.ts";
import {
  add,
  compare,
  Decimal,
  divide,
  isZero,
  minorOf,
  multiply,
  one,
  parse,
  type Rational,
  roundMinor,
  subtract,
  toText,
  zero,
} from "../rating/rational.ts";

export const Treatment = Schema.Literal("separate", "prospective", "catch_up");
export type Treatment = typeof Treatment.Type;

const Facts = Schema.Struct({
  addedDistinct: field(Schema.Boolean, "what is added is distinct from what was promised; irrelevant when nothing is"),
  addedAtStandalonePrice: field(
    Schema.Boolean,
    "its price is its standalone selling price, adjusted for this contract",
  ),
  remainingDistinct: field(Schema.Boolean, "what remains is distinct from what was delivered"),
});

/** The decision table of the standard. */
export const treatmentOf = (facts: typeof Facts.Type): Treatment =>
  facts.addedDistinct && facts.addedAtStandalonePrice
    ? "separate"
    : facts.remainingDistinct
      ? "prospective"
      : "catch_up";

const common = {
  currency: currencyField,
  treatment: optionalField(Treatment, "how the change is accounted for; this or `facts`"),
  facts: optionalField(Facts, "what decides the treatment (ASC 606-10-25-12 and 13)"),
};

/** Goods or services counted in units, or in the periods of a series: `delivered` of them at the old price. */
const Units = Schema.Struct({
  ...common,
  units: field(Decimal, "promised at first: goods, or periods of a series"),
  unitPrice: field(Decimal, "of one of them"),
  delivered: field(Decimal, "of them, before the change"),
  addedUnits: field(Decimal, "added by the change; 0: none"),
  addedUnitPrice: optionalField(Decimal, "of one of the added; this or `addedPrice`"),
  addedPrice: optionalField(Decimal, "of all that is added"),
  remainingUnitPrice: optionalField(Decimal, "new price of the units that remain; default: as it was"),
  creditForDelivered: optionalField(
    Decimal,
    "credit for what was delivered already: reduces revenue at once and is no part of the new price",
  ),
});

/** One promise fulfilled over time, by a measure of progress between 0 and 1, as a decimal or as done and whole. */
const Progress = Schema.Union(
  Decimal,
  Schema.Struct({ done: field(Decimal, "done so far, in any unit"), whole: field(Decimal, "all of it") }),
);
const OverTime = Schema.Struct({
  ...common,
  price: field(Decimal, "of the promise before the change"),
  progressBefore: field(Progress, "between 0 and 1, or as done and whole"),
  addedPrice: field(Decimal, "what the change adds to the price; below zero takes away"),
  progressAfter: field(Progress, "the same progress, measured against the changed promise"),
  recognized: optionalField(Decimal, "revenue so far; default: the price by the progress before"),
});

/** The forms of `tieout calc modify`. State the treatment, or the facts that decide it. */
export const modifyInputs = { units: Units, overTime: OverTime };
export type ModifyInput = typeof Units.Type | typeof OverTime.Type;

export interface ModifyLine {
  readonly label: string;
  readonly units: string | null;
  readonly perUnit: string | null;
  readonly exact: string;
  readonly amountMinor: number;
}
export interface Modified {
  readonly currency: string;
  readonly treatment: Treatment;
  readonly recognizedBeforeMinor: number;
  /** Revenue of the day of the change. */
  readonly adjustmentMinor: number;
  /** Still to be earned, old and new. */
  readonly remainingMinor: number;
  readonly totalMinor: number;
  readonly total: string;
  readonly lines: ReadonlyArray<ModifyLine>;
}

const treatment = (input: ModifyInput): Treatment => {
  if (input.treatment !== undefined) return input.treatment;
  if (input.facts === undefined) throw new RangeError("modification: state the treatment, or the facts that decide it");
  return treatmentOf(input.facts);
};

interface Amount {
  readonly label: string;
  readonly units: Rational | null;
  readonly perUnit: Rational | null;
  readonly amount: Rational;
}

const answer = (
  input: ModifyInput,
  parts: { readonly before: Rational; readonly adjustment: Rational; readonly remaining: Rational },
  lines: ReadonlyArray<Amount>,
): Modified => {
  const { currency } = input;
  const minor = (major: Rational): number => roundMinor(minorOf(major, currency));
  const totalMinor = minor(add(add(parts.before, parts.adjustment), parts.remaining));
  const recognizedBeforeMinor = minor(parts.before);
  const adjustmentMinor = minor(add(parts.before, parts.adjustment)) - recognizedBeforeMinor;
  return {
    currency,
    treatment: treatment(input),
    recognizedBeforeMinor,
    adjustmentMinor,
    remainingMinor: totalMinor - recognizedBeforeMinor - adjustmentMinor,
    totalMinor,
    total: toDecimal(totalMinor, currency),
    lines: lines.map(({ label, units, perUnit, amount }) => ({
      label,
      units: units === null ? null : toText(units),
      perUnit: perUnit === null ? null : toText(perUnit),
      exact: toText(amount),
      amountMinor: minor(amount),
    })),
  };
};

const counted = (label: string, units: Rational, perUnit: Rational): Amount => ({
  label,
  units,
  perUnit,
  amount: multiply(units, perUnit),
});

/** Of all that is added, stated or by the unit. */
const priceOfAdded = ({ addedPrice, addedUnitPrice }: typeof Units.Type, added: Rational): Rational => {
  if ((addedPrice === undefined) === (addedUnitPrice === undefined))
    throw new RangeError("modification: state either addedUnitPrice or addedPrice");
  return addedPrice === undefined ? multiply(added, parse(addedUnitPrice!)) : parse(addedPrice);
};
const perUnitOf = (price: Rational, units: Rational): Rational | null => (isZero(units) ? null : divide(price, units));

const byUnits = (input: typeof Units.Type): Modified => {
  const [units, price, done] = [parse(input.units), parse(input.unitPrice), parse(input.delivered)];
  const added = parse(input.addedUnits);
  const addedPrice = priceOfAdded(input, added);
  if (compare(done, units) > 0) throw new RangeError("modification: more was delivered than was promised");
  const left = subtract(units, done);
  const leftPrice = input.remainingUnitPrice === undefined ? price : parse(input.remainingUnitPrice);
  const credit = parse(input.creditForDelivered ?? 0);
  const delivered = counted("delivered before the change", done, price);
  const credited: ReadonlyArray<Amount> =
    credit.n === 0n
      ? []
      : [{ label: "credit for what was delivered", units: null, perUnit: null, amount: subtract(zero, credit) }];
  const before = delivered.amount;
  switch (treatment(input)) {
    case "separate": {
      const lines = [
        counted("remaining of the original contract", left, leftPrice),
        { label: "the added contract", units: added, perUnit: perUnitOf(addedPrice, added), amount: addedPrice },
      ];
      const remaining = add(lines[0]!.amount, lines[1]!.amount);
      return answer(input, { before, adjustment: subtract(zero, credit), remaining }, [
        delivered,
        ...credited,
        ...lines,
      ]);
    }
    case "prospective": {
      const remaining = add(multiply(left, leftPrice), addedPrice);
      const rest = add(left, added);
      if (rest.n === 0n) throw new RangeError("modification: nothing remains to spread the price over; use catch_up");
      const line = counted("remaining and added, at one price", rest, divide(remaining, rest));
      return answer(input, { before, adjustment: subtract(zero, credit), remaining }, [delivered, ...credited, line]);
    }
    case "catch_up": {
      const whole = subtract(add(add(before, multiply(left, leftPrice)), addedPrice), credit);
      const all = add(units, added);
      const perUnit = divide(whole, all);
      const adjustment = subtract(multiply(done, perUnit), before);
      const caught = {
        label: "catch-up for what was delivered",
        units: done,
        perUnit: subtract(perUnit, price),
        amount: adjustment,
      };
      const rest = counted("remaining and added, at one price", subtract(all, done), perUnit);
      return answer(input, { before, adjustment, remaining: rest.amount }, [delivered, caught, rest]);
    }
  }
};

const progressOf = (progress: typeof Progress.Type): Rational => {
  const share = typeof progress === "object" ? divide(parse(progress.done), parse(progress.whole)) : parse(progress);
  if (compare(share, zero) < 0 || compare(share, one) > 0)
    throw new RangeError(`modification: a progress of ${toText(share)} is not between 0 and 1`);
  return share;
};

const overTime = (input: typeof OverTime.Type): Modified => {
  const [price, added] = [parse(input.price), parse(input.addedPrice)];
  const before =
    input.recognized === undefined ? multiply(price, progressOf(input.progressBefore)) : parse(input.recognized);
  const plain = (label: string, amount: Rational): Amount => ({ label, units: null, perUnit: null, amount });
  const recognized = plain("recognized before the change", before);
  if (treatment(input) === "catch_up") {
    const progress = progressOf(input.progressAfter);
    const whole = add(price, added);
    const earned = multiply(whole, progress);
    const adjustment = subtract(earned, before);
    return answer(input, { before, adjustment, remaining: subtract(whole, earned) }, [
      recognized,
      plain(`catch-up to ${toText(progress)} of ${toText(whole)}`, adjustment),
      plain("remaining", subtract(whole, earned)),
    ]);
  }
  const rest = subtract(price, before);
  return answer(input, { before, adjustment: zero, remaining: add(rest, added) }, [
    recognized,
    plain("remaining of the original price", rest),
    plain(treatment(input) === "separate" ? "the added contract" : "added, spread with what remains", added),
  ]);
};

export const modify = (input: ModifyInput): Modified => ("units" in input ? byUnits(input) : overTime(input));
