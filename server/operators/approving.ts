/** Whether one person's yes is enough for a command: the most that their key may approve, and the two-person rule. */
import type { ApprovalFacts } from "../../domain/controls/approval.ts";
import type { OperatorNote } from "../../domain/operator.ts";
import { askedFor, needsSecondPerson, type SecondPerson } from "../access/second-person.ts";
import type { Engine } from "../engine/engine.ts";
import type { Command } from "../views/command.ts";
import { type ActRequest, type CommandVerb, refused } from "./act.ts";

/** What the rules about approvals ask of a command. */
export const factsOf = ({ content }: Command): Required<ApprovalFacts> => {
  const { amountMinor, currency } = content;
  return {
    amountMinor: typeof amountMinor === "number" ? amountMinor : null,
    currency: typeof currency === "string" ? currency : null,
  };
};

/** Why it is more than this person may approve; null: it is not. */
export const overLimit = (
  { approveUpToMinor = null, by }: Pick<ActRequest, "approveUpToMinor" | "by">,
  facts: Required<ApprovalFacts>,
): string | null => {
  const { amountMinor, currency } = facts;
  if (approveUpToMinor === null || amountMinor === null) return null;
  const most = approveUpToMinor[currency ?? ""] ?? 0;
  if (Math.abs(amountMinor) <= most) return null;
  return `it is about ${amountMinor} minor units of ${currency ?? "no currency"}, and ${by} may approve ${most}: ask somebody who may approve more`;
};

/** What is answered in place of doing it, or the notes that go into the journal behind the act's own. */
export const personsOf = (
  engine: Engine,
  request: ActRequest,
  verb: CommandVerb,
  command: Command,
): SecondPerson | { readonly also: ReadonlyArray<OperatorNote> } => {
  if (verb === "retry") return { also: askedFor(engine, request, "command.approve", command.key) };
  if (verb === "cancel") return { also: [] };
  const facts = factsOf(command);
  const over = overLimit(request, facts);
  if (over !== null) return { prepared: refused("forbidden", over) };
  return needsSecondPerson(engine, request, "command.approve", command.key, facts);
};
