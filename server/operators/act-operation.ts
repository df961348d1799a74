/** What acts have in common in the document of the routes: their body, their headers, what may be wrong. *Pure.* */
import * as Schema from "effect/Schema";
import type { ProblemName } from "../http/problem.ts";
import { Account } from "../openapi/answers.ts";
import type { Operation, Parameter } from "../openapi/operation.ts";

export const json = "application/json";
export const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true });

export const reason = Schema.String.annotations({
  description: "Why, for whoever asks later.",
  examples: ["same company, by its contract"],
});
export const PartyName = Schema.String.annotations({ examples: ["stripe:cus_1"] });

export const id: Parameter = {
  name: "id",
  in: "path",
  description: "The account id (also a former one), a party or any object of it, URL-encoded.",
  schema: Schema.String.annotations({ examples: ["stripe:cus_1"] }),
};
export const key: Parameter = {
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
    "`idempotent-replayed: true`. Another act under the same key is 422, one while the first is worked on 409. " +
    "In double quotes (RFC 8941); a key without spaces may come without them.",
  schema: Schema.String.pipe(Schema.pattern(/^[\x20-\x7e]{1,402}$/)).annotations({ examples: ['"link-cus_1"'] }),
};
export const filter = (name: string, description: string, schema: Schema.Schema.Any = Schema.String): Parameter => ({
  name,
  in: "query",
  description,
  schema,
});
export const ofAccount = filter("account", "Only of this account: its id, or any id that leads to it.");

const everyAct: ReadonlyArray<ProblemName> = [
  "bad-body",
  "body-aborted",
  "bad-idempotency-key",
  "foreign-origin",
  "idempotency-conflict",
  "idempotency-in-progress",
  "body-too-large",
  "unsupported-media-type",
  "refused-act",
];

export const act = (
  path: string,
  said: Pick<Operation, "operationId" | "summary" | "description" | "tag" | "access" | "orAccess"> & {
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

export const accountAnswer = { description: "The account as it stands after the act.", schema: Account };
export const Reason = Schema.Struct({ reason }).annotations({ identifier: "Reason" });
