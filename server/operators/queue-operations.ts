/** What the routes of the two queues promise. *Pure.* */
import * as Schema from "effect/Schema";
import { exceptionTypes } from "../../domain/exceptions.ts";
import { priorities } from "../../domain/priority.ts";
import { ExceptionItem } from "../openapi/answers.ts";
import type { Operation, Parameter } from "../openapi/operation.ts";
import { exceptionStatuses } from "../queues/items.ts";
import { pageParameters } from "../resources/operations.ts";
import { faultKinds } from "../views/faults.ts";
import { act, filter, id, json, ofAccount, Reason, reason } from "./act-operation.ts";
import { ExceptionPage, FaultPage, oneOf } from "./answers.ts";
import { paths } from "./paths.ts";

const exceptionIdParameter: Parameter = { ...id, description: "The exception's id.", schema: Schema.String };
const exceptionActs = [
  {
    verb: "assign",
    summary: "Say who works an exception",
    description: "`assignee` null: nobody does any more.",
    body: Schema.Struct({ assignee: Schema.NullOr(Schema.String), reason }).annotations({ identifier: "Assign" }),
  },
  {
    verb: "snooze",
    summary: "Put an exception off",
    description: "Until then it is listed as `snoozed`; when its cause goes away it closes all the same.",
    body: Schema.Struct({
      until: Schema.String.annotations({ examples: ["2026-02-01T09:00:00Z"] }),
      reason,
    }).annotations({ identifier: "Snooze" }),
  },
  {
    verb: "resolve",
    summary: "Say that an exception is settled outside the systems",
    description:
      "It is listed as `resolved` for as long as its money stays what it was; of another amount it is open again.",
    body: Reason,
  },
  {
    verb: "reopen",
    summary: "Take back a snooze or a resolution",
    description: "The exception is open again.",
    body: Reason,
  },
] as const;

export const queueOperations: ReadonlyArray<Operation> = [
  {
    method: "get",
    path: paths.exceptions,
    operationId: "listExceptions",
    tag: "queues",
    summary: "List exceptions: finance's queue",
    description:
      "Where the systems cannot agree by themselves. Counts and money are of all that the filters let through.",
    access: "read",
    parameters: [
      filter("type", "Only of this type.", oneOf(exceptionTypes)),
      filter("owner", "Only where the next act lies on the side of this connection."),
      ofAccount,
      filter("currency", "Only with money of this currency."),
      filter(
        "status",
        `Only in these states, commas between them: ${exceptionStatuses.join(", ")}. Default: \`open\`. What closed is listed for a time.`,
      ),
      filter("assignee", "Only whose work it is; `nobody`: nobody's."),
      filter("team", "Only of the team that answers for the side of the next act."),
      filter("priority", "Only so pressing.", oneOf(priorities)),
      filter("overdue", "Only open past its time, or only the others.", oneOf(["true", "false"])),
      filter("entity", "Only of this legal entity: that of the connection whose money it tells of."),
      filter("olderThanMinutes", "Only older than so many minutes."),
      filter("amountOverMinor", "Only with more money at risk, in minor units; goes with `currency`."),
      filter("q", "Only with this text in its cause, its ids, its evidence or what would resolve it."),
      filter(
        "sort",
        "`money` (default): the greatest amount first; `age`: the oldest first; `priority`: the most pressing first, of equals the one due first.",
        oneOf(["money", "age", "priority"]),
      ),
      ...pageParameters,
    ],
    answers: { 200: { description: "A page.", content: json, schema: ExceptionPage } },
    problems: ["bad-parameter"],
  },
  {
    method: "get",
    path: paths.exception,
    operationId: "getException",
    tag: "queues",
    summary: "Get an exception",
    access: "read",
    parameters: [exceptionIdParameter],
    answers: { 200: { description: "The exception.", content: json, schema: ExceptionItem } },
    problems: ["bad-parameter", "no-such-exception"],
  },
  ...exceptionActs.map(({ verb, body, summary, description }) =>
    act(paths.onException(verb), {
      operationId: `${verb}Exception`,
      tag: "queues",
      summary,
      description,
      access: "operate",
      parameters: [exceptionIdParameter],
      body,
      answer: { description: "The exception as it stands after the act.", schema: ExceptionItem },
      problems: ["no-such-exception", "conflict"],
    }),
  ),
  {
    method: "get",
    path: paths.faults,
    operationId: "listFaults",
    tag: "queues",
    summary: "List faults: engineers' queue",
    description:
      "What is wrong with the pipes, never with the books. What lasts comes first, then what is stored, newest first.",
    access: "read",
    parameters: [
      filter("kind", "Only of this kind.", oneOf(faultKinds)),
      filter("connection", "Only of this connection."),
      filter("status", "`open` (default), or `resolved`: settled by a person's word.", oneOf(["open", "resolved"])),
      ...pageParameters,
    ],
    answers: { 200: { description: "A page.", content: json, schema: FaultPage } },
    problems: ["bad-parameter"],
  },
];
