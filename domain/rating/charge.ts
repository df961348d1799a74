/** The charge models as data: what a contract says a quantity costs. Prices are decimals in major units. *Pure.* */
import * as Schema from "effect/Schema";
import { Decimal, Rounding } from "./rational.ts";

/** One step of a price list. Either price may be left out; then it is zero. */
export const Tier = Schema.Struct({
  /** Inclusive upper bound, or the tier's width under `bounds: "width"`; null: no end. */
  upTo: Schema.NullOr(Decimal),
  unit: Schema.optional(Decimal),
  flat: Schema.optional(Decimal),
});
export type Tier = typeof Tier.Type;

const tiered = {
  tiers: Schema.Array(Tier).pipe(Schema.minItems(1)),
  /** Whether `upTo` is counted from zero (the default) or from the end of the tier before. */
  bounds: Schema.optional(Schema.Literal("upTo", "width")),
  /** The first tier's flat price is charged also when nothing was used. Default: true. */
  flatAtZero: Schema.optional(Schema.Boolean),
};

export const Price = Schema.Union(
  Schema.Struct({ model: Schema.Literal("flat"), amount: Decimal }),
  Schema.Struct({ model: Schema.Literal("per_unit"), unit: Decimal }),
  /** Each unit at the price of the tier that it falls in. */
  Schema.Struct({ model: Schema.Literal("graduated"), ...tiered }),
  /** All units at the price of the tier that the whole quantity reaches. */
  Schema.Struct({ model: Schema.Literal("volume"), ...tiered }),
  /** The flat price of the tier reached; past the last bounded tier each unit at `overage`. */
  Schema.Struct({ model: Schema.Literal("stairstep"), ...tiered, overage: Schema.optional(Decimal) }),
  /** A started package is charged whole; free units are taken off before packages are counted. */
  Schema.Struct({
    model: Schema.Literal("package"),
    size: Decimal,
    price: Decimal,
    freeUnits: Schema.optional(Decimal),
  }),
  /** Started blocks of units, priced by tiers of blocks. */
  Schema.Struct({
    model: Schema.Literal("block"),
    size: Decimal,
    mode: Schema.optional(Schema.Literal("graduated", "volume")),
    ...tiered,
  }),
  /** A share of each transaction's amount and a fixed fee for it. An event is free while both allowances last. */
  Schema.Struct({
    model: Schema.Literal("percentage"),
    ratePercent: Decimal,
    fixedPerEvent: Schema.optional(Decimal),
    freeEvents: Schema.optional(Schema.Int.pipe(Schema.nonNegative())),
    freeTotal: Schema.optional(Decimal),
    minimumPerEvent: Schema.optional(Decimal),
    maximumPerEvent: Schema.optional(Decimal),
  }),
  /** Tiers over an amount of money, each with its share in percent as `unit`. */
  Schema.Struct({ model: Schema.Literal("graduated_percentage"), ...tiered }),
);
export type Price = typeof Price.Type;

export const Charge = Schema.Struct({
  price: Price,
  /** Units that cost nothing, taken off before the price is looked up. */
  included: Schema.optional(Decimal),
  /** The least that a period costs; what is missing is charged on its last line. */
  minimum: Schema.optional(Decimal),
  /** The most that a period costs. */
  maximum: Schema.optional(Decimal),
  /** A total below zero costs nothing (the default), or is a credit at the price of its size. */
  negative: Schema.optional(Schema.Literal("zero", "credit")),
  /** When the contract changes within a period: the new version goes on in the tiers (the default), or begins again. */
  tierPosition: Schema.optional(Schema.Literal("carry", "restart")),
  rounding: Schema.optional(Rounding),
});
export type Charge = typeof Charge.Type;
