/** A question behind the key: what the app lends to the routes, and the forms of answer that several of them share. */
import type { Context, Hono } from "hono";
import type { Json } from "../../domain/canonical.ts";
import type { Query } from "../host/host.ts";
import { noParameters } from "./parameters.ts";
import type { ProblemName } from "./problem.ts";

/** How a refusal is told to the one who asked. */
export interface Refusal {
  readonly problem: ProblemName;
  readonly detail: string;
  readonly members?: Readonly<Record<string, string>>;
}

export type Told =
  | Refusal
  | { readonly body: Json; readonly headers?: Record<string, string> }
  /** What is no JSON. */
  | { readonly text: string; readonly headers: Readonly<Record<string, string>> & { readonly "content-type": string } };

/** A question with its answer or refusal in the common form. */
export type Ask = (
  question: (c: Context, search: URLSearchParams) => Query,
  answer: (answered: Json, c: Context) => Told,
) => (c: Context) => Promise<Response>;

export const asItIs = (body: Json): Told => ({ body });

/** A page of what is of the account that was asked for; null: there is none. */
export const pageOfAccount = (page: Json, c: Context): Told =>
  page === null
    ? {
        problem: "bad-parameter",
        detail: `account: no account, party or object is known as ${JSON.stringify(c.req.query("account"))}`,
        members: { parameter: "account" },
      }
    : { body: page };

/** Questions that are a name alone. */
type Bare = {
  [N in Query["name"]]: { readonly name: N } extends Extract<Query, { name: N }> ? N : never;
}[Query["name"]];

/** Reads what takes no parameter. */
export const getBare = (app: Hono, ask: Ask, path: string, name: Bare): void => {
  app.get(
    path,
    ask((_, search) => {
      noParameters(search);
      return { name };
    }, asItIs),
  );
};
