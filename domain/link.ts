/**
 * Which parties are one company. Evidence of links points each party to at most one other: rank, then clock, then a fixed
 * rule. An account is the set of parties that reach the same root; joining and separating moves nothing. *Pure.*
 */
import { canonical } from "./canonical.ts";
import type { LinkClaim, LinkRank } from "./event.ts";

export interface LinkObservation extends LinkClaim {
  /** The vendor's clock, or our own for an operator. */
  readonly at: number;
}
/** Per rank the newest claims (several when they tie), in canonical order. */
export type LinkRegister = ReadonlyArray<LinkObservation>;

export const rankOf: Readonly<Record<LinkRank, number>> = { operator: 3, "external-id": 2, metadata: 1, heuristic: 0 };

/** Union, keeping what nothing of the same rank is newer than. Returns `register` itself when nothing changed. */
export const joinLink = (register: LinkRegister, claim: LinkObservation): LinkRegister => {
  const rivals = register.filter((other) => other.rank === claim.rank);
  if (rivals.some((other) => other.at > claim.at || canonical({ ...other }) === canonical({ ...claim })))
    return register;
  return [...register.filter((other) => other.rank !== claim.rank || other.at >= claim.at), claim].sort((a, b) =>
    canonical({ ...a }) < canonical({ ...b }) ? -1 : 1,
  );
};

export const joinLinks = (a: LinkRegister, b: LinkRegister): LinkRegister => b.reduce(joinLink, a);

/** The claim that counts; an operator's may be a separation. A link that its source emptied claims nothing. */
export const bestClaim = (register: LinkRegister): LinkObservation | null => {
  const claims = register.filter((claim) => claim.target !== null || claim.rank === "operator");
  const [best] = claims.sort(
    (a, b) => rankOf[b.rank] - rankOf[a.rank] || b.at - a.at || ((a.target ?? "") < (b.target ?? "") ? -1 : 1),
  );
  return best ?? null;
};

/** The target of the claim that counts; null when there is none, or when an operator said separate. */
export const bestLink = (register: LinkRegister): string | null => bestClaim(register)?.target ?? null;

/**
 * The root that a party reaches by following links; the root of a cycle is its smallest id. `targetOf` answers null for a
 * party that points nowhere.
 */
export const rootOf = (party: string, targetOf: (party: string) => string | null): string => {
  const path: string[] = [];
  let at = party;
  for (;;) {
    const seen = path.indexOf(at);
    if (seen >= 0) return path.slice(seen).sort()[0]!;
    path.push(at);
    const next = targetOf(at);
    if (next === null) return at;
    at = next;
  }
};

/** An account holds at most this many parties; links that would make it larger are held as an exception. */
export const maxParties = 20;
