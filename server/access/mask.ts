/**
 * Answers without personal data, for those who may not see it: fields that a Schema marks, and in content of no stated shape the
 * fields of those names. Addresses are taken out of every text as well, wherever others wrote them.
 */
import type * as Schema from "effect/Schema";
import type * as AST from "effect/SchemaAST";
import type { Context } from "hono";
import type { Json } from "../../domain/canonical.ts";
import { dataSchemas } from "../../domain/event.ts";
import { hidden, isPersonal, personalNames } from "../../domain/personal.ts";
import { withoutAddresses } from "../telemetry/scrub.ts";
import { type Caller, callerOf, operationOf, seesPersonal } from "./caller.ts";

export type Mask = (value: Json) => Json;
type Grant = Pick<Caller, "scopes" | "personal">;
type Fields = Readonly<Record<string, Json | undefined>>;

/** Bodies as vendors sent them may hold anything about anybody. */
const rawNames = ["raw", "rawBody", "rawBase64"];
const names = new Set([...personalNames(Object.values(dataSchemas) as never), ...rawNames]);

const isFields = (value: Json): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);
const cover = (value: Json | undefined): Json => (value === null || value === undefined ? null : hidden);
const mapFields = (value: Fields, each: (name: string, inner: Json) => Json): Json =>
  Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, each(name, inner ?? null)]));

/** Of content whose shape nobody states. */
const open: Mask = (value) => {
  if (typeof value === "string") return withoutAddresses(value);
  if (Array.isArray(value)) return value.map(open);
  if (!isFields(value)) return value;
  return mapFields(value, (name, inner) => (names.has(name) ? cover(inner) : open(inner)));
};

const masks = new WeakMap<AST.AST, Mask>();

const maskOf = (ast: AST.AST): Mask => {
  const known = masks.get(ast);
  if (known !== undefined) return known;
  // A schema may hold itself: what is under way is asked for again when it is used.
  masks.set(ast, (value) => masks.get(ast)!(value));
  const made = isPersonal(ast) ? cover : makeMask(ast);
  masks.set(ast, made);
  return made;
};

const makeMask = (ast: AST.AST): Mask => {
  switch (ast._tag) {
    case "Refinement":
    case "Transformation":
      return maskOf(ast.from);
    case "Suspend":
      return (value) => maskOf(ast.f())(value);
    case "Union": {
      const members = ast.types.map(maskOf);
      // Which of them it is, nobody asks: what one of them hides is hidden.
      return (value) => members.reduce((shown, member) => member(shown), value);
    }
    case "TupleType": {
      const each = [...ast.elements, ...ast.rest].map(({ type }) => maskOf(type));
      return (value) =>
        Array.isArray(value) ? value.map((item: Json, at) => (each[at] ?? each.at(-1) ?? open)(item)) : value;
    }
    case "TypeLiteral": {
      const fields = new Map(ast.propertySignatures.map(({ name, type }) => [String(name), maskOf(type)]));
      const others = ast.indexSignatures.map(({ type }) => maskOf(type));
      return (value) =>
        isFields(value)
          ? mapFields(value, (name, inner) => {
              const own = fields.get(name);
              if (own !== undefined) return own(inner);
              if (names.has(name)) return cover(inner);
              return (others[0] ?? open)(inner);
            })
          : value;
    }
    case "Literal":
    case "Enums":
    case "NumberKeyword":
    case "BooleanKeyword":
    case "UndefinedKeyword":
      return (value) => value;
    case "StringKeyword":
    case "TemplateLiteral":
      return (value) => (typeof value === "string" ? withoutAddresses(value) : value);
    default:
      return open;
  }
};

/** For answers of this schema (null: of no stated shape); what a holder of the grant may see. For exports as well. */
export const maskFor = (grant: Grant, schema: Schema.Schema.Any | null = null): Mask => {
  if (seesPersonal(grant)) return (value) => value;
  return schema === null ? open : maskOf(schema.ast);
};

/** The answer of the operation that the request is for, as its caller may see it. */
export const masked = (c: Context, value: Json): Json =>
  maskFor(callerOf(c), operationOf(c).answers[200]?.schema ?? null)(value);
