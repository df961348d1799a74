/** The events that the ingest bench sends: a company's invoices and payments as Stripe tells them, in the size it tells them. */
import { makeStripeSimulator } from "../adapters/stripe/layer.ts";

/** What a real body carries beside what anyone reads: so that its size is that of recorded ones (3 to 6 KB for an invoice). */
const ballast = (kind: string): Record<string, unknown> => ({
  account_country: "US",
  account_name: "Example Inc.",
  application_fee_amount: null,
  automatic_tax: { enabled: false, liability: null, status: null },
  collection_method: "charge_automatically",
  custom_fields: [{ name: "Project name", value: `project of ${kind}` }],
  customer_address: {
    city: "Linz",
    country: "AT",
    line1: "Landstrasse 1",
    line2: null,
    postal_code: "4020",
    state: null,
  },
  hosted_invoice_url: `https://invoice.example.test/i/${"acct_1Gabcdefghijklmnop/live_YWNjdF8xR1Roc2VKRFBvalhTNkxOLF9L".repeat(2)}`,
  invoice_pdf: `https://pay.example.test/invoice/${"acct_1Gabcdefghijklmnop/live_YWNjdF8xR1Roc2VKRFBvalhTNkxOLF9L".repeat(2)}/pdf`,
  metadata: { project_id: "295", project_ref: "tpjdrydgwpadfjemnotg", organization_slug: "salty-lavender" },
  payment_settings: {
    default_mandate: null,
    payment_method_options: { card: { request_three_d_secure: null } },
    payment_method_types: ["card"],
  },
  plan: {
    id: "price_1",
    object: "plan",
    active: true,
    amount: 5000,
    amount_decimal: "5000",
    billing_scheme: "per_unit",
    interval: "month",
    product: "prod_1",
  },
  rendering: { amount_tax_display: null, pdf: { page_size: "a4" }, template: null },
  shipping_details: null,
  webhooks_delivered_at: 1_795_190_400,
  notes: "x".repeat(kind === "invoice" ? 1800 : 600),
});

export interface Load {
  /** JSON texts in the order they happened. */
  readonly bodies: ReadonlyArray<string>;
  readonly accounts: number;
}

/** Deterministic. Each round gives every account one invoice, finalized and paid by a charge: eight events. */
export const makeLoad = (accounts: number, rounds: number, prefix = ""): Load => {
  let now = Date.UTC(2026, 0, 1);
  const stripe = makeStripeSimulator({ now: () => now, idPrefix: prefix });
  const { operations } = stripe;
  const subscriptions = Array.from({ length: accounts }, (_, i) => {
    const customer = operations.createCustomer({ name: `Company ${prefix}${i}`, email: `ap${prefix}${i}@example.com` });
    return operations.createSubscription({ customer, amountMinor: 5000 });
  });
  for (let round = 0; round < rounds; round++) {
    now += 86_400_000;
    const invoices = subscriptions.map((subscription) => operations.createInvoice({ subscription }));
    for (const invoice of invoices) operations.finalizeInvoice(invoice);
    now += 2_000;
    for (const invoice of invoices) operations.payInvoice(invoice, { charge: true });
    for (const subscription of subscriptions) operations.renewSubscription(subscription);
  }
  const bodies = stripe.drainEvents().map((event) => {
    const { data, ...rest } = event as { data: { object: Record<string, unknown> } };
    return JSON.stringify({ ...rest, data: { object: { ...ballast(String(data.object["object"])), ...data.object } } });
  });
  return { bodies, accounts };
};
