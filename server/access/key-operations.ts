/** What the routes of API keys promise. *Pure.* */
import * as Schema from "effect/Schema";
import { scopes } from "../../domain/scopes.ts";
import { AmountMinor } from "../openapi/leaf.ts";
import type { Operation, Parameter } from "../openapi/operation.ts";
import { act, json, optional, Reason, reason } from "../operators/act-operation.ts";
import { pageParameters } from "../resources/operations.ts";
import { KeyItem, KeyPage, NewKey } from "./key-json.ts";

export const keyIdForm = /^[a-z0-9]{12}$/;

export const keyPaths = {
  all: "/v1/keys",
  on: (verb: "rotate" | "revoke") => `/v1/keys/{id}/${verb}`,
};

const keyId: Parameter = {
  name: "id",
  in: "path",
  description: "The key's id, the middle part of its text.",
  schema: Schema.String.annotations({ examples: ["k3f9x7m2q8ab"] }),
};

const Make = Schema.Struct({
  name: Schema.String.annotations({ description: "In every act made with it.", examples: ["month-end close"] }),
  scopes: Schema.Array(Schema.Literal(...scopes)).annotations({
    description: "`read` comes with each of the others; none of the others comes with any.",
  }),
  owner: optional(
    Schema.String.annotations({ description: "The person or service that holds it; the name where it is left out." }),
  ),
  personal: optional(Schema.Boolean),
  entities: optional(
    Schema.Array(Schema.String).annotations({ description: "Legal entities, as the connections name theirs." }),
  ),
  allowUnknown: optional(
    Schema.Boolean.annotations({
      description: "Takes entities that no connection names yet; such a key sees nothing.",
    }),
  ),
  approveUpToMinor: optional(Schema.Record({ key: Schema.String, value: AmountMinor })),
  ratePerMinute: optional(Schema.Number.pipe(Schema.int())),
  expiresAt: optional(Schema.String.annotations({ examples: ["2027-01-01T00:00:00Z"] })),
  reason,
}).annotations({ identifier: "MakeKey" });

export const keyOperations: ReadonlyArray<Operation> = [
  {
    method: "get",
    path: keyPaths.all,
    operationId: "listKeys",
    tag: "access",
    summary: "List API keys",
    description: "Also those that are revoked or expired, with when and how often each was used. Secrets are not kept.",
    access: "admin",
    parameters: pageParameters,
    answers: { 200: { description: "A page.", content: json, schema: KeyPage } },
    problems: ["bad-parameter"],
  },
  act(keyPaths.all, {
    operationId: "makeKey",
    tag: "access",
    summary: "Make an API key",
    description: "Its secret is in this answer and nowhere else.",
    access: "admin",
    body: Make,
    answer: { description: "The key, with its secret.", schema: NewKey },
    problems: ["conflict"],
  }),
  act(keyPaths.on("rotate"), {
    operationId: "rotateKey",
    tag: "access",
    summary: "Give a key a new secret",
    description: "The old secret stays good for `overlapSeconds` (a day where it is left out; 0: it ends at once).",
    access: "admin",
    parameters: [keyId],
    body: Schema.Struct({ overlapSeconds: optional(Schema.Number.pipe(Schema.int())), reason }).annotations({
      identifier: "RotateKey",
    }),
    answer: { description: "The key, with its new secret.", schema: NewKey },
    problems: ["no-such-key", "conflict"],
  }),
  act(keyPaths.on("revoke"), {
    operationId: "revokeKey",
    tag: "access",
    summary: "End a key",
    description: "At once on this server, within a second on every other that uses the same store.",
    access: "admin",
    parameters: [keyId],
    body: Reason,
    answer: { description: "The key.", schema: KeyItem },
    problems: ["no-such-key", "conflict"],
  }),
];
