/** The documented input of `tieout calc rate`, and its answer with the working. *Pure.* */
import * as Schema from "effect/Schema";
import { Cycle } from "../calendar/cycle.ts";
import { sumMinor, toDecimal } from "../money.ts";
import { Charge } from "./charge.ts";
import { type DrawDown, drawDown, Grant } from "./credits.ts";
import { Aggregation } from "./meter.ts";
import { type Pooled, ratePooled } from "./pool.ts";
import { type Rated, rate, rateTransactions } from "./rate.ts";
import { Decimal, parse, toText, zero } from "./rational.ts";
import { UsageEvent, viewOf } from "./usage.ts";
import { ChargeVersion, type Delta, Moment, momentMs, rateUsage, rerate, type UsageLine } from "./version.ts";

const Credits = Schema.optional(Schema.Struct({ at: Moment, grants: Schema.Array(Grant) }));

/** A quantity, or single transactions, under one charge. */
export const RateQuantity = Schema.Struct({
  currency: Schema.String,
  charge: Charge,
  quantity: Schema.optional(Decimal),
  transactions: Schema.optional(Schema.Array(Decimal)),
  line: Schema.optional(
    Schema.Struct({
      position: Schema.optional(Decimal),
      first: Schema.optional(Schema.Boolean),
      last: Schema.optional(Schema.Boolean),
      billedBefore: Schema.optional(Decimal),
    }),
  ),
  credits: Credits,
});

/** The use of several entities together. */
export const RatePool = Schema.Struct({
  currency: Schema.String,
  charge: Charge,
  pool: Schema.Array(Schema.Struct({ entity: Schema.String, quantity: Decimal })),
});

/** Raw usage under the versions of a contract; `knownBefore` asks for the deltas since an earlier knowledge. */
export const RateEvents = Schema.Struct({
  currency: Schema.String,
  zone: Schema.optional(Schema.String),
  meter: Schema.Struct({ name: Schema.String, aggregation: Aggregation }),
  cycle: Cycle,
  versions: Schema.Array(ChargeVersion).pipe(Schema.minItems(1)),
  events: Schema.Array(UsageEvent),
  knownAt: Schema.optional(Moment),
  knownBefore: Schema.optional(Moment),
});

export const RateInput = Schema.Union(RateEvents, RatePool, RateQuantity);
export type RateInput = typeof RateInput.Type;

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
