/**
 * A Stripe account with real state: acts change it, webhook bodies come out in the shape of the configured API version,
 * and the HTTP API reads and writes the same state.
 */
import type { Hono } from "hono";
import { apiVersion as presentVersion } from "./config.ts";
import { type Fault, makeApp } from "./simulator-http.ts";
import {
  type BalanceTransaction,
  type Charge,
  type CommitEntry,
  type CreditNote,
  type Customer,
  type Dispute,
  emptyState,
  type Host,
  type Intent,
  type Invoice,
  type InvoicePayment,
  type LogEntry,
  makeOperations,
  type Operations,
  type PaymentRecord,
  type Payout,
  type Price,
  type Print,
  type Printed,
  type Product,
  type Refund,
  remainingOf,
  type SimulatorState,
  type Subscription,
  type Table,
} from "./simulator-state.ts";

export type { Fault } from "./simulator-http.ts";
export { type CommitEntry, type LogEntry, type SimulatorState, StripeRefusal } from "./simulator-state.ts";

/** From here on: `parent`, invoice payments, `total_taxes`, periods on items; no refunds inside a charge. */
const modernSince = "2025-03-31";

const page = (url: string, data: ReadonlyArray<unknown>): Printed => ({ object: "list", data, has_more: false, url });

const makePrinter = (state: SimulatorState, modern: boolean): Print => {
  const { tables } = state;
  /** What every object has, beside its id. */
  const of = (object: string, { created }: { readonly created: number }): Printed => ({
    object,
    created,
    livemode: false,
    metadata: {},
  });

  const customer = (o: Customer): Printed =>
    o.deleted
      ? { id: o.id, object: "customer", deleted: true }
      : {
          id: o.id,
          ...of("customer", o),
          balance: o.balance,
          currency: o.currency,
          delinquent: false,
          email: o.email,
          metadata: { ...o.metadata },
          name: o.name,
        };

  const subscription = (o: Subscription): Printed => {
    const period = { current_period_start: o.periodStart, current_period_end: o.periodEnd };
    const row = o.price !== null && Object.hasOwn(tables.price, o.price) ? tables.price[o.price]! : null;
    const item = {
      id: o.id.replace("sub", "si"),
      object: "subscription_item",
      quantity: o.quantity,
      price: row === null ? o.price : price(row),
    };
    return {
      id: o.id,
      ...of("subscription", o),
      customer: o.customer,
      status: o.status,
      currency: o.currency,
      start_date: o.startDate,
      cancel_at: o.cancelAt,
      cancel_at_period_end: o.cancelAtPeriodEnd,
      canceled_at: o.canceledAt,
      ended_at: o.endedAt,
      items: page("/v1/subscription_items", [modern ? { ...period, ...item } : item]),
      ...(modern ? {} : period),
    };
  };

  const invoiceLine = (o: Invoice, index: number): Printed => {
    const line = o.lines[index]!;
    const { subscription: sub } = o;
    const common = {
      id: `${o.id.replace("in", "il")}_${index}`,
      object: "line_item",
      amount: line.amount,
      currency: o.currency,
      period: { start: line.start, end: line.end },
    };
    const row = line.price != null && Object.hasOwn(tables.price, line.price) ? tables.price[line.price]! : null;
    const quantity = line.quantity == null ? {} : { quantity: line.quantity };
    if (!modern) {
      const type = sub !== null && !line.proration ? "subscription" : "invoiceitem";
      const sold = row === null ? {} : { price: price(row) };
      return { subscription: sub, proration: line.proration, type, ...common, ...quantity, ...sold };
    }
    const type = sub === null ? "invoice_item_details" : "subscription_item_details";
    const pricing = row === null ? {} : { pricing: pricingOf(row) };
    const parent = { type, [type]: { subscription: sub, proration: line.proration } };
    return { parent, ...common, ...quantity, ...pricing };
  };
  const pricingOf = ({ id, product: of, unitAmount }: Price): Printed => ({
    type: "price_details",
    price_details: { price: id, product: of },
    unit_amount_decimal: unitAmount,
  });

  const invoice = (o: Invoice, expanded: boolean): Printed => {
    const due = remainingOf(o);
    const issuer = o.issuer == null ? { type: "self" } : { type: "account", account: o.issuer };
    const common = {
      id: o.id,
      ...of("invoice", o),
      metadata: { ...o.metadata },
      issuer,
      customer: o.customer,
      status: o.status,
      number: o.number,
      currency: o.currency,
      subtotal: o.total - o.tax,
      total: o.total,
      amount_due: due + o.amountPaid,
      amount_paid: o.amountPaid,
      amount_remaining: o.status === "paid" ? 0 : due,
      attempt_count: o.attempts,
      attempted: o.attempts > 0,
      starting_balance: o.startingBalance,
      ending_balance: o.endingBalance,
      pre_payment_credit_notes_amount: o.creditedBefore,
      post_payment_credit_notes_amount: o.creditedAfter,
      period_start: o.created,
      period_end: o.created,
      lines: page(
        `/v1/invoices/${o.id}/lines`,
        o.lines.map((_, index) => invoiceLine(o, index)),
      ),
      status_transitions: {
        finalized_at: o.finalizedAt,
        paid_at: o.paidAt,
        voided_at: o.voidedAt,
        marked_uncollectible_at: o.uncollectibleAt,
      },
    };
    if (!modern) {
      return {
        subscription: o.subscription,
        payment_intent: o.intent,
        charge: o.charge,
        paid: o.status === "paid",
        paid_out_of_band: o.outOfBand,
        tax: o.tax === 0 ? null : o.tax,
        total_tax_amounts: o.tax === 0 ? [] : [{ amount: o.tax, inclusive: false }],
        ...common,
      };
    }
    const details = { type: "subscription_details", subscription_details: { subscription: o.subscription } };
    return {
      parent: o.subscription === null ? null : details,
      total_taxes: o.tax === 0 ? [] : [{ amount: o.tax, tax_behavior: "exclusive" }],
      ...(expanded ? { payments: page("/v1/invoice_payments", o.payments.map(paymentById)) } : {}),
      ...common,
    };
  };

  const invoicePayment = (o: InvoicePayment): Printed => ({
    id: o.id,
    ...of("invoice_payment", o),
    invoice: o.invoice,
    status: o.status,
    currency: o.currency,
    amount_requested: o.requested,
    amount_paid: o.paid,
    is_default: o.record === null,
    payment:
      o.record === null
        ? { type: "payment_intent", payment_intent: o.intent }
        : { type: "payment_record", payment_record: o.record },
    status_transitions: { paid_at: o.paidAt, canceled_at: null },
  });
  const paymentById = (id: string): Printed => invoicePayment(tables.invoice_payment[id]!);

  const paymentRecord = (o: PaymentRecord): Printed => {
    const money = (value: number) => ({ currency: o.currency, value });
    return {
      id: o.id,
      ...of("payment_record", o),
      customer_details: { customer: o.customer },
      amount: money(o.requested),
      amount_requested: money(o.requested),
      amount_authorized: money(0),
      amount_guaranteed: money(o.guaranteed),
      amount_canceled: money(0),
      amount_failed: money(0),
      amount_refunded: money(o.refunded),
      reported_by: "self",
    };
  };

  const intent = (o: Intent): Printed => {
    const common = {
      id: o.id,
      ...of("payment_intent", o),
      amount: o.amount,
      currency: o.currency,
      customer: o.customer,
      status: o.status,
      latest_charge: o.charge,
    };
    return modern ? common : { invoice: o.invoice, ...common };
  };

  const refund = (o: Refund): Printed => ({
    id: o.id,
    ...of("refund", o),
    amount: o.amount,
    charge: o.charge,
    currency: o.currency,
    payment_intent: o.intent,
    status: o.status,
  });
  const refundsOf = (charge: string): ReadonlyArray<Printed> =>
    Object.values(tables.refund)
      .filter((r) => r.charge === charge)
      .map(refund)
      .reverse();

  const charge = (o: Charge, expanded: boolean): Printed => ({
    id: o.id,
    ...of("charge", o),
    amount: o.amount,
    amount_captured: o.amountCaptured,
    amount_refunded: o.amountRefunded,
    captured: o.captured,
    currency: o.currency,
    customer: o.customer,
    disputed: o.disputed,
    paid: o.status === "succeeded",
    payment_intent: o.intent,
    refunded: o.amountCaptured > 0 && o.amountRefunded === o.amountCaptured,
    status: o.status,
    ...(modern ? {} : { invoice: o.invoice }),
    ...(modern && !expanded ? {} : { refunds: page(`/v1/charges/${o.id}/refunds`, refundsOf(o.id)) }),
  });

  const creditNote = (o: CreditNote): Printed => ({
    id: o.id,
    ...of("credit_note", o),
    amount: o.total,
    total: o.total,
    currency: o.currency,
    customer: o.customer,
    invoice: o.invoice,
    number: o.number,
    status: o.status,
    type: o.before === o.total ? "pre_payment" : o.before === 0 ? "post_payment" : "mixed",
    voided_at: o.voidedAt,
    ...(modern
      ? { effective_at: o.created, pre_payment_amount: o.before, post_payment_amount: o.total - o.before }
      : { refund: o.refund }),
  });

  const dispute = (o: Dispute): Printed => ({
    id: o.id,
    ...of("dispute", o),
    amount: o.amount,
    balance_transactions: o.moves.map((move, index) => ({
      id: `${o.id.replace("dp", "txn")}_${index}`,
      object: "balance_transaction",
      amount: move.amount,
      created: move.created,
      currency: o.currency,
      net: move.amount,
    })),
    charge: o.charge,
    currency: o.currency,
    payment_intent: o.intent,
    status: o.status,
  });

  const product = (o: Product): Printed => ({ id: o.id, ...of("product", o), active: o.active, name: o.name });
  const price = (o: Price): Printed => ({
    id: o.id,
    ...of("price", o),
    active: o.active,
    currency: o.currency,
    product: o.product,
    unit_amount: Number.isInteger(Number(o.unitAmount)) ? Number(o.unitAmount) : null,
    unit_amount_decimal: String(o.unitAmount),
    ...(o.meter == null && o.interval == null ? {} : { recurring: recurringOf(o) }),
  });

  const recurringOf = ({ meter, interval, intervalCount = 1 }: Price): Printed => ({
    interval: interval ?? "month",
    interval_count: intervalCount,
    ...(meter == null ? { usage_type: "licensed" } : { meter, usage_type: "metered" }),
  });

  const payout = (o: Payout): Printed => ({
    id: o.id,
    ...of("payout", o),
    amount: o.amount,
    arrival_date: o.arrival,
    automatic: o.automatic,
    balance_transaction: `txn_${o.id}`,
    currency: o.currency,
    failure_code: o.status === "failed" ? "account_closed" : null,
    method: "standard",
    statement_descriptor: null,
    status: o.status,
    trace_id: o.trace === null ? { status: "pending", value: null } : { status: "supported", value: o.trace },
    type: "bank_account",
  });
  const balanceTransaction = (o: BalanceTransaction): Printed => ({
    id: o.id,
    object: "balance_transaction",
    amount: o.amount,
    available_on: o.created,
    created: o.created,
    currency: o.currency,
    description: null,
    fee: o.fee,
    fee_details: o.fee === 0 ? [] : [{ amount: o.fee, currency: o.currency, type: "stripe_fee" }],
    net: o.amount - o.fee,
    reporting_category: o.type,
    source: o.source,
    status: "available",
    type: o.type,
  });

  const printers = {
    customer,
    subscription,
    invoice,
    invoice_payment: invoicePayment,
    payment_intent: intent,
    payment_record: paymentRecord,
    refund,
    charge,
    credit_note: creditNote,
    dispute,
    product,
    price,
    payout,
    balance_transaction: balanceTransaction,
  } as unknown as Readonly<Record<Table, (thing: unknown, expanded: boolean) => Printed>>;
  return (table, id, expanded) => printers[table](tables[table][id], expanded);
};

export interface SimulatorOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Shape of webhooks and answers: `2020-03-02` … the present. */
  readonly apiVersion?: string;
  readonly state?: SimulatorState;
  /** Between the vendor's prefix and the number: `cus_<idPrefix>1`. */
  readonly idPrefix?: string;
  /** The key that the API asks for; absent: any. */
  readonly apiKey?: string;
  /** Requests a second, by `now`; absent: no limit. */
  readonly ratePerSecond?: number;
  /** Called with each write before it is answered; a failure is answered 500, and the write stands. */
  readonly onCommit?: (entry: CommitEntry) => void | Promise<void>;
}

export interface StripeSimulator {
  /** The HTTP API; made when first asked for. */
  readonly app: Hono;
  readonly operations: Operations;
  /** The webhook bodies since the last call, in the order they were emitted. */
  readonly drainEvents: () => ReadonlyArray<unknown>;
  readonly snapshot: () => SimulatorState;
  readonly restore: (state: SimulatorState) => void;
  /** Has a write again that `onCommit` was given; a repetition changes nothing. */
  readonly recommit: (entry: CommitEntry) => void;
  /** Writes through the API that took effect, oldest first. */
  readonly log: ReadonlyArray<LogEntry>;
  /** An object in the shape of the API version; null when there is none. */
  readonly get: (table: Table, id: string) => Printed | null;
  /** Something to go wrong with coming requests, oldest first. */
  readonly inject: (fault: Fault) => void;
}

export const makeStripeSimulator = (options: SimulatorOptions): StripeSimulator => {
  const version = options.apiVersion ?? presentVersion;
  const modern = version >= modernSince;
  const state: SimulatorState = emptyState();
  const faults: Array<Fault> = [];
  let request: Printed = { id: null, idempotency_key: null };
  let app: Hono | null = null;

  const newId = (prefix: string): string => `${prefix}_${options.idPrefix ?? ""}${state.counter++}`;
  const print = makePrinter(state, modern);
  const emit: Host["emit"] = (type, table, id, previous) => {
    state.events.push({
      id: newId("evt"),
      object: "event",
      api_version: version,
      created: Math.floor(options.now() / 1000),
      data: {
        object: print(table, id, false),
        ...(previous === undefined ? {} : { previous_attributes: previous }),
      },
      livemode: false,
      pending_webhooks: 1,
      request,
      type,
    });
  };
  const operations = makeOperations({ state, now: options.now, newId, emit, modern });

  const restore = (from: SimulatorState): void => {
    const copy = structuredClone(from);
    state.counter = copy.counter;
    for (const table of Object.keys(state.tables) as ReadonlyArray<Table>) {
      const rows = state.tables[table] as Record<string, unknown>;
      for (const id of Object.keys(rows)) delete rows[id];
      // One that was saved before a table was kept has nothing in it.
      Object.assign(rows, copy.tables[table] ?? {});
    }
    for (const key of Object.keys(state.replays)) delete state.replays[key];
    Object.assign(state.replays, copy.replays);
    state.log.splice(0, state.log.length, ...copy.log);
    state.events = copy.events;
  };
  if (options.state) restore(options.state);

  return {
    get app() {
      app ??= makeApp({
        state,
        operations,
        print,
        faults,
        now: options.now,
        apiKey: options.apiKey ?? null,
        ratePerSecond: options.ratePerSecond ?? null,
        onCommit: options.onCommit ?? (() => {}),
        asRequest: (key, act) => {
          request = { id: newId("req"), idempotency_key: key };
          try {
            return act();
          } finally {
            request = { id: null, idempotency_key: null };
          }
        },
      });
      return app;
    },
    operations,
    drainEvents: () => {
      const drained = state.events;
      state.events = [];
      return drained;
    },
    snapshot: () => structuredClone(state),
    restore,
    recommit: (entry) => {
      const { seq, customer, replay, log, counter } = structuredClone(entry);
      if (seq <= state.log.length) return;
      state.counter = Math.max(state.counter, counter);
      state.tables.customer[customer.id] = customer;
      if (replay !== null) state.replays[replay.key] = replay.answer;
      state.log.push(log);
    },
    log: state.log,
    get: (table, id) => (Object.hasOwn(state.tables[table], id) ? print(table, id, true) : null),
    inject: (fault) => {
      faults.push(fault);
    },
  };
};
