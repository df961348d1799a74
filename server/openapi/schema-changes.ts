/** Two JSON Schemas of one place: what a caller sends against them, or reads by them, and no longer can. *Pure.* */
import type { Changes } from "./changes.ts";
import { componentPath, type Node } from "./json-schema.ts";

/** `request`: what was allowed must stay allowed. `answer`: what was promised must stay promised. */
export type Direction = "request" | "answer" | "both";

interface Sides {
  readonly before: Node;
  readonly after: Node;
  readonly changes: Changes;
  /** Pairs of components under comparison: schemas may be recursive. */
  readonly open?: ReadonlySet<string>;
}

const at = (document: Node, ref: string): Node => {
  const { schemas } = (document["components"] ?? {}) as { readonly schemas?: Readonly<Record<string, Node>> };
  return schemas?.[ref.slice(componentPath.length)] ?? {};
};

const typesOf = ({ type }: Node): ReadonlyArray<string> =>
  typeof type === "string" ? [type] : Array.isArray(type) ? type : [];

/** What stands in `anyOf`, or the schema alone. */
const alternatives = (schema: Node): ReadonlyArray<Node> =>
  Array.isArray(schema["anyOf"]) ? (schema["anyOf"] as Node[]) : [schema];

/** How alternatives of two documents are told to be the same one. */
const labelOf = (document: Node, schema: Node): string => {
  const ref = schema["$ref"];
  const solved = typeof ref === "string" ? at(document, ref) : schema;
  const { properties } = solved as { readonly properties?: Readonly<Record<string, Node>> };
  const tag = Object.entries(properties ?? {}).find(([, { enum: only }]) => Array.isArray(only) && only.length === 1);
  if (tag) return `object with ${tag[0]} ${JSON.stringify((tag[1]["enum"] as unknown[])[0])}`;
  return typesOf(solved).join("|") || (Array.isArray(solved["enum"]) ? typeof solved["enum"][0] : "anything");
};

export const schemaChanges = (sides: Sides, where: string, was: Node, is: Node, direction: Direction): void => {
  const [oldRef, newRef] = [was["$ref"], is["$ref"]];
  if (typeof oldRef === "string" || typeof newRef === "string") {
    const pair = `${oldRef ?? where} ${newRef ?? where}`;
    if (sides.open?.has(pair)) return;
    const old = typeof oldRef === "string" ? at(sides.before, oldRef) : was;
    const now = typeof newRef === "string" ? at(sides.after, newRef) : is;
    const open = new Set([...(sides.open ?? []), pair]);
    schemaChanges({ ...sides, open }, where, old, now, direction);
    return;
  }
  if (Array.isArray(was["anyOf"]) || Array.isArray(is["anyOf"])) {
    unions(sides, where, was, is, direction);
    return;
  }
  const [oldTypes, newTypes] = [typesOf(was), typesOf(is)];
  if (!sameType(sides, where, oldTypes, newTypes, direction)) return;
  enums(sides, where, was["enum"], is["enum"], direction);
  limits(sides, where, was, is, direction);
  objects(sides, where, was, is, direction);
  const [oldItems, newItems] = [was["items"], is["items"]];
  if (oldItems && newItems) schemaChanges(sides, `${where}[]`, oldItems as Node, newItems as Node, direction);
};

const say = (types: ReadonlyArray<string>): string => (types.length === 0 ? "anything" : types.join(" or "));

/** False where nothing below can be compared. An integer is a number to those who read, not to those who check what is sent. */
const sameType = (
  { changes }: Sides,
  where: string,
  was: ReadonlyArray<string>,
  is: ReadonlyArray<string>,
  direction: Direction,
): boolean => {
  if (was.join() === is.join()) return true;
  const narrower = was.join() === "number" && is.join() === "integer";
  const wider = was.join() === "integer" && is.join() === "number";
  const fine = (direction === "answer" && narrower) || (direction === "request" && (wider || is.length === 0));
  if (fine) changes.added(where, `the type was ${say(was)}, is ${say(is)}`);
  else changes.broke(where, `the type was ${say(was)}, is ${say(is)}`);
  return fine;
};

const unions = (sides: Sides, where: string, was: Node, is: Node, direction: Direction): void => {
  const { changes } = sides;
  const group = (document: Node, schema: Node): ReadonlyMap<string, ReadonlyArray<Node>> => {
    const groups = new Map<string, Node[]>();
    for (const one of alternatives(schema)) {
      const label = labelOf(document, one);
      groups.set(label, [...(groups.get(label) ?? []), one]);
    }
    return groups;
  };
  const [old, now] = [group(sides.before, was), group(sides.after, is)];
  for (const [label, parts] of old) {
    const found = now.get(label);
    if (!found) {
      // `null` that is never said any more hurts no reader.
      if (direction === "answer" && label === "null") changes.added(where, "is never null now");
      else changes.broke(where, `${label} is gone from what it may be`);
      continue;
    }
    parts.forEach((part, index) => {
      const other = found[Math.min(index, found.length - 1)]!;
      schemaChanges(sides, where, part, other, direction);
    });
    if (found.length < parts.length) changes.broke(where, `one form of ${label} is gone from what it may be`);
  }
  for (const [label, parts] of now) {
    const more = parts.length - (old.get(label)?.length ?? 0);
    if (more <= 0) continue;
    if (direction === "request") changes.added(where, `may be ${label} as well`);
    else changes.broke(where, `may be ${label} now`);
  }
};

const enums = ({ changes }: Sides, where: string, was: unknown, is: unknown, direction: Direction): void => {
  if (!Array.isArray(was) && !Array.isArray(is)) return;
  if (!Array.isArray(was)) {
    if (direction === "answer") changes.added(where, "is one of a list now");
    else
      changes.broke(where, `only ${(is as unknown[]).map((value) => JSON.stringify(value)).join(", ")} is taken now`);
    return;
  }
  if (!Array.isArray(is)) {
    if (direction === "request") changes.added(where, "takes any value now");
    else changes.broke(where, "is no longer one of a list");
    return;
  }
  for (const value of was) if (!is.includes(value)) changes.broke(where, `the value ${JSON.stringify(value)} is gone`);
  for (const value of is) if (!was.includes(value)) changes.added(where, `the value ${JSON.stringify(value)}`);
};

/** Bounds and patterns: tighter breaks what is sent, looser what is read. */
const limits = ({ changes }: Sides, where: string, was: Node, is: Node, direction: Direction): void => {
  const tell = (name: string, tighter: boolean): void => {
    const [old, now] = [was[name], is[name]].map((value) => (value === undefined ? "none" : JSON.stringify(value)));
    const breaks = direction === "both" || (direction === "request") === tighter;
    if (breaks) changes.broke(where, `${name} was ${old}, is ${now}`);
    else changes.added(where, `${name} was ${old}, is ${now}`);
  };
  const number = (value: unknown, absent: number): number => (typeof value === "number" ? value : absent);
  for (const name of ["minimum", "exclusiveMinimum", "minLength", "minItems"]) {
    const [old, now] = [was[name], is[name]].map((value) => number(value, Number.NEGATIVE_INFINITY));
    if (old !== now) tell(name, now! > old!);
  }
  for (const name of ["maximum", "exclusiveMaximum", "maxLength", "maxItems"]) {
    const [old, now] = [was[name], is[name]].map((value) => number(value, Number.POSITIVE_INFINITY));
    if (old !== now) tell(name, now! < old!);
  }
  if (was["pattern"] !== is["pattern"]) {
    // Of two patterns nobody can tell which is the wider.
    if (was["pattern"] !== undefined && is["pattern"] !== undefined) {
      changes.broke(where, `the pattern was ${was["pattern"]}, is ${is["pattern"]}`);
    } else tell("pattern", was["pattern"] === undefined);
  }
};

const objects = (sides: Sides, where: string, was: Node, is: Node, direction: Direction): void => {
  const { changes } = sides;
  const propertiesOf = (schema: Node) => (schema["properties"] ?? {}) as Readonly<Record<string, Node>>;
  const [old, now] = [propertiesOf(was), propertiesOf(is)];
  const needed = (schema: Node) => new Set((schema["required"] ?? []) as ReadonlyArray<string>);
  const [oldNeeded, newNeeded] = [needed(was), needed(is)];
  for (const [name, schema] of Object.entries(old)) {
    const place = `${where} ${name}`;
    const other = now[name];
    if (other === undefined) changes.broke(place, "the property is gone");
    else {
      schemaChanges(sides, place, schema, other, direction);
      if (direction !== "answer" && newNeeded.has(name) && !oldNeeded.has(name))
        changes.broke(place, "is required now");
      if (direction !== "request" && oldNeeded.has(name) && !newNeeded.has(name))
        changes.broke(place, "may be absent now");
    }
  }
  for (const name of Object.keys(now)) {
    if (name in old) continue;
    const place = `${where} ${name}`;
    if (direction !== "answer" && newNeeded.has(name)) changes.broke(place, "a new required property");
    else changes.added(place, "a new property");
  }
  const [oldRest, newRest] = [was["additionalProperties"], is["additionalProperties"]];
  if (oldRest && newRest && typeof oldRest === "object" && typeof newRest === "object") {
    schemaChanges(sides, `${where} by name`, oldRest as Node, newRest as Node, direction);
  }
};
