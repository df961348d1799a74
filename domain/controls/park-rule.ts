/**
 * Rules that a person makes to keep objects back: nothing of what matches goes out until the rule is removed. A rule looks at what
 * is known now, so what comes to match later is held then, and what no longer matches goes on. *Pure.*
 */
import type { ControlNote, Topic } from "./topic.ts";

/** Every condition that is not null must hold. */
export interface ParkConditions {
  /** That the object came from. */
  readonly connection: string | null;
  /** `invoice`, `payment`, `account` … An invoice takes everything along that applies to it. */
  readonly kind: string | null;
  /** Where the account stands. */
  readonly stage: string | null;
  readonly currency: string | null;
  /** Only with a currency: two currencies are never compared. */
  readonly amountOverMinor: number | null;
  /** In the party's own name or email, whatever the case. */
  readonly nameContains: string | null;
}

interface RuleNote extends ControlNote {
  readonly rule: string;
}
export type ParkRuleNotes =
  | (RuleNote & { readonly type: "park-rule.added"; readonly conditions: ParkConditions })
  | (RuleNote & { readonly type: "park-rule.removed" });

export interface ParkRule extends ParkConditions {
  readonly id: string;
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}

export interface ParkedObject {
  readonly connection: string;
  readonly kind: string;
  readonly currency: string | null;
  readonly amountMinor: number | null;
  readonly names: ReadonlyArray<string>;
  /** Asked only where a rule looks at it; null: not known. */
  readonly stage: () => string | null;
}

export const parkRule: Topic<ParkRuleNotes, ParkRule> = {
  name: "park-rule",
  about: ({ rule }) => rule,
  fold: (before, note, { at }) => {
    if (note.type === "park-rule.removed") return null;
    if (before !== null) return before;
    const { by, reason, rule: id, conditions } = note;
    return { id, by, reason: reason ?? "no reason given", at, ...conditions };
  },
};

export const matches = (rule: ParkConditions, object: ParkedObject): boolean => {
  const { connection, kind, stage, currency, amountOverMinor, nameContains } = rule;
  if (connection !== null && connection !== object.connection) return false;
  if (kind !== null && kind !== object.kind) return false;
  if (currency !== null && currency !== object.currency) return false;
  if (amountOverMinor !== null && (object.amountMinor === null || object.amountMinor <= amountOverMinor)) return false;
  if (nameContains !== null) {
    const wanted = nameContains.toLowerCase();
    if (!object.names.some((name) => name.toLowerCase().includes(wanted))) return false;
  }
  return stage === null || stage === object.stage();
};

/** In the words of a person. */
export const saying = ({ id, by, reason }: ParkRule): string => `parked by rule ${id} of ${by}: ${reason}`;
