/**
 * Every route of the server, one entry for each: the document, the page of it and the `Allow` of a 405 are made from this list, and
 * a test holds it against what the router serves. Entries of a folder's own routes stand in that folder.
 */
import * as Schema from "effect/Schema";
import { keyOperations } from "../access/key-operations.ts";
import { approvalOperations } from "../approvals/operations.ts";
import { auditOperations } from "../audit/operations.ts";
import { changeOperations } from "../change/operations.ts";
import { connectionOperations } from "../connections/operations.ts";
import { consoleOperations } from "../console/operations.ts";
import { exchangeOperations } from "../exchanges/routes.ts";
import { timeParameters, timeProblems } from "../explain/operations.ts";
import { kpiOperations } from "../kpis/routes.ts";
import { usageOperations } from "../metering/operations.ts";
import { operatorOperations } from "../operators/operations.ts";
import { periodOperations } from "../periods/operations.ts";
import { privacyOperations } from "../privacy/operations.ts";
import { deskOperations } from "../queues/operations.ts";
import { reconciliationOperations } from "../reconciliation/operations.ts";
import { reportOperations } from "../reports/operations.ts";
import { Stage } from "../resources/collections.ts";
import { pageParameters, resourceOperations } from "../resources/operations.ts";
import { shuffleOperations } from "../shuffle/operations.ts";
import { Account, AccountPage, Chart, Health, Machine, Ready, Regions, Taken, Timeline } from "./answers.ts";
import type { Operation, Parameter } from "./operation.ts";

const json = "application/json";
const accountId: Parameter = {
  name: "id",
  in: "path",
  description:
    "The account id (also a former one), a party or any object of it as `connection:foreignId`, URL-encoded.",
  schema: Schema.String.annotations({ examples: ["stripe:cus_1"] }),
};
const accountFilters: ReadonlyArray<Parameter> = [
  { name: "stage", in: "query", description: "Only at this stage.", schema: Stage },
  { name: "sync", in: "query", description: "Only in this state of `sync`.", schema: Regions.fields.sync },
  {
    name: "q",
    in: "query",
    description:
      "Any foreign id, name, email, document number, amount (`300.00`, `1,200 USD`) or correlation id; ids, names and numbers also by how they begin.",
    schema: Schema.String.pipe(Schema.minLength(1), Schema.maxLength(200)),
  },
  ...pageParameters,
];

const own: ReadonlyArray<Operation> = [
  {
    method: "post",
    path: "/webhooks/{connection}",
    operationId: "receiveWebhook",
    tag: "webhooks",
    summary: "Take in a webhook of a vendor",
    description: "The body as the vendor sent and signed it. A 2xx means that its bytes are on disk.",
    access: "signature",
    parameters: [
      {
        name: "connection",
        in: "path",
        description: "The configured connection.",
        schema: Schema.String.annotations({ examples: ["stripe"] }),
      },
    ],
    body: {
      description: "The vendor's own body, at most 8 MiB.",
      content: json,
      schema: Schema.Unknown,
      example: { id: "evt_1", type: "invoice.paid", data: { object: { id: "in_1" } } },
    },
    answers: { 202: { description: "Taken in, now or before.", content: json, schema: Taken } },
    problems: [
      "bad-signature",
      "not-an-envelope",
      "body-aborted",
      "no-such-connection",
      "body-too-large",
      "overloaded",
      "rate-limited",
      "store-unavailable",
    ],
  },
  {
    method: "post",
    path: "/events",
    operationId: "receiveEvents",
    tag: "webhooks",
    summary: "Take in CloudEvents",
    description:
      "CloudEvents 1.0, structured, batched or binary, signed by Standard Webhooks with the secret of a connection of vendor " +
      "`cloudevents`; `source` is that connection's name. A request is taken in whole or not at all.",
    access: "signature",
    body: {
      description: "One event, or a batch of at most 1000; at most 8 MiB.",
      content: "application/cloudevents+json",
      schema: Schema.Unknown,
      example: {
        specversion: "1.0",
        id: "evt-1",
        source: "avalara",
        type: "tax_document.committed",
        subject: "tax_document/4711",
        time: "2026-01-05T10:00:00Z",
        owner: "CUST-77",
        data: {
          status: "committed",
          number: "A-17",
          currency: "USD",
          totalMinor: 11_900,
          taxMinor: 1900,
          invoice: "stripe:in_1",
          entity: null,
          documentAt: 1_767_225_600_000,
        },
      },
    },
    answers: { 202: { description: "Taken in, now or before.", content: json, schema: Taken } },
    problems: ["bad-signature", "not-an-envelope", "body-aborted", "body-too-large"],
  },
  {
    method: "get",
    path: "/v1/accounts",
    operationId: "listAccounts",
    tag: "accounts",
    summary: "List accounts",
    description: "By id. With `q`, those that the word leads to.",
    access: "read",
    parameters: accountFilters,
    answers: { 200: { description: "A page.", content: json, schema: AccountPage } },
    problems: ["bad-parameter"],
  },
  {
    method: "get",
    path: "/v1/accounts/{id}",
    operationId: "getAccount",
    tag: "accounts",
    summary: "Get an account",
    access: "read",
    parameters: [accountId, ...timeParameters],
    answers: { 200: { description: "The account.", content: json, schema: Account } },
    problems: [...timeProblems, "no-such-account"],
  },
  {
    method: "get",
    path: "/v1/accounts/{id}/timeline",
    operationId: "getAccountTimeline",
    tag: "accounts",
    summary: "What happened to an account",
    description: "Events, commands, operators' acts and the machine's transitions, oldest first.",
    access: "read",
    parameters: [
      accountId,
      {
        name: "limit",
        in: "query",
        description: "At most so many of the latest entries; 200 when not given.",
        schema: Schema.Number.pipe(Schema.int()).pipe(Schema.between(1, 1000)),
      },
      {
        name: "cursor",
        in: "query",
        description: "`nextCursor` of the page before: the entries before those.",
        schema: Schema.String,
      },
    ],
    answers: { 200: { description: "The entries.", content: json, schema: Timeline } },
    problems: ["bad-parameter", "no-such-account"],
  },
  {
    method: "get",
    path: "/v1/accounts/{id}/machine",
    operationId: "getAccountMachine",
    tag: "accounts",
    summary: "The statechart, and where the account stands in it",
    access: "read",
    parameters: [accountId],
    answers: { 200: { description: "Definition and configuration.", content: json, schema: Machine } },
    problems: ["bad-parameter", "no-such-account"],
  },
  {
    method: "get",
    path: "/v1/machine",
    operationId: "getMachine",
    tag: "accounts",
    summary: "The statechart of every account, as an editor of charts takes it",
    access: "read",
    answers: {
      200: {
        description: "An XState machine configuration.",
        content: json,
        schema: Chart,
        example: { id: "account", type: "parallel", states: {} },
      },
    },
    problems: [],
  },
  {
    method: "get",
    path: "/inspect",
    operationId: "inspect",
    tag: "operations",
    summary: "Watch the machines of chosen accounts",
    description:
      "A page; as a WebSocket (`?account=ID`, several allowed) the stream of XState inspection events that the page forwards. Only where inspection is on.",
    access: "none",
    answers: { 200: { description: "HTML.", content: "text/html" } },
    problems: ["no-such-route"],
  },
  {
    method: "get",
    path: "/metrics",
    operationId: "getMetrics",
    tag: "operations",
    summary: "Business states and work, for Prometheus",
    access: "read",
    answers: {
      200: {
        description:
          "The text format of Prometheus; for `Accept: application/openmetrics-text; version=1.0.0` OpenMetrics, with exemplars.",
        content: "text/plain",
      },
    },
    problems: [],
  },
  {
    method: "get",
    path: "/healthz",
    operationId: "getHealth",
    tag: "operations",
    summary: "Is it moving",
    access: "none",
    answers: {
      200: { description: "It moves, or is still recovering.", content: json, schema: Health },
      503: { description: "It stalls: a restart helps.", content: json, schema: Health },
    },
    problems: ["store-unavailable"],
  },
  {
    method: "get",
    path: "/readyz",
    operationId: "getReadiness",
    tag: "operations",
    summary: "Has recovery caught up",
    access: "none",
    answers: { 200: { description: "Ready.", content: json, schema: Ready } },
    problems: ["not-ready"],
  },
  {
    method: "get",
    path: "/openapi.json",
    operationId: "getOpenApi",
    tag: "operations",
    summary: "This document",
    access: "none",
    answers: {
      200: { description: "OpenAPI 3.1.", content: json, schema: Schema.Unknown, example: { openapi: "3.1.0" } },
    },
    problems: [],
  },
  {
    method: "get",
    path: "/docs",
    operationId: "getDocs",
    tag: "operations",
    summary: "This document as a page",
    access: "none",
    answers: { 200: { description: "HTML that needs nothing from elsewhere.", content: "text/html" } },
    problems: [],
  },
];

export const operations: ReadonlyArray<Operation> = [
  ...own,
  ...consoleOperations(accountFilters),
  ...exchangeOperations,
  ...resourceOperations,
  ...operatorOperations,
  ...deskOperations,
  ...kpiOperations,
  ...changeOperations,
  ...keyOperations,
  ...approvalOperations,
  ...auditOperations,
  ...periodOperations,
  ...usageOperations,
  ...privacyOperations,
  ...reportOperations,
  ...reconciliationOperations,
  ...connectionOperations,
  ...shuffleOperations,
];
