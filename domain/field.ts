/** Fields that say what they mean where they are declared: the schema of an input, its page and its help all say the same. *Pure.* */
import * as Schema from "effect/Schema";
import { exponentOf } from "./money.ts";

export const field = <A, I>(schema: Schema.Schema<A, I>, description: string) =>
  Schema.propertySignature(schema).annotations({ description });

export const optionalField = <A, I>(schema: Schema.Schema<A, I>, description: string) =>
  Schema.optional(schema).annotations({ description });

const KnownCurrency = Schema.String.pipe(
  Schema.filter((code) => exponentOf(code) !== null, {
    message: () => "Expected an ISO 4217 currency, by its code of three capital letters",
  }),
);
export const currencyField = field(KnownCurrency, "ISO 4217 code; its minor unit is what amounts are rounded to");
