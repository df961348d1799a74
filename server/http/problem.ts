/** Every error of the HTTP side: RFC 9457, with a stable `type`. */

import { securityHeaders } from "../access/headers.ts";

export const problemTypes = {
  "bad-signature": { status: 401, title: "The signature does not verify" },
  unauthorized: { status: 401, title: "An API key is needed" },
  forbidden: { status: 403, title: "This key may not do that" },
  "not-an-envelope": { status: 400, title: "Signed, but not an event of that vendor" },
  "bad-parameter": { status: 400, title: "A query parameter cannot be used" },
  "no-such-connection": { status: 404, title: "There is no such connection" },
  "no-such-account": { status: 404, title: "There is no such account" },
  "no-such-object": { status: 404, title: "There is no such object" },
  "no-such-command": { status: 404, title: "There is no such command" },
  "no-such-run": { status: 404, title: "There is no such reconciliation" },
  "no-such-batch": { status: 404, title: "There is no such batch of rated use" },
  "no-such-match": { status: 404, title: "There is no such match by hand" },
  "no-such-exception": { status: 404, title: "There is no such exception" },
  "not-known-then": { status: 404, title: "Nothing of it was known by then" },
  "history-gone": { status: 410, title: "The journal no longer reaches back so far" },
  "too-much-history": { status: 422, title: "It has more history than one answer may fold" },
  "no-such-job": { status: 404, title: "There is no such bulk act or replay" },
  "nothing-to-explain": { status: 404, title: "There is nothing to explain" },
  "no-such-period": { status: 404, title: "There is no such period, or nothing was reported of it" },
  "no-such-report": { status: 404, title: "There is no such report" },
  "report-untied": { status: 500, title: "Two figures that must be one are not: the report is not shown" },
  "no-such-hold": { status: 404, title: "There is no such legal hold" },
  "bad-body": { status: 400, title: "The body is not the JSON that this address takes" },
  "bad-idempotency-key": { status: 400, title: "The Idempotency-Key cannot be used" },
  "no-such-key": { status: 404, title: "There is no such API key" },
  "foreign-origin": { status: 403, title: "A page of another origin may not act here" },
  conflict: { status: 409, title: "It cannot be done as things stand" },
  "idempotency-conflict": { status: 422, title: "The Idempotency-Key was used for something else" },
  "idempotency-in-progress": { status: 409, title: "A request with this Idempotency-Key is being worked on" },
  "unsupported-media-type": { status: 415, title: "An act is sent as application/json" },
  "refused-act": { status: 422, title: "It cannot be done as it is asked for" },
  "no-such-route": { status: 404, title: "There is nothing at this address" },
  "method-not-allowed": { status: 405, title: "This address does not take that method" },
  "body-aborted": { status: 400, title: "The body ended before it was whole" },
  "body-too-large": { status: 413, title: "The body is over 8 MiB" },
  overloaded: { status: 429, title: "Too many requests are waiting for the disk" },
  "rate-limited": { status: 429, title: "The limit of requests is reached" },
  internal: { status: 500, title: "Something broke on our side" },
  "store-unavailable": { status: 503, title: "The store cannot take it now" },
  "not-ready": { status: 503, title: "Still catching up" },
} as const;

export type ProblemName = keyof typeof problemTypes;

export interface ProblemExtras {
  readonly headers?: Readonly<Record<string, string>>;
  /** Members beside the standard ones. */
  readonly members?: Readonly<Record<string, string | number | ReadonlyArray<string>>>;
}

export const problem = (name: ProblemName, detail: string, requestId: string, extras: ProblemExtras = {}): Response => {
  const { status, title } = problemTypes[name];
  const body = { type: `urn:tieout:problem:${name}`, title, status, detail, requestId, ...extras.members };
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      "content-type": "application/problem+json",
      ...securityHeaders,
      "x-request-id": requestId,
      ...extras.headers,
    },
  });
};
