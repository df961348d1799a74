/**
 * What the command line asks a running server that owns the data directory: import, report, rest. Guarded by a token that only
 * the directory's owner can read; no part of the public surface.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Hono } from "hono";
import type { System } from "../../domain/ports/system.ts";
import type { Host } from "../host/host.ts";
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

export interface InternalOptions {
  readonly host: Host;
  readonly systems: ReadonlyMap<string, System>;
  readonly token: string;
  readonly now: () => number;
  /** Resolves when nothing can move by itself, in the sandbox's simulators neither. */
  readonly idle: () => Promise<void>;
}

export const makeInternal = ({ host, systems, token, now, idle }: InternalOptions): Hono => {
  const app = new Hono();
  app.use(async (c, next) => {
    const given = bearerOf(c.req.header("authorization"));
    if (given !== null && sameSecret(given, token)) return next();
    return problem("unauthorized", "for the command line on this machine only", requestIdOf(null));
  });
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
      return c.json((await host.ask({ name: "verify" })) as object);
    } catch (failure) {
      return storeProblem(failure, requestIdOf(null));
    }
  });
  app.post("/idle", async (c) => {
    await idle();
    return c.json({ idle: true });
  });
  return app;
};
