/** The documented input of `tieout calc rate`, and its answer with the working. *Pure.* */
import * as Schema from "effect/Schema";
import { Cycle } from "../calendar/cycle.ts";
import { Moment, momentMs, ZoneName } from "../calendar/moment.ts";
import { currencyField, field, optionalField } from "../field.ts";
import { sumMinor, toDecimal } from "../money.ts";
import { Charge } from "./charge.ts";
import { type DrawDown, drawDown, Grant } from "./credits.ts";
import { ChargeVersion } from "./in-force.ts";
import { Aggregation } from "./meter.ts";
import { type Pooled, ratePooled } from "./pool.ts";
import { type Rated, rate, rateTransactions } from "./rate.ts";
import { rateUsage, type UsageLine } from "./rater.ts";
import { Decimal, parse, toText, zero } from "./rational.ts";
import { type Delta, rerate } from "./rerate.ts";
import { UsageEvent, viewOf } from "./usage.ts";

/** A quantity, or single transactions, under one charge. */
export const RateQuantity = Schema.Struct({
  currency: currencyField,
  charge: field(Charge, "what the contract charges"),
  quantity: optionalField(Decimal, "units used in the period, or on the line; this or `transactions`"),
  transactions: optionalField(Schema.Array(Decimal), "amounts of single transactions in their order"),
  line: optionalField(
    Schema.Struct({
      position: optionalField(Decimal, "units of the period on its earlier lines; default 0"),
      first: optionalField(
        Schema.Boolean,
        "it opens the period and bears the first flat price; default: at position 0",
      ),
      last: optionalField(Schema.Boolean, "it closes the period, and the minimum is made up here; default true"),
      billedBefore: optionalField(Decimal, "what the earlier lines came to, for minimum and maximum; default 0"),
    }),
    "where in its period the line stands; default: it is the whole period",
  ),
  credits: optionalField(
    Schema.Struct({
      at: field(Moment, "when they are drawn"),
      grants: field(Schema.Array(Grant), "prepaid credits, by priority, expiry, promotional first, then id"),
    }),
    "prepaid credits that pay for it",
  ),
});

/** The use of several entities together. */
export const RatePool = Schema.Struct({
  currency: currencyField,
  charge: field(Charge, "what the contract charges for all of them together"),
  pool: field(
    Schema.Array(
      Schema.Struct({
        entity: field(Schema.String, "who used it"),
        quantity: field(Decimal, "how much; not below zero"),
      }),
    ),
    "use by entity: priced once, shared by use",
  ),
});

/** Raw usage under the versions of a contract; `knownBefore` asks for the deltas since an earlier knowledge. */
export const RateEvents = Schema.Struct({
  currency: currencyField,
  zone: optionalField(ZoneName, "IANA time zone of dates and periods; default UTC"),
  meter: field(
    Schema.Struct({
      name: field(Schema.String, "whose events count"),
      aggregation: field(Aggregation, "what is made of their quantities within a period"),
    }),
    "what is charged for",
  ),
  cycle: field(Cycle, "periods of use"),
  versions: field(Schema.Array(ChargeVersion).pipe(Schema.minItems(1)), "versions of the charge, in any order"),
  events: field(Schema.Array(UsageEvent), "raw usage, in any order; repetitions are counted once"),
  knownAt: optionalField(Moment, "with the versions published by then; default: all"),
  knownBefore: optionalField(Moment, "also rate as known then, and print the difference by period"),
});

export type RateInput = typeof RateEvents.Type | typeof RatePool.Type | typeof RateQuantity.Type;

export type RateAnswer =
  | (Rated & { readonly credits?: DrawDown })
  | Pooled
  | {
      readonly currency: string;
      readonly totalMinor: number;
      readonly total: string;
      readonly lines: ReadonlyArray<UsageLine>;
      readonly deltas: ReadonlyArray<Delta>;
      readonly duplicates: number;
      readonly conflicts: ReadonlyArray<string>;
      readonly orphans: ReadonlyArray<string>;
      readonly unpriced: ReadonlyArray<{ readonly id: string; readonly quantity: string }>;
    };

export const calculateRate = (input: RateInput): RateAnswer => {
  if ("events" in input) return fromEvents(input);
  if ("pool" in input) return ratePooled(input.charge, input.currency, input.pool);
  const { line } = input;
  const position = line?.position === undefined ? zero : parse(line.position);
  const place = {
    position,
    first: line?.first ?? position.n === 0n,
    last: line?.last ?? true,
    billedBefore: line?.billedBefore === undefined ? zero : parse(line.billedBefore),
  };
  if ((input.quantity === undefined) === (input.transactions === undefined))
    throw new RangeError("rating: state either quantity or transactions");
  const rated =
    input.transactions === undefined
      ? rate(input.charge, input.currency, parse(input.quantity!), place)
      : rateTransactions(input.charge, input.currency, input.transactions.map(parse), place);
  if (!input.credits) return rated;
  const credits = drawDown(input.credits.grants, rated.amountMinor, momentMs(input.credits.at, "UTC"));
  return { ...rated, credits };
};

const fromEvents = (input: typeof RateEvents.Type): RateAnswer => {
  const zone = input.zone ?? "UTC";
  const view = viewOf(input.events);
  const terms = {
    currency: input.currency,
    zone,
    meter: input.meter.aggregation,
    cycle: input.cycle,
    versions: input.versions,
  };
  const uses = view.uses.filter(({ meter }) => meter === input.meter.name);
  const at = (moment: string | undefined): number =>
    moment === undefined ? Number.POSITIVE_INFINITY : momentMs(moment, zone);
  const now = rateUsage(terms, uses, at(input.knownAt));
  const before = input.knownBefore === undefined ? now : rateUsage(terms, uses, at(input.knownBefore));
  const totalMinor = sumMinor(now.lines.map(({ rated }) => rated.amountMinor));
  return {
    currency: input.currency,
    totalMinor,
    total: toDecimal(totalMinor, input.currency),
    lines: now.lines,
    deltas: rerate(before, now, input.currency),
    duplicates: view.duplicates,
    conflicts: view.conflicts,
    orphans: view.orphans,
    unpriced: now.unpriced.map(({ source, id, quantity }) => ({ id: `${source}/${id}`, quantity: toText(quantity) })),
  };
};
