/** The span and the line of a request to the API. By its route as declared: what stands in its places may be somebody's name. */
import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { LogFields, LogLevel } from "./log.ts";
import type { ServerTelemetry } from "./webhook-telemetry.ts";

const levelOf = (status: number): LogLevel => (status >= 500 ? "error" : status >= 400 ? "info" : "debug");

export const routeOf = (c: Context): string => matchedRoutes(c).at(-1)?.path ?? "";

export const requestTelemetry =
  ({ tracing, log }: Pick<ServerTelemetry, "tracing" | "log">): MiddlewareHandler =>
  async (c, next) => {
    if (tracing === null && !log.enabled("info")) return next();
    const { method } = c.req;
    const route = routeOf(c);
    const span =
      tracing?.start({
        name: `${method} ${route}`,
        kind: "server",
        parent: c.req.header("traceparent"),
        attributes: { "http.request.method": method, "http.route": route, "url.scheme": "http" },
      }) ?? null;
    const began = performance.now();
    await next();
    const { status } = c.res;
    const requestId = c.res.headers.get("x-request-id") ?? "";
    span?.end(
      { "http.response.status_code": status, "tieout.request.id": requestId },
      status >= 500 ? String(status) : null,
    );
    const level = levelOf(status);
    if (!log.enabled(level)) return;
    const durationMs = Math.round(performance.now() - began);
    const fields: LogFields = {
      requestId,
      method,
      route,
      status,
      durationMs,
      ...(span ? { traceId: span.traceId } : {}),
    };
    log.write(level, "request", fields);
  };
