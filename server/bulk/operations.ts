/** What the routes of bulk acts promise. *Pure.* */
import * as Schema from "effect/Schema";
import { bulkActs } from "../../domain/controls/bulk.ts";
import { paths } from "../change/paths.ts";
import { Instant, Whole } from "../openapi/leaf.ts";
import type { Operation, Parameter } from "../openapi/operation.ts";
import { act, json, optional, Reason, reason } from "../operators/act-operation.ts";
import { pageParameters } from "../resources/operations.ts";

const text = Schema.NullOr(Schema.String);
export const Money = Schema.Record({ key: Schema.String, value: Schema.Union(Whole, Schema.String) }).annotations({
  description: "By currency, in its minor units; digits where a number would not be exact.",
});
const anything = Schema.Record({ key: Schema.String, value: Schema.Unknown });

const summary = {
  id: Schema.String.annotations({ examples: ["bulk_5f0c1b9a7e3d42680f9b"] }),
  act: Schema.Literal(...bulkActs),
  filter: anything,
  state: Schema.Literal("acting", "settling", "ended", "stopped"),
  count: Whole,
  moneyMinor: Money,
  acted: Whole.annotations({ description: "Items that had their turn." }),
  succeeded: Schema.NullOr(Whole).annotations({ description: "Null until all has come to rest." }),
  failed: Whole,
  by: Schema.String,
  reason: text,
  startedAt: Instant,
  endedAt: Schema.NullOr(Instant),
};
const Summary = Schema.Struct(summary).annotations({ identifier: "BulkSummary" });
const Page = Schema.Struct({ items: Schema.Array(Summary), nextCursor: text }).annotations({ identifier: "BulkPage" });
const Failure = Schema.Struct({ item: Schema.String, state: Schema.String, detail: Schema.String }).annotations({
  identifier: "BulkFailure",
});
const One = Schema.Struct({ ...summary, failures: Schema.Array(Failure), nextCursor: text }).annotations({
  identifier: "Bulk",
});
const Preview = Schema.Struct({
  dryRun: Schema.Literal(true),
  act: Schema.Literal(...bulkActs),
  filter: anything,
  count: Whole,
  moneyMinor: Money,
  previewToken: Schema.String,
  items: Schema.Array(Schema.String).annotations({ description: "The first of them." }),
}).annotations({ identifier: "BulkPreview" });

export const jobId: Parameter = {
  name: "id",
  in: "path",
  description: "The job's id.",
  schema: Schema.String.annotations({ examples: ["bulk_5f0c1b9a7e3d42680f9b"] }),
};

export const bulkOperations: ReadonlyArray<Operation> = [
  act(paths.bulks, {
    operationId: "startBulk",
    tag: "jobs",
    summary: "Do one act on everything that a filter finds",
    description:
      "First with `dryRun`: how many items, how much money by currency, and a `previewToken`; then the same with that token. 409: what the " +
      "filter finds changed since. It goes on as a job, also after a restart, and does nothing twice. Filters are those of the list: " +
      "`state`, `target`, `account` and `key` (several, commas between) for retry, cancel, approve; `stage`, `q` for release; for the others those of " +
      "the list of exceptions, and `id` (several, commas between). A value is a text. " +
      "Approving needs the scope `approve`, every other act `operate`.",
    access: "operate",
    orAccess: "approve",
    body: Schema.Struct({
      act: Schema.Literal(...bulkActs),
      filter: anything,
      dryRun: optional(Schema.Boolean),
      previewToken: optional(Schema.String),
      assignee: optional(Schema.String),
      until: optional(Schema.String.annotations({ examples: ["2026-02-01T09:00:00Z"] })),
      reason,
    }).annotations({ identifier: "StartBulk" }),
    answer: { description: "The preview, or the job as it begins.", schema: Schema.Union(Preview, Summary) },
    problems: ["conflict"],
  }),
  act(paths.stopBulk, {
    operationId: "stopBulk",
    tag: "jobs",
    summary: "Stop a bulk act",
    description: "What had its turn stays done; the other items are left alone.",
    access: "operate",
    parameters: [jobId],
    body: Reason,
    answer: { description: "The job as it stands.", schema: Summary },
    problems: ["conflict"],
  }),
  {
    method: "get",
    path: paths.bulks,
    operationId: "listBulks",
    tag: "jobs",
    summary: "List bulk acts, the newest first",
    access: "read",
    parameters: pageParameters,
    answers: { 200: { description: "A page.", content: json, schema: Page } },
    problems: ["bad-parameter"],
  },
  {
    method: "get",
    path: paths.bulk,
    operationId: "getBulk",
    tag: "jobs",
    summary: "How far a bulk act is, with its failures",
    description:
      "A failure's `state` is `refused` where the act was, else what became of the item afterwards. Failures come in pages.",
    access: "read",
    parameters: [jobId, ...pageParameters],
    answers: { 200: { description: "The job.", content: json, schema: One } },
    problems: ["bad-parameter", "no-such-job"],
  },
];
