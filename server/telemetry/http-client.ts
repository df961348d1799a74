/**
 * One connection's way out: each request is timed, and inside a command it has a client span and says whose child it is. Effect's
 * own spans of the client are switched off: there would be two, and theirs carry every header.
 */
import * as HttpClient from "@effect/platform/HttpClient";
import type { HttpClientError } from "@effect/platform/HttpClientError";
import * as HttpClientRequest from "@effect/platform/HttpClientRequest";
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as FiberRef from "effect/FiberRef";
import type { EngineMetrics } from "./engine-metrics.ts";
import { currentCause } from "./engine-telemetry.ts";
import type { Attributes, Tracing } from "./tracing.ts";

/** Without what a query may say of people, and without a user in front of the host. */
const addressOf = (text: string): Attributes => {
  if (!URL.canParse(text)) return {};
  const { protocol, hostname, port, host, pathname } = new URL(text);
  const scheme = protocol.slice(0, -1);
  return {
    "url.scheme": scheme,
    "url.full": `${scheme}://${host}${pathname}`,
    "server.address": hostname,
    "server.port": port === "" ? (scheme === "https" ? 443 : 80) : Number(port),
  };
};

const outcomeOf = (exit: Exit.Exit<HttpClientResponse, HttpClientError>): string => {
  if (Exit.isFailure(exit)) return "error";
  const { status } = exit.value;
  return status === 429 ? "429" : `${Math.floor(status / 100)}xx`;
};

const methods = new Set(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]);

export const observedClient = (
  client: HttpClient.HttpClient,
  connection: string,
  metrics: EngineMetrics,
  tracing: Tracing | null,
): HttpClient.HttpClient => {
  const inner = HttpClient.withTracerDisabledWhen(client, () => true);

  const exchange = (request: HttpClientRequest.HttpClientRequest) =>
    Effect.flatMap(FiberRef.get(currentCause), (cause) => {
      const method = methods.has(request.method) ? request.method : "_OTHER";
      const span =
        tracing === null || cause === null
          ? null
          : tracing.start({
              name: method,
              kind: "client",
              parent: cause,
              attributes: {
                "http.request.method": method,
                "tieout.connection": connection,
                ...addressOf(request.url),
              },
            });
      const sent = span === null ? request : HttpClientRequest.setHeader(request, "traceparent", span.traceparent);
      const began = performance.now();
      return Effect.onExit(inner.execute(sent), (exit) =>
        Effect.sync(() => {
          const outcome = outcomeOf(exit);
          const seconds = (performance.now() - began) / 1000;
          metrics.requested(connection, method, outcome, seconds, span?.traceparent ?? null);
          if (span === null) return;
          if (Exit.isFailure(exit)) return span.end(undefined, Exit.isInterrupted(exit) ? "timeout" : "transport");
          const { status } = exit.value;
          span.end({ "http.response.status_code": status }, status >= 400 ? String(status) : null);
        }),
      );
    });

  return HttpClient.makeWith(
    (requested: Effect.Effect<HttpClientRequest.HttpClientRequest>) => Effect.flatMap(requested, exchange),
    Effect.succeed,
  );
};
