/**
 * The only way out to an address that configuration or a person gave: https, to the world, by the very address that was looked at, and
 * no further than asked. A name is resolved once, judged, and connected to as judged; a redirect is an answer like any other.
 */
import { lookup as resolve } from "node:dns";
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { Readable } from "node:stream";
import * as FetchHttpClient from "@effect/platform/FetchHttpClient";
import type * as HttpClient from "@effect/platform/HttpClient";
import * as Layer from "effect/Layer";
import { isPublicAddress, urlProblem } from "./addresses.ts";

/** Nothing was sent. */
export const refusedCode = "ERR_OUTBOUND_REFUSED";

/** Plain data: it crosses to the engine's thread. */
export interface OutboundRules {
  /** `host:port` that may be on this machine or in a private network, over http as well; `*`: all of them. */
  readonly privateHosts: ReadonlyArray<string>;
}

export interface GuardOptions extends OutboundRules {
  /** In place of the system's resolver, for tests. */
  readonly resolver?: typeof resolve;
}

class Refused extends Error {
  readonly code = refusedCode;
}

/** A name that leads to one private address is refused whole: which of several is taken is nobody's to say. */
const judgedLookup =
  (resolver: typeof resolve): LookupFunction =>
  (name, options, done) => {
    resolver(name, { ...options, all: true }, (error, found) => {
      const addresses = found ?? [];
      if (error) return done(error, []);
      const inside = addresses.find(({ address }) => !isPublicAddress(address));
      if (inside !== undefined || addresses.length === 0)
        return done(new Refused(`${name} leads to this machine or a private network, and is not called`), []);
      if (options.all === true) return done(null, addresses);
      return done(null, addresses[0]!.address, addresses[0]!.family);
    });
  };

const portOf = ({ port, protocol }: URL): string => (port !== "" ? port : protocol === "https:" ? "443" : "80");
export const outboundHost = (url: URL): string => `${url.hostname.toLowerCase()}:${portOf(url)}`;

const bodiless = new Set([101, 204, 205, 304]);

const answerOf = (message: IncomingMessage): Response => {
  const headers = new Headers();
  for (let at = 0; at < message.rawHeaders.length; at += 2)
    headers.append(message.rawHeaders[at]!, message.rawHeaders[at + 1]!);
  const status = message.statusCode ?? 0;
  const without = bodiless.has(status) || message.method === "HEAD";
  if (without) message.resume();
  const body = without ? null : (Readable.toWeb(message) as ReadableStream<Uint8Array>);
  return new Response(body, { status, statusText: message.statusMessage ?? "", headers });
};

export const makeGuardedFetch = ({ privateHosts, resolver = resolve }: GuardOptions): typeof globalThis.fetch => {
  const inside = new Set(privateHosts);
  const lookup = judgedLookup(resolver);
  const own = { keepAlive: true, timeout: 60_000 };
  const judged = new HttpsAgent({ ...own, lookup });
  const [trusted, trustedPlain] = [new HttpsAgent(own), new HttpAgent(own)];

  return async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const allowPrivate = inside.has("*") || inside.has(outboundHost(url));
    const why = urlProblem(request.url, allowPrivate);
    if (why !== null) throw new TypeError("fetch failed", { cause: new Refused(`${url.origin} ${why}`) });
    const body = request.body === null ? null : Buffer.from(await request.arrayBuffer());
    const plain = url.protocol === "http:";
    const agent = plain ? trustedPlain : allowPrivate ? trusted : judged;
    const headers: Record<string, string> = {
      accept: "*/*",
      "user-agent": "tieout",
      ...Object.fromEntries(request.headers),
    };
    if (body !== null) headers["content-length"] = String(body.byteLength);
    return new Promise<Response>((answered, failed) => {
      const fail = (cause: unknown): void =>
        failed(request.signal.aborted ? request.signal.reason : new TypeError("fetch failed", { cause }));
      const options = { method: request.method, headers, agent, signal: request.signal };
      const sent: ClientRequest = (plain ? httpRequest : httpsRequest)(url, options, (message) => {
        try {
          answered(answerOf(message));
        } catch (error) {
          message.destroy();
          fail(error);
        }
      });
      sent.on("error", fail);
      sent.end(body ?? undefined);
    });
  };
};

/** Absent rules: everything may be called, as the sandbox does, whose systems are on this machine. */
export const outboundLayer = (rules: OutboundRules | undefined): Layer.Layer<HttpClient.HttpClient> =>
  rules === undefined
    ? FetchHttpClient.layer
    : Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, makeGuardedFetch(rules)));

/** Every address in settings of any shape, with the way to it. */
export const addressesIn = (value: unknown, way = ""): ReadonlyArray<readonly [way: string, address: string]> => {
  if (typeof value === "string") return /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? [[way, value]] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => addressesIn(inner, way === "" ? name : `${way}.${name}`));
};
