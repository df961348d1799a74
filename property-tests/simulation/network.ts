/**
 * The wire between the engine and the simulators, in process: an HttpClient whose requests arrive, are lost, are answered late or
 * break off, as the world's chance has it. What was sent may still arrive after the sender has crashed.
 */
import * as HttpClient from "@effect/platform/HttpClient";
import { RequestError } from "@effect/platform/HttpClientError";
import * as HttpClientResponse from "@effect/platform/HttpClientResponse";
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

export const makeNetwork = (wire: Wire): HttpClient.HttpClient =>
  HttpClient.make((request, url) => {
    const broken = (cause: unknown) => new RequestError({ request, reason: "Transport", cause });
    const exchange = Effect.async<Response, RequestError>((resume) => {
      wire.leaves(
        request.method,
        url,
        request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : "",
      );
      const fate = wire.fate(url.host, request.method);
      if (fate.refused) {
        wire.after(1, () => resume(Effect.fail(broken(Object.assign(new Error("refused"), { code: "ECONNREFUSED" })))));
        return;
      }
      const arrive = async (): Promise<void> => {
        let response: Response;
        if (fate.instead) response = new Response(fate.instead.body, fate.instead);
        else {
          const { body } = request;
          const bytes = body._tag === "Uint8Array" ? body.body : body._tag === "Raw" ? (body.body as string) : null;
          const init: RequestInit = {
            method: request.method,
            headers: request.headers as unknown as Record<string, string>,
          };
          if (bytes !== null) init.body = bytes as unknown as NonNullable<RequestInit["body"]>;
          response = await wire.apps.get(url.host)!.fetch(new Request(url, init));
          wire.arrived(url.host);
        }
        if (fate.answeredAfter === null) return;
        wire.after(fate.answeredAfter, () =>
          resume(
            fate.severed
              ? Effect.fail(broken(Object.assign(new Error("severed"), { code: "ECONNRESET" })))
              : Effect.succeed(response),
          ),
        );
      };
      if (fate.arrivesAfter !== null) wire.after(fate.arrivesAfter, arrive);
    });
    return wire
      .port("send", wire.port("request", Effect.void).pipe(Effect.zipRight(exchange)))
      .pipe(Effect.map((response) => HttpClientResponse.fromWeb(request, response)));
  });
