/**
 * What was agreed with a customer in prices: the contract with its items, the charges for use, where each is billed, and the
 * amendments made since; and the exchange rates of a day. Whole documents of the system that owns them (CPQ, billing, a data
 * warehouse); an amendment is an object of its own, so that it may arrive before what it amends. *Pure.*
 */
import * as Schema from "effect/Schema";
import { TaxRate } from "./accounting/tax.ts";
import { Cycle } from "./calendar/cycle.ts";
import { Day } from "./calendar/day.ts";
import { isZone } from "./calendar/zone.ts";
import { Amendment, Contract } from "./contract/contract.ts";
import { Currency, Instant, Subject } from "./event-leaf.ts";
import { Charge } from "./rating/charge.ts";
import { Grant } from "./rating/credits.ts";
import { Aggregation } from "./rating/meter.ts";
import { Decimal } from "./rating/rational.ts";
import { ChargeVersion, Moment } from "./rating/version.ts";

const orNull = <A, I>(schema: Schema.Schema<A, I>) => Schema.NullOr(schema);
const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true });

/** Where an item or a meter is billed, and under which taxes. */
export const Placement = Schema.Struct({
  /** The legal entity that bills it; null: that of the connection. */
  entity: orNull(Schema.String),
  /** Whose tax it is under: `DE`, `US-NY`. */
  jurisdiction: orNull(Schema.String),
  taxes: Schema.Array(TaxRate),
});
export type Placement = typeof Placement.Type;

/** What use of one meter costs: one version after the other, each from when it is in force. */
export const MeterTerms = Schema.Struct({
  meter: Schema.String,
  aggregation: Aggregation,
  /** What the charge is for, by the word that every system knows it by. */
  product: Schema.String,
  /** Periods of use; default: calendar months. */
  cycle: optional(Cycle),
  versions: Schema.Array(ChargeVersion).pipe(Schema.minItems(1)),
  /** What may be used of it in one period; more is an exception. */
  entitled: optional(Decimal),
});
export type MeterTerms = typeof MeterTerms.Type;

export const TermsData = Schema.Struct({
  status: Schema.Literal("draft", "active", "withdrawn"),
  /** `connection:sub_1`, the subscription in billing that fulfils it. */
  subscription: orNull(Schema.String.pipe(Schema.pattern(/^[^:\s]+:\S+$/))),
  /** Of its dates and periods. */
  timeZone: Schema.String.pipe(Schema.filter((zone) => isZone(zone) || `${zone} is no IANA time zone`)),
  contract: Contract,
  meters: Schema.Array(MeterTerms),
  /** By id of item or name of meter; what is not named goes to the entity of the connection, without tax. */
  placements: Schema.Record({ key: Schema.String, value: Placement }),
  /** Prepaid credits, in minor units of the contract's currency. */
  grants: optional(Schema.Array(Grant)),
});
export type TermsData = typeof TermsData.Type;

/** A new price for use, from a moment on. */
export const ChargeChange = Schema.Struct({
  id: Schema.String,
  on: Moment,
  do: Schema.Literal("charge"),
  meter: Schema.String,
  version: Schema.Int,
  charge: Charge,
});
export type ChargeChange = typeof ChargeChange.Type;

export const AmendmentData = Schema.Struct({
  status: Schema.Literal("active", "void"),
  /** `terms/…` of the same connection. */
  terms: Subject,
  /** When it was made known; null: when it takes effect. */
  publishedAt: orNull(Instant),
  change: Schema.Union(ChargeChange, Amendment),
  /** Where an item that it adds is billed. */
  placement: optional(Placement),
});
export type AmendmentData = typeof AmendmentData.Type;

/** One unit of `base` is `rate` units of `quote`. Of the catalogue. */
export const ExchangeRateData = Schema.Struct({
  status: Schema.Literal("published", "withdrawn"),
  base: Currency,
  quote: Currency,
  rate: Decimal,
  /** Who published it: `ECB`. */
  publisher: Schema.String,
  date: Day,
});
export type ExchangeRateData = typeof ExchangeRateData.Type;
