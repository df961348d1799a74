/** What one route promises: the entry that stands beside its handler, and from which the document and `Allow` are made. *Pure.* */
import type * as Schema from "effect/Schema";
import type { ProblemName } from "../http/problem.ts";
import type { Deprecated } from "./deprecated.ts";

export type Method = "get" | "post" | "put" | "patch" | "delete";

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly description: string;
  readonly schema: Schema.Schema.Any;
  /** Path parameters always are. */
  readonly required?: boolean;
}

export interface Answer {
  readonly description: string;
  /** Absent: no body. */
  readonly content?: string;
  /** Absent with `content`: not JSON, any text. */
  readonly schema?: Schema.Schema.Any;
  readonly headers?: ReadonlyArray<string>;
  /** Absent: made from the schema. */
  readonly example?: unknown;
}

export interface Operation {
  readonly method: Method;
  /** Parameters in braces: `/v1/invoices/{id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** `none`: anybody; `signature`: the vendor's own; else the scope that the key needs. */
  readonly access: "none" | "signature" | "read" | "operate" | "approve" | "admin";
  /** Another scope that opens it as well: what each of the two may ask for, the handler tells apart. */
  readonly orAccess?: "approve";
  readonly parameters?: ReadonlyArray<Parameter>;
  readonly body?: {
    readonly description: string;
    readonly content: string;
    readonly schema: Schema.Schema.Any;
    readonly example?: unknown;
  };
  /** It will go away: callers are told with every answer. */
  readonly deprecated?: Deprecated;
  readonly answers: Readonly<Record<number, Answer>>;
  readonly problems: ReadonlyArray<ProblemName>;
}

/** `/v1/invoices/{id}` as the router writes it: `/v1/invoices/:id`. */
export const routePath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&").replaceAll(/\{\w+\}/g, "[^/]+")}$`);

/** The `Allow` of an address: every method that is served there, or null where nothing is. HEAD comes with GET. */
export const allowedAt = (operations: ReadonlyArray<Operation>): ((path: string) => string | null) => {
  const known = operations.map(({ method, path }) => ({ method, pattern: patternOf(path) }));
  return (path) => {
    const methods = known.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method.toUpperCase());
    const all = [...new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])))];
    return all.length === 0 ? null : all.join(", ");
  };
};
