/** What the console's own routes answer. *Pure.* */
import * as Schema from "effect/Schema";
import { AccountSummary, Regions } from "../openapi/answers.ts";
import { Currency, Instant, Whole } from "../openapi/leaf.ts";

const Counts = Schema.Record({ key: Schema.String, value: Whole });
/** A sum past 2^53 is its digits. */
const Sum = Schema.Union(Schema.Int, Schema.String.pipe(Schema.pattern(/^-?\d+$/))).annotations({
  identifier: "Sum",
  description: "Minor units; digits as text where a number does not hold them exactly.",
});
const Sums = Schema.Record({ key: Schema.String, value: Sum }).annotations({
  description: "By currency.",
});

export const StageMoney = Schema.Struct({
  currency: Currency,
  billedMinor: Sum.annotations({ description: "All finalized invoices that are not void." }),
  dueMinor: Sum.annotations({ description: "Of these, what is not settled or credited." }),
}).annotations({ identifier: "StageMoney" });

const NowStage = Schema.Struct({
  stage: Regions.fields.lifecycle,
  accounts: Whole,
  money: Schema.Array(StageMoney),
}).annotations({ identifier: "NowStage" });

const NowExceptions = Schema.Struct({
  total: Whole,
  overdue: Whole,
  oldestFrom: Schema.NullOr(Instant),
  moneyMinor: Sums,
  types: Schema.Array(
    Schema.Struct({ type: Schema.String, count: Whole, oldestFrom: Schema.NullOr(Instant), moneyMinor: Sums }),
  ),
}).annotations({ identifier: "NowExceptions", description: "What is open in finance's queue." });

const NowFaults = Schema.Struct({
  total: Whole,
  oldestAt: Schema.NullOr(Instant),
  kinds: Schema.Array(
    Schema.Struct({
      kind: Schema.String,
      connection: Schema.NullOr(Schema.String),
      count: Whole,
      oldestAt: Schema.NullOr(Instant),
    }),
  ),
}).annotations({ identifier: "NowFaults", description: "What is open in the engineers' queue." });

export const Now = Schema.Struct({
  at: Instant.annotations({ description: "By this server's clock: what ages are counted from." }),
  accounts: Whole,
  complete: Schema.Boolean.annotations({
    description: "False for a moment after a start: the accounts are still being counted.",
  }),
  stages: Schema.Array(NowStage).annotations({ description: "Every stage, in order." }),
  syncs: Counts,
  commands: Schema.Struct({
    states: Counts,
    inFlight: Whole.annotations({ description: "Sent and not answered, or not known to be done." }),
  }),
  pipe: Schema.Struct({
    position: Whole,
    head: Whole,
    oldestUnprocessedMs: Whole,
    oldestDueCommandMs: Whole,
    unattributed: Whole,
  }).annotations({ description: "How far the fold is, and how old what waits is." }),
  exceptions: NowExceptions,
  faults: NowFaults,
  seq: Whole,
}).annotations({ identifier: "Now", description: "What is broken that somebody must act on, and whether it moves." });

/** The `data` of an event `accounts` of the stream. */
export const Touched = Schema.Struct({
  items: Schema.Array(AccountSummary),
  more: Whole.annotations({ description: "So many more changed, and are not in `items`." }),
  seq: Whole,
}).annotations({ identifier: "Touched" });
