/** The account machine as the JSON that Stately's editor and `createMachine` take: guards and actions by name. *Pure.* */
import type { Json } from "../../domain/canonical.ts";
import { accountMachine, machineVersion, noFacts } from "../../machines/account.machine.ts";
import { byName } from "../../machines/inspection.ts";

/** The context is the one that an account begins with: what makes it is a function, which JSON cannot hold. */
export const chartJson: Json = {
  ...(JSON.parse(JSON.stringify(accountMachine.config, byName)) as { readonly [key: string]: Json }),
  version: String(machineVersion),
  context: { account: "", facts: noFacts as unknown as Json },
};
