/** How a promise is fulfilled over time, as data of the contract. *Pure.* */
import * as Schema from "effect/Schema";
import { Day } from "../calendar/day.ts";
import { Moment, ZoneName } from "../calendar/moment.ts";
import { field, optionalField } from "../field.ts";
import { Decimal } from "../rating/rational.ts";

const service = {
  from: field(Day, "first day of the service"),
  to: field(Day, "the day after its last, or its last under `endInclusive`"),
  endInclusive: optionalField(Schema.Boolean, "whether `to` is the last day; default false"),
};

export const Recognition = Schema.Union(
  /** Evenly by day. */
  Schema.Struct({ method: Schema.Literal("day"), ...service }),
  /**
   * Evenly by month. A month that is covered in part counts by its days (`actual`), to the nearest half (`half`), whole (`full`), or
   * has its days' share of what the whole months leave of the service's length (`shared`).
   */
  Schema.Struct({
    method: Schema.Literal("month"),
    ...service,
    partialMonth: optionalField(
      Schema.Literal("actual", "half", "full", "shared"),
      "a month covered in part counts by its days (default `actual`), to the nearest half, whole, or has its days' share of what the whole months leave",
    ),
  }),
  /** Half a month in the first, half in the month after the last: N months of service are N + 1 months of revenue. */
  Schema.Struct({ method: Schema.Literal("half_month"), ...service }),
  /** Each month of service in the month after it. */
  Schema.Struct({ method: Schema.Literal("next_month"), ...service }),
  /** Each month of service in the month that it starts in. */
  Schema.Struct({ method: Schema.Literal("start_month"), ...service }),
  /** Between instants, by the time gone by; or evenly by the whole months between the first and the last. */
  Schema.Struct({
    method: Schema.Literal("second"),
    from: field(Moment, "when the service begins: an instant, or a date of the zone"),
    to: field(Moment, "when it ends, exclusive"),
    zone: optionalField(ZoneName, "IANA time zone of dates and months; default UTC"),
    wholeMonths: optionalField(
      Schema.Literal("elapsed", "even"),
      "whether whole months count for what they last (default `elapsed`), or share equally what the first and the last leave",
    ),
  }),
  /** At once: on delivery or acceptance. */
  Schema.Struct({ method: Schema.Literal("point"), on: field(Day, "delivery or acceptance") }),
  /** By steps as they are reached; `share` in any unit, against `whole` or their sum. */
  Schema.Struct({
    method: Schema.Literal("milestone"),
    steps: field(
      Schema.Array(
        Schema.Struct({ on: field(Day, "when it is reached"), share: field(Decimal, "what it is worth, in any unit") }),
      ).pipe(Schema.minItems(1)),
      "milestones",
    ),
    whole: optionalField(Decimal, "what all is worth, in the same unit; default: the sum of the steps"),
  }),
  /** As it is used, against the quantity promised; use beyond it earns nothing of this amount. */
  Schema.Struct({
    method: Schema.Literal("usage"),
    uses: field(
      Schema.Array(Schema.Struct({ on: field(Day, "when"), quantity: field(Decimal, "how much") })),
      "what was used",
    ),
    whole: field(Decimal, "the quantity promised"),
    expires: optionalField(Day, "the rest is earned here, as of credits that expire"),
  }),
);
export type Recognition = typeof Recognition.Type;
