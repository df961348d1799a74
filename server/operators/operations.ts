/** What the routes of operators promise, one entry for each. *Pure.* */
import * as Schema from "effect/Schema";
import { commandStates } from "../../domain/ports/store.ts";
import { waitReasons } from "../engine/agenda.ts";
import { Account } from "../openapi/answers.ts";
import type { Operation } from "../openapi/operation.ts";
import { releaseAnswer } from "../queues/operations.ts";
import { pageParameters } from "../resources/operations.ts";
import { type CommandVerb, commandVerbs } from "./act.ts";
import {
  accountAnswer,
  act,
  filter,
  id,
  json,
  key,
  ofAccount,
  optional,
  PartyName,
  Reason,
  reason,
} from "./act-operation.ts";
import { CommandItem, CommandPage } from "./answers.ts";
import { paths } from "./paths.ts";
import { queueOperations } from "./queue-operations.ts";

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
    parameters: [
      id,
      filter("dryRun", "`true`: only say what it would let go; nothing is written.", Schema.Literal("true", "false")),
    ],
    body: Schema.Struct({
      object: optional(Schema.String.annotations({ examples: ["stripe:invoice/in_1"] })),
      party: optional(PartyName),
      reason,
    }).annotations({ identifier: "Release" }),
    answer: releaseAnswer,
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
      filter(
        "waiting",
        `Only what could go but for its target, commas between reasons: ${waitReasons.join(", ")}; or any. \`state\` is then not looked at.`,
      ),
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
  ...queueOperations,
];
