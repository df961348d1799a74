/** Stripe's HTTP API over the simulator's state: its authentication, error bodies, idempotency, limits, and troubles on demand. */
import type { ServerResponse } from "node:http";
import { type Context, Hono } from "hono";
import { outsideIdKey } from "./config.ts";
import {
  type CommitEntry,
  type Customer,
  type LogEntry,
  type Operations,
  type Print,
  type Replay,
  type SimulatorState,
  StripeRefusal,
  type Table,
} from "./simulator-state.ts";

/** One trouble for one request. */
export interface Fault {
  /** Which requests it waits for; absent: any. */
  readonly on?: "read" | "write";
  /** `after`: what was asked is done, the answer suffers. */
  readonly when: "before" | "after";
  /** Milliseconds by which the answer is late. */
  readonly delayMs?: number;
  /** Answered in place of the real answer. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly error?: Readonly<Record<string, unknown>>;
  /** The answer breaks off in the middle. */
  readonly sever?: boolean;
}

export interface AppHost {
  readonly state: SimulatorState;
  readonly operations: Operations;
  readonly print: Print;
  readonly faults: Array<Fault>;
  readonly now: () => number;
  readonly apiKey: string | null;
  readonly ratePerSecond: number | null;
  readonly onCommit: (entry: CommitEntry) => void | Promise<void>;
  /** Runs an act as this request: events that it emits name it. */
  readonly asRequest: <A>(key: string | null, act: () => A) => A;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
type ErrorFields = Readonly<Record<string, unknown>>;
const failure = (status: number, error: ErrorFields, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  body: { error },
  headers,
});
const invalid = (refusal: StripeRefusal): Reply =>
  failure(refusal.status, {
    type: "invalid_request_error",
    message: refusal.message,
    ...(refusal.code === null ? {} : { code: refusal.code }),
    ...(refusal.param === null ? {} : { param: refusal.param }),
  });

const collections: Readonly<Record<string, Table>> = {
  customers: "customer",
  subscriptions: "subscription",
  invoices: "invoice",
  invoice_payments: "invoice_payment",
  payment_intents: "payment_intent",
  payment_records: "payment_record",
  charges: "charge",
  refunds: "refund",
  credit_notes: "credit_note",
  disputes: "dispute",
  products: "product",
  prices: "price",
  payouts: "payout",
  balance_transactions: "balance_transaction",
};

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const metadataField = /^metadata\[([^\]]+)\]$/;
const searchQuery = /^metadata\['([^']+)'\]:'((?:\\.|[^'\\])*)'$/;

/** Half of the answer, then nothing: the socket is closed where there is one, else the body fails. */
const halfOf = (c: Context, content: string): ReadableStream<Uint8Array> => {
  const { outgoing } = (c.env ?? {}) as { readonly outgoing?: ServerResponse };
  let sent = false;
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    if (!sent) controller.enqueue(new TextEncoder().encode(content.slice(0, Math.ceil(content.length / 2))));
    else if (outgoing) outgoing.destroy();
    else controller.error(new Error("severed on demand"));
    sent = true;
  };
  return new ReadableStream({ pull });
};

const respond = (c: Context, reply: Reply, fault: Fault | null): Response => {
  const status = fault?.status ?? reply.status;
  const spoiled = fault !== null && fault.status !== undefined && fault.status !== reply.status;
  const troubled = { type: "api_error", message: "An error on demand", ...fault?.error };
  const content = JSON.stringify(spoiled ? { error: troubled } : reply.body);
  const headers = { "content-type": "application/json", ...reply.headers, ...fault?.headers };
  return new Response(fault?.sever ? halfOf(c, content) : content, { status, headers });
};

export const makeApp = (host: AppHost): Hono => {
  const { state, operations, print } = host;
  const app = new Hono();
  const running = new Set<string>();
  let second = 0;
  let requests = 0;

  const limited = (): boolean => {
    if (host.ratePerSecond === null) return false;
    const at = Math.floor(host.now() / 1000);
    requests = at === second ? requests + 1 : 1;
    second = at;
    return requests > host.ratePerSecond;
  };
  const unauthorized = (c: Context): Reply | null => {
    const given = /^Bearer (.+)$/.exec(c.req.header("authorization") ?? "")?.[1];
    if (given !== undefined && (host.apiKey === null || given === host.apiKey)) return null;
    const message = given === undefined ? "You did not provide an API key." : "Invalid API Key provided.";
    return failure(401, { type: "invalid_request_error", message });
  };
  const takeFault = (write: boolean): Fault | null => {
    const at = host.faults.findIndex((f) => f.on === undefined || (f.on === "write") === write);
    return at < 0 ? null : host.faults.splice(at, 1)[0]!;
  };

  /** Applies the fields of a form to a customer; an empty value takes a field or a metadata key away. */
  const fieldsOf = (form: URLSearchParams, before: Readonly<Record<string, string>>): Partial<Customer> => {
    const given: { name?: string | null; email?: string | null; metadata?: Record<string, string> } = {};
    const metadata = { ...before };
    for (const [key, value] of form) {
      const named = metadataField.exec(key)?.[1];
      if (named !== undefined) {
        if (value === "") delete metadata[named];
        else metadata[named] = value;
      } else if (key === "name") given.name = value === "" ? null : value;
      else if (key === "email") given.email = value === "" ? null : value;
      else throw new StripeRefusal(`Received unknown parameter: ${key}`, "parameter_unknown", 400, key);
    }
    if (given.email && !given.email.includes("@")) {
      throw new StripeRefusal(`Invalid email address: ${given.email}`, "email_invalid", 400, "email");
    }
    return { ...given, metadata };
  };

  const write = async (
    c: Context,
    act: (form: URLSearchParams) => { id: string; verb: LogEntry["verb"] },
  ): Promise<Reply> => {
    const text = await c.req.text();
    const key = c.req.header("idempotency-key") ?? null;
    const request = `${c.req.path}?${text}`;
    const conflict = "idempotency_error";
    if (key !== null) {
      const earlier = Object.hasOwn(state.replays, key) ? state.replays[key]! : null;
      if (earlier !== null) {
        if (earlier.request === request) {
          return { status: earlier.status, body: earlier.body, headers: { "idempotent-replayed": "true" } };
        }
        const message =
          "Keys for idempotent requests can only be used with the same parameters they were first used with.";
        return failure(400, { type: conflict, message });
      }
      if (running.has(key)) {
        const message = "There is currently another in-progress request using this Idempotent Key.";
        return failure(409, { type: conflict, code: "idempotency_key_in_use", message });
      }
      running.add(key);
    }
    try {
      const form = new URLSearchParams(text);
      const { id, verb } = host.asRequest(key, () => act(form));
      const customer = state.tables.customer[id]!;
      const answer: Replay = { request, status: 200, body: print("customer", id, true) };
      if (key !== null) state.replays[key] = answer;
      const outsideId = customer.metadata[outsideIdKey] ?? null;
      const content = Object.fromEntries(form);
      const log: LogEntry = { at: host.now(), key, kind: "customer", verb, outsideId, foreignId: id, content };
      state.log.push(log);
      const replay = key === null ? null : { key, answer };
      await host.onCommit(structuredClone({ seq: state.log.length, counter: state.counter, customer, replay, log }));
      return answer;
    } finally {
      if (key !== null) running.delete(key);
    }
  };

  const search = (c: Context): Reply => {
    const match = searchQuery.exec(c.req.query("query") ?? "");
    if (!match) throw new StripeRefusal("We were unable to parse your search query.", null, 400, "query");
    const [, key = "", quoted = ""] = match;
    const value = quoted.replace(/\\(.)/g, "$1");
    const data = Object.values(state.tables.customer)
      .filter((o) => !o.deleted && Object.hasOwn(o.metadata, key) && o.metadata[key] === value)
      .map((o) => print("customer", o.id, true));
    return { status: 200, body: { object: "search_result", data, has_more: false, url: "/v1/customers/search" } };
  };
  const retrieve = (c: Context): Reply => {
    const { collection = "", id = "" } = c.req.param() as { collection?: string; id?: string };
    const table = Object.hasOwn(collections, collection) ? collections[collection]! : null;
    if (table === null) throw new StripeRefusal(`Unrecognized request URL (GET: ${c.req.path}).`, null, 404);
    if (!Object.hasOwn(state.tables[table], id)) {
      throw new StripeRefusal(`No such ${table}: '${id}'`, "resource_missing", 404, "id");
    }
    const gone = table === "invoice" && state.tables.invoice[id]!.deleted;
    if (gone) throw new StripeRefusal(`No such invoice: '${id}'`, "resource_missing", 404, "id");
    const body = print(table, id, c.req.query("expand[]") !== undefined);
    return { status: 200, body };
  };

  /** Newest first, as Stripe lists; a page ends with the limit. */
  const list = (c: Context): Reply => {
    const collection = c.req.param("collection") ?? "";
    const table = Object.hasOwn(collections, collection) ? collections[collection]! : null;
    if (table === null) throw new StripeRefusal(`Unrecognized request URL (GET: ${c.req.path}).`, null, 404);
    const limit = Number(c.req.query("limit") ?? "10");
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= 100))
      throw new StripeRefusal("Invalid limit: must be between 1 and 100", "parameter_invalid_integer", 400, "limit");
    const all = Object.values(state.tables[table] as Readonly<Record<string, { readonly id: string }>>).reverse();
    const payout = table === "balance_transaction" ? c.req.query("payout") : undefined;
    if (payout !== undefined && !Object.hasOwn(state.tables.payout, payout))
      throw new StripeRefusal(`No such payout: '${payout}'`, "resource_missing", 404, "payout");
    const rows = all.filter((row) => {
      if (payout !== undefined && (row as { readonly payout?: string }).payout !== payout) return false;
      const { deleted = false, status = "" } = row as { readonly deleted?: boolean; readonly status?: string };
      return !deleted && (table !== "subscription" || status !== "canceled" || c.req.query("status") === "all");
    });
    const after = c.req.query("starting_after");
    const from = after === undefined ? 0 : rows.findIndex(({ id }) => id === after) + 1;
    if (after !== undefined && from === 0)
      throw new StripeRefusal(`No such ${table}: '${after}'`, "resource_missing", 404, "starting_after");
    const data = rows
      .slice(from, from + limit)
      .map(({ id }) => print(table, id, c.req.query("expand[]") !== undefined));
    const body = { object: "list", url: c.req.path, has_more: from + limit < rows.length, data };
    return { status: 200, body };
  };

  const guarded = (isWrite: boolean, handle: (c: Context) => Reply | Promise<Reply>) => async (c: Context) => {
    const fault = takeFault(isWrite);
    if (fault?.when === "before") {
      await sleep(fault.delayMs ?? 0);
      if (fault.status !== undefined || fault.sever) return respond(c, failure(fault.status ?? 500, {}), fault);
    }
    const refusal =
      unauthorized(c) ??
      (limited()
        ? failure(
            429,
            { type: "invalid_request_error", code: "rate_limit", message: "Too many requests" },
            { "retry-after": "1" },
          )
        : null);
    if (refusal !== null) return respond(c, refusal, null);
    let reply: Reply;
    try {
      reply = await handle(c);
    } catch (cause) {
      reply =
        cause instanceof StripeRefusal ? invalid(cause) : failure(500, { type: "api_error", message: "not stored" });
    }
    if (fault?.when === "after") await sleep(fault.delayMs ?? 0);
    return respond(c, reply, fault);
  };

  const create = (form: URLSearchParams) => {
    const id = operations.createCustomer(fieldsOf(form, {}));
    return { id, verb: "post" as const };
  };
  const update = (id: string) => (form: URLSearchParams) => {
    const before = Object.hasOwn(state.tables.customer, id) ? state.tables.customer[id]!.metadata : {};
    operations.updateCustomer(id, fieldsOf(form, before));
    return { id, verb: "update" as const };
  };
  app.get("/v1/customers/search", guarded(false, search));
  app.get("/v1/:collection/:id", guarded(false, retrieve));
  app.get("/v1/:collection", guarded(false, list));
  app.post(
    "/v1/customers",
    guarded(true, (c) => write(c, create)),
  );
  app.post(
    "/v1/customers/:id",
    guarded(true, (c) => write(c, update(c.req.param("id") ?? ""))),
  );
  app.all("*", (c) =>
    respond(
      c,
      invalid(new StripeRefusal(`Unrecognized request URL (${c.req.method}: ${c.req.path}).`, null, 404)),
      null,
    ),
  );
  return app;
};
