/** The live actor of one account: told the facts, it walks; asked, it says where it stands. Never stored: derived on activation. */
import { type ActorRefFrom, createActor, initialTransition } from "xstate";
import type { AccountFacts } from "../domain/facts.ts";
import type { Regions } from "./account.guards.ts";
import { accountMachine, noFacts } from "./account.machine.ts";
import { accountWalks } from "./account.walks.ts";

export type AccountActor = ActorRefFrom<typeof accountMachine>;

/** Where every account begins: the chart enters its regions once, and not for each account anew. */
const begun = accountMachine.getPersistedSnapshot(initialTransition(accountMachine, { account: "" })[0]);

/** Begins where every account begins; the first facts walk it to where it stands. */
export const activate = (account: string): AccountActor => {
  const snapshot = { ...begun, context: { account, facts: noFacts } };
  return createActor(accountWalks, { snapshot, input: { account } }).start();
};

export const tell = (actor: AccountActor, account: string, facts: AccountFacts): Regions => {
  actor.send({ type: "evidence.joined", account, facts });
  return regionsIn(actor);
};

export const regionsIn = (actor: AccountActor): Regions => actor.getSnapshot().value as unknown as Regions;
