/** What is told of each webhook: its span, its count, its line. Refusals anybody can cause are told at most every ten seconds. */
import { type LogFields, type Logger, type LogLevel, rarely } from "./log.ts";
import type { ServerMetrics, WebhookOutcome } from "./metrics.ts";
import type { Span, Tracing } from "./tracing.ts";

/** What the thread that serves HTTP has of telemetry. */
export interface ServerTelemetry {
  /** Null: off. */
  readonly tracing: Tracing | null;
  readonly log: Logger;
  readonly metrics: ServerMetrics;
}

export interface Webhook {
  readonly requestId: string;
  /** A configured one, or null. */
  readonly connection: string | null;
  readonly status: number;
  readonly outcome: WebhookOutcome;
  /** The name of the problem; empty for what was taken. */
  readonly reason: string;
  /** What the vendor correlates it with, where it says so. */
  readonly correlationId?: string | null;
  /** When its request came; monotonic, milliseconds. */
  readonly beganAt: number;
}

export interface WebhookTelemetry {
  /** Null where nothing is traced. */
  readonly begin: (traceparent: string | undefined) => Span | null;
  readonly end: (span: Span | null, webhook: Webhook) => void;
}

const tellEveryMs = 10_000;

const levelOf = ({ outcome, status }: Webhook): LogLevel =>
  outcome !== "refused" ? "debug" : status >= 500 ? "error" : "warn";

export const makeWebhookTelemetry = ({ tracing, log, metrics }: ServerTelemetry): WebhookTelemetry => {
  const due = rarely(tellEveryMs);
  return {
    begin: (traceparent) =>
      tracing === null
        ? null
        : tracing.start({
            name: "POST /webhooks/:connection",
            kind: "server",
            parent: traceparent,
            attributes: { "http.request.method": "POST", "http.route": "/webhooks/:connection", "url.scheme": "http" },
          }),
    end: (span, webhook) => {
      const { requestId, connection, status, outcome, reason } = webhook;
      metrics.webhook(connection, outcome, reason);
      metrics.answered(outcome, (performance.now() - webhook.beganAt) / 1000, span?.traceparent ?? null);
      span?.end(
        {
          "http.response.status_code": status,
          "tieout.request.id": requestId,
          "tieout.webhook.outcome": reason === "" ? outcome : reason,
          ...(connection === null ? {} : { "tieout.connection": connection }),
        },
        status >= 500 ? reason : null,
      );
      const level = levelOf(webhook);
      if (!log.enabled(level)) return;
      const count = outcome === "refused" ? due(`${connection ?? ""} ${reason}`) : 1;
      if (count === 0) return;
      const fields: LogFields = {
        requestId,
        status,
        outcome: reason === "" ? outcome : reason,
        ...(connection === null ? {} : { connection }),
        ...(span === null ? {} : { traceId: span.traceId }),
        ...(webhook.correlationId ? { correlationId: webhook.correlationId } : {}),
        ...(count > 1 ? { count } : {}),
      };
      log.write(level, `webhook ${outcome}`, fields);
    },
  };
};
