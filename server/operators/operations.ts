/** What the routes of operators promise, one entry for each. *Pure.* */
import * as Schema from "effect/Schema";
import { exceptionTypes } from "../../domain/exceptions.ts";
import { commandStates } from "../../domain/ports/store.ts";
import type { ProblemName } from "../http/problem.ts";
import { Account, ExceptionItem } from "../openapi/answers.ts";
import type { Operation, Parameter } from "../openapi/operation.ts";
import { pageParameters } from "../resources/operations.ts";
import { faultKinds } from "../views/faults.ts";
import { type CommandVerb, commandVerbs } from "./act.ts";
import { CommandItem, CommandPage, ExceptionPage, FaultPage, oneOf } from "./answers.ts";
import type { DeskVerb } from "./exceptions.ts";

export const paths = {
  links: "/v1/links",
  separate: "/v1/accounts/{id}/separate",
  park: "/v1/accounts/{id}/park",
  release: "/v1/accounts/{id}/release",
  commands: "/v1/commands",
  command: "/v1/commands/{key}",
  actOn: (verb: CommandVerb) => `/v1/commands/{key}/${verb}`,
  exceptions: "/v1/exceptions",
  exception: "/v1/exceptions/{id}",
  onException: (verb: DeskVerb) => `/v1/exceptions/{id}/${verb}`,
  faults: "/v1/faults",
} as const;

const json = "application/json";
const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true });

const reason = Schema.String.annotations({
  description: "Why, for whoever asks later.",
  examples: ["same company, by its contract"],
});
const PartyName = Schema.String.annotations({ examples: ["stripe:cus_1"] });

const id: Parameter = {
  name: "id",
  in: "path",
  description: "The account id (also a former one), a party or any object of it, URL-encoded.",
  schema: Schema.String.annotations({ examples: ["stripe:cus_1"] }),
};
const key: Parameter = {
  name: "key",
  in: "path",
  description: "The command's key.",
  schema: Schema.String.annotations({ examples: ["cmd_5f0c1b9a7e3d42680f9b1c2d3e4f5a6b"] }),
};
const idempotency: Parameter = {
  name: "Idempotency-Key",
  in: "header",
  description:
    "The same key and body again is the same act: it is done once, and answered with how things stand now and " +
    "`idempotent-replayed: true`. Another act under the same key is 409.",
  schema: Schema.String.pipe(Schema.pattern(/^[\x21-\x7e]{1,200}$/)).annotations({ examples: ["link-cus_1"] }),
};
const filter = (name: string, description: string, schema: Schema.Schema.Any = Schema.String): Parameter => ({
  name,
  in: "query",
  description,
  schema,
});
const ofAccount = filter("account", "Only of this account: its id, or any id that leads to it.");

const everyAct: ReadonlyArray<ProblemName> = [
  "bad-body",
  "body-aborted",
  "bad-idempotency-key",
  "foreign-origin",
  "idempotency-conflict",
  "body-too-large",
  "unsupported-media-type",
  "refused-act",
];

const act = (
  path: string,
  said: Pick<Operation, "operationId" | "summary" | "description" | "tag" | "access"> & {
    readonly body: Schema.Schema.Any;
    readonly parameters?: ReadonlyArray<Parameter>;
    readonly answer: { readonly description: string; readonly schema: Schema.Schema.Any };
    readonly problems?: ReadonlyArray<ProblemName>;
  },
): Operation => {
  const { body, parameters = [], answer, problems = [], ...rest } = said;
  return {
    method: "post",
    path,
    ...rest,
    parameters: [...parameters, idempotency],
    body: { description: "The act and its reason.", content: json, schema: body },
    answers: { 200: { ...answer, content: json } },
    problems: [...everyAct, ...problems],
  };
};

const accountAnswer = { description: "The account as it stands after the act.", schema: Account };
const Reason = Schema.Struct({ reason }).annotations({ identifier: "Reason" });

const commandActs: Readonly<Record<CommandVerb, { readonly summary: string; readonly description: string }>> = {
  retry: {
    summary: "Send a command again",
    description: "Of a rejected command, of one that waits for its next attempt, and of one that a person cancelled.",
  },
  cancel: {
    summary: "Take a command back",
    description:
      "Of a pending, held, retrying or rejected command; its exception closes. What is on its way is 409: it settles first. " +
      "Other content of its source is another command.",
  },
  approve: {
    summary: "Let a held command go",
    description:
      "Of a command that mode `propose` or a held inverse keeps back. What mode `observe` keeps back is 409.",
  },
};

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

export const operatorOperations: ReadonlyArray<Operation> = [
  act(paths.links, {
    operationId: "linkParties",
    tag: "accounts",
    summary: "Say that two parties are one company, or that one stands alone",
    description:
      "`target` null separates, whatever other links say. 422 names everything that speaks against it: an unknown connection, " +
      "a party that nothing is known of (unless `force`), more than 20 parties, two legal ids.",
    access: "operate",
    body: Schema.Struct({
      party: PartyName,
      target: Schema.NullOr(PartyName),
      force: optional(Schema.Boolean),
      reason,
    }).annotations({ identifier: "Link" }),
    answer: { description: "The account that the party now belongs to.", schema: Account },
  }),
  act(paths.separate, {
    operationId: "separateParty",
    tag: "accounts",
    summary: "Take a party out of an account",
    description: "Without `party`: the only one that may be meant. The former account id goes on resolving.",
    access: "operate",
    parameters: [id],
    body: Schema.Struct({ party: optional(PartyName), reason }).annotations({ identifier: "Separate" }),
    answer: { description: "The account that the party now is.", schema: Account },
    problems: ["no-such-account"],
  }),
  act(paths.park, {
    operationId: "parkAccount",
    tag: "accounts",
    summary: "Send nothing more for an account",
    description: "What is on its way settles. Everything else is held until the account is released.",
    access: "operate",
    parameters: [id],
    body: Reason,
    answer: accountAnswer,
    problems: ["no-such-account", "conflict"],
  }),
  act(paths.release, {
    operationId: "releaseAccount",
    tag: "accounts",
    summary: "Let a parked account go on, or say whose a contested object is",
    description: "With `object`: it is `party`'s (default: the account's own claimant), and its commands go on.",
    access: "operate",
    parameters: [id],
    body: Schema.Struct({
      object: optional(Schema.String.annotations({ examples: ["stripe:invoice/in_1"] })),
      party: optional(PartyName),
      reason,
    }).annotations({ identifier: "Release" }),
    answer: accountAnswer,
    problems: ["no-such-account", "conflict"],
  }),
  {
    method: "get",
    path: paths.commands,
    operationId: "listCommands",
    tag: "commands",
    summary: "List commands",
    description:
      "The outbox in order of keys; `state=rejected` are the dead letters. A page may be shorter than `limit`, even empty, while " +
      "`nextCursor` is not null: the work for one request is bounded. Ask on until it is null.",
    access: "read",
    parameters: [
      filter("state", `Only in these states, commas between them: ${commandStates.join(", ")}.`),
      filter("target", "Only towards this connection."),
      ofAccount,
      ...pageParameters,
    ],
    answers: { 200: { description: "A page.", content: json, schema: CommandPage } },
    problems: ["bad-parameter"],
  },
  {
    method: "get",
    path: paths.command,
    operationId: "getCommand",
    tag: "commands",
    summary: "Get a command",
    access: "read",
    parameters: [key],
    answers: { 200: { description: "The command.", content: json, schema: CommandItem } },
    problems: ["bad-parameter", "no-such-command"],
  },
  ...commandVerbs.map((verb) =>
    act(paths.actOn(verb), {
      operationId: `${verb}Command`,
      tag: "commands",
      ...commandActs[verb],
      access: verb === "approve" ? "approve" : "operate",
      parameters: [key],
      body: Reason,
      answer: { description: "The command as it stands after the act.", schema: CommandItem },
      problems: ["no-such-command", "conflict"],
    }),
  ),
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
      filter("sort", "`money` (default): the greatest amount first; `age`: the oldest first.", oneOf(["money", "age"])),
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
      ...pageParameters,
    ],
    answers: { 200: { description: "A page.", content: json, schema: FaultPage } },
    problems: ["bad-parameter"],
  },
];
