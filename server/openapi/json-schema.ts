/** An Effect Schema as the JSON Schema of an OpenAPI 3.1 document: named parts become components, answers stay open. *Pure.* */
import * as JSONSchema from "effect/JSONSchema";
import type * as Schema from "effect/Schema";

/** As JSON has it: the document is data, and the checker compares any two. */
export type Node = { readonly [key: string]: unknown };

export const componentPath = "#/components/schemas/";

export class Components {
  private readonly raw: Record<string, JSONSchema.JsonSchema7> = {};

  /** The schema itself, or a `$ref` to it where it has a name. */
  add(schema: Schema.Schema.Any): Node {
    const made = JSONSchema.fromAST(schema.ast, {
      definitions: this.raw,
      definitionPath: componentPath,
      target: "openApi3.1",
      // A reader must bear fields that it does not know: that is what lets answers grow.
      additionalPropertiesStrategy: "allow",
    });
    return tidy(made) as Node;
  }

  get all(): Readonly<Record<string, Node>> {
    const names = Object.keys(this.raw).sort();
    return Object.fromEntries(names.map((name) => [name, tidy(this.raw[name]) as Node]));
  }
}

/** Without what says nothing: made-up ids, `additionalProperties: true`, empty `required`, patterns told twice. */
const tidy = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(tidy);
  if (value === null || typeof value !== "object") return value;
  const node = value as Readonly<Record<string, unknown>>;
  if (node["$id"] === "/schemas/unknown" || node["$id"] === "/schemas/any") return {};
  const result: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(node)) {
    if (key === "$id" || (key === "additionalProperties" && inner === true)) continue;
    if (key === "required" && Array.isArray(inner) && inner.length === 0) continue;
    if (key === "properties" && Object.keys(inner as object).length === 0) continue;
    if (typeof inner === "string" && (key === "title" || (key === "description" && /^(a|an) [a-z]/.test(inner))))
      continue;
    // What stands in an example is no schema.
    result[key] = key === "examples" ? inner : tidy(inner);
  }
  return result;
};

/** What a field of this name holds in an example; everything else comes from the schema's own examples and enums. */
const words: Readonly<Record<string, unknown>> = {
  name: "Acme",
  number: "A-17",
  email: "ap@acme.example",
  connection: "stripe",
  target: "netsuite",
  owner: "netsuite",
  party: "stripe:cus_1",
  invoice: "stripe:in_1",
  payment: "stripe:ch_1",
  intent: "stripe:pi_1",
  subscription: "stripe:sub_1",
  contract: "salesforce:800000000000001",
  quote: "salesforce:0Q0000000000001",
  deal: "salesforce:006000000000001",
  parent: null,
  legalId: null,
  taxMinor: 0,
  balanceUsedMinor: 0,
  creditsMinor: 0,
  dueMinor: 0,
  refundedMinor: 0,
  withdrawnMinor: 0,
  recordType: "invoice",
  kept: [],
  nextCursor: null,
  troubles: [],
  lastError: null,
  blockedBy: null,
  conflictOf: null,
};

/** A value of the schema, made from its own examples and enums, so that it cannot go stale. Optional fields are in it. */
export const exampleOf = (schema: Node, components: Readonly<Record<string, Node>>, field = ""): unknown => {
  if (field in words && !Array.isArray(schema["enum"]) && schema["properties"] === undefined) return words[field];
  const ref = schema["$ref"];
  if (typeof ref === "string") return exampleOf(components[ref.slice(componentPath.length)]!, components, field);
  const { examples, anyOf, properties, items, additionalProperties } = schema;
  if (Array.isArray(examples)) return examples[0];
  if ("const" in schema) return schema["const"];
  if (Array.isArray(schema["enum"])) return schema["enum"][0];
  if (Array.isArray(anyOf)) return exampleOf(anyOf[0] as Node, components);
  switch (schema["type"]) {
    case "object":
      if (properties === undefined && typeof additionalProperties === "object") {
        return { netsuite: exampleOf(additionalProperties as Node, components) };
      }
      return Object.fromEntries(
        Object.entries((properties ?? {}) as Record<string, Node>).map(([key, inner]) => [
          key,
          exampleOf(inner, components, key),
        ]),
      );
    case "array":
      return [exampleOf(items as Node, components)];
    case "string":
      return "text";
    case "integer":
    case "number":
      return 1;
    case "boolean":
      return false;
    default:
      return null;
  }
};
