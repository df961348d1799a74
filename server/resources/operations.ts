/** What the routes of the canonical resources promise, one entry for each. *Pure.* */
import * as Schema from "effect/Schema";
import { ResourceId } from "../openapi/leaf.ts";
import type { Operation } from "../openapi/operation.ts";
import { collections } from "./collections.ts";

export const listPath = (path: string): string => `/v1/${path}`;
export const onePath = (path: string): string => `/v1/${path}/{id}`;

const camel = (path: string): string => path.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

export const pageParameters = [
  {
    name: "limit",
    in: "query",
    description: "At most so many items; 50 when not given.",
    schema: Schema.Number.pipe(Schema.int()).pipe(Schema.between(1, 200)),
  },
  { name: "cursor", in: "query", description: "`nextCursor` of the page before.", schema: Schema.String },
] as const;

export const resourceOperations: ReadonlyArray<Operation> = collections.flatMap(
  ({ path, name, what, schema, page, statuses }): ReadonlyArray<Operation> => [
    {
      method: "get",
      path: listPath(path),
      operationId: `list${capital(camel(path))}`,
      tag: "resources",
      summary: `List ${path.replace("-", " ")}`,
      description:
        `${what} In a stable order, party by party. A page may be shorter than \`limit\`, even empty, while \`nextCursor\` is ` +
        "not null: the work for one request is bounded. Ask on until it is null.",
      access: "read",
      parameters: [
        {
          name: "account",
          in: "query",
          description: "Only of this account: its id, or any id that leads to it.",
          schema: Schema.String,
        },
        {
          name: "status",
          in: "query",
          description: "Only with this status.",
          schema: Schema.Literal(...(statuses as [string, ...string[]])),
        },
        ...pageParameters,
      ],
      answers: { 200: { description: "A page.", content: "application/json", schema: page } },
      problems: ["bad-parameter"],
    },
    {
      method: "get",
      path: onePath(path),
      operationId: `get${capital(camel(name.replace(" ", "-")))}`,
      tag: "resources",
      summary: `Get ${/^[aeiou]/.test(name) ? "an" : "a"} ${name}`,
      description: `${what} With \`ETag\`; \`If-None-Match\` answers 304 while nothing of the object changed.`,
      access: "read",
      parameters: [
        { name: "id", in: "path", description: "`connection:foreignId`, URL-encoded.", schema: ResourceId },
        { name: "If-None-Match", in: "header", description: "The `ETag` of an earlier answer.", schema: Schema.String },
      ],
      answers: {
        200: { description: `The ${name}.`, content: "application/json", schema, headers: ["ETag"] },
        304: { description: "Nothing of it changed.", headers: ["ETag"] },
      },
      problems: ["bad-parameter", "no-such-object"],
    },
  ],
);
