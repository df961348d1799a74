/**
 * The wire between the engine and the simulators, in process: an HttpClient whose requests arrive, are lost, are answered late or
 * break off, as the world's chance has it. What was sent may still arrive after the sender has crashed.
 */
import * as HttpClient from "@effect/platform/HttpClient";
import { RequestError } from "@effect/platform/HttpClientError";
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest";
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse";
import * as Effect from "effect/Effect";
import type { Hono } from "hono";

/** What becomes of one request. Delays in virtual milliseconds. */
export interface Fate {
  /** Never arrives: the connection is refused, at once and surely. */
  readonly refused: boolean;
  /** Until it reaches the vendor; null: it gets lost on the way, and nobody is told. */
  readonly arrivesAfter: number | null;
  /** After its arrival; null: the answer gets lost. */
  readonly answeredAfter: number | null;
  /** The vendor is not reached: something in front of it answers. */
  readonly instead: { readonly status: number; readonly headers: Record<string, string>; readonly body: string } | null;
  /** The answer breaks off. */
  readonly severed: boolean;
}

export interface Wire {
  readonly apps: ReadonlyMap<string, Hono>;
  readonly fate: (host: string, method: string) => Fate;
  /** Told of each request as it leaves. */
  readonly leaves: (method: string, url: URL, body: string) => void;
  readonly after: (ms: number, act: () => void | Promise<void>) => void;
  /** Called when a request reached a vendor. */
  readonly arrived: (host: string) => void;
  /** A port call like any other: the process may die here. */
  readonly port: <A, E>(name: string, effect: Effect.Effect<A, E>) => Effect.Effect<A, E>;
}

/** As much of a request as a simulator reads; the web's own is made for streams and for aborting. */
class Arrived {
  readonly method: string;
  readonly url: string;
  readonly headers: { readonly get: (name: string) => string | null };
  private readonly body: string;
  constructor(method: string, url: string, headers: Readonly<Record<string, string>>, body: string) {
    this.method = method;
    this.url = url;
    this.headers = { get: (name) => headers[name.toLowerCase()] ?? null };
    this.body = body;
  }
  text(): Promise<string> {
    return Promise.resolve(this.body);
  }
  async json(): Promise<unknown> {
    return JSON.parse(this.body);
  }
}

/** As much of an answer as an adapter reads, whole: it arrives at one instant. */
class Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly arrayBuffer: Effect.Effect<ArrayBufferLike>;
  constructor(status: number, headers: Readonly<Record<string, string>>, body: Uint8Array) {
    this.status = status;
    this.headers = headers;
    this.arrayBuffer = Effect.succeed(body.slice().buffer);
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const textOf = ({ body }: HttpClientRequest): string =>
  body._tag === "Uint8Array" ? decoder.decode(body.body) : body._tag === "Raw" ? String(body.body) : "";

export const makeNetwork = (wire: Wire): HttpClient.HttpClient => {
  const carry = (request: HttpClientRequest) => {
    const url = new URL(request.url);
    for (const [name, value] of request.urlParams) url.searchParams.append(name, value);
    const text = textOf(request);
    const broken = (cause: unknown) => new RequestError({ request, reason: "Transport", cause });
    const exchange = Effect.async<Answered, RequestError>((resume) => {
      wire.leaves(request.method, url, text);
      const fate = wire.fate(url.host, request.method);
      if (fate.refused) {
        wire.after(1, () => resume(Effect.fail(broken(Object.assign(new Error("refused"), { code: "ECONNREFUSED" })))));
        return;
      }
      const arrive = async (): Promise<void> => {
        let answered: Answered;
        if (fate.instead) {
          const { status, headers, body } = fate.instead;
          answered = new Answered(status, headers, encoder.encode(body));
        } else {
          const arrived = new Arrived(request.method, url.href, request.headers, text);
          const response = await wire.apps.get(url.host)!.fetch(arrived as unknown as Request);
          const headers = Object.fromEntries(response.headers);
          const body = response.body === null ? new Uint8Array() : new Uint8Array(await response.arrayBuffer());
          answered = new Answered(response.status, headers, body);
          wire.arrived(url.host);
        }
        if (fate.answeredAfter === null) return;
        wire.after(fate.answeredAfter, () =>
          resume(
            fate.severed
              ? Effect.fail(broken(Object.assign(new Error("severed"), { code: "ECONNRESET" })))
              : Effect.succeed(answered),
          ),
        );
      };
      if (fate.arrivesAfter !== null) wire.after(fate.arrivesAfter, arrive);
    });
    return wire
      .port("send", wire.port("request", Effect.void).pipe(Effect.zipRight(exchange)))
      .pipe(Effect.map((answered) => answered as unknown as HttpClientResponse));
  };
  return HttpClient.makeWith<RequestError, never, RequestError, never>(Effect.flatMap(carry), Effect.succeed);
};
