/** Which policy holds from when: switches that people make, each with its effective date. *Pure.* */
import type { policies } from "../lifecycle.ts";
import type { ControlNote, Topic } from "./topic.ts";

export type PolicyName = keyof typeof policies;

export interface PolicyNotes extends ControlNote {
  readonly type: "policy.switched";
  readonly policy: PolicyName;
  /** Epoch milliseconds, UTC. */
  readonly effectiveAt: number;
}

export interface PolicySwitch {
  readonly policy: PolicyName;
  readonly effectiveAt: number;
  readonly at: number;
  readonly position: number;
  readonly by: string;
  readonly reason: string | null;
}
/** By effective date, then in the order in which they were made. */
export type PolicyRecord = ReadonlyArray<PolicySwitch>;

/** There is one record. */
export const switches = "switches";

export const policyTopic: Topic<PolicyNotes, PolicyRecord> = {
  name: "policy",
  about: () => switches,
  fold: (before, { policy, effectiveAt, by, reason }, { at, position }) =>
    [...(before ?? []), { policy, effectiveAt, at, position, by, reason }].sort(
      (a, b) => a.effectiveAt - b.effectiveAt || a.position - b.position,
    ),
};

/** The policy in force by a switch; null: as configured. */
export const policyAt = (record: PolicyRecord | null, now: number): PolicyName | null =>
  record?.findLast(({ effectiveAt }) => effectiveAt <= now)?.policy ?? null;
