/** What the routes of the desk promise: service levels, rules that keep things back, objects that are kept back, and faults. *Pure.* */
import * as Schema from "effect/Schema";
import { Account } from "../openapi/answers.ts";
import { AmountMinor, Currency, Instant, Whole } from "../openapi/leaf.ts";
import type { Operation, Parameter } from "../openapi/operation.ts";
import { accountAnswer, act, id, json, optional, Reason, reason } from "../operators/act-operation.ts";
import { FaultItem } from "../operators/answers.ts";
import { faultVerbs } from "./fault-act.ts";
import { deskPaths } from "./paths.ts";

const text = Schema.NullOr(Schema.String);

const ServiceLevel = Schema.Struct({
  name: Schema.String.annotations({ examples: ["invoice-posting"] }),
  state: Schema.Literal("ok", "at-risk", "breached"),
  team: text,
  rows: Schema.Array(Schema.String),
  withinMinutes: Whole,
  atRiskMinutes: Whole,
  open: Whole.annotations({ description: "Commands that are owed now." }),
  atRisk: Whole,
  breached: Whole,
  oldest: Schema.NullOr(
    Schema.Struct({
      key: Schema.String,
      row: Schema.String,
      source: Schema.String,
      target: Schema.String,
      since: Instant,
      ageMs: Whole,
    }),
  ),
}).annotations({ identifier: "ServiceLevel" });

const conditions = {
  connection: text,
  kind: text.annotations({ examples: ["invoice"] }),
  stage: text,
  currency: Schema.NullOr(Currency),
  amountOverMinor: Schema.NullOr(AmountMinor),
  nameContains: text,
};
const ParkRule = Schema.Struct({
  id: Schema.String.annotations({ examples: ["rule_5f0c1b9a7e3d"] }),
  by: text,
  reason: text,
  at: Schema.NullOr(Instant),
  ...conditions,
  held: Whole.annotations({ description: "Commands that it keeps back now." }),
  removed: Schema.Boolean,
}).annotations({ identifier: "ParkRule" });

const ruleId: Parameter = { ...id, description: "The rule's id.", schema: Schema.String };
const objectId: Parameter = {
  ...id,
  description: "`connection:kind/id`, URL-encoded.",
  schema: Schema.String.annotations({ examples: ["stripe:invoice/in_1"] }),
};
const faultId: Parameter = { ...id, description: "The fault's id.", schema: Schema.String };

const objectActs = {
  park: {
    summary: "Send nothing more for one object",
    description:
      "An invoice takes along what applies to it. What is on its way settles; the rest of the account goes on.",
  },
  release: { summary: "Let a parked object go on", description: "Its commands go on where they were." },
} as const;

const faultActs = {
  acknowledge: { summary: "Say that a fault was seen", description: "It stays listed." },
  assign: { summary: "Say who works a fault", description: "`assignee` null: nobody does any more." },
  resolve: {
    summary: "Say that a stored fault is settled",
    description: "It is no longer listed as open. A live one goes away by itself when what it tells of does: 409.",
  },
  reopen: { summary: "Take back that a fault is settled", description: "It is open again." },
} as const;

export const deskOperations: ReadonlyArray<Operation> = [
  {
    method: "get",
    path: deskPaths.serviceLevels,
    operationId: "listServiceLevels",
    tag: "queues",
    summary: "How late each flow is",
    description: "From the time of the source's event to the acknowledged command, over what is owed now.",
    access: "read",
    answers: {
      200: {
        description: "Every flow.",
        content: json,
        schema: Schema.Struct({ items: Schema.Array(ServiceLevel), seq: Whole }).annotations({
          identifier: "ServiceLevelList",
        }),
      },
    },
    problems: ["bad-parameter"],
  },
  {
    method: "get",
    path: deskPaths.rules,
    operationId: "listParkRules",
    tag: "queues",
    summary: "List the rules that keep things back",
    access: "read",
    answers: {
      200: {
        description: "Every rule, by id.",
        content: json,
        schema: Schema.Struct({ items: Schema.Array(ParkRule) }).annotations({ identifier: "ParkRuleList" }),
      },
    },
    problems: ["bad-parameter"],
  },
  act(deskPaths.rules, {
    operationId: "addParkRule",
    tag: "queues",
    summary: "Keep back everything that matches",
    description:
      "Every condition that is given must hold; at least one is. It looks at what is known now: what comes to match later is held " +
      "then. `amountOverMinor` goes with `currency`.",
    access: "operate",
    body: Schema.Struct({
      connection: optional(Schema.String),
      kind: optional(Schema.String),
      stage: optional(Schema.String),
      currency: optional(Currency),
      amountOverMinor: optional(AmountMinor),
      nameContains: optional(Schema.String),
      reason,
    }).annotations({ identifier: "NewParkRule" }),
    answer: { description: "The rule.", schema: ParkRule },
    problems: ["conflict"],
  }),
  act(deskPaths.removeRule, {
    operationId: "removeParkRule",
    tag: "queues",
    summary: "Remove a rule",
    description: "What only it kept back goes on.",
    access: "operate",
    parameters: [ruleId],
    body: Reason,
    answer: { description: "The rule, removed.", schema: ParkRule },
    problems: ["no-such-object", "conflict"],
  }),
  ...(["park", "release"] as const).map((verb) =>
    act(deskPaths.onObject(verb), {
      operationId: `${verb}Object`,
      tag: "accounts",
      ...objectActs[verb],
      access: "operate",
      parameters: [objectId],
      body: Reason,
      answer: accountAnswer,
      problems: ["no-such-object", "conflict"],
    }),
  ),
  ...faultVerbs.map((verb) =>
    act(deskPaths.onFault(verb), {
      operationId: `${verb}Fault`,
      tag: "queues",
      ...faultActs[verb],
      access: "operate",
      parameters: [faultId],
      body:
        verb === "assign"
          ? Schema.Struct({ assignee: Schema.NullOr(Schema.String), reason }).annotations({ identifier: "AssignFault" })
          : Reason,
      answer: { description: "The fault as it stands after the act.", schema: FaultItem },
      problems: ["no-such-object", "conflict"],
    }),
  ),
];

const WouldSend = Schema.Struct({
  items: Schema.Array(
    Schema.Struct({
      key: Schema.String,
      row: Schema.String,
      target: Schema.String,
      verb: Schema.String,
      source: Schema.String,
      moneyMinor: Schema.NullOr(AmountMinor),
      currency: Schema.NullOr(Currency),
      becomes: Schema.Literal("sent", "held", "blocked").annotations({
        description: "What becomes of it on release: it goes, something else holds it, or it waits for another.",
      }),
      why: text,
    }),
  ),
  moneyMinor: Schema.Record({ key: Schema.String, value: Schema.String }).annotations({
    description: "Of what would go, now or after what it waits for; by currency, as text.",
  }),
}).annotations({ identifier: "WouldSend" });

/** With `dryRun=true` nothing is released. */
export const releaseAnswer = {
  description:
    "The account as it stands after the act; with `dryRun=true` as it stands, and what the act would let go.",
  schema: Schema.Struct({ ...Account.fields, wouldSend: optional(WouldSend) }).annotations({ identifier: "Released" }),
};
