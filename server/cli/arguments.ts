/** The words after `tieout`, checked: which command, with which options. */
import { parseArgs } from "node:util";
import { nearest } from "./nearest.ts";
import { type Command, commands } from "./usage.ts";

export class UsageError extends Error {}

export interface Parsed {
  readonly command: Command;
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
}

export const parseCommand = (name: string, rest: ReadonlyArray<string>): Parsed => {
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) {
    const meant = nearest(name, [...commands.map((candidate) => candidate.name), "help"]);
    throw new UsageError(
      `there is no command ${JSON.stringify(name)}${meant === null ? "" : `; did you mean "${meant}"?`}`,
    );
  }
  const { options } = command;
  const { tokens } = parseArgs({ args: [...rest], options, strict: false, tokens: true });
  const values: Record<string, string | boolean> = {};
  for (const token of tokens) {
    if (token.kind === "positional") {
      const operand = command.operand;
      if (operand === undefined)
        throw new UsageError(`${name} takes no ${JSON.stringify(token.value)}: options begin with --`);
      const free = operand.split(" ").find((word) => !Object.hasOwn(values, word));
      if (free === undefined)
        throw new UsageError(
          operand.includes(" ")
            ? `${name} takes ${operand}, and ${JSON.stringify(token.value)} is one word more`
            : `${name} takes one ${operand}, and here are two`,
        );
      values[free] = token.value;
    }
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (!option) {
      const meant = nearest(token.name, Object.keys(options));
      throw new UsageError(
        `${name} has no option ${token.rawName}${meant === null ? "" : `; did you mean --${meant}?`}`,
      );
    }
    if (Object.hasOwn(values, token.name)) throw new UsageError(`${token.rawName} is given twice`);
    if (option.type === "boolean") {
      if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`);
      values[token.name] = true;
    } else {
      if (token.value === undefined || token.value === "" || (!token.inlineValue && token.value.startsWith("--")))
        throw new UsageError(`${token.rawName} needs a value`);
      values[token.name] = token.value;
    }
  }
  return { command, values };
};

export const textOf = (values: Parsed["values"], name: string): string | null => {
  const value = values[name];
  return typeof value === "string" ? value : null;
};
