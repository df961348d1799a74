/** The route of the export: one at a time in a process, noted in the journal before its first byte. */
import { randomBytes } from "node:crypto";
import type { Context, Hono } from "hono";
import type { EvidenceNotes } from "../../../domain/controls/evidence.ts";
import { controlsParty } from "../../../domain/controls/topic.ts";
import { sha256 } from "../../../domain/hash.ts";
import { callerOf, seesPersonal } from "../../access/caller.ts";
import type { Host } from "../../host/host.ts";
import { storeProblem } from "../../http/door.ts";
import { among, BadParameter, only } from "../../http/parameters.ts";
import { problem } from "../../http/problem.ts";
import { requestIdOf } from "../../http/request-id.ts";
import { entriesOf } from "../../operators/entries.ts";
import type { Logger } from "../../telemetry/log.ts";
import { version } from "../../version.ts";
import { auditPaths } from "../operations.ts";
import { instantIn } from "../routes.ts";
import { formats } from "./files.ts";
import type { Asked } from "./parts.ts";
import { exportStream } from "./stream.ts";

/** Milliseconds. */
const patienceMs = 60_000;
/** When to come again where one runs. Seconds. */
const againAfter = 30;

const askedIn = (search: URLSearchParams): Asked => {
  only(search, ["from", "to", "account", "format", "unmasked"]);
  const instant = (name: string): number => {
    const at = instantIn(name, search.get(name));
    if (at !== null) return at;
    throw new BadParameter(name, `${name} is missing: an instant or a day, 2026-01-31`);
  };
  const [from, to] = [instant("from"), instant("to")];
  if (to <= from) throw new BadParameter("to", "to lies after from");
  const account = search.get("account");
  if (account === "") throw new BadParameter("account", "account is empty");
  const format = among("format", search.get("format"), formats) ?? "ndjson";
  const unmasked = among("unmasked", search.get("unmasked"), ["true", "false"] as const) === "true";
  return { from, to, account, format, unmasked };
};

export interface ExportOptions {
  readonly host: Host;
  readonly now: () => number;
  readonly log: Logger;
}

export const registerExport = (app: Hono, { host, now, log }: ExportOptions): void => {
  let running: { readonly by: string; readonly since: number } | null = null;

  app.get(auditPaths.export, async (c: Context) => {
    const requestId = requestIdOf(c.req.header("x-request-id"));
    const { by, sight, scopes, personal } = callerOf(c);
    let asked: Asked;
    try {
      asked = askedIn(new URL(c.req.url).searchParams);
    } catch (bad) {
      if (!(bad instanceof BadParameter)) throw bad;
      return problem("bad-parameter", bad.message, requestId, { members: { parameter: bad.parameter } });
    }
    const { account } = asked;
    if (asked.unmasked && !seesPersonal({ scopes, personal })) {
      const detail = `unmasked=true hands out names, addresses and raw bytes: ${by} needs the grant personal for it, or the scope operate`;
      return problem("forbidden", detail, requestId, { members: { scope: "operate" } });
    }
    const headers = {
      "content-type": "application/x-tar",
      "content-disposition": 'attachment; filename="tieout-export.tar"',
      "x-request-id": requestId,
    };
    if (c.req.method === "HEAD") return new Response(null, { headers });
    if (running !== null) {
      const since = new Date(running.since).toISOString();
      const detail = `${running.by} has been exporting since ${since}, and one export runs at a time: come again when it has ended`;
      return problem("conflict", detail, requestId, { headers: { "retry-after": String(againAfter) } });
    }
    const at = now();
    running = { by, since: at };
    const ended = (failure: unknown): void => {
      running = null;
      const { reason, message } = (failure ?? {}) as { readonly reason?: string; readonly message?: string };
      if (failure === null) log.info("evidence was exported", { requestId, durationMs: now() - at });
      else log.warn(`an export of evidence broke off: ${reason ?? message ?? failure}`, { requestId });
    };
    try {
      if (account !== null && (await host.ask({ name: "account", id: account }, sight)) === null) {
        running = null;
        const detail = `no account, party or object is known as ${JSON.stringify(account)}`;
        return problem("no-such-account", detail, requestId);
      }
      const said = { party: controlsParty, by, reason: null } as const;
      const note: EvidenceNotes = { type: "evidence.exported", ...said, ...asked };
      const id = `export_${randomBytes(12).toString("hex")}`;
      await host.accept(entriesOf([note], { id, hash: sha256(id) }, at));
    } catch (failure) {
      running = null;
      return storeProblem(failure, requestId);
    }
    const ask = (query: Parameters<Host["ask"]>[0]) => host.ask(query, sight);
    const body = exportStream({ asked, ask, version: version(), at, patienceMs, ended });
    return new Response(body, { headers });
  });
};
