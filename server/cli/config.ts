/** `tieout config diff`: what a promotion would change, setting by setting, and what would come of it. Secrets are shown by their place alone. */
import { existsSync, readFileSync } from "node:fs";
import * as Either from "effect/Either";
import { canonical, type Json } from "../../domain/canonical.ts";
import { decodeFile, type FileConfig } from "../config/file.ts";
import { textOf, UsageError } from "./arguments.ts";
import { Failure } from "./failure.ts";
import { askData } from "./question.ts";
import { totalsText } from "./replay.ts";
import { settings } from "./settings.ts";

interface Setting {
  readonly setting: string;
  readonly from: Json;
  readonly to: Json;
}

const readConfig = (path: string): FileConfig => {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (failure) {
    throw new Failure(`${path} cannot be read (${(failure as NodeJS.ErrnoException).code})`);
  }
  const file = decodeFile(text);
  if (Either.isLeft(file)) throw new Failure(file.left.map((problem) => `${path}: ${problem}`).join("\n"));
  return file.right;
};

/** Every leaf by its path; a list is one leaf. */
const leaves = (value: unknown, path: string, found: Map<string, Json>): Map<string, Json> => {
  if (value !== null && typeof value === "object" && !Array.isArray(value))
    for (const [name, inner] of Object.entries(value)) leaves(inner, path === "" ? name : `${path}.${name}`, found);
  else if (value !== undefined) found.set(path, value as Json);
  return found;
};

export const settingsDiff = (from: unknown, to: unknown): ReadonlyArray<Setting> => {
  const [was, is] = [leaves(from, "", new Map()), leaves(to, "", new Map())];
  return [...new Set([...was.keys(), ...is.keys()])].sort().flatMap((setting) => {
    const [before, after] = [was.get(setting) ?? null, is.get(setting) ?? null];
    return canonical(before) === canonical(after) ? [] : [{ setting, from: before, to: after }];
  });
};

export const run = async (values: Readonly<Record<string, string | boolean | undefined>>): Promise<number> => {
  if (textOf(values, "WHAT") !== "diff") throw new UsageError("config diff --from A --to B");
  const to = textOf(values, "to");
  if (to === null) throw new UsageError("--to names the configuration file that would be promoted");
  const from =
    textOf(values, "from") ?? textOf(values, "config") ?? process.env["TIEOUT_CONFIG"] ?? "tieout.config.json";
  const [before, after] = [
    existsSync(from) || textOf(values, "from") !== null ? readConfig(from) : null,
    readConfig(to),
  ];
  const changed = settingsDiff(before, after);
  const config = await settings(before === null ? values : { ...values, config: from });
  const rules = Object.fromEntries(
    Object.entries(after.connections).map(([name, { mode, rows, holdInverses, startAt }]) => [
      name,
      { mode, rows, holdInverses, startAt },
    ]),
  );
  const connections = Object.entries(after.connections).map(([name, { vendor }]) => ({ name, vendor }));
  const wouldBe = (await askData(config, { name: "whatIf", policy: after.policy, rules, connections }).catch(
    (failure) => {
      // A promotion may be looked at before there is any data.
      if (failure instanceof Failure && /there is no data/.test(failure.message)) return null;
      throw failure;
    },
  )) as Readonly<Record<string, Json>> | null;
  if (values["json"] === true)
    process.stdout.write(`${canonical({ settings: changed, whatIf: wouldBe } as unknown as Json)}\n`);
  else {
    for (const { setting, from, to } of changed) console.log(`${setting}: ${canonical(from)} → ${canonical(to)}`);
    if (changed.length === 0) console.log("no setting differs");
    console.log(wouldBe === null ? "there is no data yet, so nothing would differ" : totalsText(wouldBe["totals"]!));
  }
  return 0;
};
