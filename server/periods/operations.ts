/** What the routes of periods promise. *Pure.* */
import * as Schema from "effect/Schema";
import { Instant, Whole } from "../openapi/leaf.ts";
import type { Operation, Parameter } from "../openapi/operation.ts";
import { act, filter, json, optional, reason } from "../operators/act-operation.ts";
import type { PeriodVerb } from "./desk.ts";

export const periodPaths = {
  all: "/v1/periods",
  on: (verb: PeriodVerb) => `/v1/periods/{p}/${verb}`,
  report: "/v1/periods/{p}/report",
} as const;

const Text = Schema.NullOr(Schema.String);
const report = Schema.NullOr(Schema.Struct({ position: Whole, sha256: Schema.String, bytes: Whole })).annotations({
  description: "Where in the journal the report's bytes are. Null: it is being computed.",
});
const close = {
  at: Instant,
  by: Schema.String,
  reason: Text,
  cut: Whole.annotations({ description: "Position of the closing entry: everything before it counts." }),
  until: Instant,
  forced: Schema.Boolean,
  openCommands: Whole,
  report,
};
export const Period = Schema.Struct({
  entity: Schema.String,
  period: Schema.String.annotations({ examples: ["2026-01"] }),
  state: Schema.String.annotations({
    description: "`open`, `closed`, or `closed-in:` and the targets that refuse documents of it.",
    examples: ["open", "closed", "closed-in:netsuite"],
  }),
  from: Instant,
  until: Instant,
  timeZone: Schema.String,
  fiscal: Schema.Struct({ year: Whole, period: Whole }),
  closedIn: Schema.Array(Schema.Struct({ target: Schema.String, at: Instant, position: Whole })),
  closed: Schema.NullOr(Schema.Struct(close)),
  earlier: Schema.Array(
    Schema.Struct({ ...close, reopened: Schema.Struct({ at: Instant, by: Schema.String, reason: Text }) }),
  ).annotations({ description: "Closes that were taken back, oldest first." }),
}).annotations({ identifier: "Period" });
const PeriodList = Schema.Struct({ items: Schema.Array(Period) }).annotations({ identifier: "PeriodList" });

const p: Parameter = {
  name: "p",
  in: "path",
  description: "The period: a month.",
  schema: Schema.String.annotations({ examples: ["2026-01"] }),
};
const entity = Schema.String.annotations({
  description: "The legal entity; `default` when not given.",
  examples: ["default"],
});

export const periodOperations: ReadonlyArray<Operation> = [
  {
    method: "get",
    path: periodPaths.all,
    operationId: "listPeriods",
    tag: "periods",
    summary: "List accounting periods",
    description: "From the first that anything was decided of to the present one, newest first, for each legal entity.",
    access: "read",
    parameters: [filter("entity", "Only of this legal entity.")],
    answers: { 200: { description: "The periods.", content: json, schema: PeriodList } },
    problems: ["bad-parameter"],
  },
  act(periodPaths.on("close"), {
    operationId: "closePeriod",
    tag: "periods",
    summary: "Close a period",
    description:
      "From then on nothing is put into it: what is late goes to the first open period, with the reason and a pointer. Refused with the list " +
      "while commands of it are open; `force` closes all the same. What is reported at the cut is kept.",
    access: "approve",
    parameters: [p],
    body: Schema.Struct({ entity: optional(entity), force: optional(Schema.Boolean), reason }).annotations({
      identifier: "ClosePeriod",
    }),
    answer: { description: "The period after the act.", schema: Period },
    problems: ["conflict"],
  }),
  act(periodPaths.on("reopen"), {
    operationId: "reopenPeriod",
    tag: "periods",
    summary: "Open a closed period again",
    description:
      "What went to a later period meanwhile stays there. The report of the close stays as well, under `earlier`.",
    access: "approve",
    parameters: [p],
    body: Schema.Struct({ entity: optional(entity), reason }).annotations({ identifier: "ReopenPeriod" }),
    answer: { description: "The period after the act.", schema: Period },
    problems: ["conflict"],
  }),
  {
    method: "get",
    path: periodPaths.report,
    operationId: "getPeriodReport",
    tag: "periods",
    summary: "What was reported when a period was closed",
    description:
      "The very bytes that were kept; `Digest` has their SHA-256. Of a period that was reopened: those of its last close.",
    access: "read",
    parameters: [p, filter("entity", "The legal entity; `default` when not given.")],
    answers: {
      200: {
        description: "The report.",
        content: json,
        schema: Schema.Unknown,
        headers: ["Digest"],
        example: { version: 1, entity: "default", period: "2026-01", cut: 1234, accounts: [], totals: [] },
      },
    },
    problems: ["bad-parameter", "no-such-period", "not-ready"],
  },
];
