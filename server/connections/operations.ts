/** What the routes of connections promise. *Pure.* */
import * as Schema from "effect/Schema";
import { testOutcomes } from "../../domain/controls/connection.ts";
import { Instant, Whole } from "../openapi/leaf.ts";
import type { Operation } from "../openapi/operation.ts";
import { act, id, json, Reason } from "../operators/act-operation.ts";
import { healths } from "./view.ts";

export const connectionPaths = { all: "/v1/connections", test: "/v1/connections/{id}/test" } as const;

const text = Schema.NullOr(Schema.String);
const at = Schema.NullOr(Instant);
const Counts = Schema.Record({ key: Schema.String, value: Whole });

export const ConnectionItem = Schema.Struct({
  name: Schema.String.annotations({ examples: ["stripe"] }),
  vendor: Schema.String,
  roles: Schema.Array(Schema.String),
  entity: Schema.String,
  team: text,
  health: Schema.Literal(...healths).annotations({
    description:
      "`down`: its breaker is open; `limited`: it asked for patience; `failing`: the last calls got no good answer; `listening`: it is never called.",
  }),
  mode: Schema.String.annotations({ description: "What goes out to it: `observe`, `propose` or `act`." }),
  rows: Schema.Record({ key: Schema.String, value: Schema.String }).annotations({
    description: "Rows of the obligation table with a mode of their own.",
  }),
  startAt: at,
  breaker: Schema.Struct({
    state: Schema.Literal("closed", "open", "half-open"),
    failures: Whole.annotations({ description: "In a row." }),
    until: at.annotations({ description: "No call before; null: at once." }),
  }),
  limits: Schema.Struct({
    concurrency: Whole,
    inFlight: Whole,
    ratePerSecond: Schema.NullOr(Schema.Number),
    freeNow: Whole.annotations({ description: "Calls that could begin now." }),
  }),
  commands: Counts.annotations({ description: "Open ones by state." }),
  waiting: Counts.annotations({ description: "Those that could go but for this target, by reason." }),
  oldestOwedAt: at,
  lastEntry: Schema.NullOr(
    Schema.Struct({ position: Whole, at: Instant, kind: Schema.String, type: text, subject: text }),
  ).annotations({ description: "Of the journal, from this system. Null: none of late." }),
  signatureFailures: Whole.annotations({ description: "Since the start." }),
  isPolled: Schema.Boolean,
  pollFailure: Schema.NullOr(Schema.Struct({ attempts: Whole, since: Instant, error: Schema.String })),
  secrets: Schema.Array(Schema.Struct({ place: Schema.String, since: Instant })).annotations({
    description: "Since when each has been what it is, as far as starts of this server saw it. None in the sandbox.",
  }),
  lastTest: Schema.NullOr(
    Schema.Struct({
      at: Instant,
      by: Schema.String,
      reason: text,
      asked: Schema.String,
      outcome: Schema.Literal(...testOutcomes),
      detail: text,
      tookMs: Whole,
    }),
  ),
}).annotations({ identifier: "Connection" });

export const ConnectionList = Schema.Struct({
  items: Schema.Array(ConnectionItem),
  policy: Schema.String.annotations({ description: "In force now." }),
  at: Instant,
  seq: Whole,
}).annotations({ identifier: "ConnectionList" });

export const connectionOperations: ReadonlyArray<Operation> = [
  {
    method: "get",
    path: connectionPaths.all,
    operationId: "listConnections",
    tag: "operations",
    summary: "Connections: whether they are heard and answer, and what waits for them",
    access: "read",
    answers: { 200: { description: "All of them.", content: json, schema: ConnectionList } },
    problems: ["bad-parameter"],
  },
  act(connectionPaths.test, {
    operationId: "testConnection",
    tag: "operations",
    summary: "Try a connection",
    description:
      "One harmless question to the system: what changed lately, or one object. Nothing there changes and nothing is taken in; who asked and " +
      "what came of it stands in the journal. A system that answers closes its breaker.",
    access: "operate",
    parameters: [{ ...id, description: "The connection's name.", schema: Schema.String }],
    body: Reason,
    answer: { description: "The connection as it stands, with `lastTest`.", schema: ConnectionItem },
    problems: ["no-such-connection", "conflict"],
  }),
];
