/** The OpenAPI 3.1 document of a list of operations. *Pure.* */
import { type ProblemName, problemTypes } from "../http/problem.ts";
import { Problem } from "./answers.ts";
import { Components, exampleOf, type Node } from "./json-schema.ts";
import type { Answer, Operation, Parameter } from "./operation.ts";
import { operations } from "./operations.ts";

/** Of the public surface; raised when a release is cut. */
export const apiVersion = "0.1.0";

const tags = {
  accounts: "Where each account really stands.",
  resources:
    "The objects that the systems report, each in the words of the domain, with what every system knows of it.",
  commands: "What is owed to the systems, and what became of it.",
  queues: "What needs a person: exceptions for finance, faults for engineers.",
  usage: "Batches of rated use, and who approves them.",
  periods: "Accounting periods, their closes and what was reported.",
  audit: "Who did what, and that nothing was rewritten.",
  privacy: "Legal holds, and the erasure of personal data.",
  access: "Who may come in.",
  jobs: "Acts on many things at once, and replays: previewed, followed, resumed.",
  change: "Policies, mappings and configurations, each from a date on.",
  webhooks: "What vendors send.",
  operations: "For those who run the server.",
} as const;

const about = `tieout keeps a company's revenue systems in agreement.

Amounts are whole minor units (\`…Minor\`) beside their currency, never added over currencies. Instants (\`…At\`, \`at\`) are milliseconds since 1970-01-01T00:00:00Z.
Ids of objects are \`connection:foreignId\`; in a path they are URL-encoded. Lists give \`nextCursor\` until there is no more; a parameter that is unknown, repeated or without such a value is 400 and named.
Every error is \`application/problem+json\` (RFC 9457) with a stable \`type\`. An address that is served takes HEAD where it takes GET, and answers other methods with 405 and \`Allow\`. Every answer has \`x-request-id\`: the caller's own where it sent a sane one.
Answers may gain fields: read past what you do not know.`;

const requestId = { $ref: "#/components/headers/RequestId" };
const headerOf: Readonly<Record<string, Node>> = {
  ETag: { description: "Changes when the object does.", schema: { type: "string" } },
  Digest: { description: "SHA-256 of the body's bytes, as `sha-256=` and base64.", schema: { type: "string" } },
};

const parameterOf = (components: Components, { name, in: place, description, schema, required }: Parameter): Node => ({
  name,
  in: place,
  required: required ?? place === "path",
  description,
  schema: components.add(schema),
});

/** In every operation that may answer it, by reference. */
const problemExample = (name: ProblemName): Node => ({
  summary: problemTypes[name].title,
  value: {
    type: `urn:tieout:problem:${name}`,
    title: problemTypes[name].title,
    status: problemTypes[name].status,
    detail: "what, where, and what to do",
    requestId: "5f1c-1a",
  },
});

const contentOf = (components: Components, answer: Answer): Node | null => {
  if (answer.content === undefined) return null;
  if (answer.schema === undefined) return { [answer.content]: { schema: { type: "string" } } };
  const schema = components.add(answer.schema);
  const example = "example" in answer ? answer.example : exampleOf(schema, components.all);
  return { [answer.content]: { schema, example } };
};

/** What may also be said of an operation, whatever it is. */
const problemsOf = ({ access, problems }: Operation): ReadonlyArray<ProblemName> => {
  const always: ReadonlyArray<ProblemName> =
    access === "none" || access === "signature"
      ? []
      : ["unauthorized", "forbidden", "rate-limited", "store-unavailable"];
  return [...new Set([...problems, ...always, "internal" as const])];
};

interface ResponseNode {
  description: string;
  readonly headers: Record<string, Node>;
  content?: Record<string, unknown>;
}

const responsesOf = (components: Components, operation: Operation): Readonly<Record<string, ResponseNode>> => {
  const responses: Record<string, ResponseNode> = {};
  for (const [status, answer] of Object.entries(operation.answers)) {
    const content = contentOf(components, answer);
    const headers = Object.fromEntries((answer.headers ?? []).map((name) => [name, headerOf[name]!]));
    responses[status] = {
      description: answer.description,
      headers: { "x-request-id": requestId, ...headers },
      ...(content === null ? {} : { content }),
    };
  }
  for (const name of problemsOf(operation)) {
    const { status, title } = problemTypes[name];
    const at: ResponseNode = responses[status] ?? { description: "", headers: { "x-request-id": requestId } };
    at.description = at.description === "" ? `${title}.` : `${at.description} ${title}.`;
    if (status === 401) at.headers["www-authenticate"] = { schema: { type: "string" } };
    if (status === 429 || status === 503) at.headers["retry-after"] = { schema: { type: "string" } };
    const type = "application/problem+json";
    const before = (at.content?.[type] ?? { examples: {} }) as { readonly examples: Node };
    at.content = {
      ...at.content,
      [type]: {
        schema: components.add(Problem),
        examples: { ...before.examples, [name]: { $ref: `#/components/examples/${name}` } },
      },
    };
    responses[status] = at;
  }
  return responses;
};

const securityOf = ({ access, orAccess }: Operation): ReadonlyArray<Node> => {
  if (access === "none") return [];
  if (access === "signature") return [{ signature: [] }];
  return [access, ...(orAccess === undefined ? [] : [orAccess])].map((scope) => ({ key: [scope] }));
};

const operationOf = (components: Components, operation: Operation): Node => {
  const { operationId, tag, summary, description, parameters, body } = operation;
  const schema = body ? components.add(body.schema) : {};
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(operation.deprecated === undefined ? {} : { deprecated: true }),
    security: securityOf(operation),
    ...(parameters === undefined
      ? {}
      : { parameters: parameters.map((parameter) => parameterOf(components, parameter)) }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            description: body.description,
            content: { [body.content]: { schema, example: body.example ?? exampleOf(schema, components.all) } },
          },
        }),
    responses: responsesOf(components, operation),
  };
};

export const documentOf = (all: ReadonlyArray<Operation>): Node => {
  const components = new Components();
  const paths: Record<string, Record<string, Node>> = {};
  for (const operation of all) {
    const path = paths[operation.path] ?? {};
    paths[operation.path] = path;
    path[operation.method] = operationOf(components, operation);
  }
  const used = new Set(all.map(({ tag }) => tag));
  return {
    openapi: "3.1.0",
    info: {
      title: "tieout",
      version: apiVersion,
      description: about,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: [...used].map((name) => ({ name, description: (tags as Readonly<Record<string, string>>)[name] ?? name })),
    paths,
    components: {
      schemas: components.all,
      examples: Object.fromEntries(
        (Object.keys(problemTypes) as ReadonlyArray<ProblemName>)
          .filter((name) => all.some((operation) => problemsOf(operation).includes(name)))
          .map((name) => [name, problemExample(name)]),
      ),
      headers: {
        RequestId: { description: "A name for the request, in every log line of it.", schema: { type: "string" } },
      },
      securitySchemes: {
        key: {
          type: "http",
          scheme: "bearer",
          description: "An API key with the scope named. In the sandbox, on loopback, reading needs none.",
        },
        signature: {
          type: "http",
          scheme: "signature",
          description: "The vendor's own signature over the raw body, in the vendor's own headers.",
        },
      },
    },
    "x-problem-types": Object.fromEntries(
      Object.entries(problemTypes).map(([name, { status, title }]) => [
        `urn:tieout:problem:${name}`,
        { status, title },
      ]),
    ),
  };
};

let present: Node | null = null;
/** The document of this server; made at the first question. */
export const document = (): Node => {
  present ??= documentOf(operations);
  return present;
};
