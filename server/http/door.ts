/** The webhook door: raw bytes, signature, journal, answer; in that order, and no 2xx before the bytes are on disk. */
import type { Context } from "hono";
import type { SignedRequest, System } from "../../domain/ports/system.ts";
import { intake } from "../engine/intake.ts";
import type { Host, HostFailure } from "../host/host.ts";
import { bodyLimit, readBody } from "./body.ts";
import { problem } from "./problem.ts";
import { requestIdOf } from "./request-id.ts";

export interface DoorOptions {
  readonly host: Host;
  readonly systems: ReadonlyMap<string, System>;
  /** Webhook secrets of a connection, several during a rotation. */
  readonly secrets: (connection: string) => ReadonlyArray<string>;
  readonly sandbox: boolean;
  readonly now: () => number;
}

/** Requests that may wait for the disk at once, outside the sandbox. */
const mostWaiting = 4000;

export interface Door {
  readonly receive: (c: Context) => Promise<Response>;
  /** Signatures refused since the start, by connection: not stored, or anybody could fill the disk. */
  readonly refused: ReadonlyMap<string, number>;
}

export const makeDoor = ({ host, systems, secrets, sandbox, now }: DoorOptions): Door => {
  const refused = new Map<string, number>();
  let waiting = 0;

  const receive = async (c: Context): Promise<Response> => {
    const headers = headersOf(c);
    const requestId = requestIdOf(headers["x-request-id"]);
    const connection = c.req.param("connection") ?? "";
    const system = systems.get(connection);
    if (!system)
      return problem("no-such-connection", `no connection is named ${JSON.stringify(connection)}`, requestId);
    if (!sandbox && waiting >= mostWaiting) {
      return problem("overloaded", "try again in a second", requestId, { headers: { "retry-after": "1" } });
    }
    const body = await readBody(c.req.raw, headers["content-length"] ?? null);
    if (body._tag === "TooLarge") {
      const extras = { headers: { connection: "close" }, members: { limitBytes: bodyLimit } };
      return problem("body-too-large", `a body may have ${bodyLimit} bytes`, requestId, extras);
    }
    if (body._tag === "Aborted") return problem("body-aborted", "the connection ended inside the body", requestId);
    const request: SignedRequest = { method: c.req.method, url: c.req.url, headers, body: body.bytes };
    const taken = intake(system, request, secrets(connection), now());
    if (taken.status === 401) {
      refused.set(connection, (refused.get(connection) ?? 0) + 1);
      return problem("bad-signature", taken.reason, requestId);
    }
    waiting += 1;
    try {
      const [appended] = await host.accept([taken.entry]);
      if (taken.status === 400) return problem("not-an-envelope", taken.reason, requestId);
      const status = appended?._tag === "Duplicate" ? "duplicate" : "accepted";
      return new Response(`{"events":[{"id":${JSON.stringify(taken.eventId)},"status":"${status}"}]}`, {
        status: 202,
        headers: { "content-type": "application/json", "x-request-id": requestId },
      });
    } catch (failure) {
      return storeProblem(failure, requestId);
    } finally {
      waiting -= 1;
    }
  };
  return { receive, refused };
};

/** What a HostFailure looks like outside; the sender is asked to come again. */
export const storeProblem = (failure: unknown, requestId: string): Response => {
  const { code, reason } = failure as Partial<HostFailure>;
  if (typeof code !== "string" || code === "internal") {
    return problem("internal", "the request was not stored; see the server's log", requestId);
  }
  const extras = { headers: { "retry-after": "5" }, members: { code } };
  return problem("store-unavailable", reason ?? code, requestId, extras);
};

type Headers = Readonly<Record<string, string | undefined>>;

/** Node's own header record where there is one: lower case already, and no copy. */
const headersOf = (c: Context): Headers => {
  const incoming = (c.env as { readonly incoming?: { readonly headers?: Headers } } | undefined)?.incoming;
  return incoming?.headers ?? Object.fromEntries(c.req.raw.headers);
};
