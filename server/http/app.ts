/** Every route of the server. No Effect here: the host answers promises, and the webhook path stays plain. */
import { type Context, Hono } from "hono";
import { type Authenticator, makeAuthenticator } from "../access/authenticate.ts";
import { type Caller, callerOf, seesPersonal } from "../access/caller.ts";
import { makeGuard } from "../access/guard.ts";
import { securityHeaders as apiHeaders, withSecurityHeaders } from "../access/headers.ts";
import { makeKeyInternal } from "../access/key-internal.ts";
import { registerKeys } from "../access/key-routes.ts";
import { makeBuckets } from "../access/limits.ts";
import { masked } from "../access/mask.ts";
import { registerApprovals } from "../approvals/routes.ts";
import { registerExport } from "../audit/export/route.ts";
import { registerAudit } from "../audit/routes.ts";
import { registerChange } from "../change/routes.ts";
import { registerConnections } from "../connections/routes.ts";
import { registerConsole } from "../console/pages.ts";
import { registerLive } from "../console/routes.ts";
import { makeStreams } from "../console/stream.ts";
import { registerEvents } from "../events/door.ts";
import { registerExchanges } from "../exchanges/routes.ts";
import { refusedOf } from "../explain/routes.ts";
import type { Query } from "../host/host.ts";
import { chartJson } from "../inspect/chart.ts";
import { offLine } from "../inspect/entrance.ts";
import { inspectPage } from "../inspect/page.ts";
import { registerKpis } from "../kpis/routes.ts";
import { registerUsage } from "../metering/routes.ts";
import { deprecation } from "../openapi/deprecation.ts";
import { document } from "../openapi/document.ts";
import { allowedAt } from "../openapi/operation.ts";
import { operations } from "../openapi/operations.ts";
import { docsPage } from "../openapi/page.ts";
import { registerOperators } from "../operators/routes.ts";
import { registerPeriods } from "../periods/routes.ts";
import { registerPrivacy } from "../privacy/routes.ts";
import { registerQueues } from "../queues/routes.ts";
import { registerReconciliation } from "../reconciliation/routes.ts";
import { registerReports } from "../reports/routes.ts";
import { resourceRoutes } from "../resources/routes.ts";
import { registerShuffle } from "../shuffle/routes.ts";
import { contentTypes, formatOf } from "../telemetry/exposition.ts";
import type { Scrape } from "../telemetry/metrics.ts";
import { requestTelemetry, routeOf } from "../telemetry/request-telemetry.ts";
import { withoutAddresses } from "../telemetry/scrub.ts";
import { quietTelemetry } from "../telemetry/server-telemetry.ts";
import type { Access } from "./access.ts";
import type { Ask } from "./ask.ts";
import { type DoorOptions, makeDoor, storeProblem } from "./door.ts";
import { makeInternal } from "./internal.ts";
import { accountAt, accountsQuery, BadParameter, noParameters, timelineQuery } from "./parameters.ts";
import { problem } from "./problem.ts";
import { requestIdOf } from "./request-id.ts";

export interface AppOptions extends DoorOptions, Access {
  /** True once recovery has caught up. */
  readonly ready: () => boolean;
  /** For the command line on this machine (`writeToken`); null: no such routes. */
  readonly internalToken: string | null;
  /** Default: the host's. The sandbox waits for its simulators as well. */
  readonly idle?: () => Promise<void>;
  /** Whether accounts may be watched. Default: in the sandbox. */
  readonly inspect?: boolean;
  /** Who is let in; default: the holders of `apiKey` and of made keys, and in the sandbox everybody on this machine. */
  readonly authenticator?: Authenticator;
  /** Is handed what has to be done before the server stops listening. */
  readonly closing?: (close: () => void) => void;
  /** Requests a minute of one key or person, where their key says nothing else; null: no limit. */
  readonly ratePerMinute?: number | null;
  readonly requireIdempotencyKey?: boolean;
}

/** Our own fold stalls: a restart helps. Milliseconds. */
const stalledAfterMs = 60_000;

const noScript =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const allowed = allowedAt(operations);

/** Weak comparison, as RFC 9110 has it for GET. */
const isUnchanged = (c: Context, tag: string | undefined): boolean => {
  const given = c.req.header("if-none-match");
  if (tag === undefined || given === undefined) return false;
  const bare = (text: string): string => text.trim().replace(/^W\//, "");
  return given.trim() === "*" || given.split(",").some((one) => bare(one) === bare(tag));
};

export const makeApp = (options: AppOptions): Hono => {
  const { host } = options;
  const telemetry = options.telemetry ?? quietTelemetry();
  const door = makeDoor({ ...options, telemetry });
  const app = new Hono();

  // First, and before any middleware: this path is measured.
  app.post("/webhooks/:connection", door.receive);
  registerEvents(app, options);
  app.use("/v1/*", requestTelemetry(telemetry));
  app.use("/v1/*", deprecation(operations));

  app.use(withSecurityHeaders);

  const authenticator = options.authenticator ?? makeAuthenticator(options);
  // Before the guard: it has a token of its own, which no key stands for.
  if (options.internalToken !== null) {
    const { systems, now, internalToken: token } = options;
    const { usage, keyring } = authenticator;
    const keys = makeKeyInternal({ host, now, unnoted: usage.unnoted, changed: keyring.stale });
    app.route("/internal", makeInternal({ host, systems, token, now, idle: options.idle ?? host.idle, keys }));
  }

  const idOf = (c: Context): string => requestIdOf(c.req.header("x-request-id"));
  const json = (body: unknown, requestId: string, status = 200, more: Record<string, string> = {}): Response =>
    new Response(JSON.stringify(body), {
      status,
      headers: { "content-type": "application/json", ...apiHeaders, ...more, "x-request-id": requestId },
    });

  const buckets = makeBuckets();
  const limit = (caller: Caller): number | null => {
    const rate = caller.ratePerMinute ?? options.ratePerMinute ?? null;
    return rate === null || caller.kind === "sandbox" ? null : buckets.take(caller.by, rate);
  };
  app.use(makeGuard({ operations, authenticate: authenticator.authenticate, limit }));

  /** A question to the engine, of the guard's caller and with checked parameters; its answer in the form of the route. */
  const ask: Ask = (question, shape) => async (c) => {
    const requestId = idOf(c);
    let query: Query;
    try {
      query = question(c, new URL(c.req.url).searchParams);
    } catch (bad) {
      if (!(bad instanceof BadParameter)) throw bad;
      return problem("bad-parameter", bad.message, requestId, { members: { parameter: bad.parameter } });
    }
    try {
      const shaped = shape(await host.ask(query, callerOf(c).sight), c);
      if ("problem" in shaped)
        return problem(shaped.problem, shaped.detail, requestId, { members: shaped.members ?? {} });
      if ("text" in shaped) {
        const text = seesPersonal(callerOf(c)) ? shaped.text : withoutAddresses(shaped.text);
        return new Response(text, { headers: { ...apiHeaders, ...shaped.headers, "x-request-id": requestId } });
      }
      const { body, headers = {} } = shaped;
      // A tag is a hash of what is hidden as well: who sees less gets none.
      if (!seesPersonal(callerOf(c))) {
        const { etag: _etag, ...others } = headers;
        return json(masked(c, body), requestId, 200, others);
      }
      if (!isUnchanged(c, headers["etag"])) return json(body, requestId, 200, headers);
      return new Response(null, { status: 304, headers: { ...apiHeaders, ...headers, "x-request-id": requestId } });
    } catch (failure) {
      return storeProblem(failure, requestId);
    }
  };
  const read = (question: (c: Context, search: URLSearchParams) => Query, missing?: (c: Context) => string) =>
    ask(question, (answer, c) =>
      answer === null && missing ? { problem: "no-such-account", detail: missing(c) } : { body: answer },
    );

  const noAccount = (c: Context): string =>
    `no account, party or object is known as ${JSON.stringify(c.req.param("id"))}`;
  const id = (c: Context): string => c.req.param("id") ?? "";

  app.get(
    "/v1/accounts",
    read((_, search) => accountsQuery(search)),
  );
  app.get(
    "/v1/accounts/:id",
    ask(
      (c, search) => accountAt(search, id(c)),
      (answer, c) =>
        answer === null
          ? { problem: "no-such-account", detail: noAccount(c) }
          : (refusedOf(answer) ?? { body: answer }),
    ),
  );
  app.get(
    "/v1/accounts/:id/timeline",
    read((c, search) => timelineQuery(search, id(c)), noAccount),
  );
  app.get(
    "/v1/accounts/:id/machine",
    read((c, search) => {
      noParameters(search);
      return { name: "machine", id: id(c) };
    }, noAccount),
  );

  app.get("/v1/machine", (c) => {
    const requestId = idOf(c);
    return json(chartJson, requestId);
  });

  // A WebSocket does not come this way: `attachInspector` takes it.
  app.get("/inspect", (c) => {
    const requestId = idOf(c);
    if (options.inspect ?? options.sandbox) return inspectPage(requestId);
    return problem("no-such-route", offLine, requestId);
  });

  registerShuffle(app, ask);
  registerConnections(app, ask, door, options);
  resourceRoutes(app, ask);
  registerOperators(app, ask, door, options);
  registerQueues(app, ask, options);
  registerApprovals(app, ask);
  registerKpis(app, ask);
  registerKeys(app, ask, { host, now: options.now, ...authenticator });
  registerChange(app, ask, options);

  registerAudit(app, ask);
  registerExport(app, { host, now: options.now, log: telemetry.log });
  registerReconciliation(app, ask, options);
  registerPeriods(app, ask, options);
  registerUsage(app, ask, options);
  registerPrivacy(app, ask, options);
  registerReports(app, ask);

  // The same for every server and no word about anybody: no key.
  app.get("/openapi.json", (c) => json(document(), idOf(c)));
  app.get(
    "/docs",
    (c) =>
      new Response(docsPage(document()), {
        headers: {
          "content-type": "text/html; charset=utf-8",
          ...apiHeaders,
          "content-security-policy": noScript,
          "x-request-id": idOf(c),
        },
      }),
  );

  app.get("/healthz", async (c) => {
    const requestId = idOf(c);
    // The engine answers no question before it has caught up.
    if (!options.ready()) return json({ status: "recovering" }, requestId);
    try {
      const health = (await host.ask({ name: "health" })) as { readonly oldestUnprocessedMs: number };
      const stalled = health.oldestUnprocessedMs > stalledAfterMs;
      const signatureFailures = Object.fromEntries(door.refused);
      const body = { status: stalled ? "stalled" : "ok", ...health, signatureFailures };
      return json(body, requestId, stalled ? 503 : 200);
    } catch (failure) {
      return storeProblem(failure, requestId);
    }
  });
  app.get("/readyz", (c) => {
    const requestId = idOf(c);
    if (options.ready()) return json({ ready: true }, requestId);
    return problem("not-ready", "the journal is being folded", requestId, { headers: { "retry-after": "1" } });
  });

  app.get("/metrics", async (c) => {
    const requestId = idOf(c);
    const ask: Scrape = options.ready() ? (format) => host.ask({ name: "metrics", format }) : null;
    const format = formatOf(c.req.header("accept"));
    return new Response(await telemetry.metrics.text(ask, format), {
      headers: { ...apiHeaders, "content-type": contentTypes[format], vary: "accept", "x-request-id": requestId },
    });
  });

  registerConsole(app, options);
  const refused = () => Object.fromEntries(door.refused);
  const streams = makeStreams({ host, authenticate: authenticator.authenticate, refused });
  options.closing?.(streams.close);
  registerExchanges(app, ask);
  registerLive(app, ask, { streams, refused });

  app.notFound((c) => {
    const requestId = idOf(c);
    const allow = allowed(c.req.path);
    if (allow === null) return problem("no-such-route", `nothing is served at ${c.req.path}`, requestId);
    return problem("method-not-allowed", `${c.req.path} takes ${allow}`, requestId, { headers: { allow } });
  });
  app.onError((error, c) => {
    const requestId = idOf(c);
    const stack = error.stack ?? error.message;
    telemetry.log.error("a request broke", { requestId, method: c.req.method, route: routeOf(c), stack });
    return problem("internal", "see the server's log", requestId);
  });
  return app;
};
