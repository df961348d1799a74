/** What the routes of legal holds and of erasure promise. *Pure.* */
import * as Schema from "effect/Schema";
import { AccountId, Instant, Whole } from "../openapi/leaf.ts";
import type { Operation, Parameter } from "../openapi/operation.ts";
import { act, id, json, optional, PartyName, Reason, reason } from "../operators/act-operation.ts";

export const privacyPaths = {
  holds: "/v1/holds",
  lift: "/v1/holds/{id}/lift",
  erase: "/v1/accounts/{id}/erase",
} as const;

const Text = Schema.NullOr(Schema.String);
const Said = Schema.Struct({ at: Instant, by: Schema.String, reason: Text });
const Hold = Schema.Struct({
  id: Schema.String,
  subject: Schema.Struct({
    kind: Schema.Literal("account", "party", "period"),
    party: optional(Schema.String),
    period: optional(Schema.String),
    from: optional(Instant),
    until: optional(Instant),
  }),
  matter: Text.annotations({ description: "The case or file that it is for." }),
  placed: Said,
  lifted: Schema.NullOr(Said),
  stands: Schema.Boolean,
}).annotations({ identifier: "LegalHold" });
const HoldList = Schema.Struct({ items: Schema.Array(Hold) }).annotations({ identifier: "LegalHoldList" });
const Erased = Schema.Struct({
  account: AccountId,
  parties: Schema.Array(
    Schema.Struct({
      party: Schema.String,
      times: Whole,
      at: Instant,
      by: Schema.String,
      reason: Text,
      position: Whole,
    }),
  ),
}).annotations({ identifier: "Erased" });

const holdId: Parameter = { ...id, description: "The hold's id.", schema: Schema.String };

export const privacyOperations: ReadonlyArray<Operation> = [
  {
    method: "get",
    path: privacyPaths.holds,
    operationId: "listHolds",
    tag: "privacy",
    summary: "List legal holds",
    description: "Those that stand first.",
    access: "read",
    answers: { 200: { description: "The holds.", content: json, schema: HoldList } },
    problems: ["bad-parameter"],
  },
  act(privacyPaths.holds, {
    operationId: "placeHold",
    tag: "privacy",
    summary: "Place a legal hold",
    description:
      "Over an account with every party that it has or gets, over one party, or over what was taken in during a period. While it stands nothing of " +
      "it is erased, by a person or by retention.",
    access: "approve",
    body: Schema.Struct({
      account: optional(Schema.String),
      party: optional(PartyName),
      period: optional(Schema.String.annotations({ examples: ["2026-01"] })),
      matter: optional(Schema.String),
      reason,
    }).annotations({ identifier: "PlaceHold" }),
    answer: { description: "The hold.", schema: Hold },
    problems: [],
  }),
  act(privacyPaths.lift, {
    operationId: "liftHold",
    tag: "privacy",
    summary: "Lift a legal hold",
    access: "approve",
    parameters: [holdId],
    body: Reason,
    answer: { description: "The hold after the act.", schema: Hold },
    problems: ["no-such-hold", "conflict"],
  }),
  act(privacyPaths.erase, {
    operationId: "eraseAccount",
    tag: "privacy",
    summary: "Erase the personal data of an account",
    description:
      "Destroys the keys that names, addresses and raw bytes of all its parties are sealed with, for good. Money, ids and hashes stay, and `verify` " +
      "stays clean. Refused under a legal hold. What a system reports afterwards is kept under a new key: erase it there first.",
    access: "admin",
    parameters: [id],
    body: Schema.Struct({ force: optional(Schema.Boolean), reason }).annotations({ identifier: "EraseAccount" }),
    answer: { description: "What was erased.", schema: Erased },
    problems: ["no-such-account", "conflict"],
  }),
];
