/** What the routes of the reports promise. *Pure.* */
import * as Schema from "effect/Schema";
import { measures, type ParameterName, parameterNames } from "../../domain/books/reports/report.ts";
import { AccountId, AmountMinor, Currency, Instant, Whole } from "../openapi/leaf.ts";
import type { Operation, Parameter } from "../openapi/operation.ts";
import { filter, json, ofAccount } from "../operators/act-operation.ts";
import { pageParameters } from "../resources/operations.ts";

export const reportPaths = {
  all: "/v1/reports",
  one: "/v1/reports/{name}",
  entries: "/v1/reports/{name}/entries",
  schedules: "/v1/revenue-schedules",
  schedule: "/v1/revenue-schedules/{id}",
} as const;

const Text = Schema.NullOr(Schema.String);
const month = Schema.String.annotations({ examples: ["2026-01"] });
const day = Schema.String.annotations({ examples: ["2026-01-31"] });

const parameters: Readonly<Record<ParameterName, Parameter>> = {
  entity: filter("entity", "Only of this legal entity."),
  currency: filter("currency", "Only in this currency; two are never added.", Currency),
  account: ofAccount,
  from: filter("from", "From this month on.", month),
  to: filter("to", "To this month, inclusive.", month),
  asOf: filter("asOf", "Effective by this day; default: today in the books' zone.", day),
  knownAt: filter(
    "knownAt",
    "As it was known at this instant: the journal folded anew up to then.",
    Schema.String.annotations({ examples: ["2026-02-05T09:00:00Z"] }),
  ),
  measure: filter(
    "measure",
    "`transaction`: in the currency of the documents (default); `functional`: in that of each legal entity's books, at published rates.",
    Schema.Literal(...measures),
  ),
  within: filter("within", "Days ahead; 90 when not given.", Schema.Number.pipe(Schema.int(), Schema.between(1, 3660))),
};

const Basis = Schema.Literal("expected", "authoritative").annotations({
  description:
    "`expected`: it checks the system of record, which is `owner`'s; `authoritative`: the company has no other figure.",
});
const Cells = Schema.Record({ key: Schema.String, value: Schema.Unknown });
const Unstated = Schema.Struct({
  about: Schema.String,
  reason: Schema.String,
  entity: Text,
  currency: Text,
  amountMinor: Schema.NullOr(AmountMinor),
  account: AccountId,
});

export const ReportAnswer = Schema.Struct({
  report: Schema.String,
  title: Schema.String,
  basis: Basis,
  owner: Schema.String,
  asOf: day,
  knownAt: Schema.NullOr(Instant),
  columns: Schema.Array(Schema.String),
  rows: Schema.Array(Cells).annotations({
    description:
      "By column. `entries` is where the cells of the row are taken apart: add `&column=` and the column's name.",
  }),
  unstated: Schema.Struct({
    total: Whole,
    moneyMinor: Schema.Record({ key: Schema.String, value: AmountMinor }),
    items: Schema.Array(Unstated),
  }).annotations({ description: "What no figure here contains, and why; money by currency, as far as it is known." }),
  notes: Schema.Array(Schema.String),
  accounts: Whole,
  seq: Whole,
}).annotations({
  identifier: "Report",
  examples: [
    {
      report: "deferred-revenue",
      title: "Deferred revenue roll-forward",
      basis: "expected",
      owner: "revenue",
      asOf: "2026-01-31",
      knownAt: null,
      columns: [
        "entity",
        "currency",
        "period",
        "openingMinor",
        "billingsMinor",
        "recognizedMinor",
        "adjustmentsMinor",
        "closingMinor",
      ],
      rows: [
        {
          entity: "default",
          currency: "USD",
          period: "2026-01",
          openingMinor: 0,
          billingsMinor: 120_000,
          recognizedMinor: 10_192,
          adjustmentsMinor: 0,
          closingMinor: 109_808,
          entries: "/v1/reports/deferred-revenue/entries?entity=default&currency=USD&period=2026-01",
        },
      ],
      unstated: { total: 0, moneyMinor: {}, items: [] },
      notes: [],
      accounts: 12,
      seq: 1234,
    },
  ] as never,
});

const ReportList = Schema.Struct({
  items: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      title: Schema.String,
      what: Schema.String,
      word: Schema.Literal("rating", "revenue"),
      key: Schema.Array(Schema.String),
      parameters: Schema.Array(Schema.Struct({ name: Schema.String, description: Schema.String })),
    }),
  ),
}).annotations({ identifier: "ReportList" });

export const ReportEntries = Schema.Struct({
  report: Schema.String,
  column: Schema.String,
  row: Cells,
  amountMinor: AmountMinor.annotations({ description: "The cell: exactly the sum of its parts." }),
  total: Whole,
  items: Schema.Array(
    Schema.Struct({
      account: AccountId,
      amountMinor: AmountMinor,
      of: Schema.Struct({
        id: Schema.String,
        kind: Schema.String,
        date: Text,
        period: Text,
        explain: Text.annotations({ description: "Where its chain of custody is told." }),
      }),
    }),
  ).annotations({ description: "At most 10,000 of them; `total` counts all." }),
}).annotations({ identifier: "ReportEntries" });

const ScheduleEntry = Schema.Struct({
  id: Schema.String,
  date: day,
  period: month,
  late: Text,
  amountMinor: AmountMinor,
});
const RevenueSchedule = Schema.Struct({
  id: Schema.String.annotations({ examples: ["stripe:il_1"] }),
  account: AccountId,
  party: Schema.String,
  contract: Text,
  invoice: Text,
  product: Text,
  entity: Schema.String,
  jurisdiction: Text,
  currency: Currency,
  amountMinor: AmountMinor.annotations({ description: "As allocated, without tax." }),
  billedMinor: AmountMinor,
  method: Schema.String,
  from: Text,
  to: Text,
  booked: month,
  scheduledMinor: AmountMinor.annotations({
    description: "Of its amount what its entries earn: less, where a part was taken back.",
  }),
  recognizedMinor: AmountMinor.annotations({ description: "By today." }),
  entries: Schema.Array(ScheduleEntry),
  basis: Basis,
  owner: Schema.String,
  seq: Whole,
}).annotations({ identifier: "RevenueSchedule" });
const RevenueSchedulePage = Schema.Struct({
  items: Schema.Array(RevenueSchedule),
  nextCursor: Schema.NullOr(Schema.String),
}).annotations({ identifier: "RevenueSchedulePage" });

const name: Parameter = {
  name: "name",
  in: "path",
  description: "As `GET /v1/reports` lists them.",
  schema: Schema.String.annotations({ examples: ["deferred-revenue"] }),
};

export const describeParameter = (one: ParameterName): string => parameters[one].description;

export const reportOperations: ReadonlyArray<Operation> = [
  {
    method: "get",
    path: reportPaths.all,
    operationId: "listReports",
    tag: "reports",
    summary: "List the reports of the revenue books",
    access: "read",
    answers: { 200: { description: "The reports and what may be asked of each.", content: json, schema: ReportList } },
    problems: ["bad-parameter"],
  },
  {
    method: "get",
    path: reportPaths.one,
    operationId: "getReport",
    tag: "reports",
    summary: "A report of the revenue books",
    description:
      "JSON, or CSV where `Accept: text/csv` asks for it. Every figure is a sum of journal entries that follow from the evidence; what cannot be " +
      "told stands under `unstated` with its money. A report whose figures do not tie is refused. Not every report takes every parameter: `GET /v1/reports` says which.",
    access: "read",
    parameters: [name, ...parameterNames.map((one) => parameters[one])],
    answers: { 200: { description: "The report.", content: json, schema: ReportAnswer } },
    problems: ["bad-parameter", "no-such-report", "report-untied", "history-gone", "too-much-history"],
  },
  {
    method: "get",
    path: reportPaths.entries,
    operationId: "getReportEntries",
    tag: "reports",
    summary: "What one cell of a report is made of",
    description:
      "The entries, contracts or uses that sum to the cell, each with where it is explained. The row is named by its key columns.",
    access: "read",
    parameters: [
      name,
      filter("column", "The column of the cell.", Schema.String.annotations({ examples: ["closingMinor"] })),
      ...parameterNames.map((one) => parameters[one]),
      filter(
        "period",
        "With `booked`, `month`, `customer`, `role` and the other key columns of the report: of which row.",
      ),
    ],
    answers: { 200: { description: "The parts of the cell.", content: json, schema: ReportEntries } },
    problems: ["bad-parameter", "no-such-report", "report-untied", "history-gone", "too-much-history"],
  },
  {
    method: "get",
    path: reportPaths.schedules,
    operationId: "listRevenueSchedules",
    tag: "resources",
    summary: "List revenue schedules",
    description: "Every revenue line with what it earns when, account by account. Ask on until `nextCursor` is null.",
    access: "read",
    parameters: [ofAccount, ...pageParameters],
    answers: { 200: { description: "A page.", content: json, schema: RevenueSchedulePage } },
    problems: ["bad-parameter"],
  },
  {
    method: "get",
    path: reportPaths.schedule,
    operationId: "getRevenueSchedule",
    tag: "resources",
    summary: "Get a revenue schedule",
    access: "read",
    parameters: [
      {
        name: "id",
        in: "path",
        description: "The line's id, URL-encoded.",
        schema: Schema.String.annotations({ examples: ["stripe:il_1"] }),
      },
    ],
    answers: { 200: { description: "The schedule.", content: json, schema: RevenueSchedule } },
    problems: ["bad-parameter", "no-such-object"],
  },
];
