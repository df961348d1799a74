/** The answers of operators' routes as Effect Schemas. *Pure.* */
import * as Schema from "effect/Schema";
import { commandStates } from "../../domain/ports/store.ts";
import { ExceptionItem } from "../openapi/answers.ts";
import { AccountId, AmountMinor, Instant, Whole } from "../openapi/leaf.ts";
import { faultKinds } from "../views/faults.ts";

const text = Schema.NullOr(Schema.String);
export const oneOf = (values: ReadonlyArray<string>) => Schema.Literal(...(values as [string, ...string[]]));

export const CommandItem = Schema.Struct({
  key: Schema.String.annotations({ examples: ["cmd_5f0c1b9a7e3d42680f9b1c2d3e4f5a6b"] }),
  row: Schema.String.annotations({ description: "Of the obligation table.", examples: ["invoice.posted"] }),
  target: Schema.String,
  verb: Schema.Literal("post", "update", "reverse"),
  document: Schema.String,
  source: Schema.String,
  party: Schema.String,
  account: AccountId,
  state: oneOf(commandStates),
  deadLetter: Schema.Boolean.annotations({ description: "Rejected: a person must look at it." }),
  hold: text.annotations({ description: "Why it is held: `observe`, `approval`, `inverse` or `parked`." }),
  blockedBy: text,
  dueAt: Schema.NullOr(Instant).annotations({ description: "Null: at once, or not by itself." }),
  attempts: Whole,
  lastError: text,
  outsideId: Schema.String,
  content: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  booking: Schema.NullOr(
    Schema.Struct({ entity: Schema.String, period: Schema.String, effectiveAt: Instant }),
  ).annotations({ description: "The legal entity, accounting period and effective date that it was claimed with." }),
  waiting: text.annotations({
    description:
      "It could go but for its target: `priority` (more urgent rows first), `breaker` or `limit`. Null: it does not wait for that.",
  }),
  approvals: Schema.NullOr(
    Schema.Struct({ needed: Whole, given: Schema.Array(Schema.Struct({ by: Schema.String, at: Instant })) }),
  ).annotations({ description: "Who has approved it so far, where several persons must; null: nobody has." }),
  acts: Schema.Array(Schema.String).annotations({ description: "What a person may do with it now." }),
}).annotations({ identifier: "Command" });
export const CommandPage = Schema.Struct({ items: Schema.Array(CommandItem), nextCursor: text }).annotations({
  identifier: "CommandPage",
});

const Counts = Schema.Record({ key: Schema.String, value: Whole });
export const ExceptionPage = Schema.Struct({
  items: Schema.Array(ExceptionItem),
  nextCursor: text,
  total: Whole,
  types: Counts,
  moneyMinor: Schema.Record({
    key: Schema.String,
    value: Schema.Union(AmountMinor, Schema.String),
  }).annotations({ description: "By currency, over all pages. A sum past 2^53 is text." }),
  order: Schema.String,
  seq: Whole,
}).annotations({ identifier: "ExceptionPage" });

const faultSaid = Schema.NullOr(Schema.Struct({ at: Instant, by: Schema.String, reason: text }));
export const FaultItem = Schema.Struct({
  id: Schema.String,
  kind: oneOf(faultKinds),
  live: Schema.Boolean.annotations({ description: "It goes away by itself when what it tells of does." }),
  connection: text,
  what: Schema.String,
  where: Schema.String,
  todo: Schema.String,
  at: Schema.NullOr(Instant),
  position: Schema.NullOr(Whole),
  event: text,
  status: Schema.Literal("open", "resolved"),
  team: text.annotations({ description: "Answers for the connection." }),
  assignee: text,
  acknowledged: faultSaid,
  resolved: faultSaid,
}).annotations({ identifier: "Fault" });
export const FaultPage = Schema.Struct({
  items: Schema.Array(FaultItem),
  nextCursor: text,
  total: Whole,
  kinds: Counts,
}).annotations({ identifier: "FaultPage" });
