/**
 * What callers of a route that will go away are told with every answer: since when (RFC 9745), until when (RFC 8594), and where
 * it says what to use instead. Stated beside the route, in its entry of the operations.
 */
import type { MiddlewareHandler } from "hono";
import type { Deprecated } from "./deprecated.ts";
import type { Method, Operation } from "./operation.ts";

export const deprecationHeaders = ({ since, sunset, link }: Deprecated): Readonly<Record<string, string>> => ({
  deprecation: `@${Math.floor(Date.parse(since) / 1000)}`,
  sunset: new Date(sunset).toUTCString(),
  link: `<${link}>; rel="deprecation"; type="text/html"`,
});

/** Literal parts go before parameters, as the router has it. */
const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&").replaceAll(/\{\w+\}/g, "[^/]+")}$`);

export const deprecation = (operations: ReadonlyArray<Operation>): MiddlewareHandler => {
  const known = operations.flatMap(({ method, path, deprecated }) =>
    deprecated === undefined ? [] : [{ method, pattern: patternOf(path), headers: deprecationHeaders(deprecated) }],
  );
  return async (c, next) => {
    await next();
    const method = (c.req.method === "HEAD" ? "get" : c.req.method.toLowerCase()) as Method;
    const found = known.find((one) => one.method === method && one.pattern.test(c.req.path));
    for (const [name, value] of Object.entries(found?.headers ?? {})) c.res.headers.set(name, value);
  };
};
