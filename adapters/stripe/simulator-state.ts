/**
 * What a Stripe account holds and how each act changes it, in a form of its own; `simulator.ts` prints it in the shape of
 * an API version. Acts run at once, on plain data, and throw `StripeRefusal` where Stripe would refuse.
 */
import type { DocumentContent } from "../../domain/ports/system.ts";

/** Stripe's no: what its error body says. */
export class StripeRefusal extends Error {
  readonly status: number;
  readonly code: string | null;
  readonly param: string | null;
  constructor(message: string, code: string | null = null, status = 400, param: string | null = null) {
    super(message);
    this.code = code;
    this.status = status;
    this.param = param;
  }
}

interface Thing {
  readonly id: string;
  /** Seconds since the epoch, as all times here. */
  readonly created: number;
}
export interface Customer extends Thing {
  name: string | null;
  email: string | null;
  currency: string | null;
  /** Negative: credit for coming invoices. */
  balance: number;
  metadata: Record<string, string>;
  deleted: boolean;
}
export interface Subscription extends Thing {
  readonly customer: string;
  status: string;
  readonly currency: string;
  /** Minor units a period. */
  amount: number;
  price: string | null;
  quantity: number;
  readonly startDate: number;
  periodStart: number;
  periodEnd: number;
  cancelAtPeriodEnd: boolean;
  cancelAt: number | null;
  canceledAt: number | null;
  endedAt: number | null;
}
export interface InvoiceLine {
  readonly amount: number;
  readonly start: number;
  readonly end: number;
  readonly proration: boolean;
  readonly price?: string | null;
  readonly quantity?: number | null;
}
export interface Invoice extends Thing {
  readonly customer: string;
  readonly subscription: string | null;
  status: string;
  deleted: boolean;
  number: string | null;
  readonly currency: string;
  readonly lines: ReadonlyArray<InvoiceLine>;
  readonly tax: number;
  readonly total: number;
  /** The connected account that issues it; null: this one. */
  readonly issuer: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  startingBalance: number;
  endingBalance: number | null;
  /** Issued before payment, not voided. */
  creditedBefore: number;
  creditedAfter: number;
  amountPaid: number;
  attempts: number;
  outOfBand: boolean;
  finalizedAt: number | null;
  paidAt: number | null;
  voidedAt: number | null;
  uncollectibleAt: number | null;
  intent: string | null;
  charge: string | null;
  /** Invoice payments, the default one first. */
  readonly payments: Array<string>;
}
export interface Intent extends Thing {
  readonly customer: string | null;
  readonly invoice: string | null;
  readonly amount: number;
  readonly currency: string;
  status: string;
  charge: string | null;
}
export interface Charge extends Thing {
  readonly customer: string | null;
  readonly invoice: string | null;
  readonly intent: string | null;
  status: string;
  readonly amount: number;
  readonly currency: string;
  captured: boolean;
  amountCaptured: number;
  amountRefunded: number;
  disputed: boolean;
}
export interface InvoicePayment extends Thing {
  readonly invoice: string;
  status: string;
  readonly currency: string;
  readonly requested: number;
  paid: number | null;
  paidAt: number | null;
  intent: string | null;
  record: string | null;
}
export interface PaymentRecord extends Thing {
  readonly customer: string;
  readonly currency: string;
  readonly requested: number;
  guaranteed: number;
  refunded: number;
}
export interface Refund extends Thing {
  readonly charge: string;
  readonly intent: string | null;
  readonly amount: number;
  readonly currency: string;
  status: string;
}
export interface CreditNote extends Thing {
  readonly customer: string;
  readonly invoice: string;
  readonly number: string;
  readonly currency: string;
  readonly total: number;
  readonly before: number;
  readonly settle: "balance" | "refund" | "out_of_band";
  readonly refund: string | null;
  status: string;
  voidedAt: number | null;
}
export interface Dispute extends Thing {
  readonly charge: string;
  readonly intent: string | null;
  readonly amount: number;
  readonly currency: string;
  status: string;
  moves: Array<{ readonly amount: number; readonly created: number }>;
}
export interface Product extends Thing {
  name: string;
  active: boolean;
  deleted: boolean;
}
export interface Price extends Thing {
  readonly product: string;
  readonly currency: string;
  /** Decimal text: a price may be finer than a minor unit. */
  readonly unitAmount: string;
  readonly meter: string | null;
  /** Charged again each; absent: once, or by a meter and then each month. */
  readonly interval?: "day" | "week" | "month" | "year" | null;
  readonly intervalCount?: number;
  active: boolean;
}
export interface Payout extends Thing {
  readonly amount: number;
  readonly currency: string;
  status: string;
  readonly arrival: number;
  /** What the bank carries. */
  readonly trace: string | null;
  readonly automatic: boolean;
}
export interface BalanceTransaction extends Thing {
  readonly type: string;
  readonly amount: number;
  readonly fee: number;
  readonly currency: string;
  readonly source: string;
  readonly payout: string;
}

export interface Tables {
  readonly customer: Record<string, Customer>;
  readonly subscription: Record<string, Subscription>;
  readonly invoice: Record<string, Invoice>;
  readonly payment_intent: Record<string, Intent>;
  readonly charge: Record<string, Charge>;
  readonly invoice_payment: Record<string, InvoicePayment>;
  readonly payment_record: Record<string, PaymentRecord>;
  readonly refund: Record<string, Refund>;
  readonly credit_note: Record<string, CreditNote>;
  readonly dispute: Record<string, Dispute>;
  readonly product: Record<string, Product>;
  readonly price: Record<string, Price>;
  readonly payout: Record<string, Payout>;
  readonly balance_transaction: Record<string, BalanceTransaction>;
}
export type Table = keyof Tables;

/** One write that came from outside through the API and took effect. */
export interface LogEntry {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly key: string | null;
  readonly kind: "customer";
  readonly verb: "post" | "update";
  readonly outsideId: string | null;
  readonly foreignId: string;
  readonly content: DocumentContent;
}
/** The first answer to an idempotency key; `request` tells a repetition from another use of the key. */
export interface Replay {
  readonly request: string;
  readonly status: number;
  readonly body: unknown;
}

/** One write, with all that is needed to have it again after a restart. */
export interface CommitEntry {
  /** Its place in the log, from 1. */
  readonly seq: number;
  readonly counter: number;
  readonly customer: Customer;
  readonly replay: { readonly key: string; readonly answer: Replay } | null;
  readonly log: LogEntry;
}

/** All of it is JSON. */
export interface SimulatorState {
  /** The number in the next id. */
  counter: number;
  readonly tables: Tables;
  readonly replays: Record<string, Replay>;
  readonly log: Array<LogEntry>;
  /** Webhook bodies not yet drained. */
  events: Array<unknown>;
}

export const emptyState = (): SimulatorState => ({
  counter: 1,
  tables: {
    customer: {},
    subscription: {},
    invoice: {},
    payment_intent: {},
    charge: {},
    invoice_payment: {},
    payment_record: {},
    refund: {},
    credit_note: {},
    dispute: {},
    product: {},
    price: {},
    payout: {},
    balance_transaction: {},
  },
  replays: {},
  log: [],
  events: [],
});

export type Printed = Record<string, unknown>;
/** A read may ask for more than an event carries. */
export type Print = (table: Table, id: string, expanded: boolean) => Printed;

export interface Host {
  readonly state: SimulatorState;
  readonly now: () => number;
  readonly newId: (prefix: string) => string;
  /** `previous`: what the object said before, of the fields that changed. */
  readonly emit: (type: string, table: Table, id: string, previous?: Readonly<Record<string, unknown>>) => void;
  /** True where payments of an invoice are objects of their own. */
  readonly modern: boolean;
}

const month = 30 * 86_400;
const refuse = (message: string, code: string | null = null): never => {
  throw new StripeRefusal(message, code);
};
const whole = (amount: number, param: string): number =>
  Number.isSafeInteger(amount) && amount > 0
    ? amount
    : refuse(`Invalid positive integer: ${param}`, "parameter_invalid_integer");

/** What is still to be paid. */
export const remainingOf = (i: Invoice): number =>
  Math.max(0, i.total - balanceUsed(i) - i.creditedBefore - i.amountPaid);
const balanceUsed = (i: Invoice): number => Math.max(0, (i.endingBalance ?? i.startingBalance) - i.startingBalance);

export const makeOperations = (host: Host) => {
  const { state, emit, newId, modern } = host;
  const { tables } = state;
  const now = (): number => Math.floor(host.now() / 1000);
  const find = <T extends Table>(table: T, id: string): Tables[T][string] => {
    const found = Object.hasOwn(tables[table], id) ? tables[table][id] : undefined;
    if (!found) throw new StripeRefusal(`No such ${table}: '${id}'`, "resource_missing", 404, "id");
    return found as Tables[T][string];
  };
  const add = <T extends Table>(table: T, thing: Tables[T][string]): string => {
    (tables[table] as Record<string, unknown>)[thing.id] = thing;
    return thing.id;
  };
  const base = (prefix: string): Thing => ({ id: newId(prefix), created: now() });
  const living = (id: string): Customer => {
    const customer = find("customer", id);
    return customer.deleted ? refuse(`No such customer: '${id}'`, "resource_missing") : customer;
  };

  /** What asked for the money and did not get it asks no more. */
  const releaseIntent = (i: Invoice): void => {
    if (i.intent === null) return;
    const intent = find("payment_intent", i.intent);
    if (intent.status === "succeeded") return;
    intent.status = "canceled";
    for (const id of i.payments) {
      const payment = find("invoice_payment", id);
      if (payment.status === "open") payment.status = "canceled";
    }
    emit("payment_intent.canceled", "payment_intent", intent.id);
  };

  const markPaid = (i: Invoice): void => {
    i.status = "paid";
    i.paidAt = now();
    releaseIntent(i);
    emit("invoice.updated", "invoice", i.id);
    emit("invoice.paid", "invoice", i.id);
    emit("invoice.payment_succeeded", "invoice", i.id);
  };

  const newCharge = (
    given: Pick<Charge, "customer" | "invoice" | "intent" | "amount" | "currency" | "status" | "captured">,
  ) => {
    const took = given.status === "succeeded" && given.captured;
    const charge: Charge = {
      amountCaptured: took ? given.amount : 0,
      amountRefunded: 0,
      disputed: false,
      ...base("ch"),
      ...given,
      amount: whole(given.amount, "amount"),
    };
    add("charge", charge);
    return charge;
  };

  const createCustomer = (
    given: Partial<Pick<Customer, "name" | "email" | "currency" | "balance" | "metadata">> = {},
  ): string => {
    const id = add("customer", {
      deleted: false,
      name: null,
      email: null,
      currency: null,
      balance: 0,
      metadata: {},
      ...base("cus"),
      ...given,
    });
    emit("customer.created", "customer", id);
    return id;
  };
  const updateCustomer = (id: string, given: Partial<Pick<Customer, "name" | "email" | "metadata">>): void => {
    const customer = living(id);
    const before = { ...customer.metadata };
    Object.assign(customer, given);
    const keys = [...new Set([...Object.keys(before), ...Object.keys(customer.metadata)])];
    const changed = keys.filter((key) => before[key] !== customer.metadata[key]);
    const metadata = Object.fromEntries(changed.map((key) => [key, before[key] ?? null]));
    emit("customer.updated", "customer", id, changed.length > 0 ? { metadata } : undefined);
  };
  const deleteCustomer = (id: string): void => {
    living(id).deleted = true;
    for (const s of Object.values(tables.subscription)) {
      if (s.customer === id && s.status !== "canceled") cancelSubscription(s.id);
    }
    emit("customer.deleted", "customer", id);
  };

  /** Rounded to a minor unit, as on an invoice. */
  const priced = (price: string, quantity: number): number =>
    Math.round(Number(find("price", price).unitAmount) * quantity);

  const createSubscription = (given: {
    readonly customer: string;
    readonly amountMinor?: number;
    readonly currency?: string;
    readonly price?: string;
    readonly quantity?: number;
    readonly status?: string;
    readonly periodSec?: number;
  }): string => {
    living(given.customer);
    const { price = null, quantity = 1 } = given;
    const thing = base("sub");
    const currency = given.currency ?? "usd";
    const id = add("subscription", {
      id: thing.id,
      created: thing.created,
      customer: given.customer,
      status: given.status ?? "active",
      currency,
      amount: given.amountMinor ?? (price === null ? 1000 : priced(price, quantity)),
      price,
      quantity,
      startDate: thing.created,
      periodStart: thing.created,
      periodEnd: thing.created + (given.periodSec ?? month),
      cancelAtPeriodEnd: false,
      cancelAt: null,
      canceledAt: null,
      endedAt: null,
    });
    emit("customer.subscription.created", "subscription", id);
    return id;
  };
  const running = (id: string): Subscription => {
    const s = find("subscription", id);
    return s.status === "canceled" ? refuse("A canceled subscription can only update its metadata.") : s;
  };
  const updateSubscription = (
    id: string,
    given: Partial<
      Pick<
        Subscription,
        "status" | "amount" | "price" | "quantity" | "cancelAtPeriodEnd" | "cancelAt" | "periodStart" | "periodEnd"
      >
    >,
  ): void => {
    const s = running(id);
    Object.assign(s, given);
    const isOther = given.quantity !== undefined || given.price !== undefined;
    if (isOther && given.amount === undefined && s.price !== null) s.amount = priced(s.price, s.quantity);
    emit("customer.subscription.updated", "subscription", id);
  };
  /** The next period begins where the last one ends. */
  const renewSubscription = (id: string): void => {
    const s = running(id);
    updateSubscription(id, { periodStart: s.periodEnd, periodEnd: s.periodEnd + (s.periodEnd - s.periodStart) });
  };
  const cancelSubscription = (id: string): void => {
    const s = running(id);
    s.status = "canceled";
    s.canceledAt = s.canceledAt ?? now();
    s.endedAt = now();
    emit("customer.subscription.deleted", "subscription", id);
  };

  const createInvoice = (given: {
    readonly customer?: string;
    readonly subscription?: string;
    readonly amountMinor?: number;
    readonly taxMinor?: number;
    readonly currency?: string;
    readonly lines?: ReadonlyArray<InvoiceLine>;
    readonly issuer?: string;
    readonly metadata?: Readonly<Record<string, string>>;
  }): string => {
    const of = given.subscription === undefined ? null : find("subscription", given.subscription);
    const customer = living(given.customer ?? of?.customer ?? "");
    const thing = base("in");
    const start = of?.periodStart ?? thing.created;
    const end = of?.periodEnd ?? thing.created;
    const amount = given.amountMinor ?? of?.amount ?? 1000;
    const sold = of === null || of.price === null ? {} : { price: of.price, quantity: of.quantity };
    const lines = given.lines ?? [{ amount, start, end, proration: false, ...sold }];
    const tax = given.taxMinor ?? 0;
    const id = add("invoice", {
      id: thing.id,
      created: thing.created,
      customer: customer.id,
      subscription: of?.id ?? null,
      status: "draft",
      deleted: false,
      number: null,
      currency: given.currency ?? of?.currency ?? customer.currency ?? "usd",
      lines,
      issuer: given.issuer ?? null,
      metadata: given.metadata ?? {},
      tax,
      total: lines.reduce((sum, line) => sum + line.amount, tax),
      startingBalance: customer.balance,
      endingBalance: null,
      creditedBefore: 0,
      creditedAfter: 0,
      amountPaid: 0,
      attempts: 0,
      outOfBand: false,
      finalizedAt: null,
      paidAt: null,
      voidedAt: null,
      uncollectibleAt: null,
      intent: null,
      charge: null,
      payments: [],
    });
    emit("invoice.created", "invoice", id);
    return id;
  };
  const inStatus = (id: string, ...allowed: ReadonlyArray<string>): Invoice => {
    const i = find("invoice", id);
    if (i.deleted || !allowed.includes(i.status)) {
      refuse(
        `Invoice ${id} is ${i.deleted ? "deleted" : i.status}: it must be ${allowed.join(" or ")}`,
        "invoice_not_editable",
      );
    }
    return i;
  };
  const deleteInvoice = (id: string): void => {
    inStatus(id, "draft").deleted = true;
    emit("invoice.deleted", "invoice", id);
  };
  const finalizeInvoice = (id: string): void => {
    const i = inStatus(id, "draft");
    const customer = find("customer", i.customer);
    i.status = "open";
    i.finalizedAt = now();
    i.number = `${newId("INV").toUpperCase().replace(/_/g, "-")}`;
    i.startingBalance = customer.balance;
    const used = Math.max(0, Math.min(i.total, -customer.balance));
    customer.balance += i.total < 0 ? i.total : used;
    i.endingBalance = customer.balance;
    const due = remainingOf(i);
    if (due > 0) {
      const common = { customer: i.customer, invoice: i.id, amount: due, currency: i.currency };
      i.intent = add("payment_intent", { status: "requires_payment_method", charge: null, ...base("pi"), ...common });
      if (modern) {
        const parts = { invoice: i.id, status: "open", currency: i.currency, requested: due, paid: null, paidAt: null };
        i.payments.push(add("invoice_payment", { intent: i.intent, record: null, ...base("inpay"), ...parts }));
      }
    }
    emit("invoice.finalized", "invoice", id);
    if (due === 0) markPaid(i);
  };

  /**
   * `true`: by a charge that is reported. `payment_record`: out of band, with a record where the API version has them.
   * `false`: the invoice says paid and names no movement.
   */
  const payInvoice = (
    id: string,
    how: { readonly charge: boolean | "payment_record" } = { charge: true },
  ): string | null => {
    const i = inStatus(id, "open", "uncollectible");
    const due = remainingOf(i);
    i.attempts += 1;
    let movement: string | null = null;
    let paid: string | null = null;
    if (how.charge === true && i.intent !== null) {
      const intent = find("payment_intent", i.intent);
      const common = { customer: i.customer, invoice: i.id, intent: intent.id, currency: i.currency };
      const charge = newCharge({ amount: due, status: "succeeded", captured: true, ...common });
      intent.status = "succeeded";
      intent.charge = charge.id;
      i.charge = charge.id;
      movement = charge.id;
      paid = i.payments[0] ?? null;
      if (paid !== null) Object.assign(find("invoice_payment", paid), { status: "paid", paid: due, paidAt: now() });
      emit("charge.succeeded", "charge", charge.id);
      emit("payment_intent.succeeded", "payment_intent", intent.id);
    } else {
      i.outOfBand = true;
      if (how.charge === "payment_record" && modern && due > 0) {
        const { customer, currency } = i;
        const amounts = { requested: due, guaranteed: due, refunded: 0 };
        movement = add("payment_record", { customer, currency, ...amounts, ...base("pr") });
        const whole = { invoice: i.id, currency: i.currency, requested: due, paid: due, paidAt: now() };
        paid = add("invoice_payment", { status: "paid", intent: null, record: movement, ...base("inpay"), ...whole });
        i.payments.push(paid);
      }
    }
    i.amountPaid += due;
    if (paid !== null) emit("invoice_payment.paid", "invoice_payment", paid);
    markPaid(i);
    return movement;
  };
  const failPayment = (id: string): string => {
    const i = inStatus(id, "open", "uncollectible");
    if (i.intent === null) return refuse("Nothing is due on this invoice");
    i.attempts += 1;
    const common = { customer: i.customer, invoice: i.id, intent: i.intent, currency: i.currency };
    const charge = newCharge({ amount: remainingOf(i), status: "failed", captured: false, ...common });
    find("payment_intent", i.intent).charge = charge.id;
    i.charge = charge.id;
    emit("charge.failed", "charge", charge.id);
    emit("payment_intent.payment_failed", "payment_intent", i.intent);
    emit("invoice.payment_failed", "invoice", id);
    return charge.id;
  };
  const voidInvoice = (id: string): void => {
    const i = inStatus(id, "open", "uncollectible");
    i.status = "void";
    i.voidedAt = now();
    releaseIntent(i);
    emit("invoice.updated", "invoice", id);
    emit("invoice.voided", "invoice", id);
  };
  const markUncollectible = (id: string): void => {
    const i = inStatus(id, "open");
    i.status = "uncollectible";
    i.uncollectibleAt = now();
    emit("invoice.updated", "invoice", id);
    emit("invoice.marked_uncollectible", "invoice", id);
  };

  /** A charge that no invoice asked for. `status`: succeeded, pending or failed; `capture: false` only authorizes. */
  const createCharge = (given: {
    readonly customer?: string | null;
    readonly amountMinor: number;
    readonly currency?: string;
    readonly status?: "succeeded" | "pending" | "failed";
    readonly capture?: boolean;
  }): string => {
    const customer = given.customer ? living(given.customer).id : null;
    const status = given.status ?? "succeeded";
    const captured = status !== "failed" && given.capture !== false;
    const common = { customer, invoice: null, intent: null, currency: given.currency ?? "usd" };
    const charge = newCharge({ amount: given.amountMinor, status, captured, ...common });
    emit(`charge.${status}`, "charge", charge.id);
    return charge.id;
  };
  const succeedCharge = (id: string): void => {
    const c = find("charge", id);
    if (c.status !== "pending") refuse(`Charge ${id} is ${c.status}, not pending`);
    c.status = "succeeded";
    c.amountCaptured = c.captured ? c.amount : 0;
    emit("charge.succeeded", "charge", id);
  };
  const failCharge = (id: string): void => {
    const c = find("charge", id);
    if (c.status !== "pending") refuse(`Charge ${id} is ${c.status}, not pending`);
    c.status = "failed";
    c.captured = false;
    emit("charge.failed", "charge", id);
  };
  const captureCharge = (id: string): void => {
    const c = find("charge", id);
    if (c.status !== "succeeded" || c.captured)
      refuse(`Charge ${id} has already been captured.`, "charge_already_captured");
    c.captured = true;
    c.amountCaptured = c.amount;
    emit("charge.captured", "charge", id);
  };

  const refundCharge = (
    id: string,
    given: { readonly amountMinor?: number; readonly status?: "pending" | "succeeded" } = {},
  ): string => {
    const c = find("charge", id);
    const left = c.amountCaptured - c.amountRefunded;
    const amount = whole(given.amountMinor ?? left, "amount");
    if (amount > left)
      refuse(
        `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`,
        "charge_already_refunded",
      );
    const common = { charge: id, intent: c.intent, amount, currency: c.currency };
    const refund = add("refund", { status: given.status ?? "succeeded", ...base("re"), ...common });
    c.amountRefunded += amount;
    emit("refund.created", "refund", refund);
    emit("charge.refunded", "charge", id);
    return refund;
  };
  const settleRefund = (id: string, status: "succeeded" | "failed" | "canceled"): void => {
    const r = find("refund", id);
    const allowed = status === "failed" ? ["pending", "succeeded"] : ["pending"];
    if (!allowed.includes(r.status)) refuse(`Refund ${id} is ${r.status}: it cannot become ${status}`);
    r.status = status;
    if (status !== "succeeded") find("charge", r.charge).amountRefunded -= r.amount;
    emit("refund.updated", "refund", id);
    emit("charge.refund.updated", "refund", id);
    if (status === "failed") emit("refund.failed", "refund", id);
  };

  const createCreditNote = (given: {
    readonly invoice: string;
    readonly amountMinor: number;
    /** Where money already paid goes. */
    readonly settle?: CreditNote["settle"];
  }): string => {
    const i = inStatus(given.invoice, "open", "paid", "uncollectible");
    const amount = whole(given.amountMinor, "amount");
    const credited = i.creditedBefore + i.creditedAfter;
    if (credited + amount > i.total)
      refuse("The credit note is larger than what is left of the invoice", "credit_note_too_large");
    const before = i.status === "paid" ? 0 : Math.min(amount, remainingOf(i));
    const after = amount - before;
    if (after > 0 && i.status !== "paid")
      refuse("The credit note is larger than what is left to pay", "credit_note_too_large");
    const settle = given.settle ?? "balance";
    i.creditedBefore += before;
    i.creditedAfter += after;
    let refund: string | null = null;
    if (after > 0 && settle === "balance") find("customer", i.customer).balance -= after;
    if (after > 0 && settle === "refund") {
      if (i.charge === null) refuse("The invoice has no charge to refund");
      refund = refundCharge(i.charge ?? "", { amountMinor: after });
    }
    const common = { customer: i.customer, invoice: i.id, currency: i.currency, total: amount, before, settle, refund };
    const thing = base("cn");
    const number = `${i.number}-CN-${thing.id.replace(/^.*_/, "")}`;
    const id = add("credit_note", { number, status: "issued", voidedAt: null, ...thing, ...common });
    emit("credit_note.created", "credit_note", id);
    if (i.status !== "paid" && remainingOf(i) === 0) markPaid(i);
    return id;
  };
  const voidCreditNote = (id: string): void => {
    const n = find("credit_note", id);
    const i = find("invoice", n.invoice);
    if (n.status !== "issued") refuse(`Credit note ${id} is already void`);
    if (n.refund !== null) refuse("A credit note with a refund cannot be voided");
    if (n.before > 0 && i.status !== "open") refuse("Only a credit note of an open invoice can be voided");
    n.status = "void";
    n.voidedAt = now();
    i.creditedBefore -= n.before;
    i.creditedAfter -= n.total - n.before;
    if (n.settle === "balance") find("customer", n.customer).balance += n.total - n.before;
    emit("credit_note.voided", "credit_note", id);
  };

  const moveFunds = (d: Dispute, amount: number): void => {
    d.moves.push({ amount, created: now() });
    emit(amount < 0 ? "charge.dispute.funds_withdrawn" : "charge.dispute.funds_reinstated", "dispute", d.id);
  };
  /** An inquiry takes no money until it is escalated. */
  const openDispute = (
    charge: string,
    given: { readonly amountMinor?: number; readonly inquiry?: boolean } = {},
  ): string => {
    const c = find("charge", charge);
    if (c.disputed || c.amountCaptured === 0) refuse(`Charge ${charge} cannot be disputed`);
    c.disputed = true;
    const amount = given.amountMinor ?? c.amountCaptured;
    const status = given.inquiry ? "warning_needs_response" : "needs_response";
    const dispute: Dispute = {
      charge,
      intent: c.intent,
      amount,
      currency: c.currency,
      status,
      moves: [],
      ...base("dp"),
    };
    add("dispute", dispute);
    emit("charge.dispute.created", "dispute", dispute.id);
    if (!given.inquiry) moveFunds(dispute, -amount);
    return dispute.id;
  };
  const escalateDispute = (id: string): void => {
    const d = find("dispute", id);
    if (!d.status.startsWith("warning_") || d.status === "warning_closed") refuse(`Dispute ${id} is no open inquiry`);
    d.status = "needs_response";
    emit("charge.dispute.updated", "dispute", id);
    moveFunds(d, -d.amount);
  };
  const submitEvidence = (id: string): void => {
    const d = find("dispute", id);
    if (!d.status.endsWith("needs_response")) refuse(`Dispute ${id} takes no evidence now`);
    d.status = d.status.replace("needs_response", "under_review");
    emit("charge.dispute.updated", "dispute", id);
  };
  /** An inquiry closes without a verdict, whatever is asked for. */
  const closeDispute = (id: string, outcome: "won" | "lost"): void => {
    const d = find("dispute", id);
    if (["won", "lost", "warning_closed"].includes(d.status)) refuse(`Dispute ${id} is closed`);
    d.status = d.status.startsWith("warning_") ? "warning_closed" : outcome;
    if (d.status === "won") moveFunds(d, d.amount);
    emit("charge.dispute.closed", "dispute", id);
  };
  /** The bank takes its verdict back. */
  const overturnDispute = (id: string): void => {
    const d = find("dispute", id);
    if (d.status !== "lost") refuse(`Dispute ${id} is ${d.status}, not lost`);
    d.status = "won";
    emit("charge.dispute.updated", "dispute", id);
    moveFunds(d, d.amount);
  };

  /** An account may give its products ids of its own. */
  const createProduct = (name: string, own?: string): string => {
    const thing = own === undefined ? base("prod") : { id: own, created: now() };
    if (own !== undefined && Object.hasOwn(tables.product, own))
      refuse(`Product already exists: ${own}`, "resource_already_exists");
    const id = add("product", { ...thing, name, active: true, deleted: false });
    emit("product.created", "product", id);
    return id;
  };
  const createPrice = (given: {
    readonly product: string;
    readonly unitAmount: number | string;
    readonly currency?: string;
    /** What its quantity is metered by. */
    readonly meter?: string;
    readonly interval?: NonNullable<Price["interval"]>;
    readonly intervalCount?: number;
  }): string => {
    find("product", given.product);
    const { product, currency = "usd", meter = null, interval = null, intervalCount = 1 } = given;
    const parts = { product, currency, unitAmount: String(given.unitAmount), meter, interval, intervalCount };
    const id = add("price", { ...base("price"), ...parts, active: true });
    emit("price.created", "price", id);
    return id;
  };
  const archiveProduct = (id: string): void => {
    find("product", id).active = false;
    emit("product.updated", "product", id);
  };

  /** Stripe's usual fee on a card payment in the United States, and on a dispute; in minor units. */
  const chargeFee = (amount: number): number => Math.round((amount * 29) / 1000) + 30;
  const disputeFee = 1500;
  interface Movement extends Pick<BalanceTransaction, "type" | "amount" | "fee" | "source" | "created"> {
    readonly id: string;
    /** The charge that it is about; null: none. */
    readonly charge: string | null;
  }
  /** What moved on the balance in a currency and did not go out yet. */
  const unsettled = (currency: string): ReadonlyArray<Movement> => {
    const all: Movement[] = [];
    const txn = (id: string, part = "") => `txn_${id}${part}`;
    for (const c of Object.values(tables.charge)) {
      if (c.currency !== currency || c.status !== "succeeded" || c.amountCaptured === 0) continue;
      const { id, created, amountCaptured: amount } = c;
      all.push({ id: txn(id), type: "charge", amount, fee: chargeFee(amount), source: id, created, charge: id });
    }
    for (const r of Object.values(tables.refund)) {
      if (r.currency !== currency || r.status !== "succeeded") continue;
      const { id, created, charge } = r;
      all.push({ id: txn(id), type: "refund", amount: -r.amount, fee: 0, source: id, created, charge });
    }
    for (const d of Object.values(tables.dispute)) {
      if (d.currency !== currency) continue;
      for (const [index, { amount, created }] of d.moves.entries()) {
        const fee = amount < 0 ? disputeFee : 0;
        const of = { type: "adjustment", amount, fee, source: d.id, created, charge: d.charge };
        all.push({ id: `${d.id.replace("dp", "txn")}_${index}`, ...of });
      }
    }
    // What a bank sent back is on the balance again.
    for (const { id, status, amount, created, currency: of } of Object.values(tables.payout)) {
      if (of !== currency || status !== "failed") continue;
      all.push({ id: txn(id, "_back"), type: "payout_failure", amount, fee: 0, source: id, created, charge: null });
    }
    return all.filter(({ id }) => !Object.hasOwn(tables.balance_transaction, id));
  };
  /** Sends everything on the balance to the bank, or only what is about some charges; fees are taken before. */
  const createPayout = (
    given: {
      readonly currency?: string;
      readonly charges?: ReadonlyArray<string>;
      readonly trace?: string;
      readonly arrivalSec?: number;
    } = {},
  ): string => {
    const { currency = "usd", charges, trace = null, arrivalSec = 2 * 86_400 } = given;
    const parts = unsettled(currency).filter(
      ({ charge }) => charges === undefined || (charge !== null && charges.includes(charge)),
    );
    const amount = parts.reduce((total, part) => total + part.amount - part.fee, 0);
    if (amount <= 0) refuse("You have insufficient funds in your Stripe account.", "balance_insufficient");
    const thing = base("po");
    const arrival = thing.created + arrivalSec;
    add("payout", { ...thing, amount, currency, status: "pending", arrival, trace, automatic: true });
    for (const { charge: _, ...part } of parts) add("balance_transaction", { ...part, currency, payout: thing.id });
    const own = { type: "payout", amount: -amount, fee: 0, source: thing.id, created: thing.created, currency };
    add("balance_transaction", { ...own, id: `txn_${thing.id}`, payout: thing.id });
    emit("payout.created", "payout", thing.id);
    return thing.id;
  };
  const payoutIn = (id: string, ...allowed: ReadonlyArray<string>): Payout => {
    const p = find("payout", id);
    return allowed.includes(p.status) ? p : refuse(`Payout ${id} is ${p.status}: it must be ${allowed.join(" or ")}`);
  };
  const sendPayout = (id: string): void => {
    payoutIn(id, "pending").status = "in_transit";
    emit("payout.updated", "payout", id);
    emit("payout.reconciliation_completed", "payout", id);
  };
  const payPayout = (id: string): void => {
    payoutIn(id, "pending", "in_transit").status = "paid";
    emit("payout.updated", "payout", id);
    emit("payout.paid", "payout", id);
  };
  /** Also after it was paid: a bank may send it back. */
  const failPayout = (id: string): void => {
    payoutIn(id, "pending", "in_transit", "paid").status = "failed";
    emit("payout.updated", "payout", id);
    emit("payout.failed", "payout", id);
  };

  return {
    createPayout,
    sendPayout,
    payPayout,
    failPayout,
    createCustomer,
    updateCustomer,
    deleteCustomer,
    createSubscription,
    updateSubscription,
    renewSubscription,
    cancelSubscription,
    createInvoice,
    deleteInvoice,
    finalizeInvoice,
    payInvoice,
    failPayment,
    voidInvoice,
    markUncollectible,
    createCharge,
    succeedCharge,
    failCharge,
    captureCharge,
    refundCharge,
    settleRefund,
    failRefund: (id: string): void => settleRefund(id, "failed"),
    createCreditNote,
    voidCreditNote,
    openDispute,
    escalateDispute,
    submitEvidence,
    closeDispute,
    overturnDispute,
    createProduct,
    createPrice,
    archiveProduct,
  };
};
export type Operations = ReturnType<typeof makeOperations>;
