/** What docs/calc.md says of each calculator: its fields, from the schemas that decode them, and an example worked by the code itself. */

import { type CalculatorName, calculate, calculators, formsOf } from "../domain/reports/calculate.ts";
import { examples } from "../server/calc/examples.ts";
import { calculatorsTold } from "../server/calc/names.ts";
import { inputSchema } from "../server/calc/schema.ts";
import { workingOf } from "../server/calc/working.ts";

/** The part of JSON Schema that `JSONSchema.make` writes for our inputs. */
interface Node {
  readonly $ref?: string;
  readonly allOf?: ReadonlyArray<Node>;
  readonly anyOf?: ReadonlyArray<Node>;
  readonly type?: string;
  readonly enum?: ReadonlyArray<string>;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: ReadonlyArray<string>;
  readonly items?: Node;
  readonly description?: string;
}

export interface FieldRow {
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
  /** Of a union told apart by a word: the words under which the field is there; none: always. */
  readonly under: ReadonlyArray<string>;
}

const inner = (node: Node): Node => node.allOf?.[0] ?? node;
const isNull = (node: Node): boolean => node.type === "null";

/** The field whose one word tells the branches of a union apart. */
const tagOf = (branches: ReadonlyArray<Node>): string | null => {
  const [first] = branches;
  const isTag = (name: string): boolean => branches.every((each) => each.properties?.[name]?.enum?.length === 1);
  return Object.keys(first?.properties ?? {}).find(isTag) ?? null;
};

const typeOf = (node: Node): string => {
  const plain = inner(node);
  if (plain.$ref !== undefined) return plain.$ref.endsWith("/Decimal") ? "decimal" : "whole number";
  if (plain.anyOf !== undefined) {
    if (tagOf(plain.anyOf) !== null) return "object";
    return plain.anyOf.map((each) => (isNull(each) ? "null" : typeOf(each))).join(" or ");
  }
  if (plain.enum !== undefined) return plain.enum.map((each) => `\`${each}\``).join(", ");
  if (plain.type === "array") return `list of ${typeOf(plain.items!).replace(/^object$/, "objects")}`;
  if (plain.type === "integer") return "whole number";
  return plain.type ?? "any";
};

/** Every field of an object, those within it after it. */
const fieldsOf = (node: Node, path: string): ReadonlyArray<FieldRow> => {
  const plain = inner(node);
  if (plain.type === "array") return fieldsOf(plain.items!, `${path}[]`);
  if (plain.anyOf !== undefined) return branchesOf(plain.anyOf, path);
  return Object.entries(plain.properties ?? {}).flatMap(([name, field]): ReadonlyArray<FieldRow> => {
    const own = path === "" ? name : `${path}.${name}`;
    const row = { path: own, type: typeOf(field), description: field.description ?? "", under: [] };
    return [{ ...row, required: (plain.required ?? []).includes(name) }, ...fieldsOf(field, own)];
  });
};

/** Fields that several branches have are one row, which says under which. */
const branchesOf = (branches: ReadonlyArray<Node>, path: string): ReadonlyArray<FieldRow> => {
  const tag = tagOf(branches);
  if (tag === null) return branches.flatMap((branch) => fieldsOf(branch, path));
  const words = branches.map((branch) => branch.properties![tag]!.enum![0]!);
  const place = path === "" ? tag : `${path}.${tag}`;
  const rows = new Map<string, FieldRow>();
  for (const [index, branch] of branches.entries())
    for (const row of fieldsOf(branch, path)) {
      if (row.path === place) continue;
      const key = JSON.stringify([row.path, row.type, row.description, row.required]);
      rows.set(key, { ...row, under: [...(rows.get(key)?.under ?? []), words[index]!] });
    }
  const type = words.map((word) => `\`${word}\``).join(", ");
  const told = { path: place, type, required: true, description: "which of them it is", under: [] };
  const always = (row: FieldRow): FieldRow => (row.under.length === words.length ? { ...row, under: [] } : row);
  return [told, ...[...rows.values()].map(always)];
};

export const fieldsOfForm = (name: CalculatorName, form: string): ReadonlyArray<FieldRow> =>
  fieldsOf(inputSchema(name, form) as Node, "");

const under = ({ under: words, description }: FieldRow): string =>
  words.length === 0 ? description : `${words.map((word) => `\`${word}\``).join(", ")}: ${description}`;

const table = (rows: ReadonlyArray<FieldRow>): string =>
  [
    "| field | type | | |",
    "| --- | --- | --- | --- |",
    ...rows.map((row) => `| \`${row.path}\` | ${row.type} | ${row.required ? "" : "optional"} | ${under(row)} |`),
  ].join("\n");

const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``;

/** One line of JSON for each field, objects that fit on a line not broken. */
const compact = (value: unknown, indent = ""): string => {
  const flat = JSON.stringify(value)
    .replaceAll(/([,:{])(?=(?:[^"]*"[^"]*")*[^"]*$)/g, "$1 ")
    .replaceAll(/(?<=[^ ])}/g, " }");
  if (flat.length + indent.length <= 118 || typeof value !== "object" || value === null) return flat;
  const deeper = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((each) => compact(each, deeper))
    : Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${compact(each, deeper)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  return `${open}\n${parts.map((part) => deeper + part).join(",\n")}\n${indent}${close}`;
};

const worked = (name: CalculatorName, form: string): string => {
  const input = examples[name][form]!;
  const calculated = calculate(name, input);
  if (!calculated.ok) throw new Error(`the example of calc ${name}, ${form}, does not work: ${calculated.mistakes}`);
  return [fenced("json", compact(input)), fenced("", workingOf(name, input, calculated.answer))].join("\n\n");
};

/** An object that stands in several forms is described once. */
const withoutCharge = (rows: ReadonlyArray<FieldRow>): ReadonlyArray<FieldRow> =>
  rows
    .filter(({ path }) => !/\bcharge\./.test(path))
    .map((row) => (/\bcharge$/.test(row.path) ? { ...row, type: "[charge](#a-charge)" } : row));
const chargeText = (): ReadonlyArray<string> => {
  const rows = fieldsOfForm("rate", "quantity").filter(({ path }) => path.startsWith("charge."));
  return ["### A charge", table(rows.map((row) => ({ ...row, path: row.path.slice("charge.".length) })))];
};

const formText = (name: CalculatorName, form: string): ReadonlyArray<string> => {
  const { by } = formsOf(name)[form]!;
  const several = Object.keys(formsOf(name)).length > 1;
  const meant =
    by === undefined ? "An input with none of the fields that tell the other forms." : `An input with \`${by}\`.`;
  return [
    ...(several ? [`### ${name}, form \`${form}\``, meant] : []),
    table(withoutCharge(fieldsOfForm(name, form))),
    worked(name, form),
  ];
};

/** The generated part of docs/calc.md. */
export const calcPage = (): string =>
  (Object.keys(calculators) as ReadonlyArray<CalculatorName>)
    .map((name) =>
      [
        `## tieout calc ${name}`,
        `${calculatorsTold[name][0]!.toUpperCase()}${calculatorsTold[name].slice(1)}.`,
        ...Object.keys(formsOf(name)).flatMap((form) => formText(name, form)),
        ...(name === "rate" ? chargeText() : []),
      ].join("\n\n"),
    )
    .join("\n\n");
