/** One use of a meter, as the product reports it. It never changes: what was wrong is corrected by another that names it. *Pure.* */
import * as Schema from "effect/Schema";
import { Instant } from "./event-leaf.ts";

const orNull = <A, I>(schema: Schema.Schema<A, I>) => Schema.NullOr(schema);
const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true });
const Word = Schema.String.pipe(Schema.pattern(/^[^\s|]{1,200}$/));
const DecimalText = Schema.String.pipe(Schema.pattern(/^-?\d{1,30}(\.\d{1,30})?$/));

/** The event's own time is when it was used, also of a correction. */
export const UseData = Schema.Struct({
  status: Schema.Literal("recorded"),
  meter: Schema.String.pipe(Schema.pattern(/^[a-z][a-z0-9_.-]{0,63}$/)),
  /** An amount, for meters that sum or count. Below zero takes away. */
  quantity: optional(DecimalText),
  /** A level at that moment, for meters of the greatest or the last one. */
  level: optional(DecimalText),
  /** What a meter counts once: a user's id. */
  value: optional(Schema.NonEmptyString),
  /** `connection:sub_1` or `terms/…`, where the customer has several contracts with this meter; null: the one in force. */
  contract: orNull(Word),
  /** The legal entity or region that used it, where a charge is shared out between several. */
  entity: optional(Word),
  /** The id of the use, of the same connection and customer, whose content this one replaces. */
  corrects: optional(Schema.NonEmptyString),
  /** With `corrects`: there was no such use. */
  void: optional(Schema.Boolean),
  /** When the source wrote the correction: of several of one use the last counts. */
  correctedAt: optional(Instant),
});
export type UseData = typeof UseData.Type;
