/** What the wire itself says, before any vendor does: failures of an exchange, one whole exchange, and how long a vendor asks us to wait. */
import type { HttpClient } from "@effect/platform/HttpClient";
import type { HttpClientError } from "@effect/platform/HttpClientError";
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest";
import * as Duration from "effect/Duration";
import * as Effect from "effect/Effect";
import { type AnswerError, Impossible, OutcomeUnknown, Transient } from "../domain/ports/system.ts";

/** Of a read nothing can be unclear. */
export const unclear = (write: boolean, detail: string): AnswerError =>
  write ? new OutcomeUnknown({ detail }) : new Transient({ detail });

/** Failures that come before the first byte of the request leaves. */
const unsent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "ERR_OUTBOUND_REFUSED",
]);
const codeOf = (cause: unknown, depth = 0): string | null => {
  if (depth > 5 || typeof cause !== "object" || cause === null) return null;
  if ("code" in cause && typeof cause.code === "string") return cause.code;
  return "cause" in cause ? codeOf(cause.cause, depth + 1) : null;
};
/** What a failure of the exchange itself means. `vendor`: its name, for people. */
const ofTransport = (vendor: string, write: boolean, error: HttpClientError): AnswerError => {
  if (error._tag === "ResponseError") return unclear(write, "the answer broke off");
  if (error.reason !== "Transport") return new Impossible({ code: "bad_request", detail: error.message });
  const code = codeOf(error.cause);
  if (code !== null && unsent.has(code)) return new Transient({ detail: `no connection to ${vendor} (${code})` });
  return unclear(write, `the connection failed${code === null ? "" : ` (${code})`}`);
};

/** `Retry-After`, in seconds or as an HTTP date; a date is measured against the answer's own `Date` where it has one. */
export const retryAfterMs = (value: string | undefined, date: string | undefined, nowMs: number): number | null => {
  const text = value?.trim();
  if (!text) return null;
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  const until = Date.parse(text);
  const since = Date.parse(date ?? "");
  return Number.isNaN(until) ? null : Math.max(0, until - (Number.isNaN(since) ? nowMs : since));
};
export const retryAfterOf = (headers: Readonly<Record<string, string>>, nowMs: number): number | null =>
  retryAfterMs(headers["retry-after"], headers["date"], nowMs);

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
}

/** One exchange, whole: the answer's body is read before the clock stops. */
export const exchangeWith =
  (http: HttpClient, vendor: string, timeoutMs: number) =>
  (write: boolean, request: HttpClientRequest): Effect.Effect<Answer, AnswerError> =>
    Effect.scoped(
      Effect.flatMap(http.execute(request), (response) =>
        Effect.map(
          response.status === 204 ? Effect.succeed(new ArrayBuffer(0)) : response.arrayBuffer,
          (buffer): Answer => ({ status: response.status, headers: response.headers, bytes: new Uint8Array(buffer) }),
        ),
      ),
    ).pipe(
      Effect.mapError((error) => ofTransport(vendor, write, error)),
      Effect.timeoutFail({
        duration: Duration.millis(timeoutMs),
        onTimeout: () => unclear(write, `no answer within ${timeoutMs} ms`),
      }),
    );
