/** The simulated Salesforce's door: its REST addresses, bodies, headers and refusals, over the org's records. */
import { verify as verifyWith } from "node:crypto";
import { Hono } from "hono";
import { simulatorTenant } from "./config.ts";
import { id18, isJson, type Json } from "./schema.ts";
import { type Faults, type Org, type Outcome, objects, type Rec, type Refused, refused } from "./simulator-state.ts";

export type SimulatorAuth =
  | { readonly bearer: string }
  | {
      readonly clientId: string;
      readonly username: string;
      /** SPKI PEM of the app's certificate. */
      readonly publicKey: string;
      /** The audience that it takes. */
      readonly loginUrl: string;
    };

// ---------------------------------------------------------------- sessions

const part = (encoded: string | undefined): Json => {
  try {
    const value: unknown = JSON.parse(Buffer.from(encoded ?? "", "base64url").toString());
    return isJson(value) ? value : {};
  } catch {
    return {};
  }
};

/** Issues tokens for signed assertions, and knows them again, at the REST door and at the stream. */
export const makeTokens = (now: () => number, auth: SimulatorAuth) => {
  const issued = new Set<string>("bearer" in auth ? [auth.bearer] : []);
  let count = 0;
  return {
    knows: (token: string): boolean => issued.has(token),
    expire: (): void => issued.clear(),
    issue: async (request: Request): Promise<Response> => {
      const refuse = (error: string, error_description: string) =>
        Response.json({ error, error_description }, { status: 400 });
      if ("bearer" in auth) return refuse("unsupported_grant_type", "grant type not supported");
      const form = new URLSearchParams(await request.text());
      if (form.get("grant_type") !== "urn:ietf:params:oauth:grant-type:jwt-bearer")
        return refuse("unsupported_grant_type", "grant type not supported");
      const [head, claims, signature] = (form.get("assertion") ?? "").split(".");
      const { iss, sub, aud, exp } = part(claims);
      if (iss !== auth.clientId) return refuse("invalid_client_id", "client identifier invalid");
      if (sub !== auth.username) return refuse("invalid_grant", "user hasn't approved this consumer");
      if (aud !== auth.loginUrl) return refuse("invalid_grant", "audience is invalid");
      if (typeof exp !== "number" || exp * 1000 < now()) return refuse("invalid_grant", "expired authorization code");
      const signed = Buffer.from(`${head}.${claims}`);
      const isSigned = part(head)["alg"] === "RS256" && signature !== undefined;
      if (!isSigned || !verifyWith("sha256", signed, auth.publicKey, Buffer.from(signature, "base64url")))
        return refuse("invalid_grant", "invalid assertion");
      count += 1;
      const access_token = `${simulatorTenant.slice(0, 15)}!token-${count}`;
      issued.add(access_token);
      const { origin } = new URL(request.url);
      const id = `${origin}/id/${simulatorTenant}/005000000000001AAA`;
      return Response.json({ access_token, scope: "api", instance_url: origin, id, token_type: "Bearer" });
    },
  };
};
export type Tokens = ReturnType<typeof makeTokens>;

// ---------------------------------------------------------------- showing

/** Datetimes of the REST service: whole seconds, zone without a colon. */
const instant = (ms: number): string => `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 23)}+0000`;

/** Every field of the record, null where it holds nothing. */
export const render = (record: Rec): Json => {
  const { object, id, fields, createdAt, modifiedAt, deleted } = record;
  const names = Object.keys(objects[object]?.fields ?? {});
  return {
    attributes: { type: object, url: `/services/data/v67.0/sobjects/${object}/${id}` },
    Id: id,
    ...Object.fromEntries(names.map((name) => [name, fields[name] ?? null])),
    CreatedDate: instant(createdAt),
    LastModifiedDate: instant(modifiedAt),
    SystemModstamp: instant(modifiedAt),
    IsDeleted: deleted,
  };
};
const isField = (object: string, field: string): boolean =>
  ["Id", "IsDeleted", "SystemModstamp"].includes(field) || Object.hasOwn(objects[object]?.fields ?? {}, field);
const noColumn = (object: string, field: string) =>
  refused("INVALID_FIELD", `No such column '${field}' on entity '${object}'.`);
/** Only the fields asked for, or the refusal of one that is not there. */
const select = (record: Rec, fields: ReadonlyArray<string>): Json | Refused => {
  const shown = render(record);
  const wrong = fields.find((field) => !isField(record.object, field));
  if (wrong !== undefined) return noColumn(record.object, wrong);
  const asked = fields.length === 0 ? Object.entries(shown) : fields.map((field) => [field, shown[field]] as const);
  return { attributes: shown["attributes"], ...Object.fromEntries(asked) };
};

const errors = ({ status, code, message, fields }: Refused, headers: Record<string, string> = {}): Response =>
  Response.json([{ message, errorCode: code, fields }], { status, headers });
const isRefused = (value: Json | Refused): value is Refused => value["_tag"] === "Refused";

// ---------------------------------------------------------------- the door

export interface Door {
  readonly now: () => number;
  readonly org: Org;
  readonly faults: Faults;
  readonly tokens: Tokens;
  readonly sleep: (ms: number) => Promise<void>;
  /** Takes the outcome of a write down in the log; durable when it returns. */
  readonly commit: (outcome: Outcome, client: string) => Promise<void>;
}

/** Not a SOQL engine: it reads one object from an instant on, in the order of the poll, and refuses any other query. */
const soql =
  /^SELECT ([\w, ]+) FROM (\w+)(?: WHERE SystemModstamp >= (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ))? ORDER BY SystemModstamp, Id$/;

const makeQueries = (org: Org) => {
  const locators = new Map<string, { readonly fields: ReadonlyArray<string>; readonly rows: ReadonlyArray<Rec> }>();
  let count = 0;
  const page = (locator: string, from: number, size: number, version: string): Response => {
    const held = locators.get(locator);
    if (held === undefined) return errors(refused("INVALID_QUERY_LOCATOR", "invalid query locator"));
    const rows = held.rows.slice(from, from + size);
    const done = from + rows.length >= held.rows.length;
    if (done) locators.delete(locator);
    const next = done ? {} : { nextRecordsUrl: `/services/data/${version}/query/${locator}-${from + rows.length}` };
    const records = rows.map((record) => select(record, held.fields));
    return Response.json({ totalSize: held.rows.length, done, ...next, records });
  };
  return {
    page,
    /** Places in results are no longer kept. */
    expire: (): void => locators.clear(),
    run: (query: string, withDeleted: boolean, size: number, version: string): Response => {
      const parsed = soql.exec(query);
      if (!parsed)
        return errors(refused("MALFORMED_QUERY", `unexpected token: only the poll's query is simulated: ${query}`));
      const [, list = "", object = "", since] = parsed;
      if (!Object.hasOwn(objects, object))
        return errors(refused("INVALID_TYPE", `sObject type '${object}' is not supported.`));
      const fields = list.split(",").map((field) => field.trim());
      const wrong = fields.find((field) => !isField(object, field));
      if (wrong !== undefined) return errors(noColumn(object, wrong));
      const from = since === undefined ? 0 : Date.parse(since);
      const second = ({ modifiedAt }: Rec) => Math.floor(modifiedAt / 1000);
      const rows = org
        .all(object)
        .filter((record) => (withDeleted || !record.deleted) && second(record) * 1000 >= from)
        .sort((a, b) => second(a) - second(b) || (a.id < b.id ? -1 : 1));
      count += 1;
      const locator = `01g000000000${String(count).padStart(3, "0")}AAA`;
      locators.set(locator, { fields, rows });
      return page(locator, 0, size, version);
    },
  };
};

export const makeDoor = ({ now, org, faults, tokens, sleep, commit }: Door): Hono => {
  const queries = makeQueries(org);

  /** What stands before every request. */
  const gate = (request: Request): Response | null => {
    if (now() < faults.outageUntil) return errors(refused("SERVER_UNAVAILABLE", "We are down for maintenance.", 503));
    const limit = faults.rateLimit;
    if (limit && limit.requests > 0) {
      faults.rateLimit = { ...limit, requests: limit.requests - 1 };
      const headers: Record<string, string> = limit.retryAfter === null ? {} : { "retry-after": limit.retryAfter };
      return errors(
        refused("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", 403),
        headers,
      );
    }
    const token = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
    return token !== undefined && tokens.knows(token)
      ? null
      : errors(refused("INVALID_SESSION_ID", "Session expired or invalid", 401));
  };

  const answer = async (request: Request, outcome: Outcome, raced = false): Promise<Response> => {
    if (outcome._tag === "Refused") return errors(outcome);
    if (outcome._tag === "Several") {
      const { pathname } = new URL(request.url);
      const base = pathname.split("/").slice(0, 6).join("/");
      return Response.json(
        outcome.ids.map((id) => `${base}/${id}`),
        { status: 300 },
      );
    }
    const client = /(?:^|[,;\s])client=([^,;\s]+)/.exec(request.headers.get("sforce-call-options") ?? "")?.[1] ?? "";
    await commit(outcome, raced ? "" : client);
    if (faults.delayMs > 0) await sleep(faults.delayMs);
    if (raced) {
      const message = `duplicate value found: Tieout_Id__c duplicates value on record with id: ${outcome.record.id}`;
      return errors(refused("DUPLICATE_VALUE", message));
    }
    if (faults.loseAnswers > 0) {
      faults.loseAnswers -= 1;
      return errors(refused("UNKNOWN_EXCEPTION", "An unexpected error occurred. ErrorId: 1", 500));
    }
    if (outcome.op === "DELETE" || request.method === "DELETE") return new Response(null, { status: 204 });
    const created = outcome.op === "CREATE";
    const body = { id: outcome.record.id, success: true, errors: [], created };
    return Response.json(body, { status: created ? 201 : 200 });
  };

  const locked = (): Refused | null => {
    if (faults.lockedRows <= 0) return null;
    faults.lockedRows -= 1;
    return refused("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record");
  };
  const bodyOf = async (request: Request): Promise<Json | Refused> => {
    try {
      const value: unknown = JSON.parse(await request.text());
      if (isJson(value)) return value;
    } catch {
      // Said below.
    }
    return refused("JSON_PARSER_ERROR", "Unexpected character at the start of the body");
  };
  const notFound = refused("NOT_FOUND", "The requested resource does not exist", 404);
  const gone = refused("ENTITY_IS_DELETED", "entity is deleted", 404);
  const noExternal = (field: string) =>
    refused("NOT_FOUND", `Provided external ID field does not exist or is not accessible: ${field}`, 404);

  const sobject = async (request: Request, path: ReadonlyArray<string>, query: URLSearchParams): Promise<Response> => {
    const [object = "", a, b] = path;
    if (!Object.hasOwn(objects, object)) return errors(notFound);
    const { method } = request;
    if (a === undefined) {
      if (method !== "POST") return errors(refused("METHOD_NOT_ALLOWED", `HTTP Method '${method}' not allowed.`, 405));
      const given = await bodyOf(request);
      if (isRefused(given)) return errors(given);
      return answer(request, locked() ?? org.insert(object, given));
    }
    const isExternal = b !== undefined;
    if (isExternal && (a === "Id" || !isField(object, a))) return errors(noExternal(a));
    const found = isExternal ? org.byExternal(object, a, b) : [org.find(object, a)].filter((one) => one !== undefined);
    if (method === "PATCH") {
      const given = await bodyOf(request);
      if (isRefused(given)) return errors(given);
      const lock = locked();
      if (lock) return errors(lock);
      if (!isExternal) return answer(request, org.update(object, a, given));
      if (Object.hasOwn(given, a) || Object.hasOwn(given, "Id"))
        return errors(refused("INVALID_FIELD", `The ${a} field should not be specified in the sobject data.`));
      const raced = faults.lostRaces > 0;
      if (raced) faults.lostRaces -= 1;
      return answer(request, org.upsert(object, a, b, given), raced);
    }
    if (found.length > 1) return answer(request, { _tag: "Several", ids: found.map(({ id }) => id) });
    const record = found[0];
    if (record === undefined) return errors(notFound);
    if (method === "GET") {
      if (record.deleted) return errors(gone);
      const shown = select(record, query.get("fields")?.split(",") ?? []);
      return isRefused(shown) ? errors(shown) : Response.json(shown);
    }
    if (method === "DELETE") return answer(request, locked() ?? org.remove(object, record.id));
    return errors(refused("METHOD_NOT_ALLOWED", `HTTP Method '${method}' not allowed.`, 405));
  };

  const app = new Hono();
  app.all("*", async (context) => {
    const request = context.req.raw;
    const url = new URL(request.url);
    if (url.pathname === "/services/oauth2/token" && request.method === "POST") return tokens.issue(request);
    const stopped = gate(request);
    if (stopped) return stopped;
    const place = /^\/services\/data\/(v\d+\.\d)\/(sobjects|query|queryAll)(?:\/(.*))?$/.exec(url.pathname);
    if (!place) return errors(notFound);
    const [, version = "", service, rest] = place;
    if (service === "sobjects")
      return sobject(request, (rest ?? "").split("/").map(decodeURIComponent), url.searchParams);
    const size = Number(/batchSize=(\d+)/.exec(request.headers.get("sforce-query-options") ?? "")?.[1] ?? 2000);
    if (rest === undefined) return queries.run(url.searchParams.get("q") ?? "", service === "queryAll", size, version);
    const [, locator = "", from] = /^(\w+)-(\d+)$/.exec(rest) ?? [];
    return queries.page(id18(locator) === null ? "" : locator, Number(from), size, version);
  });
  return app;
};
