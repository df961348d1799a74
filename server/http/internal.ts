/**
 * What the command line asks a running server that owns the data directory: import, report, rest. Guarded by a token that only
 * the directory's owner can read; no part of the public surface.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Hono } from "hono";
import type { System } from "../../domain/ports/system.ts";
import type { Host, Query } from "../host/host.ts";
import type { ActRequest } from "../operators/act.ts";
import { perform } from "../operators/perform.ts";
import { bearerOf, sameSecret } from "./access.ts";
import { readBody } from "./body.ts";
import { storeProblem } from "./door.ts";
import { problem } from "./problem.ts";
import { importBodies, importLimit, unframe } from "./recorded.ts";
import { requestIdOf } from "./request-id.ts";

const tokenFile = (directory: string): string => join(directory, "internal.token");

/** A new token, left where only the same user finds it. Call it when the directory is owned. */
export const writeToken = (directory: string): string => {
  const token = randomBytes(24).toString("base64url");
  const path = tokenFile(directory);
  rmSync(`${path}.new`, { force: true });
  writeFileSync(`${path}.new`, `${token}\n`, { mode: 0o600, flag: "wx" });
  chmodSync(`${path}.new`, 0o600);
  renameSync(`${path}.new`, path);
  return token;
};

export const readToken = (directory: string): string | null => {
  try {
    return readFileSync(tokenFile(directory), "utf8").trim() || null;
  } catch {
    return null;
  }
};

/** Questions of commands, which a directory that nobody serves answers itself. */
const asked = [
  "reconciliation",
  "reconciliationRun",
  "kpis",
  "explain",
  "whatIf",
  "command",
  "commands",
  "exceptions",
  "replays",
  "replay",
  "bulks",
  "bulk",
  "auditHead",
  "exportPage",
  "chainLinks",
  "periods",
  "periodReport",
  "account",
] as const;

const questionIn = (bytes: Uint8Array): Query | null => {
  try {
    const query = JSON.parse(new TextDecoder().decode(bytes)) as Query;
    return (asked as ReadonlyArray<string>).includes(query.name) ? query : null;
  } catch {
    return null;
  }
};

const expectedIn = (expectHead: string | undefined) => (expectHead === undefined ? {} : { expectHead });

export interface InternalOptions {
  readonly host: Host;
  readonly systems: ReadonlyMap<string, System>;
  readonly token: string;
  readonly now: () => number;
  /** Resolves when nothing can move by itself, in the sandbox's simulators neither. */
  readonly idle: () => Promise<void>;
  /** Acts on API keys. */
  readonly keys: Hono;
}

export const makeInternal = ({ host, systems, token, now, idle, keys }: InternalOptions): Hono => {
  const app = new Hono();
  app.use(async (c, next) => {
    const given = bearerOf(c.req.header("authorization"));
    if (given !== null && sameSecret(given, token)) return next();
    return problem("unauthorized", "for the command line on this machine only", requestIdOf(null));
  });
  app.route("/keys", keys);
  app.post("/import/:connection", async (c) => {
    const requestId = requestIdOf(null);
    const connection = c.req.param("connection");
    const system = systems.get(connection);
    if (!system)
      return problem("no-such-connection", `no connection is named ${JSON.stringify(connection)}`, requestId);
    const body = await readBody(c.req.raw, c.req.header("content-length") ?? null, importLimit);
    const bodies = body._tag === "Bytes" ? unframe(body.bytes) : null;
    if (bodies === null) return problem("body-aborted", "the bodies are not whole", requestId);
    try {
      return c.json({ outcomes: await importBodies(host, system, bodies, now()) });
    } catch (failure) {
      return storeProblem(failure, requestId);
    }
  });
  app.get("/report", async (c) => {
    try {
      return c.json((await host.ask({ name: "report" })) as object);
    } catch (failure) {
      return storeProblem(failure, requestIdOf(null));
    }
  });
  app.get("/verify", async (c) => {
    try {
      return c.json((await host.ask({ name: "verify", ...expectedIn(c.req.query("expectHead")) })) as object);
    } catch (failure) {
      return storeProblem(failure, requestIdOf(null));
    }
  });
  app.post("/act", async (c) => {
    const requestId = requestIdOf(null);
    const body = await readBody(c.req.raw, c.req.header("content-length") ?? null);
    if (body._tag !== "Bytes") return problem("body-aborted", "the act is not whole", requestId);
    try {
      return c.json(await perform(host, now, JSON.parse(new TextDecoder().decode(body.bytes)) as ActRequest));
    } catch (failure) {
      return storeProblem(failure, requestId);
    }
  });
  app.post("/ask", async (c) => {
    const requestId = requestIdOf(null);
    const body = await readBody(c.req.raw, c.req.header("content-length") ?? null);
    const query = body._tag === "Bytes" ? questionIn(body.bytes) : null;
    if (query === null) return problem("bad-body", `send one question as JSON: ${asked.join(", ")}`, requestId);
    try {
      return c.json({ answer: await host.ask(query) });
    } catch (failure) {
      return storeProblem(failure, requestId);
    }
  });
  app.post("/idle", async (c) => {
    await idle();
    return c.json({ idle: true });
  });
  return app;
};
