/** The public face of the folder: Stripe as a `System`. Customers go out, everything comes in. */
import type { HttpClient } from "@effect/platform/HttpClient";
import * as Effect from "effect/Effect";
import { foreignIdOf, kindOf } from "../../domain/event.ts";
import {
  type AnswerError,
  type DocumentContent,
  Impossible,
  type Outbound,
  type OutboundCommand,
  type Receipt,
  RejectedFixable,
  type System,
  type SystemProfile,
} from "../../domain/ports/system.ts";
import { type Body, type Form, makeClient, type StripeClient } from "./client.ts";
import { defaults, outsideIdKey, type StripeConfig } from "./config.ts";
import { type Frame, hasParts, orders, toEvents } from "./mapping.ts";
import { Misfit, type ObjectName } from "./schema.ts";
import { makeInbound } from "./webhook.ts";

export { configFrom, makeConfig, outsideIdKey, type StripeConfig } from "./config.ts";
export { makeStripeSimulator, type StripeSimulator } from "./simulator.ts";
export { inbound, makeInbound, signWebhook } from "./webhook.ts";

/** Milliseconds; Stripe tells time in whole seconds. */
const tickMs = 1000;

export const profile: SystemProfile = {
  vendor: "stripe",
  roles: ["billing", "payments"],
  orders,
  tickMs,
  settleWindowMs: defaults.settleWindowMs,
  concurrency: defaults.concurrency,
  canRead: true,
};

// ---------------------------------------------------------------- re-reads

/** Stripe's object behind a subject; ids tell apart what shares a kind. Null: not one of ours. */
export const objectOf = (subject: string): ObjectName | null => {
  const id = foreignIdOf(subject);
  switch (kindOf(subject)) {
    case "account":
      return "customer";
    case "payment":
      return id.startsWith("pr_") ? "payment_record" : "charge";
    case "refund":
      return id.startsWith("pr_") ? "payment_record" : "refund";
    case "payment_mention":
      if (id.startsWith("inpay_")) return "invoice_payment";
      return id.startsWith("ch_") || id.startsWith("py_") ? "charge" : "payment_intent";
    case "dispute":
    case "dispute_funds":
      return "dispute";
    case "subscription":
      return "subscription";
    case "invoice":
      return "invoice";
    case "credit_note":
      return "credit_note";
    case "product":
      return "product";
    case "price":
      return "price";
    case "payout":
      return "payout";
    default:
      return null;
  }
};

/** A lower bound of what an answer saw whose request left at `requestedAt`: the second before. Epoch ms. */
export const readAtOf = (requestedAt: number): number => Math.floor(requestedAt / tickMs) * tickMs - tickMs;

// ---------------------------------------------------------------- lists

/** In this order, so that what a thing belongs to comes before it. */
const listed: ReadonlyArray<ObjectName> = [
  "customer",
  "subscription",
  "invoice",
  "payment_intent",
  "charge",
  "refund",
  "credit_note",
  "dispute",
  "payout",
];
interface ListPlace {
  /** Index of `listed`. */
  readonly at: number;
  readonly after: string | null;
  /** Payouts of the page before whose parts are listed first; `part`: the last part seen of the first of them. */
  readonly payouts?: ReadonlyArray<string>;
  readonly part?: string | null;
}
const placeOf = (text: string | null): ListPlace | null => {
  if (text === null) return { at: 0, after: null };
  try {
    const { at, after, payouts = [], part = null } = JSON.parse(text) as Partial<ListPlace>;
    // After the last page of payouts their parts may be left.
    const known = typeof at === "number" && (listed[at] !== undefined || payouts.length > 0);
    return known ? { at, after: after ?? null, payouts, part } : null;
  } catch {
    return null;
  }
};

/** Pages of a hundred that a re-read of a payout asks for at most; what is larger is left to a pull, which goes page by page. */
const mostPages = 50;

const listOf = (body: Body): ReadonlyArray<Body> =>
  Array.isArray(body["data"]) ? (body["data"] as ReadonlyArray<Body>) : [];
/** Where the next page starts; null: this was the last. */
const nextOf = (body: Body): string | null => {
  const last = listOf(body).at(-1)?.["id"];
  return body["has_more"] === true && typeof last === "string" ? last : null;
};

/** One that does not read must not hold up the others; it is in the body that is kept. */
const readable = (object: ObjectName, item: Body, frame: Frame) => {
  try {
    return toEvents(object, item, frame);
  } catch {
    return [];
  }
};

// ---------------------------------------------------------------- customers

const metadataPrefix = "metadata.";

const formOf = (content: DocumentContent): Form => {
  const form: Array<readonly [string, string]> = [];
  for (const [key, value] of Object.entries(content)) {
    /** A customer's currency is set by Stripe, with its first invoice. */
    if (key === "currency") continue;
    const name = key.startsWith(metadataPrefix) ? `metadata[${key.slice(metadataPrefix.length)}]` : key;
    form.push([name, value === null ? "" : String(value)]);
  }
  return form;
};

/** What the customer now says of what was wished; metadata is text there, and text of the wished number is that number. */
const receiptOf = (customer: Body, wished: DocumentContent): Receipt => {
  const metadata = (customer["metadata"] ?? {}) as Readonly<Record<string, unknown>>;
  const content: Record<string, string | number | null> = {};
  for (const [key, value] of Object.entries(wished)) {
    const isMetadata = key.startsWith(metadataPrefix);
    const now = isMetadata ? metadata[key.slice(metadataPrefix.length)] : customer[key];
    if (key === "currency") {
      if (typeof now === "string") content[key] = now.toUpperCase();
    } else if (typeof now === "string") content[key] = String(value) === now ? value : now;
    else content[key] = null;
  }
  return { foreignId: String(customer["id"]), content };
};

const unsupported = (command: OutboundCommand): Effect.Effect<never, AnswerError> =>
  Effect.fail(new Impossible({ code: "unsupported", detail: `Stripe takes no ${command.verb} of a ${command.kind}` }));
const supports = (command: OutboundCommand): boolean => command.kind === "customer" && command.verb !== "reverse";

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** Everything that a payout is made of; nothing where it is too much for one answer. */
const partsOf = (client: StripeClient, payout: string): Effect.Effect<ReadonlyArray<Body>, AnswerError> =>
  Effect.gen(function* () {
    const parts: Body[] = [];
    let after: string | null = null;
    for (let page = 0; page < mostPages; page++) {
      const { body } = yield* client.list("balance_transaction", after, payout);
      parts.push(...listOf(body));
      after = nextOf(body);
      if (after === null) return parts;
    }
    return [];
  });

export const makeStripe = (config: StripeConfig): Effect.Effect<System, never, HttpClient> =>
  Effect.map(makeClient(config), (client): System => {
    const send: Outbound["send"] = (command) => {
      if (!supports(command)) return unsupported(command);
      const form = formOf(command.content);
      if (command.verb === "post") {
        const ours: Form = [
          [`metadata[${outsideIdKey}]`, command.outsideId],
          ["metadata[tieout_source]", command.sourceObject],
        ];
        const created = client.createCustomer([...form, ...ours], command.key);
        return Effect.map(created, ({ body }) => receiptOf(body, command.content));
      }
      if (command.foreignId === null) {
        return Effect.fail(new Impossible({ code: "no_foreign_id", detail: "an update names no customer" }));
      }
      const updated = client.updateCustomer(command.foreignId, form, command.key);
      return Effect.map(updated, ({ body }) => receiptOf(body, command.content));
    };

    const lookup: Outbound["lookup"] = (command) => {
      if (!supports(command)) return unsupported(command);
      const { foreignId } = command;
      const found =
        foreignId === null
          ? client.findCustomer(command.outsideId)
          : Effect.map(client.retrieve("customer", foreignId), (answer) => answer?.body ?? null);
      return Effect.map(found, (customer) =>
        customer === null || customer["deleted"] === true ? null : receiptOf(customer, command.content),
      );
    };

    const read: Outbound["read"] = (subject, connection, requestedAt) => {
      const object = objectOf(subject);
      if (object === null) {
        return Effect.fail(new Impossible({ code: "unsupported", detail: `Stripe has no object for ${subject}` }));
      }
      const frame = {
        id: `read:${subject}:${requestedAt}`,
        source: connection,
        verb: "read",
        correlationid: null,
        linkKey: config.linkKey,
        at: readAtOf(requestedAt),
        read: true,
      };
      return Effect.gen(function* () {
        const answer = yield* client.retrieve(object, foreignIdOf(subject));
        if (answer === null) return null;
        const parts = object === "payout" && hasParts(answer.body) ? yield* partsOf(client, foreignIdOf(subject)) : [];
        return yield* Effect.try({
          try: () => ({
            body: parts.length === 0 ? answer.bytes : bytesOf({ ...answer.body, balance_transactions: parts }),
            events: [
              ...toEvents(object, answer.body, frame),
              ...parts.flatMap((part) =>
                toEvents("balance_transaction", part, { ...frame, payout: foreignIdOf(subject) }),
              ),
            ],
          }),
          catch: (cause) => {
            const detail = cause instanceof Misfit ? `${cause.path}: ${cause.why}` : String(cause);
            return new RejectedFixable({ code: "undecodable", detail });
          },
        });
      });
    };

    const list: NonNullable<Outbound["list"]> = (text, connection, requestedAt) =>
      Effect.gen(function* () {
        const place = placeOf(text);
        if (place === null) return yield* new Impossible({ code: "cursor", detail: "the cursor is not one of ours" });
        const [payout, ...others] = place.payouts ?? [];
        const object = payout === undefined ? listed[place.at]! : "balance_transaction";
        const { body, bytes } = yield* payout === undefined
          ? client.list(object, place.after)
          : client.list(object, place.part ?? null, payout);
        const items = listOf(body);
        const frame = { source: connection, verb: "read", correlationid: null, linkKey: config.linkKey };
        const read = { at: readAtOf(requestedAt), read: true, ...(payout === undefined ? {} : { payout }) };
        const events = items.flatMap((item) =>
          readable(object, item, { ...frame, ...read, id: `list:${object}:${item["id"]}:${requestedAt}` }),
        );
        const after = nextOf(body);
        const { at } = place;
        let next: ListPlace;
        if (payout !== undefined)
          next = { ...place, payouts: after === null ? others : (place.payouts ?? []), part: after };
        else {
          const whole = object === "payout" ? items.filter(hasParts).map(({ id }) => String(id)) : [];
          next = { at: after === null ? at + 1 : at, after, ...(whole.length === 0 ? {} : { payouts: whole }) };
        }
        const more = next.at < listed.length || (next.payouts ?? []).length > 0;
        return { body: bytes, events, cursor: JSON.stringify(next), more };
      });

    return {
      connection: config.connection,
      profile: { ...profile, settleWindowMs: config.settleWindowMs, concurrency: config.concurrency },
      inbound: makeInbound(config),
      outbound: { send, lookup, read, poll: null, list },
    };
  });
