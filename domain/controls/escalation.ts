/** Lines of a reconciliation that are too much to heal by themselves: finance's, until they are gone. Raised and cleared by runs. *Pure.* */
import type { ControlNote, Topic } from "./topic.ts";

export interface Escalated {
  /** Root of the account; null: the company's own. */
  readonly account: string | null;
  readonly leg: string;
  /** What is wrong, `missing`, `amount-break` … */
  readonly status: string;
  /** `connection:kind/id` that it is about. */
  readonly source: string;
  readonly moneyMinor: number | null;
  readonly currency: string | null;
  readonly ageFrom: number | null;
  readonly owner: string;
  readonly cause: string;
  readonly evidence: ReadonlyArray<string>;
  readonly acts: ReadonlyArray<string>;
}

interface EscalationNote extends ControlNote {
  readonly line: string;
}
export type EscalationNotes =
  | (EscalationNote & { readonly type: "escalation.raised"; readonly about: Escalated })
  | (EscalationNote & { readonly type: "escalation.cleared" });

export const escalation: Topic<EscalationNotes, Escalated> = {
  name: "escalation",
  about: ({ line }) => line,
  fold: (_, note) => (note.type === "escalation.raised" ? note.about : null),
};
