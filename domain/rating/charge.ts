/** The charge models as data: what a contract says a quantity costs. Prices are decimals in major units. *Pure.* */
import * as Schema from "effect/Schema";
import { field, optionalField } from "../field.ts";
import { Decimal, Rounding } from "./rational.ts";

/** One step of a price list. Either price may be left out; then it is zero. */
export const Tier = Schema.Struct({
  upTo: field(
    Schema.NullOr(Decimal),
    "inclusive upper bound, or the tier's width under `bounds` `width`; null: no end",
  ),
  unit: optionalField(Decimal, "for each unit, or for each package under `size`; default 0"),
  flat: optionalField(Decimal, "for reaching the tier; default 0"),
  size: optionalField(Decimal, "units to a package: those within the tier are charged by started packages"),
});
export type Tier = typeof Tier.Type;

const tiered = {
  tiers: field(Schema.Array(Tier).pipe(Schema.minItems(1)), "the price list, in ascending order"),
  bounds: optionalField(
    Schema.Literal("upTo", "width"),
    "whether `upTo` is counted from zero (default `upTo`) or from the end of the tier before",
  ),
  flatAtZero: optionalField(
    Schema.Boolean,
    "whether the first tier's flat price is charged when nothing was used; default true",
  ),
};

export const Price = Schema.Union(
  Schema.Struct({ model: Schema.Literal("flat"), amount: field(Decimal, "whatever was used") }),
  Schema.Struct({ model: Schema.Literal("per_unit"), unit: field(Decimal, "for each unit") }),
  /** Each unit at the price of the tier that it falls in. */
  Schema.Struct({ model: Schema.Literal("graduated"), ...tiered }),
  /** All units at the price of the tier that the whole quantity reaches. */
  Schema.Struct({ model: Schema.Literal("volume"), ...tiered }),
  /** The flat price of the tier reached; past the last bounded tier each unit at `overage`. */
  Schema.Struct({
    model: Schema.Literal("stairstep"),
    ...tiered,
    overage: optionalField(Decimal, "for each unit past the last bounded tier"),
  }),
  /** A started package is charged whole; free units are taken off before packages are counted. */
  Schema.Struct({
    model: Schema.Literal("package"),
    size: field(Decimal, "units to a package or block"),
    price: field(Decimal, "for a package"),
    freeUnits: optionalField(Decimal, "units that are free"),
  }),
  /** Started blocks of units, priced by tiers of blocks. */
  Schema.Struct({
    model: Schema.Literal("block"),
    size: field(Decimal, "units to a package or block"),
    mode: optionalField(
      Schema.Literal("graduated", "volume"),
      "how the tiers of blocks are priced; default `graduated`",
    ),
    ...tiered,
  }),
  /** A share of each transaction's amount and a fixed fee for it. An event is free while both allowances last. */
  Schema.Struct({
    model: Schema.Literal("percentage"),
    ratePercent: field(Decimal, "of each transaction's amount, in percent"),
    fixedPerEvent: optionalField(Decimal, "fee of each transaction; default 0"),
    freeEvents: optionalField(Schema.Int.pipe(Schema.nonNegative()), "so many first transactions are free"),
    freeTotal: optionalField(Decimal, "so much of the amounts is free"),
    minimumPerEvent: optionalField(Decimal, "the least for a transaction that is charged"),
    maximumPerEvent: optionalField(Decimal, "the most for a transaction that is charged"),
  }),
  /** Tiers over an amount of money, each with its share in percent as `unit`. */
  Schema.Struct({ model: Schema.Literal("graduated_percentage"), ...tiered }),
);
export type Price = typeof Price.Type;

export const Charge = Schema.Struct({
  price: field(Price, "the charge model with its prices"),
  included: optionalField(Decimal, "units that cost nothing, taken off before the price is looked up"),
  minimum: optionalField(Decimal, "the least that a period costs; what is missing is charged on its last line"),
  maximum: optionalField(Decimal, "the most that a period costs"),
  negative: optionalField(
    Schema.Literal("zero", "credit"),
    "whether a total below zero costs nothing (default `zero`) or is a credit at the price of its size",
  ),
  tierPosition: optionalField(
    Schema.Literal("carry", "restart"),
    "when the contract changes within a period: the new version goes on in the tiers (default `carry`) or begins again",
  ),
  rounding: optionalField(Rounding, "of the line, at its end; default `half_up`, away from zero"),
});
export type Charge = typeof Charge.Type;
