/**
 * What changed between two released documents, and which of it breaks a caller that the older one was true for. Answers may grow
 * and requests may allow more; the other way round breaks. *Pure.*
 */
import { Changes, type Comparison } from "./changes.ts";
import type { Node } from "./json-schema.ts";
import { type Direction, schemaChanges } from "./schema-changes.ts";

const node = (value: unknown): Node => (value ?? {}) as Node;
const names = (value: unknown): ReadonlyArray<string> => Object.keys(node(value)).sort();

/** Keys of both, in order, with what each side has. */
const pairs = (before: unknown, after: unknown): ReadonlyArray<readonly [string, unknown, unknown]> =>
  [...new Set([...names(before), ...names(after)])].sort().map((key) => [key, node(before)[key], node(after)[key]]);

export const compareDocuments = (before: Node, after: Node): Comparison => {
  const changes = new Changes();
  const schemas = { before, after, changes };
  for (const [path, was, is] of pairs(before["paths"], after["paths"])) {
    if (is === undefined) changes.broke(path, "the path is gone");
    for (const [method, old, now] of pairs(was, is)) {
      const where = `${method.toUpperCase()} ${path}`;
      if (old === undefined) changes.added(where, "a new operation");
      else if (now === undefined) {
        if (is !== undefined) changes.broke(where, "the method is gone");
      } else compareOperations(schemas, where, node(old), node(now));
    }
  }
  return changes;
};

interface Sides {
  readonly before: Node;
  readonly after: Node;
  readonly changes: Changes;
}

const compareOperations = (sides: Sides, where: string, old: Node, now: Node): void => {
  const { changes } = sides;
  if (old["operationId"] !== now["operationId"]) {
    changes.broke(where, `operationId was ${old["operationId"]}, is ${now["operationId"]}: generated clients rename`);
  }
  compareSecurity(changes, where, old, now);
  compareParameters(sides, where, old, now);
  compareBodies(sides, where, node(old["requestBody"]), node(now["requestBody"]));
  for (const [status, was, is] of pairs(old["responses"], now["responses"])) {
    const at = `${where} ${status}`;
    if (was === undefined) changes.added(at, "a new answer");
    else if (is === undefined) changes.broke(at, "the answer is gone");
    else {
      for (const header of names(node(was)["headers"])) {
        if (!(header in node(node(is)["headers"]))) changes.broke(at, `the header ${header} is gone`);
      }
      compareContents(sides, at, node(was)["content"], node(is)["content"], "answer");
    }
  }
};

/** Each of the alternatives is enough; a caller that was let in must still be. */
const compareSecurity = (changes: Changes, where: string, old: Node, now: Node): void => {
  const ways = (operation: Node) =>
    ((operation["security"] ?? []) as ReadonlyArray<Node>).map((way) => JSON.stringify(way));
  const [was, is] = [ways(old), ways(now)];
  if (is.length > 0 && was.length === 0) changes.broke(where, `needs ${is.join(" or ")} now`);
  for (const way of was) if (is.length > 0 && !is.includes(way)) changes.broke(where, `${way} is no longer enough`);
};

const compareParameters = (sides: Sides, where: string, old: Node, now: Node): void => {
  const { changes } = sides;
  const byName = (operation: Node) =>
    Object.fromEntries(
      ((operation["parameters"] ?? []) as ReadonlyArray<Node>).map((one) => [
        `${one["in"]} parameter ${one["name"]}`,
        one,
      ]),
    );
  for (const [name, was, is] of pairs(byName(old), byName(now))) {
    const at = `${where} ${name}`;
    if (was === undefined) {
      if (node(is)["required"] === true) changes.broke(at, "a new required parameter");
      else changes.added(at, "a new parameter");
    } else if (is === undefined) changes.broke(at, "the parameter is gone");
    else {
      if (node(is)["required"] === true && node(was)["required"] !== true) changes.broke(at, "is required now");
      schemaChanges(sides, at, node(node(was)["schema"]), node(node(is)["schema"]), "request");
    }
  }
};

const compareBodies = (sides: Sides, where: string, was: Node, is: Node): void => {
  if (is["required"] === true && was["required"] !== true)
    sides.changes.broke(`${where} body`, "a body is required now");
  compareContents(sides, `${where} body`, was["content"], is["content"], "request");
};

const compareContents = (sides: Sides, where: string, was: unknown, is: unknown, direction: Direction): void => {
  for (const [type, old, now] of pairs(was, is)) {
    if (old === undefined) sides.changes.added(where, `${type} as well`);
    else if (now === undefined) sides.changes.broke(where, `${type} is gone`);
    else schemaChanges(sides, where, node(node(old)["schema"]), node(node(now)["schema"]), direction);
  }
};

/**
 * The schemas of canonical events, by `dataschema`. Journals hold what every earlier version wrote, so the new one must take it
 * (as a request does); and readers of events must find in it what they found (as in an answer).
 */
export const compareEvents = (before: Node, after: Node): Comparison => {
  const changes = new Changes();
  for (const [name, was, is] of pairs(before, after)) {
    if (was === undefined) changes.added(name, "a new schema");
    else if (is === undefined) changes.broke(name, "the schema is gone: journals hold events of it");
    else schemaChanges({ before: node(was), after: node(is), changes }, name, node(was), node(is), "both");
  }
  return changes;
};

/** Does the new version say that callers must look: a greater major, below 1.0 a greater minor. */
export const saysBreaking = (released: string, present: string): boolean => {
  const [was, is] = [released, present].map((version) => version.split(".").map(Number));
  const [major, minor] = [is![0]! - was![0]!, is![1]! - was![1]!];
  return major > 0 || (major === 0 && was![0] === 0 && minor > 0);
};
