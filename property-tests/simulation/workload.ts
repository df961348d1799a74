/**
 * What truly happens: a company's acts at Stripe, one after another, chosen by chance among those that Stripe would allow. Each act
 * is done at the simulator and told to the oracle.
 */
import type { StripeSimulator } from "../../adapters/stripe/layer.ts";
import type { Chance } from "./chance.ts";
import type { Act, Oracle } from "./oracle.ts";

export const currencies = ["usd", "eur", "jpy", "bhd"] as const;

export interface StripeEvent {
  readonly id: string;
  readonly type: string;
  /** Seconds. */
  readonly created: number;
  readonly data: { readonly object: { readonly id: string } };
}

export class Workload {
  readonly acts: Act[] = [];
  private emitted: StripeEvent[] = [];
  private count = 0;

  constructor(
    private readonly stripe: StripeSimulator,
    private readonly oracle: Oracle,
    private readonly chance: Chance,
    private readonly now: () => number,
  ) {}

  /** The webhook bodies since the last call, in the order Stripe emitted them. */
  takeEvents(): ReadonlyArray<StripeEvent> {
    const events = [...this.emitted, ...(this.stripe.drainEvents() as StripeEvent[])];
    this.emitted = [];
    return events;
  }

  private tell(act: Act): void {
    this.acts.push(act);
    this.oracle.tell(act);
  }

  /** One act that is possible now. */
  step(): void {
    const { oracle, chance } = this;
    const customers = [...oracle.customers].filter(([, customer]) => !customer.deleted).map(([id]) => id);
    if (customers.length === 0) {
      this.newCustomer();
      return;
    }
    const invoices = [...oracle.invoices];
    const drafts = invoices.filter(([, i]) => i.status === "draft").map(([id]) => id);
    const payable = invoices.filter(([, i]) => i.status === "open" || i.status === "uncollectible").map(([id]) => id);
    const open = payable.filter((id) => oracle.invoices.get(id)!.status === "open");
    const creditable = invoices
      .filter(([id, i]) => ["open", "paid"].includes(i.status) && this.creditRoom(id) > 0)
      .map(([id]) => id);
    const charged = [...oracle.charges].filter(([id, c]) => c.reported && id.startsWith("ch_")).map(([id]) => id);
    const refundable = charged.filter((id) => oracle.refundable(id) > 0 && !oracle.charges.get(id)!.disputed);
    const disputable = charged.filter(
      (id) => !oracle.charges.get(id)!.disputed && oracle.refundable(id) === oracle.charges.get(id)!.amount,
    );
    const pendingRefunds = [...oracle.refunds].filter(([, r]) => r.status === "pending").map(([id]) => id);
    const doneRefunds = [...oracle.refunds]
      .filter(([id, r]) => r.status === "succeeded" && !this.boundRefund(id))
      .map(([id]) => id);
    const issued = [...oracle.credits]
      .filter(([, c]) => c.status === "issued" && c.refund === null && this.voidable(c))
      .map(([id]) => id);
    const disputes = [...oracle.disputes];
    const openDisputes = disputes.filter(([, d]) => ["inquiry", "open", "review"].includes(d.status)).map(([id]) => id);
    const lost = disputes.filter(([, d]) => d.status === "lost").map(([id]) => id);
    const subscriptions = [...oracle.subscriptions].filter(([, s]) => s.status !== "canceled").map(([id]) => id);

    const possible: Array<readonly [number, () => void]> = [
      [customers.length < 3 ? 1 : 0, () => this.newCustomer()],
      [1, () => this.rename(chance.pick(customers))],
      [customers.length > 1 ? 1.5 : 0, () => this.link(customers)],
      [subscriptions.length < customers.length ? 3 : 0.2, () => this.subscribe(chance.pick(customers))],
      [subscriptions.length > 0 ? 1 : 0, () => this.restate(chance.pick(subscriptions))],
      [subscriptions.length > 0 ? 0.7 : 0, () => this.renew(chance.pick(subscriptions))],
      [subscriptions.length > 0 ? 0.15 : 0, () => this.cancel(chance.pick(subscriptions))],
      [invoices.length < 4 ? 5 : 0.4, () => this.draft(customers, subscriptions)],
      [drafts.length > 0 ? 7 : 0, () => this.finalize(chance.pick(drafts))],
      [drafts.length > 0 ? 0.3 : 0, () => this.discard(chance.pick(drafts))],
      [payable.length > 0 ? 5 : 0, () => this.pay(chance.pick(payable))],
      [open.length > 0 ? 0.7 : 0, () => this.failToPay(chance.pick(open))],
      [payable.length > 0 ? 1 : 0, () => this.void(chance.pick(payable))],
      [open.length > 0 ? 0.5 : 0, () => this.uncollectible(chance.pick(open))],
      [creditable.length > 0 ? 1.2 : 0, () => this.credit(chance.pick(creditable))],
      [issued.length > 0 ? 2 : 0, () => this.voidCredit(chance.pick(issued))],
      [refundable.length > 0 ? 3.5 : 0, () => this.refund(chance.pick(refundable))],
      [pendingRefunds.length > 0 ? 4 : 0, () => this.settle(chance.pick(pendingRefunds))],
      [doneRefunds.length > 0 ? 2 : 0, () => this.failRefund(chance.pick(doneRefunds))],
      [disputable.length > 0 ? 3.5 : 0, () => this.dispute(chance.pick(disputable))],
      [openDisputes.length > 0 ? 5 : 0, () => this.moveDispute(chance.pick(openDisputes))],
      [lost.length > 0 ? 4 : 0, () => this.overturn(chance.pick(lost))],
    ];
    chance.weighted(possible)();
  }

  private creditRoom(invoice: string): number {
    const { total, status } = this.oracle.invoices.get(invoice)!;
    const credited = this.oracle.creditsOf(invoice).reduce((sum, credit) => sum + credit.amount, 0);
    return status === "open" ? Math.min(total - credited, this.oracle.due(invoice)) : total - credited;
  }

  private boundRefund(refund: string): boolean {
    return [...this.oracle.credits.values()].some((credit) => credit.refund === refund);
  }

  /** Only while the invoice still is what it was when the note was issued. */
  private voidable(credit: {
    readonly invoice: string;
    readonly before: number;
    readonly settle: string;
    readonly amount: number;
  }): boolean {
    const invoice = this.oracle.invoices.get(credit.invoice)!;
    if (credit.before > 0 && invoice.status !== "open") return false;
    const balance = this.oracle.customers.get(invoice.customer)!.balance;
    return credit.settle !== "balance" || balance >= credit.amount - credit.before;
  }

  newCustomer(): void {
    const name = `Company ${++this.count}`;
    const id = this.stripe.operations.createCustomer({ name, email: `ap${this.count}@example.com` });
    this.tell({ act: "customer.create", id, name });
  }

  private rename(id: string): void {
    const name = `Company ${++this.count}`;
    this.stripe.operations.updateCustomer(id, { name });
    this.tell({ act: "customer.rename", id, name });
  }

  /** The first customer is the company's root; another one says late that it is the same company. */
  private link(customers: ReadonlyArray<string>): void {
    const [root, ...others] = [...customers].sort();
    const id = this.chance.pick(others);
    if (this.oracle.customers.get(id)!.link !== null || this.oracle.customers.get(root!)!.link !== null) return;
    this.stripe.operations.updateCustomer(id, { metadata: { tieout_link: `stripe:${root}` } });
    this.tell({ act: "customer.link", id, to: root! });
  }

  private subscribe(customer: string): void {
    const status = this.chance.weighted([
      [6, "active"],
      [2, "trialing"],
      [1, "incomplete"],
    ]);
    const id = this.stripe.operations.createSubscription({ customer, status, amountMinor: 5000 });
    const start = this.second();
    this.tell({ act: "subscription.create", id, customer, status, start, periodStart: start });
  }

  private restate(id: string): void {
    const status = this.chance.pick(["active", "past_due", "paused", "trialing", "unpaid"]);
    this.stripe.operations.updateSubscription(id, { status });
    this.tell({ act: "subscription.status", id, status });
  }

  private renew(id: string): void {
    this.stripe.operations.renewSubscription(id);
    const printed = this.oracle.subscriptions.get(id)!;
    this.tell({ act: "subscription.renew", id, periodStart: printed.periodStart + 30 * 86_400_000 });
  }

  private cancel(id: string): void {
    this.stripe.operations.cancelSubscription(id);
    this.tell({ act: "subscription.cancel", id, at: this.second() });
  }

  private draft(customers: ReadonlyArray<string>, subscriptions: ReadonlyArray<string>): void {
    const { chance } = this;
    const subscription = subscriptions.length > 0 && chance.bet(0.7) ? chance.pick(subscriptions) : null;
    const owner = subscription ? this.oracle.subscriptions.get(subscription)! : null;
    const customer = owner?.customer ?? chance.pick(customers);
    if (this.oracle.customers.get(customer)!.deleted) return;
    const currency = owner ? "usd" : chance.pick(currencies);
    const amountMinor = chance.bet(0.07) ? 0 : chance.between(1, 40) * 250;
    const lines = [{ amount: amountMinor, ...this.period(owner?.periodStart ?? this.second()), proration: false }];
    const id = this.stripe.operations.createInvoice({
      ...(subscription ? { subscription } : { customer }),
      amountMinor,
      currency,
      ...(amountMinor === 0 ? { lines } : {}),
    });
    const start = owner?.periodStart ?? this.second();
    this.tell({
      act: "invoice.draft",
      id,
      customer,
      subscription,
      currency: currency.toUpperCase(),
      total: amountMinor,
      start,
    });
  }

  private period(start: number): { readonly start: number; readonly end: number } {
    return { start: start / 1000, end: start / 1000 + 30 * 86_400 };
  }

  private discard(id: string): void {
    this.stripe.operations.deleteInvoice(id);
    this.tell({ act: "invoice.delete", id });
  }

  private finalize(id: string): void {
    this.stripe.operations.finalizeInvoice(id);
    this.tell({ act: "invoice.finalize", id, number: String(this.stripe.get("invoice", id)!["number"]) });
  }

  private pay(id: string): void {
    const how = this.chance.weighted<boolean | "payment_record">([
      [6, true],
      [2, "payment_record"],
      [2, false],
    ]);
    const movement = this.stripe.operations.payInvoice(id, { charge: how });
    this.tell({ act: "invoice.pay", id, movement, reported: movement?.startsWith("ch_") ?? false });
  }

  private failToPay(id: string): void {
    if (this.oracle.due(id) === 0) return;
    const charge = this.stripe.operations.failPayment(id);
    this.tell({ act: "invoice.pay-failed", id, charge });
  }

  private void(id: string): void {
    this.stripe.operations.voidInvoice(id);
    this.tell({ act: "invoice.void", id });
  }

  private uncollectible(id: string): void {
    this.stripe.operations.markUncollectible(id);
    this.tell({ act: "invoice.uncollectible", id });
  }

  private credit(invoice: string): void {
    const { movement, status } = this.oracle.invoices.get(invoice)!;
    const room = this.creditRoom(invoice);
    const byCharge =
      status === "paid" &&
      movement !== null &&
      movement.startsWith("ch_") &&
      !this.oracle.charges.get(movement)!.disputed;
    const left = byCharge ? this.oracle.refundable(movement!) : 0;
    const settle =
      status !== "paid"
        ? "out_of_band"
        : this.chance.pick(
            left > 0 ? (["balance", "refund", "out_of_band"] as const) : (["balance", "out_of_band"] as const),
          );
    const most = settle === "refund" ? Math.min(room, left) : room;
    const amount = this.chance.bet(0.3) ? most : this.chance.between(1, most);
    const id = this.stripe.operations.createCreditNote({ invoice, amountMinor: amount, settle });
    const printed = this.stripe.get("credit_note", id)!;
    const refund = settle === "refund" ? this.latestRefund() : null;
    this.tell({ act: "credit.issue", invoice, id, amount, number: String(printed["number"]), settle, refund });
  }

  private latestRefund(): string {
    this.emitted.push(...(this.stripe.drainEvents() as StripeEvent[]));
    return this.emitted.findLast((event) => event.type === "refund.created")!.data.object.id;
  }

  private voidCredit(id: string): void {
    this.stripe.operations.voidCreditNote(id);
    this.tell({ act: "credit.void", id });
  }

  private refund(charge: string): void {
    const left = this.oracle.refundable(charge);
    const amount = this.chance.bet(0.5) ? left : this.chance.between(1, left);
    const status = this.chance.bet(0.5) ? "pending" : "succeeded";
    const id = this.stripe.operations.refundCharge(charge, { amountMinor: amount, status });
    this.tell({ act: "charge.refund", charge, id, amount, status });
  }

  private settle(id: string): void {
    const status = this.chance.weighted([
      [3, "succeeded" as const],
      [1, "failed" as const],
      [1, "canceled" as const],
    ]);
    this.stripe.operations.settleRefund(id, status);
    this.tell({ act: "refund.settle", id, status });
  }

  private failRefund(id: string): void {
    this.stripe.operations.failRefund(id);
    this.tell({ act: "refund.settle", id, status: "failed" });
  }

  private dispute(charge: string): void {
    const inquiry = this.chance.bet(0.25);
    const { amount } = this.oracle.charges.get(charge)!;
    const id = this.stripe.operations.openDispute(charge, { amountMinor: amount, inquiry });
    this.tell({ act: "dispute.open", id, charge, amount, inquiry });
  }

  private moveDispute(id: string): void {
    const { status } = this.oracle.disputes.get(id)!;
    if (status === "inquiry" && this.chance.bet(0.6)) {
      this.stripe.operations.escalateDispute(id);
      this.tell({ act: "dispute.escalate", id });
      return;
    }
    if (status === "open" && this.chance.bet(0.3)) {
      this.stripe.operations.submitEvidence(id);
      this.tell({ act: "dispute.evidence", id });
      return;
    }
    const outcome = this.chance.bet(0.5) ? "won" : "lost";
    this.stripe.operations.closeDispute(id, outcome);
    this.tell({ act: "dispute.close", id, outcome });
  }

  private overturn(id: string): void {
    this.stripe.operations.overturnDispute(id);
    this.tell({ act: "dispute.overturn", id });
  }

  /** The instant as Stripe tells it: epoch milliseconds of the whole second. */
  private second(): number {
    return Math.floor(this.now() / 1000) * 1000;
  }
}
