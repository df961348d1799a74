/** What the console's addresses promise. *Pure.* */
import * as Schema from "effect/Schema";
import type { Operation, Parameter } from "../openapi/operation.ts";
import { Now } from "./answers.ts";
import { type PageName, pagePaths } from "./app/paths.ts";

const html =
  "HTML that needs nothing from elsewhere, and holds no word about anybody: what it shows it asks for with the reader's key.";

const summaries: Readonly<Record<PageName, string>> = {
  now: "The console",
  search: "The console: find an account",
  account: "The console: one account",
  exceptions: "The console: the two queues",
  commands: "The console: commands and dead letters",
  reconciliation: "The console: the reconciliation",
  revenue: "The console: the revenue books",
  connections: "The console: connections, mappings and the policy",
  explain: "The console: why something is as it is",
  shuffle: "The console: an account's events in another order",
};

/** The refusals stood in the released document, when the page held data; they go with the next version. */
const firstProblems = [
  "bad-parameter",
  "no-such-route",
  "unauthorized",
  "forbidden",
  "rate-limited",
  "store-unavailable",
] as const;

const parametersIn = (path: string): ReadonlyArray<Parameter> =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name: name!,
    in: "path",
    description: "As in the API.",
    schema: Schema.String,
  }));

/** `filters`: of the list of accounts, which the first page takes as well. */
export const consoleOperations = (filters: ReadonlyArray<Parameter>): ReadonlyArray<Operation> => [
  ...Object.entries(pagePaths).map(([name, path]): Operation => {
    const isFirst = name === "now";
    return {
      method: "get",
      path: path.replaceAll(/:(\w+)/g, "{$1}"),
      operationId: `getConsole${isFirst ? "" : name[0]!.toUpperCase() + name.slice(1)}`,
      tag: isFirst ? "operations" : "console",
      summary: summaries[name as PageName],
      access: "none",
      parameters: isFirst ? filters : parametersIn(path),
      answers: { 200: { description: html, content: "text/html" } },
      problems: isFirst ? firstProblems : ["no-such-route"],
    };
  }),
  {
    method: "get",
    path: "/console/{file}",
    operationId: "getConsoleFile",
    tag: "console",
    summary: "A script or style of the console",
    description: "Its name changes with its content, so that it may be kept for ever.",
    access: "none",
    parameters: [{ name: "file", in: "path", description: "As the page names it.", schema: Schema.String }],
    answers: { 200: { description: "The file.", content: "text/javascript" } },
    problems: ["no-such-route"],
  },
  {
    method: "get",
    path: "/v1/now",
    operationId: "getNow",
    tag: "operations",
    summary: "What is broken that somebody must act on, and whether everything moves",
    access: "read",
    answers: { 200: { description: "How things stand.", content: "application/json", schema: Now } },
    problems: ["bad-parameter"],
  },
  {
    method: "get",
    path: "/v1/stream",
    operationId: "streamChanges",
    tag: "operations",
    summary: "What changes, as it changes",
    description:
      "Server-sent events, at most once a second: `now` (as `GET /v1/now`), whenever that changed; `accounts` (`items` as in the list " +
      "of accounts, `more`, `seq`), those that something touched; `missed`, when `Last-Event-ID` is of too long ago: ask for " +
      "everything again. Comments come every 15 s. A reader that is slow is told of everything since, later.",
    access: "read",
    parameters: [
      {
        name: "Last-Event-ID",
        in: "header",
        description: "The id of the last event that came: what was touched since is told first.",
        schema: Schema.String,
      },
      {
        name: "seconds",
        in: "query",
        description: "The stream ends by itself after so long; 0: once it was told how things stand.",
        schema: Schema.Number.pipe(Schema.int(), Schema.between(0, 86_400)),
      },
    ],
    answers: { 200: { description: "Events.", content: "text/event-stream" } },
    problems: ["bad-parameter", "rate-limited", "not-ready"],
  },
];
