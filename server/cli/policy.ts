/** `tieout policy diff`: the journal under another policy, before anybody switches. */
import { canonical, type Json } from "../../domain/canonical.ts";
import { policies } from "../../domain/lifecycle.ts";
import { textOf, UsageError } from "./arguments.ts";
import { askData } from "./question.ts";
import { totalsText } from "./replay.ts";
import { settings } from "./settings.ts";

export const run = async (values: Readonly<Record<string, string | boolean | undefined>>): Promise<number> => {
  if (textOf(values, "WHAT") !== "diff") throw new UsageError("policy diff --policy NAME");
  const name = textOf(values, "policy");
  if (name === null || !Object.hasOwn(policies, name))
    throw new UsageError(`--policy is one of ${Object.keys(policies).join(", ")}`);
  const query = { name: "whatIf", policy: name as keyof typeof policies, rules: null, connections: null } as const;
  const answer = (await askData(await settings(values), query)) as Readonly<Record<string, Json>>;
  if (values["json"] === true) process.stdout.write(`${canonical(answer)}\n`);
  else {
    const { before, after } = answer["policy"] as { readonly before: string; readonly after: string };
    console.log(`policy: ${before} → ${after}, ${answer["compared"]} accounts compared`);
    console.log(totalsText(answer["totals"]!));
  }
  return 0;
};
