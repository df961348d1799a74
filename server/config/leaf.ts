/** The smallest shapes of the configuration file. */
import * as Schema from "effect/Schema";

export const Text = Schema.NonEmptyTrimmedString;
export const Millis = Schema.Int.pipe(Schema.between(1, 86_400_000));
export const Concurrency = Schema.Int.pipe(Schema.between(1, 1000));

/** Exactly one of the three; told apart before their fields are looked at, so that a mistake is named once. */
export const SecretRef = Schema.Union(
  Schema.Struct({ env: Text }),
  Schema.Struct({ file: Text }),
  Schema.Struct({ command: Schema.NonEmptyArray(Text) }),
);

export const or = <A, I>(schema: Schema.Schema<A, I>, value: A) =>
  Schema.optionalWith(schema, { default: () => value });
export const orNull = <A, I>(schema: Schema.Schema<A, I>) => or(Schema.NullOr(schema), null);

export const BaseUrl = Text.pipe(Schema.filter((text) => URL.canParse(text) || "is not a URL"));

/** A day or an instant of ISO 8601, in UTC where it names no zone; epoch milliseconds inside. */
export const Day = Text.pipe(
  Schema.filter(
    (text) =>
      Number.isFinite(Date.parse(text)) || "is neither a day (2026-01-01) nor an instant (2026-01-01T00:00:00Z)",
  ),
  Schema.transform(Schema.Number, {
    decode: (text) => Date.parse(text),
    encode: (at) => new Date(at).toISOString(),
    strict: true,
  }),
);
