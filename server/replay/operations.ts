/** What the routes of replays promise. *Pure.* */
import * as Schema from "effect/Schema";
import { jobId } from "../bulk/operations.ts";
import { paths } from "../change/paths.ts";
import { Instant, Whole } from "../openapi/leaf.ts";
import type { Operation } from "../openapi/operation.ts";
import { act, json, optional, Reason, reason } from "../operators/act-operation.ts";
import { pageParameters } from "../resources/operations.ts";

const text = Schema.NullOr(Schema.String);
const anything = Schema.Record({ key: Schema.String, value: Schema.Unknown });
const decoder = Schema.Literal("stored", "current");

const Filter = Schema.Struct({
  position: optional(Whole),
  event: optional(Schema.String),
  account: optional(Schema.String),
  connection: optional(Schema.String),
  type: optional(Schema.String),
  from: optional(Schema.String),
  to: optional(Schema.String),
  undecodable: optional(Schema.Boolean),
}).annotations({
  identifier: "ReplayFilter",
  description: "What is not there narrows nothing; instants are ISO 8601.",
});

const summary = {
  id: Schema.String.annotations({ examples: ["replay_5f0c1b9a7e3d42680f9b"] }),
  filter: anything,
  decoder,
  through: Whole,
  next: Whole.annotations({ description: "Everything up to this position was gone over." }),
  state: Schema.Literal("running", "ended", "stopped"),
  counts: Schema.Struct({ looked: Whole, same: Whole, corrected: Whole, failed: Whole }),
  by: Schema.String,
  reason: text,
  startedAt: Instant,
  endedAt: Schema.NullOr(Instant),
};
const Summary = Schema.Struct(summary).annotations({ identifier: "ReplaySummary" });
const One = Schema.Struct({
  ...summary,
  failures: Schema.Array(Schema.Struct({ position: Whole, detail: Schema.String })),
  nextCursor: text,
}).annotations({ identifier: "Replay" });
const Page = Schema.Struct({ items: Schema.Array(Summary), nextCursor: text }).annotations({
  identifier: "ReplayPage",
});
const Preview = Schema.Struct({
  dryRun: Schema.Literal(true),
  decoder,
  filter: anything,
  counts: Schema.Struct({ looked: Whole, same: Whole, other: Whole, failed: Whole }),
  entries: Schema.Array(Schema.Unknown),
  failures: Schema.Array(Schema.Unknown),
  totals: anything,
  accounts: Schema.Array(Schema.Unknown),
  complete: Schema.Boolean,
  seq: Whole,
}).annotations({ identifier: "ReplayPreview" });

export const replayOperations: ReadonlyArray<Operation> = [
  act(paths.replays, {
    operationId: "startReplay",
    tag: "jobs",
    summary: "Decode stored bytes again",
    description:
      "With `dryRun` nothing is written: which entries read otherwise under today's decoder, field by field, and what states, commands, " +
      "money and exceptions would change. Without it each entry that reads otherwise is corrected by an entry of its own that names it. " +
      "Goes over what came through a door; polls and re-reads are asked for again instead. The same replay again corrects nothing.",
    access: "operate",
    body: Schema.Struct({
      filter: Filter,
      dryRun: optional(Schema.Boolean),
      decoder: optional(decoder),
      reason,
    }).annotations({ identifier: "StartReplay" }),
    answer: { description: "The preview, or the job as it begins.", schema: Schema.Union(Preview, Summary) },
    problems: ["conflict"],
  }),
  act(paths.stopReplay, {
    operationId: "stopReplay",
    tag: "jobs",
    summary: "Stop a replay",
    description: "What was corrected stays corrected.",
    access: "operate",
    parameters: [jobId],
    body: Reason,
    answer: { description: "The replay as it stands.", schema: Summary },
    problems: ["conflict"],
  }),
  {
    method: "get",
    path: paths.replays,
    operationId: "listReplays",
    tag: "jobs",
    summary: "List replays, the newest first",
    access: "read",
    parameters: pageParameters,
    answers: { 200: { description: "A page.", content: json, schema: Page } },
    problems: ["bad-parameter"],
  },
  {
    method: "get",
    path: paths.replay,
    operationId: "getReplay",
    tag: "jobs",
    summary: "How far a replay is, with its failures",
    access: "read",
    parameters: [jobId, ...pageParameters],
    answers: { 200: { description: "The replay.", content: json, schema: One } },
    problems: ["bad-parameter", "no-such-job"],
  },
];
