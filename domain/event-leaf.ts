/** What an amount, an instant, a currency and a subject are, for every kind of canonical event. *Pure.* */
import * as Schema from "effect/Schema";

/** Minor units of the currency (cents for USD, yen for JPY). A safe integer: fractions and values past 2^53 do not decode. */
export const AmountMinor = Schema.Number.pipe(
  Schema.filter((n) => Number.isSafeInteger(n) || "an amount in minor units is a whole number within ±2^53"),
);
/** Epoch milliseconds, UTC. */
export const Instant = Schema.Number.pipe(
  Schema.filter((n) => Number.isSafeInteger(n) || "an instant is whole milliseconds since the epoch"),
);
/** ISO 4217, upper case. */
export const Currency = Schema.String.pipe(Schema.pattern(/^[A-Z]{3}$/));
/** `kind/foreignId`, unique within one connection. */
export const Subject = Schema.String.pipe(Schema.pattern(/^[a-z_]+\/.+$/));
