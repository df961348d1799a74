/** A value against a JSON Schema of the document: as many keywords as the document uses; one that it does not know is a finding. */
import { componentPath, type Node } from "../json-schema.ts";

const known = new Set(
  "$ref type properties required additionalProperties items anyOf enum pattern minimum maximum minLength maxLength description examples format".split(
    " ",
  ),
);

const typeOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : Number.isInteger(value) ? "integer" : typeof value;

/**
 * What does not fit, each with its place. `closed`: a property that the schema does not name is a finding as well, so that an
 * answer cannot grow behind the document's back.
 */
export const misfits = (
  document: Node,
  schema: Node,
  value: unknown,
  closed = true,
  at = "$",
): ReadonlyArray<string> => {
  const unknown = Object.keys(schema).filter((key) => !known.has(key));
  if (unknown.length > 0) return [`${at}: the schema has ${unknown.join(", ")}`];
  const ref = schema["$ref"];
  if (typeof ref === "string") {
    const { schemas } = document["components"] as { readonly schemas: Readonly<Record<string, Node>> };
    const target = ref.startsWith(componentPath) ? schemas[ref.slice(componentPath.length)] : undefined;
    return target ? misfits(document, target, value, closed, at) : [`${at}: ${ref} leads nowhere`];
  }
  const { type, properties, required, additionalProperties, items, anyOf, pattern } = schema;
  if (Array.isArray(anyOf)) {
    const tried = anyOf.map((one) => misfits(document, one as Node, value, closed, at));
    return tried.some((found) => found.length === 0) ? [] : tried.flat();
  }
  const found: string[] = [];
  const is = typeOf(value);
  if (typeof type === "string" && type !== is && !(type === "number" && is === "integer")) {
    return [`${at}: ${is} is not ${type}: ${JSON.stringify(value)}`];
  }
  const options = schema["enum"];
  if (Array.isArray(options) && !options.includes(value))
    found.push(`${at}: ${JSON.stringify(value)} is not of the list`);
  if (typeof value === "string") {
    if (typeof pattern === "string" && !new RegExp(pattern).test(value))
      found.push(`${at}: ${value} is not like ${pattern}`);
    const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema as {
      minLength?: number;
      maxLength?: number;
    };
    if (value.length < minLength || value.length > maxLength) found.push(`${at}: the length of ${value}`);
  }
  if (typeof value === "number") {
    const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema as {
      minimum?: number;
      maximum?: number;
    };
    if (value < minimum || value > maximum) found.push(`${at}: ${value} is out of bounds`);
  }
  if (Array.isArray(value) && items) {
    found.push(...value.flatMap((one, index) => misfits(document, items as Node, one, closed, `${at}[${index}]`)));
  }
  if (is !== "object") return found;
  const named = (properties ?? {}) as Readonly<Record<string, Node>>;
  const fields = value as Readonly<Record<string, unknown>>;
  for (const name of (required ?? []) as ReadonlyArray<string>)
    if (!(name in fields)) found.push(`${at}.${name} is missing`);
  for (const [name, inner] of Object.entries(fields)) {
    const place = `${at}.${name}`;
    if (named[name]) found.push(...misfits(document, named[name], inner, closed, place));
    else if (additionalProperties) found.push(...misfits(document, additionalProperties as Node, inner, closed, place));
    else if (closed && properties) found.push(`${place} is not in the document`);
  }
  return found;
};
