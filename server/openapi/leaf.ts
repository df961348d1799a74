/** The leaves of the public schemas: what an amount, an instant, an id is, said once and named in the document. *Pure.* */
import * as Schema from "effect/Schema";
import type * as AST from "effect/SchemaAST";
import * as Domain from "../../domain/event.ts";

const named = <A, I>(schema: Schema.Schema<A, I>, identifier: string, jsonSchema: object): Schema.Schema<A, I> =>
  schema.annotations({ identifier, jsonSchema });

export const AmountMinor = named(Domain.AmountMinor, "AmountMinor", {
  type: "integer",
  description: "Whole minor units of the currency beside it (cents for USD, yen for JPY), within ±(2^53 − 1).",
  examples: [10_000],
});
export const Instant = named(Domain.Instant, "Instant", {
  type: "integer",
  description: "Milliseconds since 1970-01-01T00:00:00Z.",
  examples: [1_767_225_600_000],
});
export const Currency = named(Domain.Currency, "Currency", {
  type: "string",
  pattern: "^[A-Z]{3}$",
  description: "ISO 4217, upper case.",
  examples: ["USD"],
});
const idPattern = "^[^:]+:.+$";
export const ResourceId = named(Schema.String.pipe(Schema.pattern(new RegExp(idPattern))), "ResourceId", {
  type: "string",
  pattern: idPattern,
  description: "`connection:foreignId`: an object of one system, by that system's own id.",
  examples: ["stripe:in_1"],
});
export const AccountId = named(Schema.String, "AccountId", {
  type: "string",
  pattern: "^acct_[0-9a-f]{20}$",
  description: "An account: every party that is the same company. Former ids go on resolving.",
  examples: ["acct_7f3a1c9e0b52d8846f10"],
});

/** A count or a position. */
export const Whole = Schema.Number.pipe(Schema.int()).annotations({ jsonSchema: { type: "integer" } });

const byDomain = new Map<AST.AST, Schema.Schema.Any>([
  [Domain.AmountMinor.ast, AmountMinor],
  [Domain.Instant.ast, Instant],
  [Domain.Currency.ast, Currency],
]);

/** How one field of the domain is shown: `plain` under its public name, `reference` an object of the same connection, by id. */
export interface ShownField {
  readonly schema: Schema.Schema.Any;
  readonly reference: boolean;
}

export const shownField = (said: Schema.Schema.Any | Schema.PropertySignature.All): ShownField => {
  // A field that older events lack is shown like any other: null.
  const field: Schema.Schema.Any = Schema.isPropertySignature(said)
    ? Schema.make((said.ast as Schema.PropertySignatureDeclaration).type)
    : said;
  const parts = field.ast._tag === "Union" ? field.ast.types : [field.ast];
  const nullable = parts.some((part) => part._tag === "Literal" && part.literal === null);
  const inner = parts.filter((part) => !(part._tag === "Literal" && part.literal === null));
  const [only] = inner;
  if (inner.length !== 1 || only === undefined) return { schema: field, reference: false };
  const reference = only === Domain.Subject.ast;
  const schema = reference ? ResourceId : byDomain.get(only);
  if (schema === undefined) return { schema: field, reference: false };
  return { schema: nullable ? Schema.NullOr(schema as Schema.Schema<unknown>) : schema, reference };
};
