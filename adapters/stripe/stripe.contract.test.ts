/** The folder's contract: signatures against Stripe's own library, decoding as law and example, the API over real HTTP. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import * as FetchHttpClient from "@effect/platform/FetchHttpClient";
import { type ServerType, serve } from "@hono/node-server";
import * as Effect from "effect/Effect";
import * as Either from "effect/Either";
import * as FastCheck from "effect/FastCheck";
import * as Layer from "effect/Layer";
import * as Schema from "effect/Schema";
import Stripe from "stripe";
import { afterEach, describe, it } from "vitest";
import { canonical, type Json } from "../../domain/canonical.ts";
import {
  type CanonicalEvent,
  dataSchemas,
  type InvoiceData,
  kindOf,
  type LineData,
  type PayoutData,
  Subject,
} from "../../domain/event.ts";
import type { AnswerError, Decoded, OutboundCommand, PollAnswer, System } from "../../domain/ports/system.ts";
import { emptyRegister, observe, type Register, type Shown, shown } from "../../domain/register.ts";
import { retryAfterMs } from "../transport.ts";
import { inbound, makeConfig, makeStripe, makeStripeSimulator, profile, signWebhook } from "./layer.ts";
import { type ObjectName, shapes } from "./schema.ts";
import type { CommitEntry, SimulatorOptions, StripeSimulator } from "./simulator.ts";

/** Epoch milliseconds at which the simulators stand. */
const start = 1_795_190_400_000;
const versions = ["2020-03-02", "2026-10-28.endive"] as const;
type Tree = { [key: string]: Tree } & Record<string, never>;
const fixtures = versions.map(
  (version) => JSON.parse(readFileSync(new URL(`./fixtures/${version}.json`, import.meta.url), "utf8")) as Array<Tree>,
);
const bodies: ReadonlyArray<Record<string, unknown>> = fixtures.flat();
/** One body for each object and version: what the mutations start from. */
const distinct = [
  ...new Map(
    bodies.map((body) => {
      const { object } = body["data"] as { object: Record<string, unknown> };
      return [`${body["api_version"]} ${object["object"]} ${object["deleted"]}`, body];
    }),
  ).values(),
];
const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const decode = (body: unknown): Decoded => inbound.decode(bytes(body), "stripe");
const reasonOf = (decoded: Decoded): string => ("reason" in decoded ? decoded.reason : "");
const eventsOf = (decoded: Decoded): ReadonlyArray<CanonicalEvent> => {
  assert.equal(decoded._tag, "Events", reasonOf(decoded));
  return decoded._tag === "Events" ? decoded.events : [];
};
const event = (type: string, object: object, more: object = {}) => ({
  id: "evt_t1",
  object: "event",
  api_version: "2026-10-28.endive",
  created: 1_795_190_400,
  type,
  data: { object },
  ...more,
});
const first = (type: string, object: object, more: object = {}): CanonicalEvent =>
  eventsOf(decode(event(type, object, more)))[0]!;

const invoiceBody = {
  id: "in_1",
  object: "invoice",
  customer: "cus_9",
  status: "open",
  currency: "usd",
  total: 129_000,
  total_taxes: [{ amount: 9_000 }],
  parent: { type: "subscription_details", subscription_details: { subscription: "sub_4" } },
  lines: {
    data: [
      {
        period: { start: 1_795_132_800, end: 1_797_724_800 },
        parent: { subscription_item_details: { subscription: "sub_4", proration: false } },
      },
      {
        period: { start: 1_795_999_999, end: 1_797_724_800 },
        parent: { subscription_item_details: { subscription: "sub_4", proration: true } },
      },
    ],
  },
  status_transitions: { finalized_at: 1_795_190_000 },
};

describe("verify", () => {
  const stripe = new Stripe("sk_test_unused");
  const now = 1_795_190_400;
  const request = (body: string, header: string | undefined) => ({
    method: "POST",
    url: "/webhooks/stripe",
    headers: { "stripe-signature": header },
    body: Buffer.from(body),
  });
  const ours = (body: string, header: string | undefined, secrets: ReadonlyArray<string>) =>
    inbound.verify(request(body, header), secrets, now * 1000);
  const theirs = (body: string, header: string, secret: string): boolean => {
    try {
      stripe.webhooks.constructEvent(body, header, secret, 300, undefined, now * 1000);
      return true;
    } catch {
      return false;
    }
  };

  it("[ST1] a signature is judged as Stripe's own library judges it, over a table of cases", () => {
    const body = '{"id":"evt_1","object":"event","name":"Zoë"}';
    let accepted = 0;
    let refused = 0;
    for (const age of [0, 1, 299, 300, 301, 4000]) {
      const t = now - age;
      const made = (secret: string) =>
        stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: t }).split("v1=")[1]!;
      const [good, bad] = [made("whsec_a"), made("whsec_b")];
      const headers = [
        `t=${t},v1=${good}`,
        `t=${t},v1=${bad},v1=${good}`,
        `t=${t},v0=${good}`,
        `t=${t},v0=${bad},v1=${good}`,
        `v1=${good},t=${t}`,
        `t=${t},v1=${good.toUpperCase()}`,
        `t=${t},v1=${good.slice(1)}`,
        `t=${t},v1=${good}0`,
        `t=${t},v1=${bad}`,
        `t=${t + 1},v1=${good}`,
        `t=,v1=${good}`,
        `v1=${good}`,
        `t=${t}`,
        "t=,v1=",
        "rubbish",
        `t=${t};v1=${good}`,
      ];
      for (const header of headers) {
        for (const sent of [body, `${body} `]) {
          const verdict = ours(sent, header, ["whsec_a"]).ok;
          assert.equal(verdict, theirs(sent, header, "whsec_a"), `${header} over ${sent}, ${age} s old`);
          verdict ? accepted++ : refused++;
        }
      }
    }
    assert.ok(accepted >= 16 && refused >= 100, `${accepted} accepted, ${refused} refused`);
  });

  it("[ST1] the header that we make is accepted by Stripe's own library", () => {
    assert.ok(theirs('{"id":"evt_1"}', signWebhook('{"id":"evt_1"}', "whsec_a", now), "whsec_a"));
  });

  it("[ST2] a refusal says why, in words that hold no secret", () => {
    const sign = (t: number, secret = "whsec_a") => signWebhook("{}", secret, t);
    const reason = (header: string | undefined, secrets: ReadonlyArray<string> = ["whsec_a"]) => {
      const verdict = ours("{}", header, secrets);
      return verdict.ok ? "accepted" : verdict.reason;
    };
    assert.equal(reason(undefined), "no Stripe-Signature header");
    assert.equal(reason(sign(now - 412)), "timestamp 412 s old, tolerance 300 s");
    assert.equal(reason(sign(now + 412)), "timestamp 412 s in the future, tolerance 300 s");
    assert.equal(reason(sign(now + 300)), "accepted");
    assert.equal(reason(sign(now), ["whsec_b", "whsec_c"]), "no v1 signature matches any of 2 secrets");
    assert.equal(reason(sign(now), ["whsec_old", "whsec_a"]), "accepted");
    assert.equal(reason(sign(now, " "), ["", " "]), "no webhook secret is configured for this connection");
    assert.equal(reason(`t=${now}`), "no v1 signature in the Stripe-Signature header");
  });
});

/** Other systems' side of things; what a payout is made of comes by no webhook. */
const counterparts = [
  ...["tax_document", "usage_total", "entitlement", "payout_item", "deposit"],
  ...["terms", "amendment", "use", "exchange_rate"],
];

describe("decode", () => {
  it("[ST3] what is not Stripe's envelope is told from what is", () => {
    const object = { id: "cus_1", object: "customer" };
    const tag = (body: unknown) => decode(body)._tag;
    for (const not of [[], 7, null, {}, { id: "evt_1" }, { id: "evt_1", type: "a.b", data: {} }]) {
      assert.equal(tag(not), "NotEnvelope", JSON.stringify(not));
    }
    assert.equal(inbound.decode(Buffer.from("{nope"), "stripe")._tag, "NotEnvelope");
    assert.equal(tag({ ...event("customer.created", object), object: "charge" }), "NotEnvelope");
    const { object: _, ...withoutWord } = event("customer.created", object);
    assert.equal(tag(withoutWord), "Events");
    assert.equal(tag(event("radar.early_fraud_warning.created", { id: "issfr_1" })), "Unknown");
    assert.equal(tag(event("invoice.upcoming", { object: "invoice" })), "Unknown");
    assert.equal(tag(event("customer.source.created", { id: "src_1" })), "Unknown");
    for (const reserved of ["xstate.stop", "done.state.x", "xstate.done.actor.0"]) {
      assert.match(reasonOf(decode(event(reserved, object))), /reserved/);
    }
    const thin = { id: "evt_1", object: "v2.core.event", type: "v1.invoice.paid", related_object: { id: "in_1" } };
    assert.equal(tag(thin), "Unknown");
    assert.equal(tag(event("invoice.paid", { id: "ch_1", object: "charge" })), "Undecodable");
  });

  it("[ST3] the data hash covers the data and nothing of the delivery", () => {
    const hash = (body: unknown) => {
      const decoded = decode(body);
      return decoded._tag === "NotEnvelope" ? "" : decoded.envelope.dataHash;
    };
    const body = event("invoice.paid", invoiceBody);
    assert.equal(hash({ ...body, pending_webhooks: 3 }), hash({ ...body, pending_webhooks: 1 }));
    assert.notEqual(hash(body), hash(event("invoice.paid", { ...invoiceBody, total: 1 })));
    assert.match(hash(body), /^[0-9a-f]{64}$/);
  });

  it("[ST4] an API version outside what this decoder knows fails loudly", () => {
    const tag = (api_version: unknown) => decode({ ...event("invoice.paid", invoiceBody), api_version })._tag;
    for (const known of [
      null,
      undefined,
      "2020-03-02",
      "2022-11-15",
      "2024-09-30.acacia",
      "2026-10-28.endive",
      "2026-11-01.preview",
    ]) {
      assert.equal(tag(known), "Events", String(known));
    }
    for (const other of ["2019-12-03", "2027-01-01", "2026-12-01.fuchsia", "2027-03-01.preview", "endive", 7, ""]) {
      assert.equal(tag(other), "Undecodable", String(other));
    }
  });

  it("[ST5] what does not fit is named by its path", () => {
    const reason = (more: object) => reasonOf(decode(event("invoice.paid", { ...invoiceBody, ...more })));
    assert.equal(reason({ total: 10.5 }), "data.object.total: 10.5 is not a whole number of minor units");
    assert.equal(
      reason({ total: 2 ** 53 }),
      "data.object.total: 9007199254740992 is not a whole number of minor units",
    );
    assert.equal(reason({ currency: "zzz" }), 'data.object.currency: "zzz" is not an ISO 4217 currency');
    assert.equal(reason({ currency: null }), "data.object.currency: is missing");
    assert.equal(reason({ status: "settled" }), 'data.object.status: "settled" is no status that we know');
    assert.match(
      reason({ lines: { data: [{ period: { start: "x" } }] } }),
      /^data\.object\.lines\.data\.0\.period\.start: /,
    );
    assert.match(
      reason({ payments: { data: [{ id: "inpay_1", status: 3 }] } }),
      /^data\.object\.payments\.data\.0\.status: /,
    );
    assert.equal(first("invoice.paid", { ...invoiceBody, total: -500 }).data.status, "paid");
  });

  it("[ST6] every fixture decodes to events that the domain's schemas accept", () => {
    const seen = new Set<string>();
    for (const body of bodies) {
      for (const e of eventsOf(decode(body))) {
        check(e);
        seen.add(kindOf(e.subject));
      }
    }
    const missing = Object.keys(dataSchemas).filter(
      (kind) => !["posting", "quote", "contract", ...counterparts].includes(kind) && !seen.has(kind),
    );
    assert.deepEqual(missing, []);
  });

  it("[ST6] any one leaf replaced by any JSON value is decoded or refused with a reason, never thrown", {
    timeout: 60_000,
  }, () => {
    const counts = { Events: 0, Unknown: 0, Undecodable: 0, NotEnvelope: 0 };
    const sampled = FastCheck.sample(FastCheck.jsonValue({ maxDepth: 2 }), { numRuns: 12, seed: 20261120 });
    for (const body of distinct) {
      for (const path of leaves(body)) {
        for (const value of [...odd, ...sampled]) {
          const decoded = decode(replaced(body, path, value));
          counts[decoded._tag]++;
          assert.doesNotMatch(reasonOf(decoded), /decoder failed/, `${path.join(".")} = ${JSON.stringify(value)}`);
          if (decoded._tag === "Events") decoded.events.forEach(check);
        }
      }
    }
    for (const [tag, count] of Object.entries(counts)) assert.ok(count > 50, `${tag}: ${count}`);
  });

  it("[ST7] the hand-written readers and the Effect Schemas agree on fixtures and on their mutations", {
    timeout: 60_000,
  }, () => {
    const schemas = new Map<string, (input: unknown) => Either.Either<unknown, unknown>>();
    for (const name of Object.keys(shapes) as ReadonlyArray<ObjectName>) {
      schemas.set(name, Schema.decodeUnknownEither(shapes[name].schema() as Schema.Schema<unknown>) as never);
    }
    const compared = { both: 0, neither: 0 };
    const compare = (name: ObjectName, input: unknown, why: string): void => {
      const read = Either.try(() => shapes[name].read(input) as unknown);
      const decoded = schemas.get(name)!(input);
      assert.equal(Either.isRight(read), Either.isRight(decoded), why);
      if (Either.isRight(read) && Either.isRight(decoded)) assert.deepEqual(read.right, decoded.right, why);
      Either.isRight(read) ? compared.both++ : compared.neither++;
    };
    for (const body of distinct) {
      const { object } = body["data"] as { object: Record<string, unknown> };
      const name = object["object"] as ObjectName;
      compare(name, object, name);
      for (const path of leaves(object)) {
        for (const value of odd)
          compare(name, replaced(object, path, value), `${name} ${path.join(".")} = ${JSON.stringify(value)}`);
      }
    }
    assert.ok(compared.both > 1000 && compared.neither > 1000, JSON.stringify(compared));
  });
});

const odd: ReadonlyArray<unknown> = [
  null,
  true,
  0,
  -1,
  10.5,
  2 ** 53,
  1e300,
  "",
  "x",
  "usd",
  "JPY",
  "1.5",
  "a\nb",
  "deleted",
  [],
  ["a"],
  [null],
  {},
  { id: "x_1" },
  { data: [{}] },
];
const leaves = (value: unknown, at: ReadonlyArray<string> = []): ReadonlyArray<ReadonlyArray<string>> =>
  typeof value === "object" && value !== null && Object.keys(value).length > 0
    ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...at, key]))
    : [at];
const replaced = (root: unknown, path: ReadonlyArray<string>, value: unknown): unknown => {
  const copy = structuredClone(root) as Tree;
  let at = copy;
  for (const key of path.slice(0, -1)) at = at[key]!;
  at[path.at(-1)!] = value as never;
  return copy;
};
const accepts = Object.fromEntries(
  Object.entries(dataSchemas).map(([kind, schema]) => [kind, Schema.is(schema as Schema.Schema<unknown>)]),
);
const isSubject = Schema.is(Subject);
const check = (e: CanonicalEvent): void => {
  assert.ok(accepts[kindOf(e.subject)]!(e.data), `${e.type} ${JSON.stringify(e.data)}`);
  assert.ok(isSubject(e.subject) && (e.via === null || isSubject(e.via)), `${e.subject} via ${e.via}`);
  assert.match(e.type, /^(?!xstate\.)[a-z_]+(\.[a-z_]+)+$/);
  assert.equal(e.dataschema, `tieout/${kindOf(e.subject)}/1`);
  assert.ok(Number.isSafeInteger(e.time) && e.clock.at === e.time);
  canonical(e as unknown as Json);
};

describe("mapping", () => {
  const statusOf = (type: string, object: object) => first(type, object).data.status;

  it("[ST8] an invoice of the present API says what it owes, for what and when", () => {
    const e = first("invoice.finalized", invoiceBody, { request: { id: "req_7", idempotency_key: "cmd-1" } });
    assert.deepEqual(e.data, {
      status: "open",
      number: null,
      currency: "USD",
      totalMinor: 129_000,
      taxMinor: 9_000,
      balanceUsedMinor: 0,
      subscription: "subscription/sub_4",
      periodStart: 1_795_132_800_000,
      periodEnd: 1_797_724_800_000,
      finalizedAt: 1_795_190_000_000,
    });
    assert.deepEqual(
      [e.type, e.subject, e.owner, e.correlationid],
      ["invoice.finalized", "invoice/in_1", "cus_9", "cmd-1"],
    );
    assert.deepEqual(e.clock, { at: 1_795_190_400_000, tick: 1000, trust: 1000 });
  });

  it("[ST9] the type is evidence: the status is the greater of the two, and the type's where they conflict", () => {
    const invoice = (type: string, status: string) => statusOf(`invoice.${type}`, { ...invoiceBody, status });
    assert.equal(invoice("finalized", "draft"), "open");
    assert.equal(invoice("finalized", "paid"), "paid");
    assert.equal(invoice("paid", "open"), "paid");
    assert.equal(invoice("paid", "void"), "paid");
    assert.equal(invoice("voided", "open"), "void");
    assert.equal(invoice("voided", "paid"), "void");
    assert.equal(invoice("marked_uncollectible", "open"), "uncollectible");
    assert.equal(invoice("marked_uncollectible", "void"), "void");
    assert.equal(invoice("updated", "draft"), "draft");
    assert.equal(invoice("deleted", "draft"), "deleted");
    const dispute = (type: string, status: string) =>
      statusOf(`charge.dispute.${type}`, {
        id: "dp_1",
        object: "dispute",
        charge: "ch_1",
        amount: 5,
        currency: "usd",
        status,
      });
    assert.equal(dispute("closed", "warning_needs_response"), "warning_closed");
    assert.equal(dispute("closed", "under_review"), "closed");
    assert.equal(dispute("closed", "lost"), "lost");
    assert.equal(dispute("updated", "needs_response"), "needs_response");
    const charge = (type: string, more: object) =>
      statusOf(`charge.${type}`, {
        id: "ch_1",
        object: "charge",
        amount: 5,
        currency: "usd",
        status: "succeeded",
        ...more,
      });
    assert.equal(charge("succeeded", { captured: false }), "authorized");
    assert.equal(charge("captured", { captured: true }), "succeeded");
    assert.equal(charge("failed", { status: "pending" }), "failed");
    assert.equal(charge("refunded", { captured: false, refunded: true }), "canceled");
    assert.equal(statusOf("customer.deleted", { id: "cus_1", object: "customer" }), "deleted");
    assert.equal(
      statusOf("customer.subscription.deleted", { id: "sub_1", customer: "cus_1", status: "active" }),
      "canceled",
    );
    assert.equal(
      statusOf("credit_note.voided", { id: "cn_1", invoice: "in_1", total: 5, currency: "usd", status: "issued" }),
      "void",
    );
    assert.equal(statusOf("payment_intent.succeeded", { id: "pi_1", status: "requires_payment_method" }), "paid");
  });

  it("[ST10] the money of a dispute is its own object, and a mere warning moves none", () => {
    const funds = (type: string, status: string, moves: ReadonlyArray<number> = []) => {
      const balance_transactions = moves.map((amount, i) => ({ amount, created: 1_795_000_000 + i }));
      const object = { id: "dp_1", charge: "ch_1", amount: 5, currency: "usd", status, balance_transactions };
      const found = eventsOf(decode(event(`charge.dispute.${type}`, object))).find(
        (e) => e.subject === "dispute_funds/dp_1",
      );
      return found?.data.status ?? null;
    };
    assert.equal(funds("created", "warning_needs_response"), null);
    assert.equal(funds("created", "needs_response"), null);
    assert.equal(funds("created", "needs_response", [-5]), "withdrawn");
    assert.equal(funds("funds_withdrawn", "needs_response"), "withdrawn");
    assert.equal(funds("closed", "lost"), "withdrawn");
    assert.equal(funds("closed", "won"), "reinstated");
    assert.equal(funds("updated", "under_review", [-5, 5]), "reinstated");
    assert.equal(funds("funds_withdrawn", "won", [-5, 5]), "withdrawn");
  });

  it("[ST10] refunds inside a charge are events of their own, but what an authorization gave back was never taken", () => {
    const refunds = { data: [{ id: "re_1", amount: 5, status: "succeeded" }] };
    const subjects = (captured: boolean) => {
      const object = {
        id: "ch_1",
        customer: "cus_1",
        amount: 5,
        currency: "usd",
        status: "succeeded",
        captured,
        refunded: true,
        refunds,
      };
      return eventsOf(decode(event("charge.refunded", object))).map((e) => `${e.type} ${e.subject} ${e.owner}`);
    };
    assert.deepEqual(subjects(true), ["payment.refunded payment/ch_1 cus_1", "refund.observed refund/re_1 cus_1"]);
    assert.deepEqual(subjects(false), ["payment.refunded payment/ch_1 cus_1"]);
  });

  it("[ST11] amounts are in ISO 4217's minor units, also where Stripe counts otherwise", () => {
    const total = (currency: string, amount: number) => {
      const decoded = decode(event("invoice.updated", { ...invoiceBody, currency, total: amount, total_taxes: [] }));
      return decoded._tag === "Events"
        ? (decoded.events[0]!.data as { totalMinor: number }).totalMinor
        : reasonOf(decoded);
    };
    assert.equal(total("jpy", 500), 500);
    assert.equal(total("kwd", 1230), 1230);
    assert.equal(total("isk", 50_000), 500);
    assert.equal(total("ugx", -300), -3);
    assert.equal(total("mga", 7), 700);
    assert.equal(total("isk", 501), "data.object.total: 501 is not a whole number of minor units of ISK");
    const unit = (currency: string, unit_amount_decimal: string) =>
      (first("price.created", { id: "price_1", currency, unit_amount_decimal }).data as { unitAmountDecimal: string })
        .unitAmountDecimal;
    assert.deepEqual(
      [
        unit("usd", "0.05"),
        unit("isk", "12345.5"),
        unit("isk", "5"),
        unit("isk", "-1200"),
        unit("mga", "1.5"),
        unit("mga", "7"),
      ],
      ["0.05", "123.455", "0.05", "-12", "150", "700"],
    );
  });

  it("[ST12] two events of one second that differ only in volatile fields give the same data", () => {
    const noisy = {
      ...invoiceBody,
      attempt_count: 4,
      amount_paid: 77,
      hosted_invoice_url: "https://example.test/x",
      amount_remaining: 3,
    };
    assert.deepEqual(first("invoice.updated", invoiceBody).data, first("invoice.updated", noisy).data);
  });

  it("[ST13] owners: the customer where the object names one, else the object that has one", () => {
    const place = (type: string, object: object) => {
      const { owner, via } = first(type, object);
      return [owner, via];
    };
    const refund = { id: "re_1", charge: "ch_1", amount: 5, currency: "usd", status: "succeeded" };
    assert.deepEqual(place("refund.created", refund), [null, "payment/ch_1"]);
    assert.deepEqual(place("refund.created", { ...refund, charge: { id: "ch_1" }, customer: { id: "cus_1" } }), [
      "cus_1",
      null,
    ]);
    assert.deepEqual(place("invoice_payment.paid", { id: "inpay_1", invoice: "in_1", status: "paid" }), [
      null,
      "invoice/in_1",
    ]);
    assert.deepEqual(place("product.created", { id: "prod_1", active: true }), [null, null]);
    assert.deepEqual(place("customer.created", { id: "cus_1" }), ["cus_1", null]);
  });

  it("[ST14] a link is claimed by the customer's metadata, an outside id is told from other metadata", () => {
    const made = (metadata: object) => first("customer.updated", { id: "cus_1", metadata });
    assert.deepEqual(made({ tieout_link: "salesforce:001A" }).links, [{ rank: "metadata", target: "salesforce:001A" }]);
    for (const tieout_link of ["", "salesforce", ":001A", "stripe:cus_1", 7, "a b:c"])
      assert.deepEqual(made({ tieout_link }).links, []);
    assert.equal(made({ tieout_outside_id: "oid_1" }).externalId, "oid_1");
    const sim = makeStripeSimulator({ now: () => Date.UTC(2026, 10, 20) });
    const customer = sim.operations.createCustomer({ metadata: { tieout_link: "salesforce:001A", plan: "a" } });
    for (const metadata of [{ tieout_link: "salesforce:001A" }, {}, { plan: "b" }])
      sim.operations.updateCustomer(customer, { metadata });
    const claims = (sim.drainEvents() as object[]).map((body) => eventsOf(decode(body))[0]!.links.map((l) => l.target));
    assert.deepEqual(claims, [["salesforce:001A"], ["salesforce:001A"], [null], []]);
    assert.equal(made({}).externalId, null);
  });

  it("[ST15] a payment record: guaranteed is succeeded for that amount, and what went back is one refund", () => {
    const usd = (value: number) => ({ currency: "usd", value });
    const record = (more: object) =>
      eventsOf(decode(event("payment_record.updated", { id: "pr_1", amount_requested: usd(100), ...more }))).map(
        (e) => [e.subject, e.data.status, (e.data as { amountMinor: number }).amountMinor],
      );
    assert.deepEqual(record({}), [["payment/pr_1", "pending", 100]]);
    assert.deepEqual(record({ amount_failed: usd(100) }), [["payment/pr_1", "failed", 100]]);
    assert.deepEqual(record({ amount_canceled: usd(100) }), [["payment/pr_1", "canceled", 100]]);
    assert.deepEqual(record({ amount_guaranteed: usd(90), amount_refunded: usd(20) }), [
      ["payment/pr_1", "succeeded", 90],
      ["refund/pr_1", "succeeded", 20],
    ]);
  });

  it("[ST16] one history told in the oldest and in the newest API ends in the same money", () => {
    const told = versions.map((apiVersion) => {
      let t = start;
      const simulator = makeStripeSimulator({ now: () => (t += 1000), apiVersion });
      simulator.operations.cancelSubscription(busyYear(simulator));
      return moneyOf(simulator);
    });
    assert.deepEqual(told[0], told[1]);
    assert.equal(told[0]!.filter((line) => line.startsWith("invoice")).length, 4);
    assert.ok(
      told[0]!.includes("dispute_funds withdrawn 12600") && told[0]!.includes("refund failed 700"),
      told[0]!.join("\n"),
    );
  });

  it("[ST17] of a whole history within one second nothing that Stripe cannot take back is ambiguous", () => {
    for (const apiVersion of versions) {
      const simulator = makeStripeSimulator({ now: () => start, apiVersion });
      busyYear(simulator);
      const seen = folded(simulator);
      assert.ok(seen.size >= 15, `${seen.size} objects`);
      for (const [subject, { ambiguous }] of seen) assert.equal(ambiguous, false, `${subject} in ${apiVersion}`);
    }
  });
});

/** One subscription with an invoice for each way to end, a refund kept and one failed, a dispute lost. */
const busyYear = (simulator: StripeSimulator): string => {
  const o = simulator.operations;
  const customer = o.createCustomer({ name: "Acme", balance: -300 });
  const subscription = o.createSubscription({ customer, amountMinor: 12_000 });
  const invoice = (): string => {
    const id = o.createInvoice({ subscription, taxMinor: 900 });
    o.finalizeInvoice(id);
    return id;
  };
  const paid = invoice();
  o.failPayment(paid);
  const charge = o.payInvoice(paid)!;
  o.refundCharge(charge, { amountMinor: 500 });
  o.failRefund(o.refundCharge(charge, { amountMinor: 700, status: "pending" }));
  o.closeDispute(o.openDispute(charge), "lost");
  o.voidInvoice(invoice());
  o.payInvoice(invoice(), { charge: false });
  o.createCreditNote({ invoice: invoice(), amountMinor: 12_900 });
  return subscription;
};

/** What each object shows after its webhooks were joined, by subject. */
const folded = (simulator: StripeSimulator): ReadonlyMap<string, Shown> => {
  const registers = new Map<string, Register>();
  for (const body of simulator.drainEvents()) {
    for (const e of eventsOf(decode(body))) {
      const observation = { status: e.data.status, at: e.clock.at, trust: e.clock.trust, data: e.data };
      const order = profile.orders[kindOf(e.subject)];
      registers.set(e.subject, observe(order, registers.get(e.subject) ?? emptyRegister, observation, e.read));
    }
  }
  return new Map([...registers].map(([subject, r]) => [subject, shown(profile.orders[kindOf(subject)], r)!]));
};

/** Without the ids, which differ by API version. */
const moneyOf = (simulator: StripeSimulator): ReadonlyArray<string> =>
  [...folded(simulator)]
    .filter(([subject]) => kindOf(subject) !== "payment_mention")
    .map(([subject, seen]) => {
      assert.equal(seen.ambiguous, false, subject);
      const data = seen.observation.data as { totalMinor?: number; amountMinor?: number };
      return `${kindOf(subject)} ${seen.observation.status} ${data.totalMinor ?? data.amountMinor ?? "-"}`;
    })
    .sort();

// ---------------------------------------------------------------- over real HTTP

const open: Array<ServerType> = [];
afterEach(async () => {
  for (const server of open.splice(0)) {
    await new Promise<void>((done) => {
      server.close(() => done());
      if ("closeAllConnections" in server) server.closeAllConnections();
    });
  }
});

const serving = async (
  options: Partial<SimulatorOptions> = {},
  given: { readonly apiKey?: string; readonly timeoutMs?: number } = {},
) => {
  let now = start;
  const simulator = makeStripeSimulator({ now: () => now, apiKey: "sk_test_1", ...options });
  const server = await new Promise<ServerType>((done) => {
    const made = serve({ fetch: simulator.app.fetch, port: 0, hostname: "127.0.0.1" }, () => done(made));
  });
  open.push(server);
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = makeConfig({ connection: "stripe", apiKey: "sk_test_1", baseUrl, timeoutMs: 2000, ...given });
  const system = await Effect.runPromise(Effect.provide(makeStripe(config), FetchHttpClient.layer));
  return { simulator, system, server, pass: (ms: number) => (now += ms) };
};
const command = (more: Partial<OutboundCommand> = {}): OutboundCommand => ({
  key: "cmd_1",
  outsideId: "oid_1",
  kind: "customer",
  verb: "post",
  content: { name: "Acme & Sons", email: "a@example.test", currency: "USD" },
  effectiveAt: start,
  sourceObject: "salesforce:account/001",
  customer: null,
  appliesTo: null,
  foreignId: null,
  ...more,
});
const run = <A>(effect: Effect.Effect<A, AnswerError>): Promise<A> => Effect.runPromise(effect);
const failing = (effect: Effect.Effect<unknown, AnswerError>): Promise<AnswerError> =>
  Effect.runPromise(Effect.flip(effect));
const send = (system: System, more: Partial<OutboundCommand> = {}) => system.outbound.send(command(more));

/** The lines of an invoice, by what each says. */
const linesOf = (events: ReadonlyArray<CanonicalEvent>) =>
  events
    .filter(({ subject }) => kindOf(subject) === "line")
    .map(({ owner, data }) => {
      const line = data as LineData;
      const { status, product, quantity, unitAmountDecimal, amountMinor, proration = false } = line;
      return [owner, status, line.document, product, quantity, unitAmountDecimal, amountMinor, proration];
    });

describe("lines", () => {
  it("[ST32] an issued invoice says product, quantity, unit price, amount, period and proration of each line, in both API versions", () => {
    for (const apiVersion of versions) {
      const simulator = makeStripeSimulator({ now: () => start, apiVersion });
      const o = simulator.operations;
      const customer = o.createCustomer();
      const price = o.createPrice({ product: o.createProduct("Pro", "pro"), unitAmount: "1999.5", currency: "isk" });
      const subscription = o.createSubscription({ customer, price, quantity: 200, currency: "isk" });
      const bare = o.createInvoice({ subscription, lines: [{ amount: 300, start: 1, end: 2, proration: false }] });
      const of = simulator.get("subscription", subscription) as { items: { data: [{ quantity: number }] } };
      assert.equal(of.items.data[0].quantity, 200);
      const second = Math.floor(start / 1000);
      const whole = { amount: 399_900, start: second, end: second + 60, proration: false, price, quantity: 200 };
      const part = { ...whole, amount: -300, quantity: 1, proration: true };
      const invoice = o.createInvoice({ subscription, lines: [whole, part] });
      const drafted = simulator.drainEvents().flatMap((body) => eventsOf(decode(body)));
      assert.deepEqual(linesOf(drafted), [], "a draft's lines may still change");
      o.finalizeInvoice(bare);
      assert.deepEqual(linesOf(simulator.drainEvents().flatMap((body) => eventsOf(decode(body)))), []);
      o.finalizeInvoice(invoice);
      const issued = eventsOf(decode(simulator.drainEvents().at(-1)));
      issued.forEach(check);
      const document = `invoice/${invoice}`;
      assert.deepEqual(linesOf(issued), [
        [customer, "active", document, "pro", "200", "19.995", 3999, false],
        [customer, "active", document, "pro", "1", "19.995", -3, true],
      ]);
      const line = issued.find(({ subject }) => kindOf(subject) === "line")!.data as LineData;
      assert.deepEqual(
        [line.subscription, line.currency, line.periodStart, line.periodEnd, line.meter],
        [`subscription/${subscription}`, "ISK", second * 1000, (second + 60) * 1000, null],
      );
      o.voidInvoice(invoice);
      const gone = linesOf(eventsOf(decode(simulator.drainEvents().at(-1))));
      assert.deepEqual(
        gone.map(([, status]) => status),
        ["deleted", "deleted"],
      );
    }
  });

  it("[ST33] the entity of an invoice is what its metadata names, else the connected account that issues it", () => {
    const entity = (more: object) => (first("invoice.paid", { ...invoiceBody, ...more }).data as InvoiceData).entity;
    assert.equal(entity({ metadata: { tieout_entity: "de" }, issuer: { type: "account", account: "acct_1" } }), "de");
    assert.equal(entity({ issuer: { type: "account", account: "acct_1" } }), "acct_1");
    assert.equal(entity({ issuer: { type: "self" } }), undefined);
  });
});

describe("payouts", () => {
  const payout = {
    id: "po_1",
    object: "payout",
    amount: 900,
    currency: "usd",
    automatic: true,
    arrival_date: 1_795_000_000,
  };
  const decoded = (type: string, more: object) => {
    const answer = decode(event(type, { ...payout, ...more }));
    if (answer._tag !== "Events") assert.fail(reasonOf(answer));
    answer.events.forEach(check);
    return [(answer.events[0]!.data as PayoutData).status, answer.asks ?? []];
  };

  it("[ST34] a payout belongs to nobody, and once it is paid what it is made of is asked for, where Stripe can tell", () => {
    const asked = ["payout/po_1"];
    assert.deepEqual(decoded("payout.created", { status: "pending" }), ["pending", []]);
    assert.deepEqual(decoded("payout.updated", { status: "in_transit" }), ["in_transit", []]);
    assert.deepEqual(decoded("payout.reconciliation_completed", { status: "in_transit" }), ["in_transit", asked]);
    assert.deepEqual(decoded("payout.paid", { status: "paid" }), ["paid", asked]);
    assert.deepEqual(decoded("payout.paid", { status: "paid", automatic: false }), ["paid", []]);
    assert.deepEqual(decoded("payout.failed", { status: "paid" }), ["failed", []]);
    const { owner, via, data } = first("payout.paid", { ...payout, status: "paid", trace_id: { value: "T1" } });
    assert.deepEqual([owner, via], [null, null]);
    const said = { status: "paid", currency: "USD", amountMinor: 900, reference: "T1", arrivalAt: 1_795_000_000_000 };
    assert.deepEqual(data, said);
    assert.match(reasonOf(decode(event("payout.paid", { ...payout, status: "odd" }))), /no status that we know/);
  });

  it("[ST35] read again or listed, a payout comes with its balance transactions, over pages, and they sum to it", async () => {
    const { simulator, system } = await serving();
    const o = simulator.operations;
    const customer = o.createCustomer();
    const charges = Array.from({ length: 120 }, () => o.createCharge({ customer, amountMinor: 1000 }));
    o.refundCharge(charges[0]!, { amountMinor: 100 });
    o.openDispute(charges[1]!);
    const large = o.createPayout({ trace: "T-1" });
    o.sendPayout(large);
    const small = o.createPayout({ charges: [o.createCharge({ customer, amountMinor: 700 })] });
    o.payPayout(small);
    const pending = o.createPayout({ charges: [o.createCharge({ customer, amountMinor: 800 })] });
    const partsIn = (events: ReadonlyArray<CanonicalEvent>, of: string) =>
      events.flatMap(({ data }) => ("netMinor" in data && data.payout === `payout/${of}` ? [data] : []));
    const ties = (events: ReadonlyArray<CanonicalEvent>, of: string, count: number) => {
      events.forEach(check);
      const found = partsIn(events, of);
      const whole = events.find(({ subject }) => subject === `payout/${of}`)!.data as PayoutData;
      assert.equal(found.length, count);
      for (const { amountMinor, feeMinor, netMinor } of found) assert.equal(netMinor, amountMinor - feeMinor);
      assert.equal(
        found.reduce((sum, { netMinor }) => sum + netMinor, 0),
        whole.amountMinor,
      );
    };
    const read = await run(system.outbound.read(`payout/${large}`, "stripe", start));
    ties(read!.events, large, 122);
    const fees = partsIn(read!.events, large).reduce((sum, { feeMinor }) => sum + feeMinor, 0);
    assert.equal(fees, 120 * 59 + 1500);
    assert.equal((await run(system.outbound.read(`payout/${pending}`, "stripe", start)))!.events.length, 1);
    assert.equal(await run(system.outbound.read("payout/po_none", "stripe", start)), null);
    const events: CanonicalEvent[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < 40; page++) {
      const answer: PollAnswer = await run(system.outbound.list!(cursor, "stripe", start));
      events.push(...answer.events);
      cursor = answer.cursor;
      if (!answer.more) break;
    }
    ties(events, large, 122);
    ties(events, small, 1);
    assert.equal(partsIn(events, pending).length, 0);
    assert.equal(
      new Set(events.map(({ id, subject }) => `${id} ${subject}`)).size,
      events.length,
      "nothing is listed twice",
    );
  });

  it("[ST36] the simulator pays out what is on the balance once, less fees, and what a bank sends back again", () => {
    const { operations: o, get, snapshot } = makeStripeSimulator({ now: () => start });
    assert.throws(() => o.createPayout(), /insufficient funds/);
    const charge = o.createCharge({ amountMinor: 10_000 });
    const amountOf = (id: string) => (get("payout", id) as { amount: number }).amount;
    const one = o.createPayout();
    assert.equal(amountOf(one), 10_000 - 320);
    assert.throws(() => o.createPayout(), /insufficient funds/);
    o.payPayout(one);
    assert.throws(() => o.sendPayout(one), /is paid/);
    o.failPayout(one);
    o.refundCharge(charge, { amountMinor: 680 });
    const two = o.createPayout();
    assert.equal(amountOf(two), 9000);
    const again = makeStripeSimulator({ now: () => start, state: JSON.parse(JSON.stringify(snapshot())) });
    assert.deepEqual(again.get("payout", two), get("payout", two));
    assert.throws(() => again.operations.createPayout(), /insufficient funds/);
  });
});

describe("over HTTP", () => {
  it("[ST20] a customer is made once, found by outside id, changed in place", async () => {
    const { simulator, system } = await serving();
    assert.equal(await run(system.outbound.lookup(command())), null);
    const made = await run(send(system));
    assert.deepEqual(made.content, { name: "Acme & Sons", email: "a@example.test" });
    assert.deepEqual(await run(system.outbound.lookup(command())), made);
    const content = { name: "Acme", "metadata.crm_stage": "paid", "metadata.seats": 5 };
    const update = { key: "cmd_2", verb: "update", foreignId: made.foreignId, content } as const;
    assert.deepEqual(await run(send(system, update)), { foreignId: made.foreignId, content });
    assert.deepEqual(await run(system.outbound.lookup(command(update))), { foreignId: made.foreignId, content });
    assert.deepEqual(
      simulator.log.map((entry) => [entry.verb, entry.key, entry.outsideId]),
      [
        ["post", "cmd_1", "oid_1"],
        ["update", "cmd_2", "oid_1"],
      ],
    );
    const echo = eventsOf(decode(simulator.drainEvents()[0]))[0]!;
    assert.deepEqual([echo.type, echo.externalId, echo.correlationid], ["account.created", "oid_1", "cmd_1"]);
  });

  it("[ST20] an outside id with quotes and an id with a slash reach Stripe as they are", async () => {
    const { system } = await serving();
    const odd = { outsideId: "o'id\\&=1" };
    const made = await run(send(system, odd));
    assert.equal((await run(system.outbound.lookup(command(odd))))?.foreignId, made.foreignId);
    assert.equal(await run(system.outbound.read("account/a/b?c#d", "stripe", start)), null);
  });

  it("[ST21] the same key again is the same answer and one customer; with other content it is impossible", async () => {
    const { simulator, system } = await serving();
    const made = await run(send(system));
    assert.deepEqual(await run(send(system)), made);
    assert.equal(simulator.log.length, 1);
    const error = await failing(send(system, { content: { name: "Other" } }));
    assert.deepEqual([error._tag, "code" in error && error.code], ["Impossible", "idempotency_error"]);
  });

  it("[ST22] a wrong key, a missing reference and a bad field are fixable; the secret is not repeated", async () => {
    const { system } = await serving({}, { apiKey: "sk_test_wrong" });
    const denied = await failing(send(system));
    assert.equal(denied._tag, "RejectedFixable");
    assert.doesNotMatch(denied.detail, /sk_test_wrong/);
    const other = await serving();
    const missing = await failing(send(other.system, { verb: "update", foreignId: "cus_none" }));
    assert.deepEqual([missing._tag, "code" in missing && missing.code], ["RejectedFixable", "resource_missing"]);
    const bad = await failing(send(other.system, { content: { name: "A", email: "nobody" } }));
    assert.deepEqual([bad._tag, "code" in bad && bad.code], ["RejectedFixable", "email_invalid"]);
  });

  it("[ST23] a limit is throttled, with the wait in either form", async () => {
    const { simulator, system, pass } = await serving({ ratePerSecond: 1 });
    await run(send(system));
    const limited = await failing(send(system));
    assert.deepEqual([limited._tag, "retryAfterMs" in limited && limited.retryAfterMs], ["Throttled", 1000]);
    pass(1000);
    await run(send(system));
    pass(1000);
    const headers = { "retry-after": "Fri, 20 Nov 2026 12:00:07 GMT", date: "Fri, 20 Nov 2026 12:00:00 GMT" };
    simulator.inject({ when: "before", status: 429, headers });
    const dated = await failing(send(system));
    assert.deepEqual([dated._tag, "retryAfterMs" in dated && dated.retryAfterMs], ["Throttled", 7000]);
    assert.equal(retryAfterMs(undefined, undefined, 0), null);
    assert.equal(retryAfterMs("soon", undefined, 0), null);
    assert.equal(retryAfterMs("0.5", undefined, 0), 500);
    assert.equal(retryAfterMs("Thu, 01 Jan 1970 00:00:09 GMT", undefined, 4000), 5000);
    assert.equal(retryAfterMs("Thu, 01 Jan 1970 00:00:01 GMT", undefined, 4000), 0);
  });

  it("[ST24] done but unanswered is an unknown outcome: by time, by a broken answer, by 5xx; the look-up settles it", async () => {
    const { simulator, system } = await serving({}, { timeoutMs: 150 });
    const troubles = [{ delayMs: 400 }, { sever: true }, { status: 500 }, { status: 503 }];
    for (const [index, trouble] of troubles.entries()) {
      const which = { key: `cmd_${index}`, outsideId: `oid_${index}` };
      simulator.inject({ on: "write", when: "after", ...trouble });
      assert.equal((await failing(send(system, which)))._tag, "OutcomeUnknown", JSON.stringify(trouble));
      const found = await run(system.outbound.lookup(command(which)));
      assert.equal((await run(send(system, which))).foreignId, found?.foreignId);
    }
    assert.equal(simulator.log.length, troubles.length);
  });

  it("[ST24] a read is never unclear, and what did not leave is transient", async () => {
    const { simulator, system } = await serving({}, { timeoutMs: 150 });
    for (const trouble of [{ delayMs: 400 }, { sever: true }, { status: 500 }]) {
      simulator.inject({ on: "read", when: "after", ...trouble });
      assert.equal((await failing(system.outbound.read("invoice/in_1", "stripe", start)))._tag, "Transient");
    }
    simulator.inject({ on: "write", when: "before", status: 409 });
    assert.equal((await failing(send(system)))._tag, "Transient");
    assert.equal(simulator.log.length, 0);
  });

  it("[ST24] a refused connection is transient: nothing left", async () => {
    const { system, server } = await serving();
    await new Promise<void>((done) => server.close(() => done()));
    assert.equal((await failing(send(system)))._tag, "Transient");
    assert.match((await failing(send(system))).detail, /ECONNREFUSED/);
  });

  it("[ST24] what the guard of outgoing calls refuses, or a certificate of another name, is transient: nothing left", async () => {
    for (const code of ["ERR_OUTBOUND_REFUSED", "ERR_TLS_CERT_ALTNAME_INVALID"]) {
      const cause = Object.assign(new Error("refused"), { code });
      const fetch = () => Promise.reject(Object.assign(new TypeError("fetch failed"), { cause }));
      const http = Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetch));
      const system = await run(
        Effect.provide(makeStripe(makeConfig({ connection: "stripe", apiKey: "sk_test" })), http),
      );
      const error = await failing(send(system));
      assert.deepEqual([error._tag, error.detail], ["Transient", `no connection to Stripe (${code})`]);
    }
  });

  it("[ST25] stripe-should-retry is obeyed where it decides between transient and fixable", async () => {
    const { simulator, system } = await serving();
    const answered = async (status: number, hint: string) => {
      simulator.inject({ on: "write", when: "before", status, headers: { "stripe-should-retry": hint } });
      return (await failing(send(system)))._tag;
    };
    assert.equal(await answered(400, "true"), "Transient");
    assert.equal(await answered(409, "false"), "RejectedFixable");
    assert.equal(await answered(409, "true"), "Transient");
    assert.equal(await answered(500, "true"), "OutcomeUnknown");
  });

  it("[ST26] a re-read answers with its lower bound as clock and covers only what was returned", async () => {
    for (const apiVersion of versions) {
      const { simulator, system } = await serving({ apiVersion });
      const o = simulator.operations;
      const invoice = o.createInvoice({ customer: o.createCustomer(), amountMinor: 700 });
      o.finalizeInvoice(invoice);
      const charge = o.payInvoice(invoice)!;
      const refund = o.refundCharge(charge, { amountMinor: 100 });
      const dispute = o.openDispute(charge);
      const read = async (subject: string) => {
        const answer = await run(system.outbound.read(subject, "stripe", start + 5_432));
        assert.ok(JSON.parse(Buffer.from(answer!.body).toString("utf8")).id);
        answer!.events.forEach(check);
        return answer!.events;
      };
      const [invoiceRead, ...mentions] = await read(`invoice/${invoice}`);
      assert.deepEqual(
        [invoiceRead!.type, invoiceRead!.read, invoiceRead!.clock.at],
        ["invoice.read", true, start + 4000],
      );
      assert.equal(invoiceRead!.id, `read:invoice/${invoice}:${start + 5_432}`);
      const named = apiVersion === "2020-03-02" ? "payment_mention/pi_" : "payment_mention/inpay_";
      assert.equal(mentions.length, 1);
      assert.ok(mentions[0]!.subject.startsWith(named), mentions[0]!.subject);
      assert.equal(mentions[0]!.read, apiVersion !== "2020-03-02", "a mention in passing is no re-read of it");
      assert.deepEqual(
        (await read(`payment/${charge}`)).map((e) => [e.subject, e.read]),
        [
          [`payment/${charge}`, true],
          [`refund/${refund}`, true],
        ],
      );
      assert.deepEqual(
        (await read(`dispute_funds/${dispute}`)).map((e) => [e.subject, e.type, e.read]),
        [
          [`dispute/${dispute}`, "dispute.read", true],
          [`dispute_funds/${dispute}`, "dispute_funds.read", true],
        ],
      );
      for (const e of mentions) assert.equal((await read(e.subject))[0]!.subject, e.subject);
      assert.equal(await run(system.outbound.read("invoice/in_none", "stripe", start)), null);
    }
  });

  it("[ST26] a payment record is read as the movement that an invoice payment names", async () => {
    const { simulator, system } = await serving();
    const o = simulator.operations;
    const invoice = o.createInvoice({ customer: o.createCustomer(), amountMinor: 700 });
    o.finalizeInvoice(invoice);
    const record = o.payInvoice(invoice, { charge: "payment_record" })!;
    const named = simulator.drainEvents().flatMap((body) => eventsOf(decode(body)));
    assert.ok(
      named.some(
        (e) => kindOf(e.subject) === "payment_mention" && "payment" in e.data && e.data.payment === `payment/${record}`,
      ),
    );
    const answer = await run(system.outbound.read(`payment/${record}`, "stripe", start + 9000));
    assert.deepEqual(
      answer!.events.map((e) => [e.subject, e.data.status]),
      [[`payment/${record}`, "succeeded"]],
    );
  });

  it("[ST27] what Stripe cannot take is impossible, said before anything is sent", async () => {
    const { system } = await serving();
    for (const kind of ["receivable", "credit_memo", "cash_application", "refund", "chargeback"] as const) {
      assert.equal((await failing(send(system, { kind })))._tag, "Impossible");
    }
    assert.equal((await failing(send(system, { verb: "reverse", foreignId: "cus_1" })))._tag, "Impossible");
    assert.equal((await failing(system.outbound.read("posting/1", "stripe", start)))._tag, "Impossible");
  });

  it("[ST28] a write is handed over before it is answered, and a simulator that gets it back answers the same key alike", async () => {
    const kept: Array<CommitEntry> = [];
    const before = await serving({ onCommit: (entry) => void kept.push(entry) });
    const made = await run(send(before.system));
    const after = await serving();
    for (const entry of [...kept, ...kept]) after.simulator.recommit(entry);
    assert.deepEqual(await run(send(after.system)), made);
    assert.equal(after.simulator.log.length, 1);
    assert.notEqual((await run(send(after.system, { key: "cmd_2", outsideId: "oid_2" }))).foreignId, made.foreignId);
    const full = await serving({ onCommit: () => Promise.reject(new Error("disk full")) });
    assert.equal((await failing(send(full.system)))._tag, "OutcomeUnknown");
  });
});

describe("the simulator", () => {
  it("[ST30] is deterministic, and goes on from a snapshot as if nothing had happened", () => {
    const history = (interrupt: boolean): string => {
      let simulator = makeStripeSimulator({ now: () => start });
      const customer = simulator.operations.createCustomer();
      const invoice = simulator.operations.createInvoice({ customer, amountMinor: 500 });
      if (interrupt) {
        const state = JSON.parse(JSON.stringify(simulator.snapshot()));
        simulator = makeStripeSimulator({ now: () => start, state });
      }
      simulator.operations.finalizeInvoice(invoice);
      simulator.operations.payInvoice(invoice);
      return JSON.stringify(simulator.drainEvents());
    };
    assert.equal(history(true), history(false));
  });

  it("[ST31] refuses what Stripe refuses", () => {
    const { operations: o } = makeStripeSimulator({ now: () => start });
    const customer = o.createCustomer();
    const invoice = o.createInvoice({ customer, amountMinor: 500 });
    assert.throws(() => o.payInvoice(invoice), /draft/);
    assert.throws(() => o.voidInvoice(invoice), /draft/);
    o.finalizeInvoice(invoice);
    const charge = o.payInvoice(invoice)!;
    assert.throws(() => o.voidInvoice(invoice), /paid/);
    assert.throws(() => o.refundCharge(charge, { amountMinor: 501 }), /greater than/);
    assert.throws(() => o.createCreditNote({ invoice, amountMinor: 501 }), /larger/);
    o.openDispute(charge);
    assert.throws(() => o.openDispute(charge), /cannot be disputed/);
    assert.throws(() => o.createInvoice({ customer: "cus_none" }), /No such customer/);
  });
});
