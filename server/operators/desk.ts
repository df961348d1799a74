/**
 * Where acts come in: who may, from which page, in which form; then the journal, then the answer. An act that was answered with
 * 200 is on disk; one that was not may be sent again under the same `Idempotency-Key`.
 */
import { randomBytes } from "node:crypto";
import type { Context } from "hono";
import { canonical, type Json } from "../../domain/canonical.ts";
import { sha256 } from "../../domain/hash.ts";
import type { Host } from "../host/host.ts";
import { type Access, bearerOf, refusal } from "../http/access.ts";
import { bodyLimit, readBody } from "../http/body.ts";
import { storeProblem } from "../http/door.ts";
import { problem } from "../http/problem.ts";
import { requestIdOf } from "../http/request-id.ts";
import type { Act, ActRequest, Prepared, Refused } from "./act.ts";
import { type Fields, readFields } from "./body.ts";
import { entriesOf } from "./entries.ts";
import type { Acted } from "./prepare.ts";

export interface DeskOptions extends Access {
  readonly host: Host;
  readonly now: () => number;
}

/** Who acted, when nobody had to say. */
export const sandboxActor = "sandbox";
/** The one key that there is so far. */
export const keyActor = "TIEOUT_API_KEY";

const headers = {
  "content-type": "application/json",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

/** A browser names the page that a request comes from; other clients name none. */
const isForeign = (origin: string | undefined, host: string): boolean => {
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host.toLowerCase() !== host.toLowerCase();
};

export type Read = (c: Context, fields: Fields) => Act;

export const makeDesk = ({ host, now, ...access }: DeskOptions) => {
  const refuse = ({ problem: name, detail, reasons }: Refused, requestId: string): Response =>
    problem(name, detail, requestId, reasons === undefined ? {} : { members: { reasons } });

  const perform = async (request: ActRequest, requestId: string): Promise<Response> => {
    const { id, hash } = request;
    const prepared = (await host.ask({ name: "prepareAct", request })) as unknown as Prepared;
    if (prepared.status === "refused") return refuse(prepared, requestId);
    let repeated = prepared.status === "repeated";
    if (prepared.status === "ready") {
      const at = Math.max(now(), prepared.notBefore);
      const [first] = await host.accept(entriesOf(prepared.notes, request, at));
      repeated = first?._tag === "Duplicate";
    }
    const acted = (await host.ask({ name: "acted", id, hash })) as unknown as Acted;
    if (acted.status === "refused") return refuse(acted, requestId);
    return new Response(JSON.stringify(acted.answer), {
      headers: { ...headers, "x-request-id": requestId, ...(repeated ? { "idempotent-replayed": "true" } : {}) },
    });
  };

  /** A route for one act: `known` are the fields of its body beside `reason`. */
  return (known: Parameters<typeof readFields>[1], read: Read) =>
    async (c: Context): Promise<Response> => {
      const requestId = requestIdOf(c.req.header("x-request-id"));
      const name = c.req.header("host") ?? new URL(c.req.url).host;
      const authorization = c.req.header("authorization");
      const why = refusal(access, authorization, name);
      if (why !== null) return problem("unauthorized", why, requestId, { headers: { "www-authenticate": "Bearer" } });
      const keyless = bearerOf(authorization) === null;
      if (keyless && isForeign(c.req.header("origin"), name))
        return problem("foreign-origin", "without a key only this server's own page may act; send the key", requestId);
      if (!/^application\/json\s*(;|$)/i.test(c.req.header("content-type") ?? ""))
        return problem("unsupported-media-type", "send the act with content-type: application/json", requestId);
      const given = c.req.header("idempotency-key");
      if (given !== undefined && !/^[\x21-\x7e]{1,200}$/.test(given))
        return problem("bad-idempotency-key", "1 to 200 visible ASCII characters without spaces", requestId);
      const body = await readBody(c.req.raw, c.req.header("content-length") ?? null);
      if (body._tag === "TooLarge")
        return problem("body-too-large", `a body may have ${bodyLimit} bytes`, requestId, {
          headers: { connection: "close" },
          members: { limitBytes: bodyLimit },
        });
      if (body._tag === "Aborted") return problem("body-aborted", "the connection ended inside the body", requestId);
      const fields = readFields(body.bytes, known);
      if (fields === null)
        return problem(
          "bad-body",
          `send a JSON object with ${["reason", ...Object.keys(known)].join(", ")}`,
          requestId,
        );
      const act = read(c, fields);
      const { reason, problems } = fields;
      const by = keyless ? sandboxActor : keyActor;
      const hash = sha256(canonical({ act, reason, by } as unknown as Json));
      const id = given ?? `act_${randomBytes(12).toString("hex")}`;
      try {
        return await perform({ id, hash, by, reason, act, problems }, requestId);
      } catch (failure) {
        return storeProblem(failure, requestId);
      }
    };
};
