/** Every route of the server. No Effect here: the host answers promises, and the webhook path stays plain. */
import { type Context, Hono } from "hono";
import type { Json } from "../../domain/canonical.ts";
import { consolePage } from "../console/page.ts";
import type { Query } from "../host/host.ts";
import { type Access, refusal } from "./access.ts";
import { type DoorOptions, makeDoor, storeProblem } from "./door.ts";
import { makeInternal } from "./internal.ts";
import { accountsQuery, BadParameter, noParameters, timelineLimit } from "./parameters.ts";
import { problem } from "./problem.ts";
import { requestIdOf } from "./request-id.ts";

export interface AppOptions extends DoorOptions, Access {
  /** True once recovery has caught up. */
  readonly ready: () => boolean;
  /** For the command line on this machine (`writeToken`); null: no such routes. */
  readonly internalToken: string | null;
  /** Default: the host's. The sandbox waits for its simulators as well. */
  readonly idle?: () => Promise<void>;
}

/** Our own fold stalls: a restart helps. Milliseconds. */
const stalledAfterMs = 60_000;

const noScript =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Path → methods, for 405. */
const known: ReadonlyArray<readonly [RegExp, string]> = [
  [/^\/webhooks\/[^/]+$/, "POST"],
  [/^\/(healthz|readyz)?$/, "GET, HEAD"],
  [/^\/v1\/accounts(\/[^/]+(\/(timeline|machine))?)?$/, "GET, HEAD"],
];

export const makeApp = (options: AppOptions): Hono => {
  const { host } = options;
  const door = makeDoor(options);
  const app = new Hono();

  // First, and before any middleware: this path is measured.
  app.post("/webhooks/:connection", door.receive);

  if (options.internalToken !== null) {
    const { systems, now, internalToken: token } = options;
    app.route("/internal", makeInternal({ host, systems, token, now, idle: options.idle ?? host.idle }));
  }

  const idOf = (c: Context): string => requestIdOf(c.req.header("x-request-id"));
  const json = (body: Json, requestId: string, status = 200): Response =>
    new Response(JSON.stringify(body), {
      status,
      headers: { "content-type": "application/json", ...apiHeaders, "x-request-id": requestId },
    });
  const denied = (c: Context): string | null =>
    refusal(options, c.req.header("authorization"), c.req.header("host") ?? new URL(c.req.url).host);

  /** A question to the engine behind the key and the parameters. */
  const read = (question: (c: Context, search: URLSearchParams) => Query, missing?: (c: Context) => string) =>
    (async (c: Context) => {
      const requestId = idOf(c);
      const why = denied(c);
      if (why !== null) return problem("unauthorized", why, requestId, { headers: { "www-authenticate": "Bearer" } });
      let query: Query;
      try {
        query = question(c, new URL(c.req.url).searchParams);
      } catch (bad) {
        if (!(bad instanceof BadParameter)) throw bad;
        return problem("bad-parameter", bad.message, requestId, { members: { parameter: bad.parameter } });
      }
      try {
        const answer = await host.ask(query);
        if (answer === null && missing) return problem("no-such-account", missing(c), requestId);
        return json(answer, requestId);
      } catch (failure) {
        return storeProblem(failure, requestId);
      }
    }) as (c: Context) => Promise<Response>;

  const noAccount = (c: Context): string =>
    `no account, party or object is known as ${JSON.stringify(c.req.param("id"))}`;
  const id = (c: Context): string => c.req.param("id") ?? "";

  app.get(
    "/v1/accounts",
    read((_, search) => accountsQuery(search)),
  );
  app.get(
    "/v1/accounts/:id",
    read((c, search) => {
      noParameters(search);
      return { name: "account", id: id(c) };
    }, noAccount),
  );
  app.get(
    "/v1/accounts/:id/timeline",
    read((c, search) => ({ name: "timeline", id: id(c), limit: timelineLimit(search) }), noAccount),
  );
  app.get(
    "/v1/accounts/:id/machine",
    read((c, search) => {
      noParameters(search);
      return { name: "machine", id: id(c) };
    }, noAccount),
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

  app.get("/", async (c) => {
    const requestId = idOf(c);
    const why = denied(c);
    if (why !== null) return problem("unauthorized", why, requestId, { headers: { "www-authenticate": "Bearer" } });
    try {
      const query = accountsQuery(new URL(c.req.url).searchParams);
      const [overview, accounts] = [await host.ask({ name: "overview" }), await host.ask(query)];
      const page = consolePage({ overview, accounts, query, sandbox: options.sandbox, refused: door.refused });
      return new Response(page, {
        headers: {
          "content-type": "text/html; charset=utf-8",
          ...apiHeaders,
          "content-security-policy": noScript,
          "x-request-id": requestId,
        },
      });
    } catch (failure) {
      if (!(failure instanceof BadParameter)) return storeProblem(failure, requestId);
      return problem("bad-parameter", failure.message, requestId, { members: { parameter: failure.parameter } });
    }
  });

  app.notFound((c) => {
    const requestId = idOf(c);
    const allow = known.find(([path]) => path.test(c.req.path))?.[1];
    if (allow === undefined) return problem("no-such-route", `nothing is served at ${c.req.path}`, requestId);
    return problem("method-not-allowed", `${c.req.path} takes ${allow}`, requestId, { headers: { allow } });
  });
  app.onError((error, c) => {
    console.error(`tieout: ${c.req.method} ${c.req.path}: ${error.stack ?? error.message}`);
    return problem("internal", "see the server's log", idOf(c));
  });
  return app;
};

const apiHeaders = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-resource-policy": "same-origin",
};
