/** The two-person rule: which acts need more than one person, who has said yes so far, and who may not. *Pure.* */
import { personOf } from "../scopes.ts";
import type { ControlNote, Topic } from "./topic.ts";

/** Acts that a rule may name: a misspelt one would be a rule that never binds. */
export const approvableActs = [
  "command.approve",
  "key.make",
  "period.close",
  "period.reopen",
  "hold.lift",
  "account.erase",
  "policy.switch",
  "mapping.set",
  "usage-batch.approve",
] as const;
export type ApprovableAct = (typeof approvableActs)[number];

export interface ApprovalRule {
  readonly act: ApprovableAct;
  /** Only for more money than this, either way; null: for every such act. */
  readonly aboveMinor: number | null;
  /** Only for money of this currency; null: of any. */
  readonly currency: string | null;
  /** Different persons who must say yes. One: somebody else than who asked for it. */
  readonly persons: number;
}

/** What an act is about, where it is about money. */
export interface ApprovalFacts {
  readonly amountMinor?: number | null;
  readonly currency?: string | null;
}

const binds = (rule: ApprovalRule, act: ApprovableAct, { amountMinor, currency }: ApprovalFacts): boolean => {
  if (rule.act !== act) return false;
  if (rule.currency !== null && rule.currency !== (currency ?? null)) return false;
  return rule.aboveMinor === null || Math.abs(amountMinor ?? 0) > rule.aboveMinor;
};

/** Null: no rule says anything, and whoever has the scope may. */
export const personsNeeded = (
  rules: ReadonlyArray<ApprovalRule>,
  act: ApprovableAct,
  facts: ApprovalFacts = {},
): number | null => {
  const binding = rules.filter((rule) => binds(rule, act, facts)).map(({ persons }) => persons);
  return binding.length === 0 ? null : Math.max(...binding);
};

interface ApprovalNote extends ControlNote {
  /** `act/subject`. */
  readonly approval: string;
}
export type ApprovalNotes =
  /** A person asked for it, and so may not approve it. What was said of an earlier asking is forgotten. */
  | (ApprovalNote & { readonly type: "approval.asked"; readonly person: string })
  | (ApprovalNote & { readonly type: "approval.given"; readonly person: string; readonly needed: number })
  /** It was done: the next one begins anew. With who had asked and who had said yes before; absent in old journals. */
  | (ApprovalNote & { readonly type: "approval.done" } & Partial<Pick<ApprovalRecord, "asked" | "needed" | "given">>);

export interface ApprovalRecord {
  readonly id: string;
  readonly asked: { readonly person: string; readonly by: string; readonly at: number } | null;
  readonly needed: number;
  readonly given: ReadonlyArray<{
    readonly person: string;
    readonly by: string;
    readonly at: number;
    readonly reason: string | null;
  }>;
}

export const approval: Topic<ApprovalNotes, ApprovalRecord> = {
  name: "approval",
  about: (note) => note.approval,
  fold: (before, note, { at }) => {
    const { by, reason } = note;
    const record = before ?? { id: note.approval, asked: null, needed: 0, given: [] };
    switch (note.type) {
      case "approval.asked":
        return { ...record, asked: { person: personOf(note.person), by, at }, given: [] };
      case "approval.given": {
        const person = personOf(note.person);
        if (record.given.some((one) => one.person === person)) return before;
        return { ...record, needed: note.needed, given: [...record.given, { person, by, at, reason }] };
      }
      case "approval.done":
        return null;
    }
  },
};

export type Standing =
  /** This person may not say yes. */
  | { readonly status: "barred"; readonly why: string }
  /** With this person's yes it is enough. */
  | { readonly status: "enough" }
  /** So many other persons are still needed after this one's yes. */
  | { readonly status: "waiting"; readonly more: number };

export const standingOf = (record: ApprovalRecord | null, needed: number, by: string): Standing => {
  const person = personOf(by);
  if (record?.asked?.person === person)
    return { status: "barred", why: `${record.asked.by} asked for it: another person approves it` };
  const persons = new Set([...(record?.given.map((one) => one.person) ?? []), person]);
  if (persons.size >= needed) return { status: "enough" };
  if (record?.given.some((one) => one.person === person))
    return { status: "barred", why: `${person} has approved it already: another person is needed` };
  return { status: "waiting", more: needed - persons.size };
};
