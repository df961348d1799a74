/** A contract as data: its term, what is sold, the conventions it is counted by, and the amendments made to it. *Pure.* */
import * as Schema from "effect/Schema";
import { DayCount } from "../calendar/count.ts";
import { CycleUnit } from "../calendar/cycle.ts";
import { Day } from "../calendar/day.ts";
import { Decimal, Rounding } from "../rating/rational.ts";

const Months = Schema.Int.pipe(Schema.between(1, 1200));

export const Item = Schema.Struct({
  id: Schema.String,
  product: Schema.String,
  /** Default 1. */
  quantity: Schema.optional(Decimal),
  /** For one unit, for one `per`, in major units. */
  price: Decimal,
  /** The stretch of time that the price is for, or once. Default: one month. */
  per: Schema.optional(
    Schema.Union(Schema.Literal("once"), Schema.Struct({ unit: CycleUnit, every: Schema.Int.pipe(Schema.positive()) })),
  ),
  /** Default: the contract's start, or the amendment's date. */
  from: Schema.optional(Day),
  /** Exclusive. Default: with the contract's term, so that all items end together. */
  to: Schema.optional(Day),
  /** Free before this date. */
  trialUntil: Schema.optional(Day),
  /** Prices and quantities agreed in advance. */
  ramp: Schema.optional(
    Schema.Array(Schema.Struct({ from: Day, price: Schema.optional(Decimal), quantity: Schema.optional(Decimal) })),
  ),
  /** Priced by use: no part of recurring revenue. */
  metered: Schema.optional(Schema.Boolean),
});
export type Item = typeof Item.Type;

const act = <const A extends string, F extends Schema.Struct.Fields>(name: A, fields: F) =>
  Schema.Struct({ id: Schema.String, on: Day, do: Schema.Literal(name), ...fields });

export const Amendment = Schema.Union(
  act("price", { item: Schema.String, price: Decimal }),
  act("quantity", { item: Schema.String, quantity: Decimal }),
  act("add", { item: Item, months: Schema.optional(Months) }),
  act("remove", { item: Schema.String }),
  /** Ends the term on a date, or at the end of the running cycle or term. */
  act("cancel", { at: Schema.optional(Schema.Literal("date", "cycle", "term")) }),
  act("pause", { until: Schema.optional(Day) }),
  act("resume", {}),
  /** The next term: from `on`, which is the end of the one before, or its end is moved there. */
  act("renew", { months: Months }),
  act("extend", { to: Day }),
);
export type Amendment = typeof Amendment.Type;

export const Contract = Schema.Struct({
  id: Schema.String,
  currency: Schema.String,
  start: Day,
  months: Months,
  /** What all cycles are counted from; default: the start. */
  anchor: Schema.optional(Day),
  anchorDay: Schema.optional(Schema.Int.pipe(Schema.between(1, 31))),
  /** Default `actual`. */
  convention: Schema.optional(DayCount),
  rounding: Schema.optional(Rounding),
  items: Schema.Array(Item),
  amendments: Schema.optional(Schema.Array(Amendment)),
  /** Renews itself by as many months, as often as needed, until it is cancelled. */
  autoRenew: Schema.optional(Schema.Struct({ months: Months, noticeDays: Schema.optional(Schema.Int) })),
});
export type Contract = typeof Contract.Type;
