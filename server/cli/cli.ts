/** The command line: finds the command, runs it, and turns what came of it into an exit code. Loads only what the command needs. */
import { version } from "../version.ts";
import { parseCommand, UsageError } from "./arguments.ts";
import { Failure } from "./failure.ts";
import { commandHelp, commands, helpText } from "./usage.ts";

type Run = (values: Readonly<Record<string, string | boolean | undefined>>) => Promise<number>;

const load: Readonly<Record<string, () => Promise<{ readonly run: Run }>>> = {
  serve: () => import("./serve.ts"),
  demo: () => import("./demo.ts"),
  import: () => import("./import.ts"),
  accounts: () => import("./accounts.ts"),
  kpis: () => import("./kpis.ts"),
  report: () => import("./report.ts"),
  verify: () => import("./verify.ts"),
  export: () => import("./export.ts"),
  keys: () => import("./keys.ts"),
  inspect: () => import("./inspect.ts"),
  explain: () => import("./explain.ts"),
  reconcile: () => import("./reconcile.ts"),
  replay: () => import("./replay.ts"),
  bulk: () => import("./bulk.ts"),
  policy: () => import("./policy.ts"),
  config: () => import("./config.ts"),
  calc: () => import("./calc.ts"),
};

const help = (name: string | undefined): number => {
  const command = commands.find((candidate) => candidate.name === name);
  if (name !== undefined && !command) throw new UsageError(`there is no command ${JSON.stringify(name)}`);
  console.log(command ? commandHelp(command) : helpText());
  return 0;
};

const run = async (args: ReadonlyArray<string>): Promise<number> => {
  const [name, ...rest] = args;
  if (name === undefined) throw new UsageError("which command?");
  if (name === "--version" || name === "-v") {
    console.log(version());
    return 0;
  }
  if (name === "help" || name === "--help" || name === "-h") return help(rest[0]);
  const { command, values } = parseCommand(name, rest);
  if (values["help"]) return help(name);
  return (await load[command.name]!()).run(values);
};

export const main = async (args: ReadonlyArray<string>): Promise<void> => {
  try {
    process.exitCode = await run(args);
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`tieout: ${error.message}\nSee: tieout help`);
      process.exitCode = 2;
      return;
    }
    console.error(
      `tieout: ${isSaid(error) ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    process.exitCode = 1;
  }
};

/** Errors that are written for a person, also as Effect hands them out of a fiber. */
const isSaid = (error: unknown): error is Error =>
  error instanceof Failure ||
  (error instanceof Error && /^(\(FiberFailure\) )?(ConfigError|StartError|StoreError)$/.test(error.name));
