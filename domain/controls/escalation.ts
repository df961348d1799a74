/** Lines of a reconciliation that are too much to heal by themselves: finance's, until they are gone. Raised and cleared by runs. *Pure.* */
import type { Exception } from "../exceptions.ts";
import type { ControlNote, Topic } from "./topic.ts";

/** As the exception that it becomes. */
export interface Escalated extends Omit<Exception, "id" | "type"> {
  /** Root of the account; null: the company's own. */
  readonly account: string | null;
  readonly leg: string;
  /** What is wrong, `missing`, `amount-break` … */
  readonly status: string;
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
