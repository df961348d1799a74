/** The webhook door: raw bytes, signature, journal, answer; in that order, and no 2xx before the bytes are on disk. */
import type { IncomingMessage } from "node:http";
import type { Context } from "hono";
import type { SignedRequest, System } from "../../domain/ports/system.ts";
import { securityHeaders } from "../access/headers.ts";
import { makeBuckets } from "../access/limits.ts";
import type { Host, HostFailure } from "../host/host.ts";
import { quietTelemetry } from "../telemetry/server-telemetry.ts";
import { makeWebhookTelemetry, type ServerTelemetry, type Webhook } from "../telemetry/webhook-telemetry.ts";
import { bodyLimit, readBody } from "./body.ts";
import { type ProblemExtras, type ProblemName, problem } from "./problem.ts";
import { requestIdOf } from "./request-id.ts";

export interface DoorOptions {
  /** Default: counts, and tells nobody. */
  readonly telemetry?: ServerTelemetry;
  readonly host: Host;
  readonly systems: ReadonlyMap<string, System>;
  /** Webhook secrets of a connection, several during a rotation. */
  readonly secrets: (connection: string) => ReadonlyArray<string>;
  readonly sandbox: boolean;
  readonly now: () => number;
  /** Webhooks a minute that a connection may send; null: no limit. Default: none. */
  readonly rateOf?: (connection: string) => number | null;
}

/** Requests that may wait for the disk at once, outside the sandbox. */
const mostWaiting = 4000;

export interface Door {
  readonly receive: (c: Context) => Promise<Response>;
  /** Signatures refused since the start, by connection: not stored, or anybody could fill the disk. */
  readonly refused: ReadonlyMap<string, number>;
}

interface Taken extends Pick<Webhook, "outcome" | "reason" | "correlationId"> {
  readonly response: Response;
}

export const makeDoor = (options: DoorOptions): Door => {
  const { host, systems, secrets, sandbox, now } = options;
  const { begin, end } = makeWebhookTelemetry(options.telemetry ?? quietTelemetry());
  const refused = new Map<string, number>();
  const buckets = makeBuckets();
  let waiting = 0;

  const refuse = (name: ProblemName, detail: string, requestId: string, extras?: ProblemExtras): Taken => ({
    response: problem(name, detail, requestId, extras),
    outcome: "refused",
    reason: name,
  });

  const take = async (
    c: Context,
    system: System,
    headers: Headers,
    requestId: string,
    traceparent: string | null,
  ): Promise<Taken> => {
    const { connection } = system;
    if (!sandbox && waiting >= mostWaiting) {
      return refuse("overloaded", "try again in a second", requestId, { headers: { "retry-after": "1" } });
    }
    const rate = options.rateOf?.(connection) ?? null;
    const wait = rate === null ? null : buckets.take(connection, rate);
    if (wait !== null) {
      const detail = `${connection} may send ${rate} webhooks a minute; come again in ${wait} s`;
      return refuse("rate-limited", detail, requestId, { headers: { "retry-after": String(wait) } });
    }
    const body = await readBody(c.req.raw, headers["content-length"] ?? null, bodyLimit, incomingOf(c));
    if (body._tag === "TooLarge") {
      const extras = { headers: { connection: "close" }, members: { limitBytes: bodyLimit } };
      return refuse("body-too-large", `a body may have ${bodyLimit} bytes`, requestId, extras);
    }
    if (body._tag === "Aborted") return refuse("body-aborted", "the connection ended inside the body", requestId);
    const request: SignedRequest = { method: c.req.method, url: c.req.url, headers, body: body.bytes };
    const at = now();
    const verified = system.inbound.verify(request, secrets(connection), at);
    if (!verified.ok) {
      refused.set(connection, (refused.get(connection) ?? 0) + 1);
      return refuse("bad-signature", verified.reason, requestId);
    }
    waiting += 1;
    try {
      const received = await host.receive({ connection, body: body.bytes, at, traceparent });
      if (received.status === 400) return refuse("not-an-envelope", received.reason, requestId);
      const { eventId, outcome, correlationId } = received;
      const response = new Response(`{"events":[{"id":${JSON.stringify(eventId)},"status":"${outcome}"}]}`, {
        status: 202,
        headers: { ...securityHeaders, "content-type": "application/json", "x-request-id": requestId },
      });
      return { response, outcome, reason: "", correlationId };
    } catch (failure) {
      const response = storeProblem(failure, requestId);
      return { response, outcome: "refused", reason: response.status === 500 ? "internal" : "store-unavailable" };
    } finally {
      waiting -= 1;
    }
  };

  const receive = async (c: Context): Promise<Response> => {
    const headers = headersOf(c);
    const requestId = requestIdOf(headers["x-request-id"]);
    const name = c.req.param("connection") ?? "";
    const system = systems.get(name);
    const beganAt = performance.now();
    const span = begin(headers["traceparent"]);
    const {
      response,
      outcome,
      reason,
      correlationId = null,
    } = system
      ? await take(c, system, headers, requestId, span === null ? null : span.traceparent)
      : refuse("no-such-connection", `no connection is named ${JSON.stringify(name)}`, requestId);
    const connection = system ? name : null;
    end(span, { requestId, connection, status: response.status, outcome, reason, correlationId, beganAt });
    return response;
  };
  return { receive, refused };
};

/** What a HostFailure looks like outside; the sender is asked to come again. */
export const storeProblem = (failure: unknown, requestId: string): Response => {
  const { code, reason } = failure as Partial<HostFailure>;
  if (typeof code !== "string" || code === "internal") {
    return problem("internal", "the request was not stored; see the server's log", requestId);
  }
  const extras = { headers: { "retry-after": "5" }, members: { code } };
  return problem("store-unavailable", reason ?? code, requestId, extras);
};

type Headers = Readonly<Record<string, string | undefined>>;

/** Node's own request, where a server has it: its headers are lower case already, and nothing of it is copied. */
const incomingOf = (c: Context): IncomingMessage | null =>
  (c.env as { readonly incoming?: IncomingMessage } | undefined)?.incoming ?? null;

const headersOf = (c: Context): Headers =>
  (incomingOf(c)?.headers as Headers | undefined) ?? Object.fromEntries(c.req.raw.headers);
