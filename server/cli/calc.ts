/** `tieout calc`: one of the calculators over a JSON, with its working. Needs no data directory, no configuration and no server. */
import { readFileSync } from "node:fs";
import { canonical, type Json } from "../../domain/canonical.ts";
import { type CalculatorName, calculate, calculators, formsOf, isCalculator } from "../../domain/reports/calculate.ts";
import { examples } from "../calc/examples.ts";
import { inputSchema } from "../calc/schema.ts";
import { workingOf } from "../calc/working.ts";
import { textOf, UsageError } from "./arguments.ts";
import { Failure } from "./failure.ts";
import { nearest } from "./nearest.ts";
import { commandHelp, commands } from "./usage.ts";

type Values = Readonly<Record<string, string | boolean | undefined>>;

const names = Object.keys(calculators).join(", ");

const calculatorOf = (word: string): CalculatorName => {
  if (isCalculator(word)) return word;
  const meant = nearest(word, Object.keys(calculators));
  throw new UsageError(
    `there is no calculator ${JSON.stringify(word)}; ${meant === null ? `one of ${names}` : `did you mean "${meant}"?`}`,
  );
};

/** The form that is asked for; null: none is named. */
const formOf = (name: CalculatorName, values: Values): string | null => {
  const form = textOf(values, "form");
  if (form === null) return null;
  const forms = Object.keys(formsOf(name));
  if (!forms.includes(form)) throw new UsageError(`${name} has no form ${form}; one of ${forms.join(", ")}`);
  if (values["schema"] !== true && values["example"] !== true)
    throw new UsageError("--form says which --schema or --example is meant; an input shows its form by its fields");
  return form;
};

const printed = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const fromFile = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch (failure) {
    throw new Failure(`${path} cannot be read (${(failure as NodeJS.ErrnoException).code})`);
  }
};

const fromStandardInput = async (name: CalculatorName): Promise<string> => {
  if (process.stdin.isTTY)
    console.error(
      `tieout: calc ${name} waits for its JSON on standard input, to the end of it (Ctrl-D). An example: tieout calc ${name} --example`,
    );
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
};

/** Where a JSON text goes wrong, by line and column, as far as the runtime says. */
const placeOf = (text: string, message: string): string => {
  const at = /position (\d+)/.exec(message)?.[1];
  if (at === undefined) return "";
  const before = text.slice(0, Number(at)).split("\n");
  return `, at line ${before.length}, column ${before.at(-1)!.length + 1}`;
};

const parse = (text: string, place: string, name: CalculatorName): unknown => {
  const json = text.replace(/^\uFEFF/, "");
  if (json.trim() === "")
    throw new Failure(`${place} is empty; an example of what it takes: tieout calc ${name} --example`);
  try {
    return JSON.parse(json);
  } catch (error) {
    const { message } = error as Error;
    throw new Failure(`${place} is no JSON${placeOf(json, message)}: ${message}`);
  }
};

export const run = async (values: Values): Promise<number> => {
  const word = textOf(values, "CALCULATOR");
  if (word === null) {
    if (Object.keys(values).length > 0) throw new UsageError(`which calculator? One of ${names}`);
    console.log(commandHelp(commands.find(({ name }) => name === "calc")!));
    return 0;
  }
  const name = calculatorOf(word);
  const form = formOf(name, values);
  const wishes = ["schema", "example", "file"].filter((option) => values[option] !== undefined);
  if (wishes.length > 1) throw new UsageError(`--${wishes.join(" and --")} do not go together`);
  if (values["schema"] === true || values["example"] === true) {
    const wanted =
      values["schema"] === true ? inputSchema(name, form) : examples[name][form ?? Object.keys(examples[name])[0]!];
    process.stdout.write(printed(wanted));
    return 0;
  }
  const file = textOf(values, "file");
  const text = file === null ? await fromStandardInput(name) : fromFile(file);
  const input = parse(text, file ?? "standard input", name);
  const calculated = calculate(name, input);
  if (!calculated.ok) {
    if (values["json"] === true) process.stdout.write(`${canonical({ mistakes: calculated.mistakes } as Json)}\n`);
    throw new Failure(
      `calc ${name} cannot use this input:\n  ${calculated.mistakes.join("\n  ")}\nWhat it takes: tieout calc ${name} --schema, or --example`,
    );
  }
  process.stdout.write(
    values["json"] === true
      ? `${canonical(calculated.answer as Json)}\n`
      : `${workingOf(name, input, calculated.answer)}\n`,
  );
  return 0;
};
