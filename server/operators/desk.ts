/**
 * Where acts come in: in which form; then the journal, then the answer. An act that was answered with
 * 200 is on disk; one that was not may be sent again under the same `Idempotency-Key`.
 */
import { randomBytes } from "node:crypto";
import type { Context } from "hono";
import { canonical, type Json } from "../../domain/canonical.ts";
import { sha256 } from "../../domain/hash.ts";
import { callerOf } from "../access/caller.ts";
import { masked } from "../access/mask.ts";
import type { Host } from "../host/host.ts";
import { bodyLimit, readBody } from "../http/body.ts";
import { storeProblem } from "../http/door.ts";
import { problem } from "../http/problem.ts";
import { requestIdOf } from "../http/request-id.ts";
import type { Act, ControlAct, Refused } from "./act.ts";
import { type Fields, readFields } from "./body.ts";
import { keyIn, makeUnderWay } from "./idempotency-key.ts";
import { perform } from "./perform.ts";

export interface DeskOptions {
  readonly host: Host;
  readonly now: () => number;
  /** Every act has to carry an `Idempotency-Key`. Default: it may. */
  readonly requireIdempotencyKey?: boolean;
}

/** Of all routes: the same key is one act wherever it is sent. */
const underWay = new WeakMap<Host, ReturnType<typeof makeUnderWay>>();
const underWayOf = (host: Host): ReturnType<typeof makeUnderWay> => {
  const known = underWay.get(host) ?? makeUnderWay();
  underWay.set(host, known);
  return known;
};

/** What makes two requests the same act: without what we made for this one. */
export const hashOfAct = (act: Act, reason: string, by: string): string => {
  const { sealed: _sealed, ...asked } = act as ControlAct;
  return sha256(canonical({ act: asked, reason, by } as unknown as Json));
};
export const newActId = (): string => `act_${randomBytes(12).toString("hex")}`;

const headers = {
  "content-type": "application/json",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

/** The act that the body asks for; or why this caller may not, where that depends on what it says. */
export type Read = (c: Context, fields: Fields) => Act | Refused;

/** What is told beside the answer of the engine. `repeated`: the act was done before, by the same request. */
export type Tell = (answer: Json, act: Act, repeated: boolean) => Json;

export const makeDesk = ({ host, now, requireIdempotencyKey = false }: DeskOptions) => {
  const refuse = ({ problem: name, detail, reasons }: Refused, requestId: string): Response =>
    problem(name, detail, requestId, reasons === undefined ? {} : { members: { reasons } });

  /** A route for one act: `known` are the fields of its body beside `reason`. Who may is the guard's to say, before this. */
  return (known: Parameters<typeof readFields>[1], read: Read, tell: Tell = (answer) => answer) =>
    async (c: Context): Promise<Response> => {
      const requestId = requestIdOf(c.req.header("x-request-id"));
      const { by, person, approveUpToMinor, sight } = callerOf(c);
      if (!/^application\/json\s*(;|$)/i.test(c.req.header("content-type") ?? ""))
        return problem("unsupported-media-type", "send the act with content-type: application/json", requestId);
      const header = c.req.header("idempotency-key");
      const given = header === undefined ? undefined : keyIn(header);
      if (given === null)
        return problem(
          "bad-idempotency-key",
          "a text of 1 to 200 ASCII characters in double quotes; without spaces also without quotes",
          requestId,
        );
      if (given === undefined && requireIdempotencyKey)
        return problem(
          "bad-idempotency-key",
          "every act needs one here (access.requireIdempotencyKey): send a new key with each new act, and the same one to repeat it",
          requestId,
        );
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
      if ("status" in act) return refuse(act, requestId);
      const { reason, problems } = fields;
      const [hash, id] = [hashOfAct(act, reason, by), given ?? newActId()];
      if (!underWayOf(host).enter(by, id))
        return problem(
          "idempotency-in-progress",
          "a request with this Idempotency-Key is being worked on; send it again when that one was answered",
          requestId,
        );
      try {
        const request = { id, hash, by, person, approveUpToMinor, reason, act, problems };
        const performed = await perform(host, now, request, sight);
        if (performed.status === "refused") return refuse(performed, requestId);
        const { answer, repeated } = performed;
        return new Response(JSON.stringify(masked(c, tell(answer, act, repeated))), {
          headers: { ...headers, "x-request-id": requestId, ...(repeated ? { "idempotent-replayed": "true" } : {}) },
        });
      } catch (failure) {
        return storeProblem(failure, requestId);
      } finally {
        underWayOf(host).leave(by, id);
      }
    };
};
