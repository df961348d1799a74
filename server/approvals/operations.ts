/** What the route of approvals promises. *Pure.* */
import * as Schema from "effect/Schema";
import { approvableActs } from "../../domain/controls/approval.ts";
import { scopes } from "../../domain/scopes.ts";
import { AccountId, AmountMinor, Currency, Instant, Whole } from "../openapi/leaf.ts";
import type { Operation } from "../openapi/operation.ts";
import { filter, json } from "../operators/act-operation.ts";
import { oneOf } from "../operators/answers.ts";
import { pageParameters } from "../resources/operations.ts";

export const approvalsPath = "/v1/approvals";
export const approvalStates = ["waiting", "decided"] as const;

const text = Schema.NullOr(Schema.String);
const at = Schema.NullOr(Instant);
const Yes = Schema.Struct({ by: Schema.String, at: Instant, reason: text });

const ApprovalItem = Schema.Struct({
  id: Schema.String.annotations({ description: "`act/subject`." }),
  act: Schema.Literal(...approvableActs),
  subject: Schema.String.annotations({ description: "Which of its kind: a command's key, a period, an account." }),
  state: Schema.Literal(...approvalStates),
  account: Schema.NullOr(AccountId),
  row: text.annotations({ description: "Of a command: the row of the obligation table." }),
  target: text,
  source: text.annotations({ description: "Of a command: what it is about, `connection:kind/id`." }),
  hold: text.annotations({ description: "Why a command is held: `approval` or `inverse`." }),
  moneyMinor: Schema.NullOr(AmountMinor),
  currency: Schema.NullOr(Currency),
  asked: Schema.NullOr(Schema.Struct({ by: Schema.String, at: Instant })).annotations({
    description:
      "Who asked for it, where somebody did: they do not decide it. Null: it follows from what systems said.",
  }),
  needed: Whole.annotations({ description: "Different persons who must say yes." }),
  given: Schema.Array(Yes),
  mayDecide: Schema.NullOr(
    Schema.Struct({
      scope: Schema.Literal(...scopes),
      persons: Whole.annotations({ description: "Still needed." }),
      not: Schema.Array(Schema.String).annotations({ description: "Who asked for it or has said yes already." }),
    }),
  ),
  since: at.annotations({ description: "When the source said what the command carries on." }),
  dueAt: at.annotations({ description: "By the service levels; null: none is about it." }),
  decidedAt: at,
}).annotations({ identifier: "Approval" });
const ApprovalPage = Schema.Struct({ items: Schema.Array(ApprovalItem), nextCursor: text }).annotations({
  identifier: "ApprovalPage",
});

export const approvalOperations: ReadonlyArray<Operation> = [
  {
    method: "get",
    path: approvalsPath,
    operationId: "listApprovals",
    tag: "queues",
    summary: "What waits for somebody's yes, and what got it",
    description:
      "Commands that are held for an approval, and acts that need several persons. What waits is in order of ids; what was decided " +
      "the newest first, from the journal: a page of it may be shorter than `limit`, even empty, while `nextCursor` is not null. " +
      "A yes is given by asking for the act itself; what is not wanted is cancelled, and stands in `GET /v1/audit?type=command.cancel`.",
    access: "read",
    parameters: [
      filter("state", "`waiting` where it is not given.", oneOf(approvalStates)),
      filter("act", "Only of this act.", oneOf(approvableActs)),
      ...pageParameters,
    ],
    answers: { 200: { description: "A page.", content: json, schema: ApprovalPage } },
    problems: ["bad-parameter"],
  },
];
