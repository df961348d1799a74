/**
 * The last requests of each command to its target, word for word, with what was answered: for the one who has to find out why. Kept in
 * memory since the start, in bounds; requests without an authorization (for a token, say) are never kept, nor are headers that could
 * hold a secret.
 */
import * as HttpClient from "@effect/platform/HttpClient";
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest";
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse";
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as FiberRef from "effect/FiberRef";
import * as Layer from "effect/Layer";
import type { Json } from "../../domain/canonical.ts";
import type { OutboundCommand, System } from "../../domain/ports/system.ts";

export interface Exchange {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly durationMs: number;
  readonly kind: "send" | "lookup";
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    /** JSON as such; other text as text; null: none. */
    readonly body: Json;
  };
  /** Null: none came. */
  readonly answer: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Json;
  } | null;
}

/** Commands that are remembered, and exchanges of each. */
const mostCommands = 2000;
const mostEach = 6;
/** Characters of a body. */
const longest = 16_384;

/** What says something and holds no secret. */
const told: ReadonlySet<string> = new Set([
  "content-type",
  "idempotency-key",
  "stripe-version",
  "prefer",
  "x-netsuite-idempotency-key",
  "x-netsuite-jobid",
  "retry-after",
  "location",
  "request-id",
  "sforce-limit-info",
  "traceparent",
]);

const headersIn = (headers: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      told.has(name.toLowerCase()) && value !== undefined ? [[name.toLowerCase(), value]] : [],
    ),
  );

const covered = "•••";
const secretField = /token|secret|password|assertion|api_?key|authorization|credential/i;

const withoutSecrets = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      secretField.test(name) && typeof inner === "string" ? covered : withoutSecrets(inner ?? null),
    ]),
  );
};

/** A form's fields by name, JSON as such, else the text. */
const bodyOf = (text: string, type: string): Json => {
  if (text === "") return null;
  const cut = text.length > longest ? `${text.slice(0, longest)}… (${text.length} characters)` : text;
  if (/x-www-form-urlencoded/.test(type)) return withoutSecrets(Object.fromEntries(new URLSearchParams(text)));
  if (text.length > longest) return cut;
  try {
    return withoutSecrets(JSON.parse(text) as Json);
  } catch {
    return cut;
  }
};

const textOf = ({ body }: HttpClientRequest): string => {
  if (body._tag === "Uint8Array") return new TextDecoder().decode(body.body);
  if (body._tag === "Raw" && typeof body.body === "string") return body.body;
  return "";
};

interface Current {
  readonly key: string;
  readonly kind: Exchange["kind"];
}
const current = FiberRef.unsafeMake<Current | null>(null);

export class Exchanges {
  private readonly kept = new Map<string, ReadonlyArray<Exchange>>();
  private readonly most: number;

  constructor(most = mostCommands) {
    this.most = most;
  }

  /** Oldest first. */
  of(key: string): ReadonlyArray<Exchange> {
    return this.kept.get(key) ?? [];
  }

  /** Everything: after somebody's data were erased, nothing of them may be left here. */
  forget(): void {
    this.kept.clear();
  }

  private add(key: string, exchange: Exchange): void {
    const all = [...this.of(key), exchange].slice(-mostEach);
    this.kept.delete(key);
    this.kept.set(key, all);
    if (this.kept.size > this.most) this.kept.delete(this.kept.keys().next().value!);
  }

  /** The system whose requests say which command they are of. */
  readonly naming = (system: System): System => {
    const { outbound } = system;
    const of =
      <A, E>(kind: Exchange["kind"], work: (command: OutboundCommand) => Effect.Effect<A, E>) =>
      (command: OutboundCommand): Effect.Effect<A, E> =>
        Effect.locally(work(command), current, { key: command.key, kind });
    return {
      ...system,
      outbound: { ...outbound, send: of("send", outbound.send), lookup: of("lookup", outbound.lookup) },
    };
  };

  /** The way out, listened to while a command is on it. */
  readonly heard = <E, R>(layer: Layer.Layer<HttpClient.HttpClient, E, R>): Layer.Layer<HttpClient.HttpClient, E, R> =>
    Layer.provide(Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, this.listening)), layer);

  private readonly listening = (client: HttpClient.HttpClient): HttpClient.HttpClient =>
    HttpClient.makeWith(
      (requested: Effect.Effect<HttpClientRequest>) =>
        Effect.flatMap(requested, (request) =>
          Effect.flatMap(FiberRef.get(current), (of) =>
            of === null || request.headers["authorization"] === undefined
              ? client.execute(request)
              : this.exchange(of, client, request),
          ),
        ),
      Effect.succeed,
    );

  private exchange({ key, kind }: Current, client: HttpClient.HttpClient, request: HttpClientRequest) {
    return Effect.gen(this, function* () {
      const at = yield* Clock.currentTimeMillis;
      const began = performance.now();
      const { method, url, headers } = request;
      const asked = {
        method,
        url,
        headers: headersIn(headers),
        body: bodyOf(
          textOf(request),
          headers["content-type"] ?? ("contentType" in request.body ? String(request.body.contentType) : ""),
        ),
      };
      const keep = (answer: Exchange["answer"]): void =>
        this.add(key, { at, durationMs: Math.round(performance.now() - began), kind, request: asked, answer });
      const exit = yield* Effect.exit(
        Effect.tap(client.execute(request), (response) => Effect.map(answerOf(response), keep)),
      );
      if (Exit.isFailure(exit)) keep(null);
      return yield* exit;
    });
  }
}

/** Its bytes are kept with the response: the adapter, who reads them next (`adapters/transport.ts`), reads the same. */
const answerOf = (response: HttpClientResponse): Effect.Effect<Exchange["answer"]> =>
  Effect.map(
    response.status === 204
      ? Effect.succeed(new ArrayBuffer(0))
      : Effect.orElseSucceed(response.arrayBuffer, () => new ArrayBuffer(0)),
    (bytes) => ({
      status: response.status,
      headers: headersIn(response.headers),
      body: bodyOf(new TextDecoder().decode(bytes), response.headers["content-type"] ?? ""),
    }),
  );
