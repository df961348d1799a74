/**
 * What keeps the commands of one object back: a person parked it, or a rule that it matches does. Whole parties are parked on the
 * party itself. *Pure.*
 */
import { matches, type ParkedObject, type ParkRule, saying } from "./controls/park-rule.ts";
import { kindOf } from "./event.ts";

/** By whom, why and since when; epoch milliseconds, UTC. */
export interface Parked {
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}

/** The rules in force, the same for every party of one core, and what they may ask. */
export interface ParkRules {
  readonly all: ReadonlyArray<ParkRule>;
  /** Where the account of a party stands; null: not known. */
  readonly stageOf: (party: string) => string | null;
}
export const noRules: ParkRules = { all: [], stageOf: () => null };

/** What of a party's object a rule looks at. */
export const parkedObject = (
  party: { readonly id: string; readonly connection: string; readonly customer: string },
  subject: string,
  dataOf: (subject: string) => unknown,
  rules: ParkRules,
): ParkedObject => {
  const data = dataOf(subject) as
    | { readonly currency?: string | null; readonly totalMinor?: number; readonly amountMinor?: number | null }
    | undefined;
  const account = dataOf(`account/${party.customer}`) as
    | { readonly name?: string | null; readonly email?: string | null }
    | undefined;
  return {
    connection: party.connection,
    kind: kindOf(subject),
    currency: data?.currency ?? null,
    amountMinor: data?.totalMinor ?? data?.amountMinor ?? null,
    names: [account?.name, account?.email].filter((name) => typeof name === "string"),
    stage: () => rules.stageOf(party.id),
  };
};

/** The first rule, by id, that keeps the object back, in words; null: none does. */
export const keptBackBy = (rules: ReadonlyArray<ParkRule>, object: () => ParkedObject): string | null => {
  if (rules.length === 0) return null;
  const seen = object();
  const found = rules.find((rule) => matches(rule, seen));
  return found === undefined ? null : saying(found);
};
