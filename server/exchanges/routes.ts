/** `GET /v1/commands/{key}/exchanges`: what was said to the target and what it answered, word for word. */
import * as Effect from "effect/Effect";
import * as Schema from "effect/Schema";
import type { Hono } from "hono";
import type { Json } from "../../domain/canonical.ts";
import { personal } from "../../domain/personal.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import type { Ask } from "../http/ask.ts";
import { noParameters } from "../http/parameters.ts";
import { Instant, Whole } from "../openapi/leaf.ts";
import { type Operation, routePath } from "../openapi/operation.ts";
import { findCommand } from "../views/command.ts";

export const exchangesPath = "/v1/commands/{key}/exchanges";

const headers = Schema.Record({ key: Schema.String, value: Schema.String }).annotations({
  description: "Those that hold no secret.",
});

/** As every raw body: who sees no names sees none of it. */
const body = personal(Schema.Unknown);

export const CommandExchanges = Schema.Struct({
  items: Schema.Array(
    Schema.Struct({
      at: Instant,
      durationMs: Whole,
      kind: Schema.Literal("send", "lookup"),
      request: Schema.Struct({ method: Schema.String, url: Schema.String, headers, body }),
      answer: Schema.NullOr(Schema.Struct({ status: Whole, headers, body })).annotations({
        description: "Null: none came.",
      }),
    }),
  ).annotations({ description: "Oldest first; at most the last six since the server's start." }),
}).annotations({ identifier: "CommandExchanges" });

export const exchangeOperations: ReadonlyArray<Operation> = [
  {
    method: "get",
    path: exchangesPath,
    operationId: "listCommandExchanges",
    tag: "commands",
    summary: "What was said to the target and what it answered, word for word",
    description:
      "Requests and answers of the command since the server's start, kept in memory for the last 2,000 commands. Without authorization, tokens and cookies. Bodies are shown to whoever may see names.",
    access: "read",
    parameters: [
      {
        name: "key",
        in: "path",
        description: "The command's key.",
        schema: Schema.String.annotations({ examples: ["cmd_00000000000000000000000000000000"] }),
      },
    ],
    answers: { 200: { description: "The exchanges.", content: "application/json", schema: CommandExchanges } },
    problems: ["bad-parameter", "no-such-command"],
  },
];

/** `null`: no such command. */
export const exchanges = (
  engine: Engine,
  { key }: Extract<Query, { readonly name: "exchanges" }>,
): Effect.Effect<Json, StoreError> =>
  Effect.map(findCommand(engine, key), (found) =>
    found === null ? null : { items: (engine.exchanges?.of(key) ?? []) as unknown as Json },
  );

export const registerExchanges = (app: Hono, ask: Ask): void => {
  app.get(
    routePath(exchangesPath),
    ask(
      (c, search) => {
        noParameters(search);
        return { name: "exchanges", key: c.req.param("key") ?? "" };
      },
      (answered, c) =>
        answered === null
          ? { problem: "no-such-command", detail: `there is no command ${JSON.stringify(c.req.param("key"))}` }
          : { body: answered },
    ),
  );
};
