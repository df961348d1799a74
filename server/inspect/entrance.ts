/** Who may watch, and what: the door's key rules, no foreign page, accounts named. *Pure.* */
import { STATUS_CODES } from "node:http";
import { problem } from "../http/problem.ts";

export interface Asked {
  /** The request's target: path and query. */
  readonly url: string;
  readonly requestId: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

export interface Entrance {
  /** Why the key that came along opens nothing; null: it does. */
  readonly keyRefused: string | null;
  readonly enabled: boolean;
  readonly ready: boolean;
  readonly mostAccounts: number;
}

/** What a page offers, since a browser's WebSocket carries no Authorization. */
export const protocolName = "tieout.inspect";
const keyProtocol = "tieout.key.";

export const offLine =
  "inspection is off here: start the server with TIEOUT_INSPECT=on, or without a configuration as a sandbox";

/** Of `Sec-WebSocket-Protocol`. */
export const bearerFrom = (protocols: string | undefined): string | undefined => {
  const offered = (protocols ?? "").split(",").map((name) => name.trim());
  const encoded = offered.find((name) => name.startsWith(keyProtocol))?.slice(keyProtocol.length);
  return encoded === undefined ? undefined : `Bearer ${Buffer.from(encoded, "base64url").toString("utf8")}`;
};

/** A page of another origin may not read along with this browser's rights; who is no browser sends no Origin. */
export const isForeign = (origin: string | undefined, host: string | undefined): boolean => {
  if (origin === undefined) return false;
  if (host === undefined || !/^https?:\/\//i.test(origin) || !URL.canParse(origin)) return true;
  return new URL(origin).host.toLowerCase() !== new URL(`${new URL(origin).protocol}//${host}`).host.toLowerCase();
};

const foreignOrigin = (requestId: string, origin: string): Response =>
  new Response(
    JSON.stringify({
      type: "urn:tieout:problem:foreign-origin",
      title: "A page of another origin may not watch",
      status: 403,
      detail: `Origin is ${JSON.stringify(origin)}: open /inspect of this server itself; a proxy must pass Host on`,
      requestId,
    }),
    {
      status: 403,
      headers: { "content-type": "application/problem+json", "cache-control": "no-store", "x-request-id": requestId },
    },
  );

export type Admitted = { readonly ids: ReadonlyArray<string> } | { readonly refused: Response };

export const admit = (entrance: Entrance, asked: Asked): Admitted => {
  const { requestId, host, origin, url } = asked;
  const refuse = (refused: Response): Admitted => ({ refused });
  const target = URL.canParse(url, "http://server") ? new URL(url, "http://server") : null;
  if (target?.pathname !== "/inspect")
    return refuse(problem("no-such-route", "the only WebSocket is at /inspect", requestId));
  if (!entrance.enabled) return refuse(problem("no-such-route", offLine, requestId));
  if (isForeign(origin, host)) return refuse(foreignOrigin(requestId, origin ?? ""));
  if (entrance.keyRefused !== null)
    return refuse(
      problem("unauthorized", entrance.keyRefused, requestId, { headers: { "www-authenticate": "Bearer" } }),
    );
  const bad = (parameter: string, detail: string): Admitted =>
    refuse(problem("bad-parameter", detail, requestId, { members: { parameter } }));
  for (const name of target.searchParams.keys())
    if (name !== "account") return bad(name, `unknown parameter ${JSON.stringify(name)}: known is account`);
  const ids = [...new Set(target.searchParams.getAll("account"))];
  if (ids.length === 0 || ids.some((id) => id.trim() === ""))
    return bad("account", "name the accounts to watch: ?account=ID, several times for several");
  if (ids.length > entrance.mostAccounts)
    return bad("account", `at most ${entrance.mostAccounts} accounts can be watched over one connection`);
  if (!entrance.ready)
    return refuse(problem("not-ready", "the journal is being folded", requestId, { headers: { "retry-after": "1" } }));
  return { ids };
};

/** A refusal before the protocol is switched, as bytes for the socket. */
export const refusalText = async (refused: Response): Promise<string> => {
  const body = await refused.text();
  const headers = [...refused.headers].map(([name, value]) => `${name}: ${value}`);
  return [
    `HTTP/1.1 ${refused.status} ${STATUS_CODES[refused.status] ?? ""}`,
    ...headers,
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
    "",
    body,
  ].join("\r\n");
};
