/**
 * What a watcher sees of an account's actor: XState's inspection events in the form that `@statelyai/inspect` 0.7 puts on the wire.
 * Fields are let through by name, so that what is added to the facts stays here until somebody lists it. *Pure.*
 */
import type { InspectionEvent } from "xstate";
import type { AccountFacts } from "../domain/facts.ts";
import type { AccountActor } from "./account.actor.ts";
import { accountMachine } from "./account.machine.ts";

/** Of the protocol: the version of `@statelyai/inspect` whose messages these are. */
export const inspectionVersion = "0.7.2";

type Plain = { readonly [field: string]: unknown };

interface Sent {
  readonly _version: typeof inspectionVersion;
  /** Epoch milliseconds, as text. */
  readonly createdAt: string;
  readonly id: null;
  readonly rootId: string;
  readonly sessionId: string;
}
export interface ActorSeen extends Sent {
  readonly type: "@xstate.actor";
  readonly name: string;
  /** The machine's definition, as JSON text. */
  readonly definition: string;
  readonly snapshot: Plain;
}
export interface EventSeen extends Sent {
  readonly type: "@xstate.event";
  readonly event: Plain;
}
export interface SnapshotSeen extends Sent {
  readonly type: "@xstate.snapshot";
  readonly event: Plain;
  readonly snapshot: Plain;
}
export type Seen = ActorSeen | EventSeen | SnapshotSeen;

/** For `JSON.stringify`: a function by its name; XState's own by their type, since a bundler renames them. */
export const byName = (_: string, field: unknown): unknown => {
  if (typeof field !== "function") return field;
  const { type = field.name } = field as { readonly type?: string };
  return { type: type.replace(/^xstate\./, "") };
};

/** Functions by name, keys in order. */
const definitionText = (config: object): string =>
  JSON.stringify(config, (key, field: unknown) => {
    const plain = byName(key, field);
    if (plain === null || typeof plain !== "object" || Array.isArray(plain)) return plain;
    return Object.fromEntries(Object.entries(plain).sort(([a], [b]) => (a < b ? -1 : 1)));
  });

const definition = definitionText(accountMachine.config);

/** An id of a system; whatever else a system used as one (an address, a name) is withheld. */
const idShown = (id: string | null | undefined): string | null =>
  id === null || id === undefined ? null : /^[\w.:/-]{1,200}$/.test(id) ? id : "(withheld)";

const factsShown = ({ standing, contract, subscription, receivables, cash, sync }: AccountFacts) => ({
  standing,
  contract: idShown(contract),
  subscription,
  receivables: { posting: receivables.posting, posted: receivables.posted, blocked: receivables.blocked },
  cash: { due: cash.due, partial: cash.partial, settled: cash.settled, disputed: cash.disputed },
  sync: { open: sync.open, parked: sync.parked, drift: sync.drift, unsettled: sync.unsettled },
});

interface MayTell {
  readonly type: string;
  readonly account?: string;
  readonly facts?: AccountFacts;
}

const eventShown = ({ type, account, facts }: MayTell): Plain => ({
  type,
  ...(account === undefined ? {} : { account: idShown(account) }),
  ...(facts === undefined ? {} : { facts: factsShown(facts) }),
});

type Shot = ReturnType<AccountActor["getSnapshot"]>;

/** The fields that XState's own `toJSON` has; the account machine has no output, error, children, history or tags of its own. */
const snapshotShown = (shot: Shot, status: string = shot.status): Plain => ({
  status,
  context: { account: idShown(shot.context.account), facts: factsShown(shot.context.facts) },
  value: shot.value,
  historyValue: {},
  children: {},
  tags: [],
});

const sent = ({ sessionId }: AccountActor, at: number): Sent => ({
  _version: inspectionVersion,
  createdAt: String(at),
  id: null,
  rootId: sessionId,
  sessionId,
});

/** The first thing to tell a watcher: which machine this is, and where it stands. */
export const actorSeen = (actor: AccountActor, at: number): ActorSeen => ({
  type: "@xstate.actor",
  name: accountMachine.id,
  definition,
  snapshot: snapshotShown(actor.getSnapshot()),
  ...sent(actor, at),
});

/** What `actor.system.inspect` reported; null for what the protocol does not carry. */
export const reported = (actor: AccountActor, event: InspectionEvent, at: number): Seen | null => {
  switch (event.type) {
    case "@xstate.event":
      return { type: event.type, event: eventShown(event.event as MayTell), ...sent(actor, at) };
    case "@xstate.snapshot":
      return {
        type: event.type,
        event: eventShown(event.event as MayTell),
        snapshot: snapshotShown(event.snapshot as Shot),
        ...sent(actor, at),
      };
    default:
      return null;
  }
};

/** Why a session goes no further; the account goes on in another one. */
export type Ending = "tieout.evicted" | "tieout.joined" | "tieout.replaced";

export const endSeen = (actor: AccountActor, type: Ending, at: number): SnapshotSeen => ({
  type: "@xstate.snapshot",
  event: { type },
  snapshot: snapshotShown(actor.getSnapshot(), "stopped"),
  ...sent(actor, at),
});
