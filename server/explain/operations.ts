/** What the route of explaining promises. *Pure.* */
import * as Schema from "effect/Schema";
import { stretchParameters } from "../kpis/routes.ts";
import { AccountId, Whole } from "../openapi/leaf.ts";
import type { Operation, Parameter } from "../openapi/operation.ts";
import { pageParameters } from "../resources/operations.ts";
import { hopTypes } from "./chain.ts";
import { explainKinds } from "./kinds.ts";
import { explainPath } from "./routes.ts";

const Hop = Schema.Struct({
  id: Schema.String.annotations({ examples: ["observation:stripe:invoice/in_1/0"] }),
  hop: Schema.Literal(...hopTypes),
  ids: Schema.Record({ key: Schema.String, value: Schema.String }).annotations({
    description: "System → the id that it knows this by.",
  }),
  says: Schema.Unknown.annotations({ description: "What stands there, in the words of that hop." }),
  because: Schema.Array(Schema.String).annotations({ description: "Ids of the hops that it follows from." }),
  personal: Schema.Boolean.annotations({
    description: "It holds what a system sent, so it may hold personal data; keys without the scope see it masked.",
  }),
}).annotations({ identifier: "Hop" });

export const Explanation = Schema.Struct({
  kind: Schema.Literal(...explainKinds),
  id: Schema.String,
  account: Schema.NullOr(AccountId),
  root: Schema.String.annotations({ description: "The hop to begin with." }),
  hops: Schema.Array(Hop).annotations({ description: "Each before what it follows from." }),
  complete: Schema.Boolean,
  more: Schema.Array(Schema.String).annotations({
    description: "Kind and id of what did not fit, to be asked for apart.",
  }),
  nextCursor: Schema.NullOr(Schema.String).annotations({
    description: "Of a figure of the operation: for the next page of what it is made of.",
  }),
  behind: Whole.annotations({
    description: "Of such a figure: entries of the journal that are not read yet; ask again.",
  }),
  under: Schema.Struct({ policy: Schema.String, configuration: Schema.NullOr(Schema.String) }).annotations({
    description: "The policy in force, and the hash of the configuration of this start.",
  }),
  seq: Whole,
}).annotations({ identifier: "Explanation" });

const kind: Parameter = {
  name: "kind",
  in: "path",
  description: "What it is; hyphens may stand for underscores.",
  schema: Schema.Literal(...explainKinds),
};
const id: Parameter = {
  name: "id",
  in: "path",
  description:
    "`connection:id` of an object, an account id, a command's key, an exception's id, a journal position; of a posting also its number or our outside id; of a figure of the operation what `GET /v1/kpis` has as `explain`. URL-encoded.",
  schema: Schema.String.annotations({ examples: ["stripe:in_1"] }),
};

export const explainOperations: ReadonlyArray<Operation> = [
  {
    method: "get",
    path: explainPath,
    operationId: "explain",
    tag: "audit",
    summary: "Explain a figure or an object, hop by hop, down to the raw bytes",
    description:
      "From a posting to the command, the row that asked for it, the stage, the shown values, the observations, the canonical events, " +
      `the journal entries with their place in the hash chain and the bytes as they came. A figure of the operation is told by what it is made of, page by page; each contribution names what it is explained by further. Kinds: ${explainKinds.join(", ")}.`,
    access: "read",
    parameters: [
      kind,
      id,
      ...[...stretchParameters, ...pageParameters].map((one) => ({
        ...one,
        description: `Of kind \`kpi\`: ${one.description}`,
      })),
    ],
    answers: { 200: { description: "The chain.", content: "application/json", schema: Explanation } },
    problems: ["bad-parameter", "nothing-to-explain"],
  },
];

const instant = Schema.String.annotations({ examples: ["2026-01-31T00:00:00Z"] });
/** Of the account's own route. */
export const timeParameters: ReadonlyArray<Parameter> = [
  { name: "asOf", in: "query", description: "As it was effective by then; an instant with its zone.", schema: instant },
  {
    name: "knownAt",
    in: "query",
    description: "As far as was taken in by then; an instant with its zone.",
    schema: instant,
  },
];
export const timeProblems = ["bad-parameter", "not-known-then", "history-gone", "too-much-history"] as const;
