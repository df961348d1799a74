/** The only file with NetSuite's URLs, headers and status codes: maps every answer to the closed error set. */
import { constants, randomUUID, sign as signWith } from "node:crypto";
import * as HttpClient from "@effect/platform/HttpClient";
import * as HttpClientRequest from "@effect/platform/HttpClientRequest";
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import * as Either from "effect/Either";
import * as Redacted from "effect/Redacted";
import {
  type AnswerError,
  Impossible,
  OutcomeUnknown,
  periodClosed,
  RejectedFixable,
  Throttled,
  Transient,
} from "../../domain/ports/system.ts";
import { reader } from "../reader.ts";
import { type Answer, exchangeWith, retryAfterOf, unclear } from "../transport.ts";
import type { NetsuiteAuth, NetsuiteConfig } from "./config.ts";
import { type Body, isOneWorld } from "./mapping.ts";
import { NsError, type RecordType, TokenAnswer } from "./schema.ts";

/** The record is there under its internal id; or NetSuite says that this external id is taken already. */
export type Written =
  | { readonly _tag: "Written"; readonly internalId: string }
  | { readonly _tag: "Exists"; readonly detail: string };

export interface NetsuiteClient {
  /** Makes or overwrites the record of this external id; `replace` names the sublist whose lines are replaced, not added to. */
  readonly upsert: (
    type: RecordType,
    externalId: string,
    body: Body,
    replace: string | null,
  ) => Effect.Effect<Written, AnswerError>;
  readonly patch: (type: RecordType, internalId: string, body: Body) => Effect.Effect<Written, AnswerError>;
  readonly transform: (
    from: RecordType,
    internalId: string,
    to: RecordType,
    body: Body,
  ) => Effect.Effect<Written, AnswerError>;
  /** Null: NetSuite says that it has no such record. */
  readonly get: (type: RecordType, key: Key) => Effect.Effect<Uint8Array | null, AnswerError>;
  readonly changed: (from: ChangedFrom, limit: number) => Effect.Effect<Uint8Array, AnswerError>;
}
export type Key = { readonly externalId: string } | { readonly internalId: string };
/** `since`: epoch ms or null for all; `after`: the last row of the page before, in the order (lastmodified, type, id). */
export interface ChangedFrom {
  readonly since: number | null;
  readonly after: { readonly at: number; readonly type: string; readonly id: string } | null;
}

// ---------------------------------------------------------------- what an answer means

const isThrottling = (code: string): boolean =>
  /^(SSS_REQUEST_LIMIT_EXCEEDED|CONCURRENCY_LIMIT_EXCEEDED|WS_CONCUR_SESSION_DISALLWD|WS_REQUEST_BLOCKED)$/.test(code);
const isPermission = (code: string): boolean =>
  /^(INVALID_LOGIN|INVALID_LOGIN_ATTEMPT|INSUFFICIENT_PERMISSION)$/.test(code);
const isReference = (code: string): boolean =>
  /^(INVALID_KEY_OR_REF|RCRD_DSNT_EXIST|NONEXISTENT_ID|INVALID_REFERENCE|MISSING_REQD_FIELD|USER_ERROR)$/.test(code);
const isLock = (code: string): boolean => /^(RCRD_HAS_BEEN_CHANGED|RECORD_LOCKED|RCRD_LOCKED_BY_WF)$/.test(code);
const isTaken = (code: string, detail: string): boolean => /^DUP_/.test(code) || /already exists/i.test(detail);
const isClosedPeriod = (detail: string): boolean =>
  /period[^.]*\b(closed|locked)\b|\b(closed|locked)\b[^.]*period/i.test(detail);

const readError = reader(NsError);
const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** Two refusals that are answers to a question: there is no such record, and there is one already. */
interface Known {
  readonly _tag: "Missing" | "Exists";
  readonly detail: string;
}

const isKnown = (refusal: AnswerError | Known): refusal is Known =>
  refusal._tag === "Missing" || refusal._tag === "Exists";

const refusalOf = (write: boolean, answer: Answer, nowMs: number): AnswerError | Known => {
  const { status, headers } = answer;
  const body = readError(json(new TextDecoder().decode(answer.bytes)));
  const first = Either.isRight(body) ? body.right["o:errorDetails"][0] : undefined;
  const code = first?.["o:errorCode"] ?? "";
  const path = first?.["o:errorPath"];
  const detail = `${first?.detail ?? `HTTP ${status}`}${path ? ` (${path})` : ""}`;
  if (status === 429 || isThrottling(code))
    return new Throttled({ detail, retryAfterMs: retryAfterOf(headers, nowMs) });
  if (status >= 500 || status === 408 || code === "UNEXPECTED_ERROR")
    return unclear(write, `HTTP ${status}: ${detail}`);
  if (status === 401 || status === 403 || isPermission(code))
    return new RejectedFixable({ code: "permission", detail });
  if (status === 404) {
    // Only NetSuite's own word counts: a wrong address answers 404 as well, and that says nothing of the record.
    if (isReference(code) && !write) return { _tag: "Missing", detail };
    return new RejectedFixable({ code: code || "not_found", detail });
  }
  if (status === 409 || status === 412 || status === 423 || isLock(code)) return new Transient({ detail });
  if (isTaken(code, detail)) return { _tag: "Exists", detail };
  if (isClosedPeriod(detail)) return new RejectedFixable({ code: periodClosed, detail });
  if (/already been (reversed|voided)/i.test(detail)) return new Impossible({ code: "ALREADY_REVERSED", detail });
  if (isReference(code) || /invalid field value/i.test(detail)) return new RejectedFixable({ code, detail });
  return new Impossible({ code: code || `http_${status}`, detail });
};

// ---------------------------------------------------------------- who we are

const tokenPath = "/services/rest/auth/oauth2/v1/token";
/** Milliseconds before its end at which a token is no longer used. */
const tokenMargin = 60_000;

/** The signed assertion of the token request: `aud` is the token's own address, valid for five minutes. Times in seconds. */
const assertionOf = (auth: Extract<NetsuiteAuth, { type: "oauth2" }>, audience: string, nowMs: number): string => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const iat = Math.floor(nowMs / 1000);
  const claims = {
    iss: auth.clientId,
    scope: ["rest_webservices"],
    aud: audience,
    iat,
    exp: iat + 300,
    jti: randomUUID(),
  };
  const head = { typ: "JWT", alg: auth.algorithm, kid: auth.certificateId };
  const text = `${encode(head)}.${encode(claims)}`;
  const key = Redacted.value(auth.privateKey);
  const signature =
    auth.algorithm === "ES256"
      ? signWith("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" })
      : signWith("sha256", Buffer.from(text), { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
  return `${text}.${signature.toString("base64url")}`;
};
const readToken = reader(TokenAnswer);

// ---------------------------------------------------------------- the changed rows

const instant = (ms: number): string =>
  `TO_TIMESTAMP('${new Date(ms).toISOString().slice(0, 19)}', 'YYYY-MM-DD"T"HH24:MI:SS')`;
const utc = (alias: string) => `SYS_EXTRACT_UTC(${alias}.lastmodifieddate)`;
const iso = (alias: string) => `TO_CHAR(${utc(alias)}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
const lines = (what: string) => `(SELECT ${what} FROM transactionline tl WHERE tl.transaction = t.id)`;
const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const subsidiaryColumns = `, ${lines("MAX(tl.subsidiary)")}, ` + `${lines("MAX(BUILTIN.DF(tl.subsidiary))")}`;
/**
 * Customers, the five transaction types and deposits as one ordered result: one page, one place in it. Accounts without OneWorld do not
 * know the column `subsidiary`.
 */
const changedQuery = ({ since, after }: ChangedFrom, oneWorld: boolean): string => {
  const conditions = [
    ...(since === null ? [] : [`modified >= ${instant(since)}`]),
    ...(after === null
      ? []
      : [
          `(modified > ${instant(after.at)} OR (modified = ${instant(after.at)} AND (type > ${quote(after.type)} ` +
            `OR (type = ${quote(after.type)} AND id > ${Number(after.id)}))))`,
        ]),
  ];
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  return (
    "SELECT * FROM (" +
    `SELECT c.id AS id, 'Customer' AS type, ${utc("c")} AS modified, ${iso("c")} AS lastmodified, c.externalid AS externalid, ` +
    "c.companyname AS companyname, c.firstname AS firstname, c.lastname AS lastname, c.entityid AS entityid, c.email AS email, " +
    "NULL AS status, c.id AS entity, c.currency AS currencyid, u.symbol AS currency, NULL AS total, NULL AS otherrefnum, " +
    "NULL AS tranid, NULL AS trandate, NULL AS postingperiod, NULL AS memo, " +
    "NULL AS unpaid, NULL AS charges, NULL AS appliesto" +
    `${oneWorld ? ", NULL AS subsidiaryid, NULL AS subsidiary" : ""} ` +
    "FROM customer c LEFT JOIN currency u ON u.id = c.currency UNION ALL " +
    `SELECT t.id, t.type, ${utc("t")}, ${iso("t")}, t.externalid, NULL, NULL, NULL, NULL, NULL, BUILTIN.DF(t.status), ` +
    `NVL(t.entity, ${lines("MAX(tl.entity)")}), t.currency, u.symbol, ` +
    `CASE t.type WHEN 'Journal' THEN ${lines("SUM(tl.debitforeignamount)")} ELSE ABS(t.foreigntotal) END, t.otherrefnum, ` +
    `t.tranid, TO_CHAR(t.trandate, 'YYYY-MM-DD'), BUILTIN.DF(t.postingperiod), t.memo, ` +
    `t.foreignamountunpaid, t.custbody_tieout_charges, t.custbody_tieout_applies_to${oneWorld ? subsidiaryColumns : ""} ` +
    "FROM transaction t LEFT JOIN currency u ON u.id = t.currency " +
    `WHERE t.type IN ('CustInvc', 'CustCred', 'CustPymt', 'CustRfnd', 'Journal', 'Deposit'))${where} ORDER BY modified, type, id`
  );
};

// ---------------------------------------------------------------- the exchange

const recordPath = "/services/rest/record/v1";
const queryPath = "/services/rest/query/v1/suiteql";
const segment = (id: string): string => encodeURIComponent(id);
const keySegment = (key: Key): string =>
  "externalId" in key ? `eid:${segment(key.externalId)}` : segment(key.internalId);
/** `.` and `..` would be taken for folders, whatever their encoding. */
const unfit = (id: string): boolean => id === "" || id === "." || id === "..";

const lastSegment = (location: string | undefined): string | null => {
  const found = /([^/?#]+)\/?(?:[?#].*)?$/.exec(location ?? "");
  try {
    return found ? decodeURIComponent(found[1]!) : null;
  } catch {
    return null;
  }
};

export const makeClient = (config: NetsuiteConfig): Effect.Effect<NetsuiteClient, never, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const http = yield* HttpClient.HttpClient;
    const host = config.account.toLowerCase().replaceAll("_", "-");
    const root = (config.baseUrl ?? `https://${host}.suitetalk.api.netsuite.com`).replace(/\/+$/, "");
    const { auth } = config;

    const exchange = exchangeWith(http, "NetSuite", config.timeoutMs);

    let held: { readonly token: string; readonly until: number } | null = null;
    const one = yield* Effect.makeSemaphore(1);
    const fetchToken = (by: Extract<NetsuiteAuth, { type: "oauth2" }>) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis;
        if (held !== null && now < held.until) return held.token;
        const assertion = yield* Effect.try({
          try: () => assertionOf(by, `${root}${tokenPath}`, now),
          catch: () =>
            new RejectedFixable({
              code: "permission",
              detail: "the private key does not sign: is it a PEM of the algorithm?",
            }),
        });
        const form = new URLSearchParams({
          grant_type: "client_credentials",
          client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
          client_assertion: assertion,
        });
        const request = HttpClientRequest.post(`${root}${tokenPath}`).pipe(
          HttpClientRequest.bodyText(form.toString(), "application/x-www-form-urlencoded"),
        );
        // Getting a token does nothing to our documents, so no failure of it is unclear.
        const answer = yield* exchange(false, request);
        if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) {
          return yield* new RejectedFixable({ code: "permission", detail: `no token: HTTP ${answer.status}` });
        }
        if (answer.status === 429) {
          return yield* new Throttled({ detail: "no token yet", retryAfterMs: retryAfterOf(answer.headers, now) });
        }
        const token = readToken(json(new TextDecoder().decode(answer.bytes)));
        if (answer.status !== 200 || Either.isLeft(token)) {
          return yield* new Transient({ detail: `no token: HTTP ${answer.status}` });
        }
        held = { token: token.right.access_token, until: now + token.right.expires_in * 1000 - tokenMargin };
        return held.token;
      });
    const authorization: Effect.Effect<string, AnswerError> =
      auth.type === "bearer" ? Effect.succeed(Redacted.value(auth.token)) : one.withPermits(1)(fetchToken(auth));

    /** A token that is refused before its time is dropped and asked for once more: nothing was done under it. */
    const authorized = (
      write: boolean,
      request: HttpClientRequest.HttpClientRequest,
    ): Effect.Effect<Answer, AnswerError> => {
      const attempt = Effect.flatMap(authorization, (token) =>
        Effect.map(exchange(write, HttpClientRequest.bearerToken(request, token)), (answer) => ({ token, answer })),
      );
      return Effect.flatMap(attempt, ({ token, answer }) => {
        if (answer.status !== 401 || auth.type === "bearer") return Effect.succeed(answer);
        if (held?.token === token) held = null;
        return Effect.map(attempt, (second) => second.answer);
      });
    };

    const ask = (
      write: boolean,
      request: HttpClientRequest.HttpClientRequest,
    ): Effect.Effect<Answer | Known, AnswerError> =>
      Effect.flatMap(authorized(write, request), (answer): Effect.Effect<Answer | Known, AnswerError> => {
        if (answer.status >= 200 && answer.status < 300) return Effect.succeed(answer);
        return Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const refusal = refusalOf(write, answer, now);
          return !isKnown(refusal) ? Effect.fail(refusal) : Effect.succeed(refusal);
        });
      });

    const write = (
      method: "PUT" | "PATCH" | "POST",
      ids: ReadonlyArray<string>,
      path: string,
      body: Body,
      known: string | null,
    ): Effect.Effect<Written, AnswerError> => {
      if (ids.some(unfit))
        return Effect.fail(new Impossible({ code: "incomplete", detail: `${ids.join(", ")}: no id for a URL` }));
      const request = HttpClientRequest.make(method)(`${root}${recordPath}/${path}`).pipe(
        HttpClientRequest.setHeader("x-netsuite-propertynamevalidation", "Error"),
        HttpClientRequest.bodyText(JSON.stringify(body), "application/json"),
      );
      return Effect.flatMap(ask(true, request), (answer): Effect.Effect<Written, AnswerError> => {
        if ("_tag" in answer) return Effect.succeed({ _tag: "Exists", detail: answer.detail });
        const internalId = lastSegment(answer.headers["location"]) ?? known;
        // 202: taken in, not done. And a success that names no record is one that must be read back.
        return internalId === null || answer.status === 202
          ? Effect.fail(new OutcomeUnknown({ detail: `HTTP ${answer.status} without the record's address` }))
          : Effect.succeed({ _tag: "Written", internalId });
      });
    };

    return {
      upsert: (type, externalId, body, replace) =>
        write(
          "PUT",
          [externalId],
          `${type}/eid:${segment(externalId)}${replace === null ? "" : `?replace=${replace}`}`,
          body,
          null,
        ),
      patch: (type, internalId, body) =>
        write("PATCH", [internalId], `${type}/${segment(internalId)}`, body, internalId),
      transform: (from, internalId, to, body) =>
        write("POST", [internalId], `${from}/${segment(internalId)}/!transform/${to}`, body, null),
      get: (type, key) => {
        const id = "externalId" in key ? key.externalId : key.internalId;
        if (unfit(id)) return Effect.fail(new Impossible({ code: "incomplete", detail: `${id}: no id for a URL` }));
        const request = HttpClientRequest.get(
          `${root}${recordPath}/${type}/${keySegment(key)}?expandSubResources=true`,
        );
        return Effect.flatMap(ask(false, request), (answer) => {
          if (!("_tag" in answer)) return Effect.succeed(answer.bytes);
          return answer._tag === "Missing"
            ? Effect.succeed(null)
            : Effect.fail(new Transient({ detail: answer.detail }));
        });
      },
      changed: (from, limit) => {
        const request = HttpClientRequest.post(`${root}${queryPath}?limit=${limit}`).pipe(
          HttpClientRequest.setHeader("prefer", "transient"),
          HttpClientRequest.bodyText(
            JSON.stringify({ q: changedQuery(from, isOneWorld(config.ids)) }),
            "application/json",
          ),
        );
        return Effect.flatMap(ask(false, request), (answer) =>
          "_tag" in answer ? Effect.fail(new Transient({ detail: answer.detail })) : Effect.succeed(answer.bytes),
        );
      },
    };
  });
