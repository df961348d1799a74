/**
 * Which canonical events a Stripe object holds: what happened is the greater of what the object says and what the event's
 * type says. API 2020-03-02 up to the present. *Pure; a `Misfit` is the only way out but through.*
 */
import type {
  CanonicalEvent,
  CreditNoteData,
  DisputeData,
  InvoiceData,
  LineData,
  ObjectData,
  ObjectKind,
  PaymentData,
  PaymentMentionData,
  PayoutData,
  PayoutItemData,
  RefundData,
  SubscriptionData,
} from "../../domain/event.ts";
import { isAbove, type StatusOrder } from "../../domain/register.ts";
import { contractKey, entityKey, outsideIdKey } from "./config.ts";
import { display, Misfit, type ObjectName, type Read, shapes } from "./schema.ts";

/**
 * What Stripe cannot take back, per object. Subscriptions, products and prices move both ways: there the clock decides.
 * `succeeded < failed` of a refund: a bank may send it back.
 */
export const orders: Partial<Record<ObjectKind, StatusOrder>> = {
  account: { active: ["deleted"] },
  invoice: { draft: ["open", "deleted"], open: ["paid", "void", "uncollectible"], uncollectible: ["paid", "void"] },
  credit_note: { issued: ["void"] },
  payment: {
    pending: ["authorized", "succeeded", "failed", "canceled"],
    authorized: ["succeeded", "canceled", "failed"],
  },
  payment_mention: { open: ["paid", "canceled"] },
  refund: { pending: ["succeeded", "failed", "canceled"], succeeded: ["failed"] },
  dispute: {
    warning_needs_response: ["warning_under_review", "warning_closed", "needs_response"],
    warning_under_review: ["warning_closed", "needs_response"],
    warning_closed: ["needs_response"],
    needs_response: ["under_review", "won", "lost", "closed"],
    under_review: ["won", "lost", "closed"],
  },
  dispute_funds: { withdrawn: ["reinstated"] },
  // A bank may send back what it had taken.
  payout: {
    pending: ["in_transit", "paid", "failed", "canceled"],
    in_transit: ["paid", "failed", "canceled"],
    paid: ["failed"],
  },
  payout_item: { pending: ["available"] },
};

/** What is known of the event before its object is read. */
export interface Frame {
  readonly id: string;
  readonly source: string;
  /** The last part of Stripe's type (`finalized`); `read` for the answer to a re-read. */
  readonly verb: string;
  readonly correlationid: string | null;
  readonly linkKey: string;
  /** The event says that the customer's metadata had a link before it. */
  readonly hadLink?: boolean;
  /** Epoch milliseconds: when it happened, or the `readAt`. */
  readonly at: number;
  readonly read: boolean;
  /** Balance transactions do not name the payout that they went out with: whose they are is what was asked. */
  readonly payout?: string;
}

const route = (object: ObjectName, noun: ObjectKind) => ({ object, noun });
/** Stripe's type without its last part → the object it carries. */
const routes: ReadonlyMap<string, { readonly object: ObjectName; readonly noun: ObjectKind }> = new Map([
  ["customer", route("customer", "account")],
  ["customer.subscription", route("subscription", "subscription")],
  ["invoice", route("invoice", "invoice")],
  ["invoice_payment", route("invoice_payment", "payment_mention")],
  ["credit_note", route("credit_note", "credit_note")],
  ["charge", route("charge", "payment")],
  ["charge.refund", route("refund", "refund")],
  ["charge.dispute", route("dispute", "dispute")],
  ["refund", route("refund", "refund")],
  ["payment_intent", route("payment_intent", "payment_mention")],
  ["payment_record", route("payment_record", "payment")],
  ["product", route("product", "product")],
  ["price", route("price", "price")],
  ["payout", route("payout", "payout")],
]);
const verbPattern = /^[a-z_]+$/;

/** Null for a type we have no use for. `invoice.upcoming` is a preview of an object that does not exist. */
export const routeOf = (type: string): { readonly object: ObjectName; readonly verb: string } | null => {
  const dot = type.lastIndexOf(".");
  const found = routes.get(type.slice(0, dot));
  const verb = type.slice(dot + 1);
  if (dot < 1 || !found || !verbPattern.test(verb) || type === "invoice.upcoming") return null;
  return { object: found.object, verb };
};

type Metadata = Readonly<Record<string, unknown>> | null;
const said = (metadata: Metadata, key: string): string | null => {
  if (metadata === null || !Object.hasOwn(metadata, key)) return null;
  const value = metadata[key];
  return typeof value === "string" && value !== "" ? value : null;
};

interface Placed {
  readonly kind: ObjectKind;
  readonly id: string;
  readonly data: ObjectData;
  readonly owner: string | null;
  readonly via: string | null;
  readonly metadata: Metadata;
  /** Not the event's own object but one that it carries, or a fact about one. */
  readonly embedded?: boolean;
  /** Named in passing, not returned in full: no re-read of it. */
  readonly partial?: boolean;
}

const linkPattern = /^[^:\s]+:\S+$/;
const place = (frame: Frame, p: Placed): CanonicalEvent => {
  const target = p.kind === "account" ? said(p.metadata, frame.linkKey) : null;
  const linked = target !== null && linkPattern.test(target) && target !== `${frame.source}:${p.id}`;
  // A link that is taken away claims nothing from then on; one that was never there says nothing.
  const unlinked = !linked && p.kind === "account" && !p.embedded && frame.hadLink === true;
  const verb = frame.read ? "read" : p.embedded ? "observed" : frame.verb;
  return {
    id: frame.id,
    source: frame.source,
    type: `${p.kind}.${verb}`,
    subject: `${p.kind}/${p.id}`,
    time: frame.at,
    owner: p.owner,
    via: p.owner === null ? p.via : null,
    clock: { at: frame.at, tick: 1000, trust: 1000 },
    read: frame.read && !p.partial,
    data: p.data,
    links: linked ? [{ rank: "metadata", target }] : unlinked ? [{ rank: "metadata", target: null }] : [],
    externalId: said(p.metadata, outsideIdKey),
    correlationid: frame.correlationid,
    traceparent: null,
    dataschema: `tieout/${p.kind}/1`,
  };
};

// ---------------------------------------------------------------- words and money

/** The greater of the two in the vendor's order; where they conflict, what the type says. */
const greater = <S extends string>(kind: ObjectKind, own: S, byType: S | null): S =>
  byType === null || own === byType || isAbove(orders[kind], own, byType) ? own : byType;

const word = <S extends string>(path: string, value: string | null, known: Readonly<Record<string, S>>): S => {
  if (value !== null && Object.hasOwn(known, value)) return known[value]!;
  throw new Misfit(`${display(value ?? undefined)} is no status that we know`, path);
};
const words = <S extends string>(...all: ReadonlyArray<S>): Readonly<Record<string, S>> =>
  Object.fromEntries(all.map((s) => [s, s]));

const need = <A>(path: string, value: A | null): A => {
  if (value === null) throw new Misfit("is missing", path);
  return value;
};

/** Digits by which Stripe's unit differs from ISO 4217's: ISK and UGX come in hundredths that do not exist, MGA without its two digits. */
const shifts: Readonly<Record<string, number>> = { ISK: -2, UGX: -2, MGA: 2 };

const minor = (path: string, sent: number, currency: string): number => {
  const shift = shifts[currency];
  const scaled = shift === undefined ? sent : shift > 0 ? sent * 100 : sent / 100;
  if (!Number.isSafeInteger(scaled)) {
    throw new Misfit(`${sent} is not a whole number of minor units of ${currency}`, path);
  }
  return scaled + 0;
};

/** One event for each element of a list that the object carries; a misfit says which. */
const embedded = <A>(path: string, items: ReadonlyArray<A>, one: (item: A) => CanonicalEvent | null) =>
  items.flatMap((item, i) => {
    try {
      return one(item) ?? [];
    } catch (cause) {
      throw cause instanceof Misfit ? cause.under(i).under("data").under(path) : cause;
    }
  });

/** `"1234.5", -2` → `"12.345"`. */
const shiftDecimal = (text: string, digits: number): string => {
  const sign = text.startsWith("-") ? "-" : "";
  const [whole = "", fraction = ""] = text.slice(sign.length).split(".");
  const all = digits > 0 ? whole + fraction.padEnd(digits, "0") : whole.padStart(1 - digits, "0") + fraction;
  const point = digits > 0 ? whole.length + digits : Math.max(whole.length, 1 - digits) + digits;
  const rest = all.slice(point).replace(/0+$/, "");
  return `${sign}${all.slice(0, point).replace(/^0+(?=\d)/, "")}${rest === "" ? "" : `.${rest}`}`;
};

const subject = (kind: ObjectKind | "payment_intent", id: string | null): string | null =>
  id === null ? null : `${kind}/${id}`;
const blank = (text: string | null): string | null => (text === "" ? null : text);

// ---------------------------------------------------------------- one function per object

type Map<N extends ObjectName> = (object: Read<N>, frame: Frame) => ReadonlyArray<CanonicalEvent>;

const customer: Map<"customer"> = (o, frame) => {
  const status = greater("account", o.deleted ? "deleted" : "active", frame.verb === "deleted" ? "deleted" : null);
  const data = {
    status,
    name: blank(o.name),
    email: blank(o.email),
    currency: o.currency,
    parent: null,
    legalId: null,
  };
  return [place(frame, { kind: "account", id: o.id, data, owner: o.id, via: null, metadata: o.metadata })];
};

const subscriptionWords = words<SubscriptionData["status"]>(
  "incomplete",
  "incomplete_expired",
  "trialing",
  "active",
  "past_due",
  "unpaid",
  "paused",
  "canceled",
);
const subscription: Map<"subscription"> = (o, frame) => {
  const ended = frame.verb === "deleted";
  const status = ended && o.status === null ? "canceled" : word("status", o.status, subscriptionWords);
  const reached = greater("subscription", status, ended && status !== "incomplete_expired" ? "canceled" : null);
  const periodEnd = o.current_period_end ?? o.items[0]?.current_period_end ?? null;
  const endAt =
    reached === "canceled" || reached === "incomplete_expired"
      ? (o.ended_at ?? o.canceled_at ?? o.cancel_at ?? (frame.read ? null : frame.at))
      : (o.ended_at ?? o.cancel_at ?? (o.cancel_at_period_end ? periodEnd : null));
  const contract = said(o.metadata, contractKey);
  const items = o.items.flatMap((item) => subscriptionItem(item) ?? []);
  const data: SubscriptionData = {
    status: reached,
    startAt: o.start_date ?? o.created,
    endAt,
    contract,
    ...(items.length === 0 ? {} : { items }),
    ...(o.trial_end === null ? {} : { trialEndAt: o.trial_end }),
  };
  return [place(frame, { kind: "subscription", id: o.id, data, owner: o.customer, via: null, metadata: o.metadata })];
};

const intervals: ReadonlySet<string> = new Set(["day", "week", "month", "year"]);
type Interval = "day" | "week" | "month" | "year";
/** Absent where it is charged once. */
const recurringOf = (sent: Read<"price">["recurring"]) => {
  if (sent === null || sent.interval === null || !intervals.has(sent.interval)) return {};
  const { interval, interval_count: count, usage_type: usage } = sent;
  const every = count ?? 1;
  return every < 1 || every > 1200
    ? {}
    : { recurring: { unit: interval as Interval, every, metered: usage === "metered" } };
};
const decimalOf = (sent: string | null, currency: string | null): string | null => {
  const shift = currency === null ? undefined : shifts[currency];
  return sent === null || shift === undefined ? sent : shiftDecimal(sent, shift);
};

/** Null for one whose price the body only names. */
const subscriptionItem = (item: Read<"subscription">["items"][number]) => {
  const { id, price, quantity } = item;
  if (id === null || price === null) return null;
  return {
    id,
    product: price.product,
    price: subject("price", price.id),
    quantity,
    unitAmountDecimal: decimalOf(price.unit_amount_decimal, price.currency),
    currency: price.currency,
    recurring: recurringOf(price.recurring).recurring ?? null,
  };
};

const invoiceWords = words<InvoiceData["status"]>("draft", "open", "uncollectible", "paid", "void", "deleted");
const invoiceSays: Readonly<Record<string, InvoiceData["status"]>> = {
  finalized: "open",
  sent: "open",
  overdue: "open",
  payment_failed: "open",
  payment_action_required: "open",
  paid: "paid",
  payment_succeeded: "paid",
  overpaid: "paid",
  voided: "void",
  marked_uncollectible: "uncollectible",
  deleted: "deleted",
};

const reachedAt = ({ status_transitions: said }: Read<"invoice">) => ({
  ...(said?.paid_at == null ? {} : { paidAt: said.paid_at }),
  ...(said?.voided_at == null ? {} : { voidedAt: said.voided_at }),
  ...(said?.marked_uncollectible_at == null ? {} : { uncollectibleAt: said.marked_uncollectible_at }),
});

type Line = Read<"invoice">["lines"][number];
const lineSubscription = (line: Line): string | null =>
  line.parent?.subscription_item_details?.subscription ??
  line.parent?.invoice_item_details?.subscription ??
  line.subscription;
const isProration = (line: Line): boolean =>
  (line.proration ??
    line.parent?.subscription_item_details?.proration ??
    line.parent?.invoice_item_details?.proration) === true;

/** The newest period billed: of the subscription's own lines when there are any, else of its prorations, else the invoice's. */
const servicePeriod = (o: Read<"invoice">): { readonly start: number | null; readonly end: number | null } => {
  let best: Line | null = null;
  for (const line of o.lines) {
    if (lineSubscription(line) === null || line.period === null || line.period.start === null) continue;
    if (best === null || newer(line, best)) best = line;
  }
  return best?.period ?? { start: o.period_start, end: o.period_end };
};
const newer = (line: Line, best: Line): boolean => {
  if (isProration(line) !== isProration(best)) return isProration(best);
  const [start, other] = [line.period?.start ?? 0, best.period?.start ?? 0];
  return start === other ? (line.period?.end ?? 0) > (best.period?.end ?? 0) : start > other;
};

const sum = (amounts: ReadonlyArray<{ readonly amount: number | null }> | null): number | null =>
  amounts === null ? null : amounts.reduce((total, part) => total + (part.amount ?? 0), 0);

const invoice: Map<"invoice"> = (o, frame) => {
  const byType = invoiceSays[frame.verb] ?? null;
  const own = o.deleted
    ? "deleted"
    : o.status === null && byType !== null
      ? byType
      : word("status", o.status, invoiceWords);
  const status = greater("invoice", own, byType);
  const currency = need("currency", o.currency);
  const period = servicePeriod(o);
  const firstLine = o.lines[0];
  const entity = said(o.metadata, entityKey) ?? (o.issuer?.type === "account" ? o.issuer.account : null);
  const used = (o.ending_balance ?? o.starting_balance ?? 0) - (o.starting_balance ?? 0);
  const data: InvoiceData = {
    status,
    number: blank(o.number),
    currency,
    totalMinor: minor("total", need("total", o.total), currency),
    taxMinor: minor("tax", o.tax ?? sum(o.total_tax_amounts) ?? sum(o.total_taxes) ?? 0, currency),
    balanceUsedMinor: minor("ending_balance", Math.max(0, used), currency),
    subscription: subject(
      "subscription",
      o.parent?.subscription_details?.subscription ??
        o.subscription ??
        (firstLine ? lineSubscription(firstLine) : null),
    ),
    periodStart: period.start,
    periodEnd: period.end,
    finalizedAt: o.status_transitions?.finalized_at ?? null,
    ...(o.due_date === null ? {} : { dueAt: o.due_date }),
    ...reachedAt(o),
    ...(entity === null ? {} : { entity }),
  };
  const events = [
    place(frame, { kind: "invoice", id: o.id, data, owner: o.customer, via: null, metadata: o.metadata }),
  ];
  const named = o.payment_intent ?? o.charge;
  if (named !== null) events.push(legacyMention(o, named, status, frame));
  const whole = (p: Read<"invoice_payment">) => mention({ ...p, invoice: p.invoice ?? o.id }, frame, o.customer, true);
  events.push(...embedded("payments", o.payments, whole));
  // A draft's lines may still change, and one that is taken away leaves no trace.
  if (status !== "draft")
    events.push(...embedded("lines", o.lines, (line) => billedLine(line, o, currency, status, frame)));
  return events;
};

/** A line that says what was sold; one that names no product can stand opposite nothing. */
const billedLine = (
  line: Line,
  o: Read<"invoice">,
  currency: string,
  status: InvoiceData["status"],
  frame: Frame,
): CanonicalEvent | null => {
  const product = line.pricing?.price_details?.product ?? line.price?.product ?? null;
  const meter = line.price?.recurring?.meter ?? null;
  if (line.id === null || (product === null && meter === null)) return null;
  const unit = line.pricing?.unit_amount_decimal ?? line.price?.unit_amount_decimal ?? null;
  const priced = line.pricing?.price_details?.price ?? line.price?.id ?? null;
  const data: LineData = {
    status: status === "void" || status === "deleted" ? "deleted" : "active",
    document: `invoice/${o.id}`,
    subscription: subject("subscription", lineSubscription(line)),
    product,
    ...(priced === null ? {} : { price: `price/${priced}` }),
    meter,
    quantity: line.quantity === null ? null : String(line.quantity),
    unitAmountDecimal: decimalOf(unit, currency),
    currency,
    amountMinor: line.amount === null ? null : minor("amount", line.amount, currency),
    periodStart: line.period?.start ?? null,
    periodEnd: line.period?.end ?? null,
    ...(isProration(line) ? { proration: true } : {}),
  };
  const via = data.document;
  return place(frame, { kind: "line", id: line.id, data, owner: o.customer, via, metadata: null, embedded: true });
};

/** Before invoice payments were objects, the invoice itself named its payment. */
const legacyMention = (
  o: Read<"invoice">,
  named: string,
  status: InvoiceData["status"],
  frame: Frame,
): CanonicalEvent => {
  /** Paid by credit or out of band: the payment that the invoice names never came. */
  const elsewhere = status === "paid" && (o.paid_out_of_band === true || o.amount_paid === 0);
  const gone = elsewhere || status === "void" || status === "deleted";
  const paid = status === "paid" && !elsewhere;
  const data: PaymentMentionData = {
    status: paid ? "paid" : gone ? "canceled" : "open",
    invoice: `invoice/${o.id}`,
    intent: subject("payment_intent", o.payment_intent),
    payment: paid ? subject("payment", o.charge) : null,
    amountMinor: null,
  };
  const via = `invoice/${o.id}`;
  return place(frame, {
    kind: "payment_mention",
    id: named,
    data,
    owner: o.customer,
    via,
    metadata: null,
    embedded: true,
    partial: true,
  });
};

const mentionWords = words<PaymentMentionData["status"]>("open", "paid", "canceled");
const mention = (o: Read<"invoice_payment">, frame: Frame, owner: string | null, embedded: boolean): CanonicalEvent => {
  const byType = embedded ? null : frame.verb === "paid" ? "paid" : frame.verb === "detached" ? "canceled" : null;
  const status = greater("payment_mention", word("status", o.status, mentionWords), byType);
  const data: PaymentMentionData = {
    status,
    invoice: subject("invoice", o.invoice),
    intent: subject("payment_intent", o.payment?.payment_intent ?? null),
    payment: subject("payment", o.payment?.charge ?? o.payment?.payment_record ?? null),
    amountMinor: o.amount_paid === null ? null : minor("amount_paid", o.amount_paid, need("currency", o.currency)),
  };
  const via = data.invoice ?? data.payment;
  return place(frame, { kind: "payment_mention", id: o.id, data, owner, via, metadata: o.metadata, embedded });
};
const invoicePayment: Map<"invoice_payment"> = (o, frame) => [mention(o, frame, null, false)];

const intentWord = (status: string | null): PaymentMentionData["status"] => {
  if (status === "succeeded") return "paid";
  if (status === "canceled") return "canceled";
  if (status === "processing" || status?.startsWith("requires_")) return "open";
  throw new Misfit(`${display(status ?? undefined)} is no status that we know`, "status");
};
const paymentIntent: Map<"payment_intent"> = (o, frame) => {
  const byType = frame.verb === "succeeded" ? "paid" : frame.verb === "canceled" ? "canceled" : null;
  const status = greater("payment_mention", intentWord(o.status), byType);
  const data: PaymentMentionData = {
    status,
    invoice: subject("invoice", o.invoice),
    intent: `payment_intent/${o.id}`,
    payment: status === "paid" ? subject("payment", o.latest_charge ?? o.charges[0]?.id ?? null) : null,
    amountMinor: null,
  };
  const via = data.invoice ?? data.payment;
  return [place(frame, { kind: "payment_mention", id: o.id, data, owner: o.customer, via, metadata: o.metadata })];
};

const creditNoteWords = words<CreditNoteData["status"]>("issued", "void");
const creditNote: Map<"credit_note"> = (o, frame) => {
  const status = greater(
    "credit_note",
    word("status", o.status, creditNoteWords),
    frame.verb === "voided" ? "void" : null,
  );
  const currency = need("currency", o.currency);
  const total = need("total", o.total ?? o.amount);
  const before = o.pre_payment_amount ?? (o.type === "pre_payment" ? (o.amount ?? total) : 0);
  const invoiceSubject = `invoice/${need("invoice", o.invoice)}`;
  const data: CreditNoteData = {
    status,
    number: blank(o.number),
    currency,
    totalMinor: minor("total", total, currency),
    prePaymentMinor: minor("pre_payment_amount", Math.max(0, before), currency),
    invoice: invoiceSubject,
    issuedAt: o.effective_at ?? o.created,
  };
  return [
    place(frame, { kind: "credit_note", id: o.id, data, owner: o.customer, via: invoiceSubject, metadata: o.metadata }),
  ];
};

const chargeWords = words<PaymentData["status"]>("pending", "succeeded", "failed");
const chargeSays = (verb: string, captured: boolean): PaymentData["status"] | null => {
  if (verb === "failed") return "failed";
  if (verb === "captured") return "succeeded";
  if (verb === "succeeded") return captured ? "succeeded" : "authorized";
  return verb === "expired" ? "canceled" : null;
};
const charge: Map<"charge"> = (o, frame) => {
  const captured = o.captured !== false;
  const sent = word("status", o.status, chargeWords);
  const own = sent !== "succeeded" || captured ? sent : o.refunded ? "canceled" : "authorized";
  const status = greater("payment", own, chargeSays(frame.verb, captured));
  const currency = need("currency", o.currency);
  const amount = status === "succeeded" ? o.amount_captured || o.amount : o.amount;
  const data: PaymentData = {
    status,
    currency,
    amountMinor: minor("amount", need("amount", amount), currency),
    invoice: subject("invoice", o.invoice),
    intent: subject("payment_intent", o.payment_intent),
    paidAt: status === "succeeded" ? o.created : null,
  };
  const events = [
    place(frame, { kind: "payment", id: o.id, data, owner: o.customer, via: data.invoice, metadata: o.metadata }),
  ];
  /** What an authorization gives back was never taken. */
  if (status !== "succeeded") return events;
  const whole = (r: Read<"refund">) =>
    oneRefund({ ...r, charge: r.charge ?? o.id, currency: r.currency ?? currency }, frame, o.customer, true);
  events.push(...embedded("refunds", o.refunds, whole));
  return events;
};

/**
 * The out-of-band movement. Guaranteed money is succeeded, for that amount, whatever else failed on the way; what was
 * refunded has no object of its own and is one refund under the record's id.
 */
const paymentRecord: Map<"payment_record"> = (o, frame) => {
  const asked = need("amount_requested", o.amount_requested ?? o.amount);
  const currency = need("amount_requested.currency", asked.currency);
  const requested = need("amount_requested.value", asked.value);
  const guaranteed = o.amount_guaranteed?.value ?? 0;
  const canceled = o.amount_canceled?.value ?? 0;
  const failed = (o.amount_failed?.value ?? 0) > 0;
  const status =
    guaranteed > 0 ? "succeeded" : failed ? "failed" : canceled > 0 && canceled >= requested ? "canceled" : "pending";
  const amount = guaranteed > 0 ? guaranteed : requested;
  const data: PaymentData = {
    status,
    currency,
    amountMinor: minor("amount_guaranteed.value", amount, currency),
    invoice: null,
    intent: null,
    paidAt: guaranteed > 0 ? o.created : null,
  };
  const owner = o.customer_details?.customer ?? null;
  const events = [place(frame, { kind: "payment", id: o.id, data, owner, via: null, metadata: o.metadata })];
  const refunded = o.amount_refunded?.value ?? 0;
  if (guaranteed <= 0 || refunded <= 0) return events;
  const back: RefundData = {
    status: "succeeded",
    currency,
    amountMinor: minor("amount_refunded.value", refunded, currency),
    payment: `payment/${o.id}`,
    refundedAt: null,
  };
  events.push(
    place(frame, { kind: "refund", id: o.id, data: back, owner, via: back.payment, metadata: null, embedded: true }),
  );
  return events;
};

const refundWords: Readonly<Record<string, RefundData["status"]>> = {
  ...words<RefundData["status"]>("pending", "succeeded", "failed", "canceled"),
  requires_action: "pending",
};
const oneRefund = (o: Read<"refund">, frame: Frame, owner: string | null, embedded: boolean): CanonicalEvent => {
  const byType = !embedded && frame.verb === "failed" ? "failed" : null;
  const status = greater("refund", word("status", o.status, refundWords), byType);
  const currency = need("currency", o.currency);
  const payment = `payment/${o.charge}`;
  const data: RefundData = {
    status,
    currency,
    amountMinor: minor("amount", need("amount", o.amount), currency),
    payment,
    refundedAt: status === "succeeded" ? o.created : null,
  };
  return place(frame, { kind: "refund", id: o.id, data, owner, via: payment, metadata: o.metadata, embedded });
};
/** A refund of no charge gives back money that was never a payment of ours to follow: no event. */
const refund: Map<"refund"> = (o, frame) => {
  const event = oneRefund(o, frame, o.customer, false);
  return event === null ? [] : [event];
};

/** `prevented`, `charge_refunded`: over without a verdict. An appeal is under review again. */
const disputeWords: Readonly<Record<string, DisputeData["status"]>> = {
  ...words<DisputeData["status"]>(
    "warning_needs_response",
    "warning_under_review",
    "warning_closed",
    "needs_response",
    "under_review",
    "won",
    "lost",
    "closed",
  ),
  prevented: "closed",
  charge_refunded: "closed",
  appeal_needs_response: "under_review",
  appeal_under_review: "under_review",
};
const closedAs = (own: DisputeData["status"]): DisputeData["status"] | null => {
  if (own === "needs_response" || own === "under_review") return "closed";
  return own === "warning_needs_response" || own === "warning_under_review" ? "warning_closed" : null;
};

/** Where the money of a dispute is; null while no evidence says that it moved. */
const fundsOf = (o: Read<"dispute">, verb: string): "withdrawn" | "reinstated" | null => {
  if (verb === "funds_withdrawn") return "withdrawn";
  if (verb === "funds_reinstated") return "reinstated";
  if (o.status === "lost") return "withdrawn";
  if (o.status === "won") return "reinstated";
  const moved = sum(o.balance_transactions) ?? 0;
  if (moved < 0) return "withdrawn";
  return o.balance_transactions.length >= 2 ? "reinstated" : null;
};

const dispute: Map<"dispute"> = (o, frame) => {
  const own = word("status", o.status, disputeWords);
  const currency = need("currency", o.currency);
  const amountMinor = minor("amount", need("amount", o.amount), currency);
  const payment = `payment/${need("charge", o.charge)}`;
  const status = greater("dispute", own, frame.verb === "closed" ? closedAs(own) : null);
  const common = { id: o.id, owner: null, via: payment };
  const data: DisputeData = { status, currency, amountMinor, payment };
  const events = [place(frame, { ...common, kind: "dispute", data, metadata: o.metadata })];
  const funds = fundsOf(o, frame.verb);
  if (funds === null) return events;
  const taken = o.balance_transactions.find((t) => (t.amount ?? 0) < 0);
  const given = o.balance_transactions.find((t) => (t.amount ?? 0) > 0);
  const givenAt = given?.created ?? (frame.read ? null : frame.at);
  const moneyData = {
    status: funds,
    currency,
    amountMinor,
    payment,
    withdrawnAt: taken?.created ?? o.created,
    ...(funds === "reinstated" && givenAt !== null ? { reinstatedAt: givenAt } : {}),
  };
  events.push(place(frame, { ...common, kind: "dispute_funds", data: moneyData, metadata: null, embedded: true }));
  return events;
};

const standing = (o: { readonly deleted: boolean | null; readonly active: boolean | null }, verb: string) =>
  o.deleted || verb === "deleted" ? "deleted" : o.active === false ? "archived" : "active";

const product: Map<"product"> = (o, frame) => {
  const data = { status: standing(o, frame.verb), name: blank(o.name) } as const;
  return [place(frame, { kind: "product", id: o.id, data, owner: null, via: null, metadata: o.metadata })];
};

const price: Map<"price"> = (o, frame) => {
  const sent = o.unit_amount_decimal ?? (o.unit_amount === null ? null : String(o.unit_amount));
  const data = {
    status: standing(o, frame.verb),
    product: subject("product", o.product),
    currency: o.currency,
    unitAmountDecimal: decimalOf(sent, o.currency),
    ...recurringOf(o.recurring),
  } as const;
  return [place(frame, { kind: "price", id: o.id, data, owner: null, via: null, metadata: o.metadata })];
};

const payoutWords = words<PayoutData["status"]>("pending", "in_transit", "paid", "failed", "canceled");
const payoutSays: Readonly<Record<string, PayoutData["status"]>> = {
  paid: "paid",
  failed: "failed",
  canceled: "canceled",
};
const payout: Map<"payout"> = (o, frame) => {
  const currency = need("currency", o.currency);
  const data: PayoutData = {
    status: greater("payout", word("status", o.status, payoutWords), payoutSays[frame.verb] ?? null),
    currency,
    amountMinor: minor("amount", need("amount", o.amount), currency),
    reference: blank(o.trace_id?.value ?? null),
    arrivalAt: o.arrival_date,
  };
  return [place(frame, { kind: "payout", id: o.id, data, owner: null, via: null, metadata: o.metadata })];
};

/** The balance's own side of a payout is no part of it. */
const ofPayoutItself = (type: string): boolean => type === "payout" || type === "payout_cancel";
const itemWords = words<PayoutItemData["status"]>("pending", "available");
const balanceTransaction: Map<"balance_transaction"> = (o, frame) => {
  const movement = need("type", o.type);
  if (ofPayoutItself(movement)) return [];
  const currency = need("currency", o.currency);
  const data: PayoutItemData = {
    status: word("status", o.status, itemWords),
    movement,
    currency,
    amountMinor: minor("amount", need("amount", o.amount), currency),
    feeMinor: minor("fee", o.fee ?? 0, currency),
    netMinor: minor("net", need("net", o.net), currency),
    payout: subject("payout", frame.payout ?? null),
    source: o.source,
    at: o.created,
  };
  return [place(frame, { kind: "payout_item", id: o.id, data, owner: null, via: null, metadata: null })];
};

/** Whether what a payout is made of is to be asked for: Stripe knows it of automatic ones only, and once they are on their way. */
export const hasParts = (raw: unknown): boolean => {
  const { status, automatic } = raw as { readonly status?: unknown; readonly automatic?: unknown };
  return automatic !== false && (status === "paid" || status === "in_transit");
};

const maps: { readonly [N in ObjectName]: Map<N> } = {
  customer,
  subscription,
  invoice,
  invoice_payment: invoicePayment,
  credit_note: creditNote,
  refund,
  charge,
  payment_intent: paymentIntent,
  payment_record: paymentRecord,
  dispute,
  product,
  price,
  payout,
  balance_transaction: balanceTransaction,
};

/** Throws nothing but `Misfit`. */
export const toEvents = <N extends ObjectName>(name: N, raw: unknown, frame: Frame): ReadonlyArray<CanonicalEvent> => {
  const object = shapes[name].read(raw) as Read<N>;
  const own = (object as { readonly object: string | null }).object;
  if (own !== null && own !== name) throw new Misfit(`${display(own)} where ${name} was due`, "object");
  return maps[name](object, frame);
};
