/** The one suite that every store passes. Called by each implementation's test with a maker of empty stores. */
import { describe, it } from "vitest";
import { journalContract } from "./contract/journal.ts";
import { keysContract } from "./contract/keys.ts";
import { outboxContract } from "./contract/outbox.ts";
import { type Steps, type Subject, withStore } from "./contract/run.ts";
import { snapshotsContract } from "./contract/snapshots.ts";

export type { Subject } from "./contract/run.ts";

/** Names a rule and shows it on a store of its own. */
export type Rule = (name: string, test: (steps: Steps) => Promise<void>) => void;

export interface ContractOptions {
  /** Close and open the store around every single step. Only for stores that keep what they hold. */
  readonly reopen?: boolean;
}

export const storeContract = (name: string, make: () => Subject, options: ContractOptions = {}): void => {
  const rule: Rule = (sentence, test) => {
    it(sentence, { timeout: 30_000 }, () => withStore(make(), options.reopen ?? false, test));
  };
  describe(`${name}: journal`, () => journalContract(rule));
  describe(`${name}: snapshots`, () => snapshotsContract(rule));
  describe(`${name}: outbox and due-records`, () => outboxContract(rule));
  describe(`${name}: links and data keys`, () => keysContract(rule));
};
