/** The answers of the routes as Effect Schemas: what the document shows, and what a test checks the running server against. *Pure.* */
import * as Schema from "effect/Schema";
import { personal } from "../../domain/personal.ts";
import { problemTypes } from "../http/problem.ts";
import { Stage } from "../resources/collections.ts";
import { AccountId, AmountMinor, Currency, Instant, ResourceId, Whole } from "./leaf.ts";

const Counts = Schema.Record({ key: Schema.String, value: Whole });
const text = Schema.NullOr(Schema.String);
const seq = Whole.annotations({ description: "The journal position of this answer." });

export const Regions = Schema.Struct({
  lifecycle: Stage,
  subscription: Schema.Literal("none", "trialing", "active", "past_due", "paused", "canceled"),
  ledger: Schema.Literal("clear", "posting", "posted", "blocked"),
  cash: Schema.Literal("clear", "due", "partial", "settled", "disputed"),
  sync: Schema.Literal("agreed", "propagating", "drifting", "parked"),
}).annotations({ identifier: "Regions", description: "Where the account's machine stands, region by region." });

const Billed = Schema.Struct({
  currency: Currency,
  billedMinor: AmountMinor.annotations({ description: "All finalized invoices that are not void." }),
  dueMinor: AmountMinor.annotations({ description: "Of these, what is neither settled nor credited." }),
}).annotations({ identifier: "Billed" });

const summary = { id: AccountId, name: personal(Schema.String), stage: Stage, regions: Regions };
export const AccountSummary = Schema.Struct({
  ...summary,
  billed: Schema.optionalWith(Schema.Array(Billed), { exact: true }).annotations({
    description: "What its invoices add up to; absent until an account of an older version moves.",
  }),
}).annotations({ identifier: "AccountSummary" });
export const AccountPage = Schema.Struct({
  items: Schema.Array(AccountSummary),
  nextCursor: text,
}).annotations({ identifier: "AccountPage" });

const PartyRef = Schema.Struct({ connection: Schema.String, id: Schema.String }).annotations({
  identifier: "PartyRef",
});
const AccountContract = Schema.Struct({
  id: ResourceId,
  stage: Stage,
  recognizedShare: Schema.NullOr(Schema.Number),
}).annotations({ identifier: "AccountContract" });
const AccountInvoice = Schema.Struct({
  id: ResourceId,
  number: text,
  stage: Stage,
  currency: Currency,
  totalMinor: AmountMinor,
  settledMinor: AmountMinor,
  creditsMinor: AmountMinor,
  systems: Schema.Record({ key: Schema.String, value: Schema.Struct({ id: text, status: Schema.String }) }),
}).annotations({ identifier: "AccountInvoice" });
const Obligation = Schema.Struct({
  key: Schema.String,
  row: Schema.String.annotations({ examples: ["invoice.posted"] }),
  target: Schema.String,
  verb: Schema.Literal("post", "update", "reverse"),
  state: Schema.String.annotations({
    description: "`pending`, `sending`, `acked`, `retrying`, `unknown`, `rejected` or `held`.",
    examples: ["acked"],
  }),
  attempts: Whole,
  lastError: text,
  blockedBy: text,
  source: Schema.String,
}).annotations({ identifier: "Obligation", description: "What a system should hold, and how far that has come." });
const accountException = {
  id: Schema.String.annotations({
    description: "The same for as long as the same thing is wrong.",
    examples: ["exc_0c9e4b7d21a85f36e0b1"],
  }),
  type: Schema.String.annotations({ examples: ["gap"] }),
  source: Schema.String,
  moneyMinor: Schema.NullOr(AmountMinor),
  currency: Schema.NullOr(Currency),
  ageFrom: Schema.NullOr(Instant),
  owner: Schema.String,
  cause: Schema.String,
  evidence: Schema.Array(Schema.String),
  acts: Schema.Array(Schema.String),
};
const AccountException = Schema.Struct(accountException).annotations({
  identifier: "AccountException",
  description: "Where the systems cannot agree by themselves, and what would resolve it.",
});

const closing = Schema.Struct({
  at: Instant,
  evidence: Whole.annotations({ description: "Position in the journal of what took its cause away." }),
  assignee: Schema.NullOr(Schema.String),
});
/** In the queue of all accounts. */
export const ExceptionItem = Schema.Struct({
  ...accountException,
  status: Schema.Literal("open", "snoozed", "resolved", "closed"),
  priority: Schema.Literal("urgent", "high", "normal", "low").annotations({
    description: "From its type, its money at a stated rate and the stage of its account.",
  }),
  dueAt: Schema.NullOr(Instant).annotations({ description: "By when it should be closed." }),
  overdue: Schema.Boolean,
  assignee: Schema.NullOr(Schema.String),
  team: Schema.NullOr(Schema.String).annotations({ description: "Answers for the connection named as `owner`." }),
  firstSeenAt: Schema.NullOr(Instant).annotations({ description: "Null: not looked through yet, within seconds." }),
  changedAt: Schema.NullOr(Instant),
  snoozedUntil: Schema.NullOr(Instant),
  closed: Schema.NullOr(closing).annotations({ description: "Its cause went away; of `status` `closed`." }),
  history: Schema.Array(Schema.Struct({ ...closing.fields, openedAt: Instant })).annotations({
    description: "Earlier times that it came and went, oldest first.",
  }),
  party: Schema.NullOr(Schema.String),
  account: Schema.NullOr(AccountId).annotations({ description: "Null: nobody knows whose it is." }),
}).annotations({ identifier: "Exception" });

export const Account = Schema.Struct({
  ...summary,
  parties: Schema.Array(PartyRef),
  contracts: Schema.Array(AccountContract),
  invoices: Schema.Array(AccountInvoice),
  obligations: Schema.Array(Obligation),
  exceptions: Schema.Array(AccountException),
  parents: Schema.Array(AccountId).annotations({
    description: "Accounts of the companies above; a relation, not a join.",
  }),
  children: Schema.Array(AccountId).annotations({ description: "Accounts of the companies below." }),
  asOf: Schema.optionalWith(Schema.NullOr(Instant), { exact: true }),
  knownAt: Schema.optionalWith(Schema.NullOr(Instant), { exact: true }),
  seq,
}).annotations({ identifier: "Account", description: "One account: a consistent view at `seq`." });

const TimelineItem = Schema.Struct({
  position: Whole,
  at: Instant,
  kind: Schema.String.annotations({ examples: ["webhook"] }),
  connection: Schema.String,
  eventId: text,
  conflictOf: Schema.NullOr(Whole),
  events: Schema.Array(
    Schema.Struct({ type: Schema.String, subject: Schema.String, time: Instant, status: Schema.String }),
  ),
  note: Schema.Unknown.annotations({ description: "For entries of our own: what happened." }),
}).annotations({ identifier: "TimelineItem" });
const Transition = Schema.Struct({
  account: AccountId,
  position: Whole,
  from: Schema.NullOr(Regions),
  to: Regions,
}).annotations({ identifier: "Transition" });
export const Timeline = Schema.Struct({
  id: AccountId,
  items: Schema.Array(TimelineItem),
  transitions: Schema.NullOr(Schema.Array(Transition)).annotations({
    description: "What the machine did at these entries; null where 20,000 entries of the account come before them.",
  }),
  complete: Schema.Boolean.annotations({ description: "Nothing of the account comes before `items`." }),
  nextCursor: text.annotations({ description: "For the entries before these; null: there are none." }),
  seq,
}).annotations({ identifier: "Timeline" });

const anything = Schema.Record({ key: Schema.String, value: Schema.Unknown });
export const Machine = Schema.Struct({
  id: AccountId,
  definition: anything,
  configuration: Regions,
  facts: anything,
  seq,
}).annotations({ identifier: "Machine" });

export const Chart = anything.annotations({ identifier: "Chart", description: "What XState's `createMachine` takes." });

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true });
export const Health = Schema.Struct({
  status: Schema.Literal("ok", "stalled", "recovering"),
  store: optional(Schema.String),
  position: optional(Whole),
  head: optional(Whole),
  oldestUnprocessedMs: optional(Whole),
  oldestDueCommandMs: optional(Whole),
  faults: optional(Counts),
  unattributed: optional(Whole),
  signatureFailures: optional(Counts),
  troubles: optional(Schema.Array(Schema.Unknown)),
}).annotations({
  identifier: "Health",
  description: "Live means moving: the ages of what waits. While recovering, only `status`.",
});
export const Ready = Schema.Struct({ ready: Schema.Literal(true) }).annotations({ identifier: "Ready" });

export const Taken = Schema.Struct({
  events: Schema.Array(Schema.Struct({ id: Schema.String, status: Schema.Literal("accepted", "duplicate") })),
}).annotations({ identifier: "Taken", description: "The raw bytes are on disk." });

const problemUrns = Object.keys(problemTypes).map((name) => `urn:tieout:problem:${name}`) as [string, ...string[]];
export const Problem = Schema.Struct({
  type: Schema.Literal(...problemUrns),
  title: Schema.String,
  status: Whole,
  detail: Schema.String,
  requestId: Schema.String,
  parameter: optional(Schema.String).annotations({ description: "The query parameter that cannot be used." }),
  code: optional(Schema.String).annotations({ description: "What is wrong with the store." }),
  limitBytes: optional(Whole),
  reasons: optional(Schema.Array(Schema.String)).annotations({ description: "Everything that speaks against it." }),
}).annotations({ identifier: "Problem", description: "RFC 9457. `type` is stable; `detail` is for a person." });
