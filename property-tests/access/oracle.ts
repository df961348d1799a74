/**
 * Who may do what, said a second time and otherwise: from the words of docs/security.md, not from the guard's code. It knows
 * operations only by path and the scope they state.
 */
import type { Operation } from "../../server/openapi/operation.ts";

/** How a caller came: the columns of the table. */
export interface CallerSaid {
  /** False: nobody, or nobody who is let in. */
  readonly let: boolean;
  readonly scopes: ReadonlyArray<string>;
  /** Limited to some legal entities. */
  readonly limited: boolean;
}

export type Verdict = "401" | "403" | "in";

/** What a key limited to legal entities may ask for: everything else is about all of them. */
const ofAccounts =
  /^\/(v1\/(now|stream|accounts(\/\{id\}(\/(timeline|machine|park|release|separate))?)?|machine|links|approvals|audit|faults|service-levels|park-rules(\/\{id\}\/remove)?|objects\/\{id\}\/(park|release)|reconciliations\/(latest|matches(\/\{id\}\/unmatch)?)|periods(\/\{p\}\/(close|reopen|report))?|holds(\/\{id\}\/lift)?|(commands|exceptions)(\/\{\w+\}(\/(exchanges|retry|cancel|approve|assign|snooze|resolve|reopen))?)?|(customers|quotes|contracts|subscriptions|invoices|credit-notes|payments|refunds|disputes|postings)(\/\{id\})?))?$/;

export const verdict = ({ access, orAccess, path }: Operation, caller: CallerSaid): Verdict => {
  switch (access) {
    case "none":
    case "signature":
      return "in";
    case "read":
      if (!caller.let) return "401";
      if (!["read", "operate", "approve", "admin"].some((scope) => caller.scopes.includes(scope))) return "403";
      break;
    default:
      if (!caller.let) return "401";
      if (!caller.scopes.includes(access) && !(orAccess && caller.scopes.includes(orAccess))) return "403";
  }
  return caller.limited && !ofAccounts.test(path) ? "403" : "in";
};
