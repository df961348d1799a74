/** What the routes of reconciliation promise. *Pure.* */
import * as Schema from "effect/Schema";
import { legNames } from "../../domain/reconciliation/leg.ts";
import { lineStatuses } from "../../domain/reconciliation/line.ts";
import { AccountId, AmountMinor, Instant, Whole } from "../openapi/leaf.ts";
import type { Operation } from "../openapi/operation.ts";
import { act, filter, id, json, ofAccount, Reason, reason } from "../operators/act-operation.ts";
import { oneOf } from "../operators/answers.ts";
import { pageParameters } from "../resources/operations.ts";
import { reconciliationPaths as paths } from "./paths.ts";

const text = Schema.NullOr(Schema.String);
const Money = Schema.Record({ key: Schema.String, value: AmountMinor }).annotations({
  description: "Minor units by currency.",
});
const BigMoney = Schema.Record({ key: Schema.String, value: Schema.Union(AmountMinor, Schema.String) }).annotations({
  description: "Minor units by currency. A sum past 2^53 is text.",
});
const Counts = Schema.Record({ key: Schema.String, value: Whole });
const Value = Schema.NullOr(Schema.Union(Schema.String, Schema.Number));

export const ReconciliationLine = Schema.Struct({
  id: Schema.String.annotations({ description: "The same for as long as the same thing is wrong." }),
  leg: oneOf(legNames),
  status: oneOf(lineStatuses),
  lasting: oneOf(lineStatuses).annotations({ description: "What it is once its window is over." }),
  breaks: Schema.Array(
    Schema.Struct({
      status: oneOf(lineStatuses),
      system: Schema.String,
      field: text,
      kind: text,
      ours: Value,
      theirs: Value,
    }),
  ),
  matchedBy: Schema.Array(Schema.String),
  systems: Schema.Record({
    key: Schema.String,
    value: Schema.Struct({ count: Whole, ids: Schema.Array(Schema.String), moneyMinor: Money }),
  }),
  differenceMinor: Money,
  roundingMinor: Money,
  roundingAccount: text,
  atRiskMinor: Money,
  account: Schema.NullOr(AccountId),
  party: text,
  ageFrom: Schema.NullOr(Instant),
  ageMs: Schema.NullOr(Whole),
  timingUntil: Schema.NullOr(Instant),
  owner: Schema.Struct({ connection: Schema.String, role: text, team: text }).annotations({
    examples: [{ connection: "netsuite", role: "erp", team: null }],
  }),
  cause: Schema.String,
  evidence: Schema.Array(Schema.String),
  act: Schema.NullOr(Schema.Struct({ says: Schema.String, method: text, path: text, body: Schema.Unknown })),
  exception: text.annotations({ description: "The exception that tells of the same thing." }),
}).annotations({ identifier: "ReconciliationLine" });

const counted = { total: Whole, statuses: Counts, atRiskMinor: BigMoney };
export const ReconciliationLatest = Schema.Struct({
  items: Schema.Array(ReconciliationLine),
  nextCursor: text,
  ...counted,
  legs: Schema.Array(
    Schema.Struct({
      leg: oneOf(legNames),
      what: Schema.String,
      sides: Schema.Array(Schema.String).annotations({ description: "What is laid beside what, by role or kind." }),
      authority: Schema.String.annotations({ description: "The side whose word counts." }),
      toleranceMinor: AmountMinor,
      roundingAccount: text,
      windowMs: Whole,
      healBelowMinor: AmountMinor,
      ...counted,
      matched: Schema.NullOr(Whole),
      systems: Schema.Record({ key: Schema.String, value: Schema.Struct({ items: Whole, moneyMinor: BigMoney }) }),
    }),
  ),
  complete: Schema.Boolean.annotations({
    description: "False: not everything was compared since the start; ask again.",
  }),
  accounts: Whole,
  waiting: Whole,
  at: Instant,
  seq: Whole,
}).annotations({ identifier: "ReconciliationPage" });

const Word = Schema.Struct({ at: Instant, by: Schema.String, reason: text });
const MatchAnswer = Schema.Struct({
  id: Schema.String,
  leg: oneOf(legNames),
  items: Schema.Array(Schema.String),
  made: Word,
  undone: Schema.NullOr(Word),
  lines: Schema.Array(ReconciliationLine),
}).annotations({ identifier: "ManualMatch" });
const MatchBody = Schema.Struct({
  leg: oneOf(legNames),
  items: Schema.Array(Schema.String).annotations({
    examples: [["stripe:invoice/in_1", "netsuite:posting/invoice:812"]],
  }),
  reason,
}).annotations({ identifier: "MatchByHand" });

const Totals = Schema.Struct({
  lines: Whole,
  statuses: Counts,
  legs: Counts,
  healed: Whole,
  escalated: Whole,
  leftOut: Whole,
});
const runFields = {
  id: Schema.String,
  state: Schema.Literal("pulling", "comparing", "finished"),
  requestedAt: Instant,
  finishedAt: Schema.NullOr(Instant),
  by: Schema.String,
  reason: text,
  pull: Schema.Array(Schema.String),
  pulled: Schema.Record({
    key: Schema.String,
    value: Schema.Struct({ objects: Whole, news: Whole, done: Schema.Boolean, failure: text }),
  }),
  pulling: text.annotations({ description: "The connection that is being listed." }),
  totals: Schema.NullOr(Totals),
  seq: Schema.NullOr(Whole),
};
export const ReconciliationRun = Schema.Struct(runFields).annotations({ identifier: "ReconciliationRun" });
const RunPage = Schema.Struct({ items: Schema.Array(ReconciliationRun), nextCursor: text }).annotations({
  identifier: "ReconciliationRunPage",
});
const RunWithLines = Schema.Struct({
  ...runFields,
  items: Schema.Array(ReconciliationLine),
  nextCursor: text,
}).annotations({ identifier: "ReconciliationRunLines" });
const ReconcileBody = Schema.Struct({
  pull: Schema.optionalWith(Schema.Boolean, { exact: true }),
  reason,
}).annotations({ identifier: "Reconcile" });

export const lineFilters = [
  filter("leg", "Only of this leg.", oneOf(legNames)),
  filter("status", "Only with these, separated by commas; every one but `matched` when not given."),
  ofAccount,
  filter("currency", "Only with money of this currency."),
  filter("owner", "Only where the next act lies on the side of this connection or team."),
] as const;

export const reconciliationOperations: ReadonlyArray<Operation> = [
  {
    method: "get",
    path: paths.latest,
    operationId: "getLatestReconciliation",
    tag: "reconciliation",
    summary: "Get the reconciliation as it stands",
    description:
      "Item by item, the greatest money at risk first. Totals are of all that the filters let through; `systems` and `matched` of everything.",
    access: "read",
    parameters: [...lineFilters, ...pageParameters],
    answers: { 200: { description: "A page.", content: json, schema: ReconciliationLatest } },
    problems: ["bad-parameter"],
  },
  {
    method: "get",
    path: paths.runs,
    operationId: "listReconciliations",
    tag: "reconciliation",
    summary: "List reconciliation runs",
    description: "Newest first.",
    access: "read",
    parameters: pageParameters,
    answers: { 200: { description: "A page.", content: json, schema: RunPage } },
    problems: ["bad-parameter"],
  },
  {
    method: "get",
    path: paths.run,
    operationId: "getReconciliation",
    tag: "reconciliation",
    summary: "Get a reconciliation run and its open lines",
    description:
      "Lines as they were when it compared; at most 20,000 are kept, and `totals.leftOut` says how many were not.",
    access: "read",
    parameters: [
      { ...id, description: "The run's id.", schema: Schema.String },
      ...lineFilters.slice(0, 2),
      ...pageParameters,
    ],
    answers: { 200: { description: "The run, and a page of its lines.", content: json, schema: RunWithLines } },
    problems: ["bad-parameter", "no-such-run"],
  },
  act(paths.runs, {
    operationId: "reconcile",
    tag: "reconciliation",
    summary: "Reconcile now",
    description:
      "`pull`: first everything is listed anew from the systems themselves, and what was not known is taken in. It goes on behind; ask for the run.",
    access: "operate",
    body: ReconcileBody,
    answer: { description: "The run as it begins.", schema: ReconciliationRun },
    problems: ["conflict"],
  }),
  act(paths.matches, {
    operationId: "matchByHand",
    tag: "reconciliation",
    summary: "Say that items are the same thing",
    description: "Of one leg and one account. Their amounts are compared as ever; nothing is written to any system.",
    access: "operate",
    body: MatchBody,
    answer: { description: "The match, and the lines that its items are in now.", schema: MatchAnswer },
    problems: ["conflict"],
  }),
  act(paths.unmatch, {
    operationId: "unmatchByHand",
    tag: "reconciliation",
    summary: "Take a match by hand back",
    description: "Everything is as it was before it.",
    access: "operate",
    parameters: [{ ...id, description: "The match's id.", schema: Schema.String }],
    body: Reason,
    answer: { description: "The match, and the lines that its items are in now.", schema: MatchAnswer },
    problems: ["conflict", "no-such-match"],
  }),
];
