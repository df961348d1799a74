/** The only file with Stripe's URLs, headers and status codes: maps every answer to the closed error set. */
import * as HttpClient from "@effect/platform/HttpClient";
import * as HttpClientRequest from "@effect/platform/HttpClientRequest";
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import * as Redacted from "effect/Redacted";
import { type AnswerError, Impossible, RejectedFixable, Throttled, Transient } from "../../domain/ports/system.ts";
import { exchangeWith, retryAfterOf, unclear } from "../transport.ts";
import { outsideIdKey, type StripeConfig } from "./config.ts";
import type { ObjectName } from "./schema.ts";

const stripeHost = "https://api.stripe.com";
/** From here on an invoice has payments of its own, which must be asked for. */
const paymentsSince = "2025-03-31";

export type Body = Readonly<Record<string, unknown>>;
export interface Answer {
  readonly body: Body;
  readonly bytes: Uint8Array;
}
export type Form = ReadonlyArray<readonly [string, string]>;

export interface StripeClient {
  /** Null: Stripe says that it has no such object. */
  readonly retrieve: (object: ObjectName, id: string) => Effect.Effect<Answer | null, AnswerError>;
  /** A page of a hundred, newest first, after an id; null: the first. `payout`: of what it is made of only. */
  readonly list: (object: ObjectName, after: string | null, payout?: string) => Effect.Effect<Answer, AnswerError>;
  readonly createCustomer: (form: Form, key: string) => Effect.Effect<Answer, AnswerError>;
  readonly updateCustomer: (id: string, form: Form, key: string) => Effect.Effect<Answer, AnswerError>;
  /** Trails writes: fit for settling, not for reading one's own write. */
  readonly findCustomer: (outsideId: string) => Effect.Effect<Body | null, AnswerError>;
}

const collections: Readonly<Record<ObjectName, string>> = {
  customer: "customers",
  subscription: "subscriptions",
  invoice: "invoices",
  invoice_payment: "invoice_payments",
  credit_note: "credit_notes",
  refund: "refunds",
  charge: "charges",
  payment_intent: "payment_intents",
  payment_record: "payment_records",
  dispute: "disputes",
  product: "products",
  price: "prices",
  payout: "payouts",
  balance_transaction: "balance_transactions",
};
const expansion = (object: ObjectName, version: string): string => {
  if (object === "charge") return "?expand[]=refunds";
  return object === "invoice" && version >= paymentsSince ? "?expand[]=payments" : "";
};

// ---------------------------------------------------------------- what an answer means

interface Refusal {
  readonly type: string;
  readonly code: string | null;
  readonly detail: string;
}
const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
const isRecord = (value: unknown): value is Body =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const refusalOf = (body: Body | null, status: number): Refusal => {
  const error = isRecord(body?.["error"]) ? body["error"] : {};
  const parts = [text(error["message"]) ?? `HTTP ${status}`];
  for (const key of ["param", "decline_code"]) {
    const more = text(error[key]);
    if (more !== null) parts.push(`(${key}: ${more})`);
  }
  return { type: text(error["type"]) ?? `http_${status}`, code: text(error["code"]), detail: parts.join(" ") };
};

const ofStatus = (
  write: boolean,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Body | null,
  nowMs: number,
): AnswerError => {
  const { type, code, detail } = refusalOf(body, status);
  const again = headers["stripe-should-retry"];
  if (status === 429) {
    return new Throttled({ detail, retryAfterMs: retryAfterOf(headers, nowMs) });
  }
  if (status >= 500 || status === 408) return unclear(write, `HTTP ${status}: ${detail}`);
  if (type === "idempotency_error" && status !== 409) return new Impossible({ code: type, detail });
  if (again === "true" || (status === 409 && again !== "false")) return new Transient({ detail });
  return new RejectedFixable({ code: code ?? type, detail });
};

// ---------------------------------------------------------------- the exchange

const parse = (content: string): Body | null => {
  try {
    const parsed: unknown = JSON.parse(content);
    return isRecord(parsed) ? parsed : null;
  } catch {
    return null;
  }
};

const encodeForm = (form: Form): string =>
  form.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join("&");
const segment = encodeURIComponent;

export const makeClient = (config: StripeConfig): Effect.Effect<StripeClient, never, HttpClient.HttpClient> =>
  Effect.map(HttpClient.HttpClient, (http) => {
    const root = (config.baseUrl ?? stripeHost).replace(/\/+$/, "");
    const secret = Redacted.value(config.apiKey);
    const common = { authorization: `Bearer ${secret}`, "stripe-version": config.apiVersion };

    const exchange = exchangeWith(http, "Stripe", config.timeoutMs);

    const understood = Effect.fnUntraced(function* (write: boolean, request: HttpClientRequest.HttpClientRequest) {
      const { status, headers, bytes } = yield* exchange(write, HttpClientRequest.setHeaders(request, common));
      const body = parse(new TextDecoder().decode(bytes));
      if (status >= 200 && status < 300) {
        if (body !== null) return { body, bytes };
        return yield* unclear(write, "the answer is not a JSON object");
      }
      const missing = status === 404 && refusalOf(body, status).code === "resource_missing";
      if (missing && !write) return null;
      return yield* ofStatus(write, status, headers, body, yield* Clock.currentTimeMillis);
    });

    const get = (path: string) => understood(false, HttpClientRequest.get(`${root}${path}`));
    const post = (path: string, form: Form, key: string) =>
      understood(
        true,
        HttpClientRequest.post(`${root}${path}`).pipe(
          HttpClientRequest.setHeader("idempotency-key", key),
          HttpClientRequest.bodyText(encodeForm(form), "application/x-www-form-urlencoded"),
        ),
      ).pipe(
        Effect.flatMap((answer) =>
          answer === null
            ? Effect.fail(new RejectedFixable({ code: "resource_missing", detail: path }))
            : Effect.succeed(answer),
        ),
      );

    return {
      retrieve: (object, id) => get(`/v1/${collections[object]}/${segment(id)}${expansion(object, config.apiVersion)}`),
      list: (object, after, payout) => {
        const expanded = expansion(object, config.apiVersion).replace("?expand[]=", "&expand[]=data.");
        // Those that ended are left out unless they are asked for.
        const all =
          object === "subscription" ? "&status=all" : payout === undefined ? "" : `&payout=${segment(payout)}`;
        const place = after === null ? "" : `&starting_after=${segment(after)}`;
        return Effect.flatMap(
          get(`/v1/${collections[object]}?limit=100${all}${place}${expanded}`),
          (answer): Effect.Effect<Answer, AnswerError> =>
            answer === null
              ? Effect.fail(new RejectedFixable({ code: "resource_missing", detail: `no object ${after}` }))
              : Effect.succeed(answer),
        );
      },
      createCustomer: (form, key) => post("/v1/customers", form, key),
      updateCustomer: (id, form, key) => post(`/v1/customers/${segment(id)}`, form, key),
      findCustomer: (outsideId) => {
        const quoted = outsideId.replace(/[\\']/g, "\\$&");
        const query = segment(`metadata['${outsideIdKey}']:'${quoted}'`);
        return Effect.map(get(`/v1/customers/search?query=${query}&limit=2`), (answer) => {
          const data = answer?.body["data"];
          return Array.isArray(data) && isRecord(data[0]) ? data[0] : null;
        });
      },
    };
  });
