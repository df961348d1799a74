/** How things are named: parties, accounts, documents outside, commands, partitions. *Pure.* */
import { canonical, type Json } from "./canonical.ts";
import { fnv1a, sha256 } from "./hash.ts";

/** `connection:customerId`. */
export const partyId = (connection: string, customer: string): string => `${connection}:${customer}`;

export const connectionOf = (party: string): string => party.slice(0, party.indexOf(":"));

/** An account is named after its root party; each party's own name goes on resolving. */
export const accountId = (rootParty: string): string => `acct_${sha256(rootParty).slice(0, 20)}`;

export const partitions = 64;
/** Fixed for ever: journals hold it. */
export const partitionOf = (connection: string, partyOrEvent: string): number =>
  fnv1a(`${connection} ${partyOrEvent}`) % partitions;

/**
 * The thing outside: hash(target, source object, part, generation), no content. The generation counts the acknowledged
 * inverses (and hand-overs) of that part, so that what was reversed is never revived under its old id.
 */
export const outsideId = (target: string, sourceObject: string, part: string, generation: number): string =>
  `tie_${sha256(canonical([target, sourceObject, part, generation])).slice(0, 32)}`;

export const isOutsideId = (externalId: string): boolean => /^tie_[0-9a-f]{32}$/.test(externalId);

/** The attempt to change: A→B→A is three keys, since each hashes the one acknowledged before it. */
export const commandKey = (outside: string, verb: string, content: Json, lastAcknowledged: string | null): string =>
  `cmd_${sha256(canonical([outside, verb, content, lastAcknowledged])).slice(0, 32)}`;
