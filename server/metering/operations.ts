/** What the routes of batches of rated use promise. *Pure.* */
import * as Schema from "effect/Schema";
import { batchStates } from "../../domain/controls/usage-batch.ts";
import { batchReasons } from "../../domain/metering/billed.ts";
import { AmountMinor, Currency, Instant, Whole } from "../openapi/leaf.ts";
import type { Operation, Parameter } from "../openapi/operation.ts";
import { act, filter, json, Reason } from "../operators/act-operation.ts";
import { oneOf } from "../operators/answers.ts";
import { pageParameters } from "../resources/operations.ts";
import { usagePaths as paths } from "./paths.ts";

const text = Schema.NullOr(Schema.String);
const Day = Schema.String.annotations({ examples: ["2026-01-01"] });
const Decimal = Schema.String.annotations({ description: "A decimal.", examples: ["1250.5"] });
const Minor = (description: string) => AmountMinor.annotations({ description });

const batchFields = {
  id: Schema.String.annotations({ examples: ["batch_5f0c1b9a7e3d42680f9b"] }),
  cut: Whole.annotations({ description: "The cut that it was made in; from 1." }),
  entity: Schema.String.annotations({ description: "The legal entity that bills it." }),
  currency: Currency,
  at: Instant,
  position: Whole.annotations({ description: "Where in the journal its lines are." }),
  state: oneOf(batchStates).annotations({
    description:
      "`rated`: waits for approval; `approved`; `released`: its lines are charges of their accounts; `rejected`: they come again in the next batch.",
  }),
  lines: Whole,
  amountMinor: Minor("Without tax."),
  taxMinor: AmountMinor,
  movedMinor: Minor("Charges and credits with their tax, all counted as above zero: what an approval is about."),
  decided: Schema.NullOr(Schema.Struct({ at: Instant, position: Whole, by: Schema.String, reason: text })),
};
export const UsageBatchItem = Schema.Struct(batchFields).annotations({ identifier: "UsageBatch" });
const BatchPage = Schema.Struct({ items: Schema.Array(UsageBatchItem), nextCursor: text }).annotations({
  identifier: "UsageBatchPage",
});
const Line = Schema.Struct({
  key: Schema.String.annotations({ description: "`agreement|meter|entity|period`: the same through every re-rating." }),
  charge: Schema.String.annotations({ description: "The charge that it is a line of; `GET /v1/explain/charge/{id}`." }),
  agreement: Schema.String.annotations({ examples: ["contracts:terms/C-1"] }),
  party: Schema.String,
  subscription: text,
  meter: Schema.String,
  product: Schema.String,
  usedBy: text,
  entity: Schema.String,
  jurisdiction: text,
  currency: Currency,
  period: Day,
  periodEnd: Day.annotations({ description: "Exclusive." }),
  endsAt: Instant,
  quantity: Decimal.annotations({ description: "The difference to what earlier batches carried." }),
  quantityToDate: Decimal,
  amountMinor: Minor("The difference, without tax."),
  ratedToDateMinor: AmountMinor,
  taxes: Schema.Array(Schema.Struct({ id: Schema.String, amountMinor: AmountMinor })),
  taxMinor: AmountMinor,
  versions: Schema.Array(
    Schema.Struct({ version: Whole, from: Day, quantity: Decimal, amountMinor: AmountMinor }),
  ).annotations({ description: "What each version of the price comes to, to date." }),
  basis: Schema.Struct({ price: Schema.String, corrections: Whole }),
  corrects: text.annotations({ description: "The batch that carried the key last." }),
  reason: oneOf(batchReasons),
}).annotations({ identifier: "UsageBatchLine" });
const BatchWithLines = Schema.Struct({ ...batchFields, items: Schema.Array(Line), nextCursor: text }).annotations({
  identifier: "UsageBatchLines",
});

const batchId: Parameter = {
  name: "id",
  in: "path",
  description: "The batch's id.",
  schema: Schema.String,
};

export const usageOperations: ReadonlyArray<Operation> = [
  {
    method: "get",
    path: paths.batches,
    operationId: "listUsageBatches",
    tag: "usage",
    summary: "List batches of rated use",
    description: "Newest first.",
    access: "read",
    parameters: [
      filter("state", "Only in these states, separated by commas."),
      filter("entity", "Only of this legal entity."),
      ...pageParameters,
    ],
    answers: { 200: { description: "A page.", content: json, schema: BatchPage } },
    problems: ["bad-parameter"],
  },
  {
    method: "get",
    path: paths.batch,
    operationId: "getUsageBatch",
    tag: "usage",
    summary: "Get a batch of rated use with its lines",
    access: "read",
    parameters: [batchId, ...pageParameters],
    answers: { 200: { description: "The batch, and a page of its lines.", content: json, schema: BatchWithLines } },
    problems: ["bad-parameter", "no-such-batch"],
  },
  act(paths.on("approve"), {
    operationId: "approveUsageBatch",
    tag: "usage",
    summary: "Approve a batch of rated use",
    description: "Its lines become charges of their accounts, and go to the ERP when their period is over.",
    access: "approve",
    parameters: [batchId],
    body: Reason,
    answer: { description: "The batch after the act.", schema: UsageBatchItem },
    problems: ["conflict"],
  }),
  act(paths.on("reject"), {
    operationId: "rejectUsageBatch",
    tag: "usage",
    summary: "Reject a batch of rated use",
    description: "Nothing of it goes out; the next batch carries its lines again, as they are rated by then.",
    access: "approve",
    parameters: [batchId],
    body: Reason,
    answer: { description: "The batch after the act.", schema: UsageBatchItem },
    problems: ["conflict"],
  }),
];
