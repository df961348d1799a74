/** How an adapter reads what a vendor sent: the value in its shape, or where and why it does not fit. *Pure.* */
import * as Either from "effect/Either";
import * as ParseResult from "effect/ParseResult";
import * as Schema from "effect/Schema";

/** A reader that never throws: the value, or where and why it does not fit. */
export const reader = <A, I>(schema: Schema.Schema<A, I>, at = "") => {
  const decode = Schema.decodeUnknownEither(schema);
  return (input: unknown): Either.Either<A, string> =>
    Either.mapLeft(decode(input), (error) => {
      const issue = ParseResult.ArrayFormatter.formatErrorSync(error)[0];
      const path = [at, ...(issue?.path ?? [])].filter((part) => part !== "").join(".");
      return `${path || "value"}: ${issue?.message ?? "does not fit"}`;
    });
};
