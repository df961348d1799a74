/**
 * The one place that lets requests in: it finds the route's entry in the list of operations, who is asking, and whether they may.
 * A route without an entry is refused, whoever asks.
 */
import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { allows } from "../../domain/scopes.ts";
import { storeProblem } from "../http/door.ts";
import { problem } from "../http/problem.ts";
import { requestIdOf } from "../http/request-id.ts";
import { type Operation, routePath } from "../openapi/operation.ts";
import { type Answered, answersMade } from "../telemetry/channels.ts";
import type { Authenticator } from "./authenticate.ts";
import { type Caller, callerOf, nobody, seesPersonal, setCaller } from "./caller.ts";
import { isForeign } from "./origin.ts";
import { isSighted } from "./sighted-operations.ts";

export interface GuardOptions extends Pick<Authenticator, "authenticate"> {
  readonly operations: ReadonlyArray<Operation>;
  /** Seconds until this caller may ask again; null: now. */
  readonly limit?: (caller: Caller) => number | null;
}

const unlimited = (): null => null;
const reading = new Set(["GET", "HEAD"]);

export const makeGuard = ({ operations, authenticate, limit = unlimited }: GuardOptions): MiddlewareHandler => {
  const byRoute = new Map(
    operations.map((operation) => [`${operation.method.toUpperCase()} ${routePath(operation.path)}`, operation]),
  );

  const judge = async (c: Context, operation: Operation): Promise<Response | null> => {
    const requestId = requestIdOf(c.req.header("x-request-id"));
    const { access, orAccess } = operation;
    if (access === "none" || access === "signature") {
      setCaller(c, nobody, operation);
      return null;
    }
    const host = c.req.header("host") ?? new URL(c.req.url).host;
    const caller = await authenticate(c.req.header("authorization"), host);
    if ("refused" in caller)
      return problem("unauthorized", caller.refused, requestId, { headers: { "www-authenticate": "Bearer" } });
    const wait = limit(caller);
    if (wait !== null) {
      const detail = `${caller.by} asked more often than it may; come again in ${wait} s`;
      return problem("rate-limited", detail, requestId, { headers: { "retry-after": String(wait) } });
    }
    if (!allows(caller.scopes, access) && !(orAccess !== undefined && allows(caller.scopes, orAccess))) {
      const has = caller.scopes.length === 0 ? "none" : caller.scopes.join(", ");
      const detail = `${operation.method.toUpperCase()} ${operation.path} needs the scope ${orAccess === undefined ? access : `${access} or ${orAccess}`}, and ${caller.by} has ${has}`;
      return problem("forbidden", detail, requestId, { members: { scope: access } });
    }
    if (caller.entities !== null && !isSighted(operation)) {
      const detail = `${operation.method.toUpperCase()} ${operation.path} is about all legal entities, and ${caller.by} is limited to ${caller.entities.join(", ") || "none"}`;
      return problem("forbidden", detail, requestId);
    }
    // Without a key the browser's own page may act; a page from elsewhere would act in its user's name.
    if (caller.kind === "sandbox" && !reading.has(c.req.method) && isForeign(c.req.header("origin"), host))
      return problem("foreign-origin", "without a key only this server's own page may act; send the key", requestId);
    setCaller(c, caller, operation);
    return null;
  };

  return async (c, next) => {
    const route = matchedRoutes(c).find(({ method }) => method !== "ALL");
    // Nothing is served there, and `notFound` says so.
    if (route === undefined) return next();
    const operation = byRoute.get(`${route.method} ${route.path}`);
    const requestId = requestIdOf(c.req.header("x-request-id"));
    if (operation === undefined) {
      const detail = `${route.method} ${route.path} has no entry in the list of operations, so nobody may`;
      return problem("forbidden", detail, requestId);
    }
    let refused: Response | null;
    try {
      refused = await judge(c, operation);
    } catch (failure) {
      return storeProblem(failure, requestId);
    }
    if (refused !== null) return refused;
    await next();
    const caller = callerOf(c);
    if (answersMade.hasSubscribers && caller.kind !== "anonymous")
      answersMade.publish({ personal: seesPersonal(caller), response: c.res } satisfies Answered);
  };
};
