/** The live actor of one account: told the facts, it walks; asked, it says where it stands. Activation, step, stored form. */
import { type ActorRefFrom, createActor } from "xstate";
import type { AccountFacts } from "../domain/facts.ts";
import type { Regions } from "./account.guards.ts";
import { accountMachine, machineVersion } from "./account.machine.ts";

export type AccountActor = ActorRefFrom<typeof accountMachine>;

export interface StoredActor {
  readonly version: number;
  readonly regions: Regions;
  readonly facts: AccountFacts;
}

/** A stored snapshot of this machine's version is resumed; of another, or none, derived again: the walk starts at the beginning. */
export const activate = (account: string, stored: StoredActor | null): AccountActor => {
  const options =
    stored !== null && stored.version === machineVersion
      ? {
          input: { account },
          snapshot: accountMachine.resolveState({ value: stored.regions, context: { account, facts: stored.facts } }),
        }
      : { input: { account } };
  return createActor(accountMachine, options).start();
};

export const tell = (actor: AccountActor, account: string, facts: AccountFacts): Regions => {
  actor.send({ type: "evidence.joined", account, facts });
  return regionsIn(actor);
};

export const regionsIn = (actor: AccountActor): Regions => actor.getSnapshot().value as unknown as Regions;

export const toStored = (actor: AccountActor): StoredActor => ({
  version: machineVersion,
  regions: regionsIn(actor),
  facts: actor.getSnapshot().context.facts,
});
