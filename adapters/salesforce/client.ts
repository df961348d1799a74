/** The only file with Salesforce's REST addresses, headers and status codes: maps every answer to the closed error set. */
import { sign as signWith } from "node:crypto";
import * as HttpClient from "@effect/platform/HttpClient";
import * as HttpClientRequest from "@effect/platform/HttpClientRequest";
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import * as Either from "effect/Either";
import * as Redacted from "effect/Redacted";
import { type AnswerError, Impossible, RejectedFixable, Throttled, Transient } from "../../domain/ports/system.ts";
import { reader } from "../reader.ts";
import { type Answer, exchangeWith, retryAfterOf, unclear } from "../transport.ts";
import type { SalesforceAuth, SalesforceConfig } from "./config.ts";
import { ErrorAnswer, type Json, TokenAnswer, UpsertAnswer } from "./schema.ts";

/** The record is there under its id; or the value is taken by somebody else's write at this moment. */
export type Written =
  | { readonly _tag: "Written" /** Null: Salesforce named none. */; readonly id: string | null }
  | { readonly _tag: "Taken"; readonly detail: string };
export type Found =
  | { readonly _tag: "Found"; readonly bytes: Uint8Array }
  /** Salesforce says that the record is deleted, which is more than that it finds none. */
  | { readonly _tag: "Deleted"; readonly bytes: Uint8Array };
export type Key = { readonly id: string } | { readonly field: string; readonly value: string };
export interface Session {
  readonly token: string;
  /** 18 characters; null: neither the configuration nor the token's answer names it. */
  readonly tenant: string | null;
}

export interface SalesforceClient {
  readonly upsert: (object: string, field: string, value: string, body: Json) => Effect.Effect<Written, AnswerError>;
  /** False: there was nothing to delete. */
  readonly remove: (object: string, field: string, value: string) => Effect.Effect<boolean, AnswerError>;
  /** Null: Salesforce finds no such record. */
  readonly get: (object: string, key: Key, fields: ReadonlyArray<string>) => Effect.Effect<Found | null, AnswerError>;
  /** A page: of a query, or the one behind `next`. Null: the place behind `next` is no longer kept. */
  readonly page: (
    of: { readonly soql: string } | { readonly next: string },
  ) => Effect.Effect<Uint8Array | null, AnswerError>;
  readonly session: Effect.Effect<Session, AnswerError>;
  /** The token was refused: the next session has another one. */
  readonly forget: (token: string) => Effect.Effect<void>;
}

// ---------------------------------------------------------------- what an answer means

const isPermission = (code: string): boolean =>
  /^(INVALID_SESSION_ID|INVALID_AUTH_HEADER|INSUFFICIENT_ACCESS|API_DISABLED|API_CURRENTLY_DISABLED|INVALID_LOGIN|ORG_LOCKED)/.test(
    code,
  );
/** Words that say that we have a bug: no change in the org makes the same request right. */
const isBug = (code: string): boolean =>
  /^(JSON_PARSER_ERROR|METHOD_NOT_ALLOWED|MALFORMED_QUERY|UNSUPPORTED_MEDIA_TYPE|URL_NOT_RESET|ILLEGAL_QUERY_PARAMETER_VALUE)$/.test(
    code,
  );
const isLock = (code: string): boolean => /^(UNABLE_TO_LOCK_ROW|ENTITY_IS_LOCKED_BY_ANOTHER_TRANSACTION)$/.test(code);

const readErrors = reader(ErrorAnswer);
const json = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
};

/** Refusals that are answers to a question. */
interface Known {
  readonly _tag: "Missing" | "Deleted" | "Taken" | "Expired";
  readonly detail: string;
  readonly bytes: Uint8Array;
}
const known = new Set(["Missing", "Deleted", "Taken", "Expired"]);
const isKnown = (refusal: AnswerError | Known): refusal is Known => known.has(refusal._tag);

type Asked = "write" | "delete" | "read";

const refusalOf = (asked: Asked, answer: Answer, nowMs: number): AnswerError | Known => {
  const { status, headers, bytes } = answer;
  const write = asked !== "read";
  if (status === 300) {
    const detail = "several records have this external id: make the field unique, keep one of them";
    return new RejectedFixable({ code: "MULTIPLE_CHOICES", detail });
  }
  const body = readErrors(json(bytes));
  const first = Either.isRight(body) ? body.right[0] : undefined;
  const code = first?.errorCode ?? "";
  const fields = first?.fields ?? [];
  const detail = `${first?.message ?? `HTTP ${status}`}${fields.length === 0 ? "" : ` (${fields.join(", ")})`}`;
  if (status === 429 || code === "REQUEST_LIMIT_EXCEEDED")
    return new Throttled({ detail, retryAfterMs: retryAfterOf(headers, nowMs) });
  if (status >= 500 || status === 408) return unclear(write, `HTTP ${status}: ${detail}`);
  if (isLock(code) || status === 409 || status === 412 || status === 423) return new Transient({ detail });
  if (status === 401 || status === 403 || isPermission(code))
    return new RejectedFixable({ code: "permission", detail: code === "" ? detail : `${code}: ${detail}` });
  if (code === "ENTITY_IS_DELETED" && asked !== "write") return { _tag: "Deleted", detail, bytes };
  if (code === "INVALID_QUERY_LOCATOR") return { _tag: "Expired", detail, bytes };
  if (code === "DUPLICATE_VALUE") return { _tag: "Taken", detail, bytes };
  if (status === 404) {
    // Only Salesforce's own word counts: a wrong address answers 404 as well, and so does a field that it does not know.
    const isRecord = code === "NOT_FOUND" && !/external id field/i.test(detail);
    if (isRecord && asked !== "write") return { _tag: "Missing", detail, bytes };
    return new RejectedFixable({ code: code || "not_found", detail });
  }
  if (status === 405 || status === 415 || isBug(code))
    return new Impossible({ code: code || `http_${status}`, detail });
  return code === "" ? new Impossible({ code: `http_${status}`, detail }) : new RejectedFixable({ code, detail });
};

// ---------------------------------------------------------------- who we are

/** The signed assertion of the token request, valid for three minutes. Times in seconds. */
const assertionOf = (auth: Extract<SalesforceAuth, { type: "jwt" }>, nowMs: number): string => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(nowMs / 1000) + 180;
  const claims = { iss: auth.clientId, sub: auth.username, aud: auth.loginUrl.replace(/\/+$/, ""), exp };
  const text = `${encode({ alg: "RS256" })}.${encode(claims)}`;
  return `${text}.${signWith("sha256", Buffer.from(text), Redacted.value(auth.privateKey)).toString("base64url")}`;
};
const readToken = reader(TokenAnswer);
const readUpsert = reader(UpsertAnswer);
const tenantOf = (identity: string | null): string | null =>
  /\/id\/([A-Za-z0-9]{15,18})\//.exec(identity ?? "")?.[1] ?? null;

// ---------------------------------------------------------------- the exchange

const segment = (id: string): string => encodeURIComponent(id);
/** `.` and `..` would be taken for folders, whatever their encoding. */
const unfit = (id: string): boolean => id === "" || id === "." || id === "..";

export const makeClient = (config: SalesforceConfig): Effect.Effect<SalesforceClient, never, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const http = yield* HttpClient.HttpClient;
    const origin = config.instanceUrl.replace(/\/+$/, "");
    const root = `${origin}/services/data/v${config.apiVersion}`;
    const { auth } = config;

    const exchange = exchangeWith(http, "Salesforce", config.timeoutMs);

    let held: Session | null = null;
    const one = yield* Effect.makeSemaphore(1);
    const fetchToken = (by: Extract<SalesforceAuth, { type: "jwt" }>) =>
      Effect.gen(function* () {
        if (held !== null) return held;
        const now = yield* Clock.currentTimeMillis;
        const assertion = yield* Effect.try({
          try: () => assertionOf(by, now),
          catch: () =>
            new RejectedFixable({
              code: "permission",
              detail: "the private key does not sign: is it a PEM of an RSA key?",
            }),
        });
        const form = new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion });
        const request = HttpClientRequest.post(`${by.loginUrl.replace(/\/+$/, "")}/services/oauth2/token`).pipe(
          HttpClientRequest.bodyText(form.toString(), "application/x-www-form-urlencoded"),
        );
        // Getting a token does nothing to our documents, so no failure of it is unclear.
        const answer = yield* exchange(false, request);
        if (answer.status === 429)
          return yield* new Throttled({ detail: "no token yet", retryAfterMs: retryAfterOf(answer.headers, now) });
        if (answer.status >= 400 && answer.status < 500) {
          const said = json(answer.bytes) as { readonly error?: unknown; readonly error_description?: unknown } | null;
          const why = [said?.error, said?.error_description].filter((part) => typeof part === "string").join(": ");
          return yield* new RejectedFixable({
            code: "permission",
            detail: `no token: HTTP ${answer.status} ${why}`.trim(),
          });
        }
        const token = readToken(json(answer.bytes));
        if (answer.status !== 200 || Either.isLeft(token))
          return yield* new Transient({ detail: `no token: HTTP ${answer.status}` });
        held = { token: token.right.access_token, tenant: config.tenantId ?? tenantOf(token.right.id) };
        return held;
      });
    const session: Effect.Effect<Session, AnswerError> =
      auth.type === "bearer"
        ? Effect.succeed({ token: Redacted.value(auth.token), tenant: config.tenantId })
        : one.withPermits(1)(fetchToken(auth));
    const forget = (token: string): Effect.Effect<void> =>
      Effect.sync(() => {
        if (held?.token === token) held = null;
      });

    const ask = (
      asked: Asked,
      request: HttpClientRequest.HttpClientRequest,
    ): Effect.Effect<Answer | Known, AnswerError> => {
      const named = HttpClientRequest.setHeader(request, "sforce-call-options", `client=${config.clientName}`);
      const attempt = Effect.flatMap(session, ({ token }) =>
        Effect.map(exchange(asked !== "read", HttpClientRequest.bearerToken(named, token)), (answer) => ({
          token,
          answer,
        })),
      );
      // A token that is refused is dropped and asked for once more: nothing was done under it.
      const authorized = Effect.flatMap(attempt, ({ token, answer }) =>
        answer.status !== 401 || auth.type === "bearer"
          ? Effect.succeed(answer)
          : Effect.zipRight(
              forget(token),
              Effect.map(attempt, (second) => second.answer),
            ),
      );
      return Effect.flatMap(authorized, (answer): Effect.Effect<Answer | Known, AnswerError> => {
        if (answer.status >= 200 && answer.status < 300) return Effect.succeed(answer);
        return Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const refusal = refusalOf(asked, answer, now);
          return isKnown(refusal) ? Effect.succeed(refusal) : Effect.fail(refusal);
        });
      });
    };

    /** Null where an id would not be the segment that it should be. */
    const address = (object: string, ...ids: ReadonlyArray<string>): string | null =>
      ids.some(unfit) ? null : `${root}/sobjects/${[object, ...ids].map(segment).join("/")}`;
    const noAddress = Effect.fail(
      new Impossible({ code: "incomplete", detail: "an empty or dotted id has no address" }),
    );
    const unexpected = (answer: Known): AnswerError =>
      new RejectedFixable({ code: answer._tag, detail: answer.detail });

    return {
      session,
      forget,
      upsert: (object, field, value, body) => {
        const at = address(object, field, value);
        if (at === null) return noAddress;
        const request = HttpClientRequest.bodyText(
          HttpClientRequest.patch(at),
          JSON.stringify(body),
          "application/json",
        );
        return Effect.flatMap(ask("write", request), (answer): Effect.Effect<Written, AnswerError> => {
          if ("_tag" in answer)
            return answer._tag === "Taken"
              ? Effect.succeed({ _tag: "Taken", detail: answer.detail })
              : Effect.fail(unexpected(answer));
          const named = readUpsert(json(answer.bytes));
          return Effect.succeed({ _tag: "Written", id: Either.isRight(named) ? named.right.id : null });
        });
      },
      remove: (object, field, value) => {
        const at = address(object, field, value);
        if (at === null) return noAddress;
        return Effect.flatMap(ask("delete", HttpClientRequest.del(at)), (answer) => {
          if (!("_tag" in answer)) return Effect.succeed(true);
          return answer._tag === "Missing" || answer._tag === "Deleted"
            ? Effect.succeed(false)
            : Effect.fail(unexpected(answer));
        });
      },
      get: (object, key, fields) => {
        const at = "id" in key ? address(object, key.id) : address(object, key.field, key.value);
        if (at === null) return noAddress;
        const request = HttpClientRequest.get(`${at}?fields=${fields.map(segment).join(",")}`);
        return Effect.flatMap(ask("read", request), (answer): Effect.Effect<Found | null, AnswerError> => {
          if (!("_tag" in answer)) return Effect.succeed({ _tag: "Found", bytes: answer.bytes });
          if (answer._tag === "Deleted") return Effect.succeed({ _tag: "Deleted", bytes: answer.bytes });
          return answer._tag === "Missing" ? Effect.succeed(null) : Effect.fail(unexpected(answer));
        });
      },
      page: (of) => {
        // `next` comes from Salesforce: only an address of its own data service is followed.
        if ("next" in of && !of.next.startsWith("/services/data/"))
          return Effect.fail(new Impossible({ code: "cursor", detail: `${of.next} is no address of a page` }));
        const url = "next" in of ? `${origin}${of.next}` : `${root}/queryAll?q=${segment(of.soql)}`;
        const size = `batchSize=${config.pollPageSize}`;
        const request = HttpClientRequest.setHeader(HttpClientRequest.get(url), "sforce-query-options", size);
        return Effect.flatMap(ask("read", request), (answer) => {
          if (!("_tag" in answer)) return Effect.succeed(answer.bytes);
          return answer._tag === "Expired" && "next" in of ? Effect.succeed(null) : Effect.fail(unexpected(answer));
        });
      },
    };
  });
