/** What the route of an account's own events promises. *Pure.* */
import * as Schema from "effect/Schema";
import { AccountId, Instant, Whole } from "../openapi/leaf.ts";
import type { Operation } from "../openapi/operation.ts";
import { id } from "../operators/act-operation.ts";

export const accountEventsPath = "/v1/accounts/{id}/events";
/** Events in one answer. */
export const mostEvents = 500;

const Item = Schema.Struct({
  id: Schema.String.annotations({ description: "Entry of the journal, and place in it.", examples: ["17.0"] }),
  position: Whole,
  at: Instant,
  connection: Schema.String,
  type: Schema.String,
  subject: Schema.String,
  time: Instant,
  status: Schema.String,
  event: Schema.String.annotations({ description: "The canonical event, in the canonical encoding." }),
}).annotations({ identifier: "AccountEvent" });

const Rules = Schema.Struct({
  mode: Schema.String,
  rows: Schema.Record({ key: Schema.String, value: Schema.String }),
  holdInverses: Schema.Array(Schema.String),
  startAt: Schema.NullOr(Instant),
});

export const AccountEvents = Schema.Struct({
  id: AccountId,
  root: Schema.String.annotations({ description: "The party that the account is named after." }),
  parties: Schema.Array(Schema.String),
  items: Schema.Array(Item),
  complete: Schema.Boolean.annotations({
    description: "False: there were more events before, and what they came to is in `given`.",
  }),
  given: Schema.Struct({
    cells: Schema.Array(
      Schema.Struct({ party: Schema.String, cell: Schema.String, body: Schema.NullOr(Schema.String) }),
    ),
    owners: Schema.Array(Schema.Struct({ subject: Schema.String, party: Schema.String })),
  }).annotations({
    description:
      "What a fold begins with, as a snapshot keeps it: documents of ours outside, what people decided, journal time.",
  }),
  deployment: Schema.Struct({
    policy: Schema.String,
    connections: Schema.Array(
      Schema.Struct({
        name: Schema.String,
        roles: Schema.Array(Schema.String),
        orders: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
        rules: Rules,
      }),
    ),
  }),
  state: Schema.String.annotations({
    description:
      "What the server's own fold came to, in the canonical encoding: evidence, links, regions of the machine, effects outside.",
  }),
  seq: Whole,
}).annotations({ identifier: "AccountEvents" });

export const shuffleOperations: ReadonlyArray<Operation> = [
  {
    method: "get",
    path: accountEventsPath,
    operationId: "listAccountEvents",
    tag: "accounts",
    summary: "An account's own events, to be folded in another order",
    description:
      `The newest, at most ${mostEvents}, in order of the journal. Names and addresses are numbers in it, whoever asks: a fold has to ` +
      "know which are the same, and no more. Use of meters is counted, not joined, and is left out.",
    access: "read",
    parameters: [
      id,
      {
        name: "limit",
        in: "query",
        description: `At most so many events, and the whole of an entry of the journal; ${mostEvents} when not given.`,
        schema: Schema.Number.pipe(Schema.int()).pipe(Schema.between(1, mostEvents)),
      },
    ],
    answers: { 200: { description: "The events.", content: "application/json", schema: AccountEvents } },
    problems: ["bad-parameter", "no-such-account", "history-gone", "too-much-history"],
  },
];
