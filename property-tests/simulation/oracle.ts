/**
 * The sequential oracle: it sees the true history in its true order, one act after another, and says what must hold at rest.
 * It shares nothing with the code under test: no register, no lattice, no plan. Money is whole minor units.
 */

export type Act =
  | { readonly act: "customer.create"; readonly id: string; readonly name: string }
  | { readonly act: "customer.rename"; readonly id: string; readonly name: string }
  | { readonly act: "customer.link"; readonly id: string; readonly to: string }
  | { readonly act: "customer.delete"; readonly id: string }
  | {
      readonly act: "subscription.create";
      readonly id: string;
      readonly customer: string;
      readonly status: string;
      readonly start: number;
      readonly periodStart: number;
    }
  | { readonly act: "subscription.status"; readonly id: string; readonly status: string }
  | { readonly act: "subscription.renew"; readonly id: string; readonly periodStart: number }
  | { readonly act: "subscription.cancel"; readonly id: string; readonly at: number }
  | {
      readonly act: "invoice.draft";
      readonly id: string;
      readonly customer: string;
      readonly subscription: string | null;
      readonly currency: string;
      readonly total: number;
      readonly start: number;
    }
  | { readonly act: "invoice.delete"; readonly id: string }
  | { readonly act: "invoice.finalize"; readonly id: string; readonly number: string }
  | { readonly act: "invoice.void"; readonly id: string }
  | { readonly act: "invoice.uncollectible"; readonly id: string }
  | { readonly act: "invoice.pay"; readonly id: string; readonly movement: string | null; readonly reported: boolean }
  | { readonly act: "invoice.pay-failed"; readonly id: string; readonly charge: string }
  | {
      readonly act: "charge.refund";
      readonly charge: string;
      readonly id: string;
      readonly amount: number;
      readonly status: "pending" | "succeeded";
    }
  | { readonly act: "refund.settle"; readonly id: string; readonly status: "succeeded" | "failed" | "canceled" }
  | {
      readonly act: "credit.issue";
      readonly invoice: string;
      readonly id: string;
      readonly amount: number;
      readonly number: string;
      readonly settle: "balance" | "refund" | "out_of_band";
      readonly refund: string | null;
    }
  | { readonly act: "credit.void"; readonly id: string }
  | {
      readonly act: "dispute.open";
      readonly id: string;
      readonly charge: string;
      readonly amount: number;
      readonly inquiry: boolean;
    }
  | { readonly act: "dispute.evidence"; readonly id: string }
  | { readonly act: "dispute.escalate"; readonly id: string }
  | { readonly act: "dispute.close"; readonly id: string; readonly outcome: "won" | "lost" }
  | { readonly act: "dispute.overturn"; readonly id: string };

export interface OracleInvoice {
  readonly customer: string;
  readonly subscription: string | null;
  readonly currency: string;
  readonly total: number;
  readonly start: number;
  status: "draft" | "deleted" | "open" | "uncollectible" | "paid" | "void";
  balanceUsed: number;
  movement: string | null;
}
export interface OracleCharge {
  readonly invoice: string;
  readonly amount: number;
  readonly currency: string;
  readonly reported: boolean;
  disputed: boolean;
}
interface OracleCredit {
  readonly invoice: string;
  readonly amount: number;
  /** The part that lowered what was still to be paid. */
  readonly before: number;
  readonly settle: "balance" | "refund" | "out_of_band";
  readonly refund: string | null;
  status: "issued" | "void";
}
interface OracleDispute {
  readonly charge: string;
  readonly amount: number;
  status: "inquiry" | "open" | "review" | "won" | "lost" | "closed";
  funds: "none" | "withdrawn" | "reinstated";
}

export class Oracle {
  readonly customers = new Map<string, { name: string; balance: number; deleted: boolean; link: string | null }>();
  readonly subscriptions = new Map<
    string,
    { readonly customer: string; readonly start: number; status: string; periodStart: number; end: number | null }
  >();
  readonly invoices = new Map<string, OracleInvoice>();
  readonly charges = new Map<string, OracleCharge>();
  readonly refunds = new Map<
    string,
    { readonly charge: string; readonly amount: number; status: "pending" | "succeeded" | "failed" | "canceled" }
  >();
  readonly credits = new Map<string, OracleCredit>();
  readonly disputes = new Map<string, OracleDispute>();

  /** What is still to be paid on an invoice. */
  due(id: string): number {
    const invoice = this.invoices.get(id)!;
    const before = this.creditsOf(id).reduce((sum, credit) => sum + credit.before, 0);
    return Math.max(0, invoice.total - invoice.balanceUsed - before);
  }

  creditsOf(invoice: string): ReadonlyArray<OracleCredit> {
    return [...this.credits.values()].filter((credit) => credit.invoice === invoice && credit.status === "issued");
  }

  refundable(charge: string): number {
    const given = [...this.refunds.values()].filter(
      (r) => r.charge === charge && r.status !== "failed" && r.status !== "canceled",
    );
    return this.charges.get(charge)!.amount - given.reduce((sum, refund) => sum + refund.amount, 0);
  }

  tell(act: Act): void {
    switch (act.act) {
      case "customer.create":
        this.customers.set(act.id, { name: act.name, balance: 0, deleted: false, link: null });
        return;
      case "customer.rename":
        this.customers.get(act.id)!.name = act.name;
        return;
      case "customer.link":
        this.customers.get(act.id)!.link = act.to;
        return;
      case "customer.delete":
        this.customers.get(act.id)!.deleted = true;
        return;
      case "subscription.create":
        this.subscriptions.set(act.id, {
          customer: act.customer,
          start: act.start,
          status: act.status,
          periodStart: act.periodStart,
          end: null,
        });
        return;
      case "subscription.status":
        this.subscriptions.get(act.id)!.status = act.status;
        return;
      case "subscription.renew":
        this.subscriptions.get(act.id)!.periodStart = act.periodStart;
        return;
      case "subscription.cancel": {
        const subscription = this.subscriptions.get(act.id)!;
        subscription.status = "canceled";
        subscription.end = act.at;
        return;
      }
      case "invoice.draft": {
        const { customer, subscription, currency, total, start } = act;
        this.invoices.set(act.id, {
          customer,
          subscription,
          currency,
          total,
          start,
          status: "draft",
          balanceUsed: 0,
          movement: null,
        });
        return;
      }
      case "invoice.delete":
        this.invoices.get(act.id)!.status = "deleted";
        return;
      case "invoice.finalize": {
        const invoice = this.invoices.get(act.id)!;
        const customer = this.customers.get(invoice.customer)!;
        invoice.status = "open";
        invoice.balanceUsed = Math.min(invoice.total, customer.balance);
        customer.balance -= invoice.balanceUsed;
        if (this.due(act.id) === 0) invoice.status = "paid";
        return;
      }
      case "invoice.void":
        this.invoices.get(act.id)!.status = "void";
        return;
      case "invoice.uncollectible":
        this.invoices.get(act.id)!.status = "uncollectible";
        return;
      case "invoice.pay": {
        const invoice = this.invoices.get(act.id)!;
        const amount = this.due(act.id);
        invoice.status = "paid";
        invoice.movement = act.movement;
        if (act.movement !== null) {
          this.charges.set(act.movement, {
            invoice: act.id,
            amount,
            currency: invoice.currency,
            reported: act.reported,
            disputed: false,
          });
        }
        return;
      }
      case "invoice.pay-failed":
        return;
      case "charge.refund":
        this.refunds.set(act.id, { charge: act.charge, amount: act.amount, status: act.status });
        return;
      case "refund.settle":
        this.refunds.get(act.id)!.status = act.status;
        return;
      case "credit.issue": {
        const invoice = this.invoices.get(act.invoice)!;
        const before = invoice.status === "paid" ? 0 : Math.min(act.amount, this.due(act.invoice));
        const { amount, settle, refund } = act;
        this.credits.set(act.id, { invoice: act.invoice, amount, before, settle, refund, status: "issued" });
        if (refund !== null)
          this.refunds.set(refund, { charge: invoice.movement!, amount: amount - before, status: "succeeded" });
        if (settle === "balance") this.customers.get(invoice.customer)!.balance += amount - before;
        if (invoice.status !== "paid" && this.due(act.invoice) === 0) invoice.status = "paid";
        return;
      }
      case "credit.void": {
        const credit = this.credits.get(act.id)!;
        credit.status = "void";
        if (credit.settle === "balance") {
          this.customers.get(this.invoices.get(credit.invoice)!.customer)!.balance -= credit.amount - credit.before;
        }
        return;
      }
      case "dispute.open":
        this.charges.get(act.charge)!.disputed = true;
        this.disputes.set(act.id, {
          charge: act.charge,
          amount: act.amount,
          status: act.inquiry ? "inquiry" : "open",
          funds: act.inquiry ? "none" : "withdrawn",
        });
        return;
      case "dispute.escalate": {
        const dispute = this.disputes.get(act.id)!;
        dispute.status = "open";
        dispute.funds = "withdrawn";
        return;
      }
      case "dispute.evidence": {
        const dispute = this.disputes.get(act.id)!;
        if (dispute.status === "open") dispute.status = "review";
        return;
      }
      case "dispute.close": {
        const dispute = this.disputes.get(act.id)!;
        if (dispute.status === "inquiry") dispute.status = "closed";
        else dispute.status = act.outcome;
        if (dispute.status === "won") dispute.funds = "reinstated";
        return;
      }
      case "dispute.overturn": {
        const dispute = this.disputes.get(act.id)!;
        dispute.status = "won";
        dispute.funds = "reinstated";
        return;
      }
    }
  }

  // ---------------------------------------------------------------- what must hold at rest

  /** `source side currency` → net minor units that documents of the ERP must add up to. Zero is left out. */
  effects(): ReadonlyMap<string, number> {
    const net = new Map<string, number>();
    const add = (source: string, side: "receivable" | "cash", currency: string, amount: number) => {
      if (amount === 0) return;
      const key = `stripe:${source} ${side} ${currency}`;
      net.set(key, (net.get(key) ?? 0) + amount);
    };
    for (const [id, invoice] of this.invoices) {
      if (!isReceivable(invoice)) continue;
      const { currency } = invoice;
      add(`invoice/${id}`, "receivable", currency, invoice.total);
      for (const [note, credit] of this.credits) {
        if (credit.invoice === id && credit.status === "issued")
          add(`credit_note/${note}`, "receivable", currency, -credit.amount);
      }
      const movement = invoice.movement === null ? undefined : this.charges.get(invoice.movement);
      const named = movement?.reported ? movement.amount : 0;
      if (named > 0) add(`payment/${invoice.movement}`, "cash", currency, named);
      if (invoice.status === "paid") add(`invoice/${id}`, "cash", currency, this.due(id) - named);
      if (!movement?.reported) continue;
      for (const [refund, value] of this.refunds) {
        if (value.charge === invoice.movement && value.status === "succeeded")
          add(`refund/${refund}`, "cash", currency, -value.amount);
      }
      for (const [dispute, value] of this.disputes) {
        if (value.charge === invoice.movement && value.funds === "withdrawn") {
          add(`dispute_funds/${dispute}`, "cash", currency, -value.amount);
        }
      }
    }
    return net;
  }

  /** Of every finalized invoice: what was settled and credited, and whether that pays it. */
  money(id: string): { readonly settled: number; readonly credits: number; readonly paid: boolean } {
    const invoice = this.invoices.get(id)!;
    const movement = invoice.movement === null ? undefined : this.charges.get(invoice.movement);
    let settled = invoice.status === "paid" ? this.due(id) : 0;
    if (movement?.reported) {
      settled = Math.max(settled, movement.amount);
      for (const refund of this.refunds.values()) {
        if (refund.charge === invoice.movement && refund.status === "succeeded") settled -= refund.amount;
      }
      for (const dispute of this.disputes.values()) {
        if (dispute.charge === invoice.movement && dispute.funds === "withdrawn") settled -= dispute.amount;
      }
    }
    const credits = this.creditsOf(id).reduce((sum, credit) => sum + credit.amount, invoice.balanceUsed);
    return { settled, credits, paid: settled + credits >= invoice.total };
  }

  /** Customers of one company: those that links connect. */
  companies(): ReadonlyArray<ReadonlyArray<string>> {
    const companies: string[][] = [];
    for (const id of [...this.customers.keys()].sort()) {
      const root = this.customers.get(id)!.link ?? id;
      const found = companies.find(
        (company) => company.includes(root) || company.some((member) => this.customers.get(member)?.link === root),
      );
      if (found) found.push(id);
      else companies.push([id]);
    }
    return companies;
  }

  /** Where the five regions must stand for one company, once every command is answered. */
  regions(
    company: ReadonlyArray<string>,
    now: number,
  ): Record<"lifecycle" | "subscription" | "ledger" | "cash" | "sync", string> {
    const invoices = [...this.invoices].filter(([, invoice]) => company.includes(invoice.customer));
    const finalized = invoices.filter(([, invoice]) => isFinalized(invoice));
    const subscriptions = [...this.subscriptions].filter(([, s]) => company.includes(s.customer));
    const current = this.current(subscriptions, now);
    const receivables = finalized.filter(([, invoice]) => invoice.total > 0).length;
    const outstanding = finalized.map(([id]) => id).filter((id) => !this.money(id).paid);
    const openDispute = invoices.some(([, invoice]) =>
      [...this.disputes.values()].some(
        (d) => d.charge === invoice.movement && ["inquiry", "open", "review"].includes(d.status),
      ),
    );
    const partial = outstanding.some((id) => this.money(id).settled + this.money(id).credits > 0);
    return {
      lifecycle: this.lifecycle(finalized, current, subscriptions.length > 0),
      subscription: current === null ? "none" : (words[current.status] ?? current.status),
      ledger: receivables > 0 ? "posted" : "clear",
      cash: openDispute
        ? "disputed"
        : partial
          ? "partial"
          : outstanding.length > 0
            ? "due"
            : finalized.length > 0
              ? "settled"
              : "clear",
      sync: "agreed",
    };
  }

  private current(
    subscriptions: ReadonlyArray<readonly [string, { start: number; status: string; end: number | null }]>,
    now: number,
  ) {
    const running = subscriptions
      .filter(([, s]) => s.start <= now && (s.end === null || s.end > now))
      .sort(([a, x], [b, y]) => y.start - x.start || (a < b ? -1 : 1))[0];
    const ended = subscriptions
      .filter(([, s]) => s.end !== null && s.end <= now)
      .sort(([a, x], [b, y]) => y.end! - x.end! || (a < b ? -1 : 1))[0];
    const chosen = running ?? ended;
    return chosen ? { id: chosen[0], ...chosen[1] } : null;
  }

  private lifecycle(
    finalized: ReadonlyArray<readonly [string, OracleInvoice]>,
    current: { readonly id: string; readonly status: string } | null,
    subscribed: boolean,
  ): string {
    if (current?.status === "canceled") return "churned";
    if (current?.status.startsWith("incomplete")) return "prospect";
    const own = finalized.filter(([, invoice]) => invoice.subscription === (subscribed ? current!.id : null));
    if (own.length === 0) return subscribed ? "activated" : "prospect";
    const newest = Math.max(...own.map(([, invoice]) => invoice.start));
    const billed = own.filter(([, invoice]) => invoice.start === newest);
    return billed.every(([id]) => this.money(id).paid) ? "paid" : "posted";
  }
}

const words: Readonly<Record<string, string>> = { unpaid: "past_due", incomplete: "none", incomplete_expired: "none" };
const isFinalized = (invoice: OracleInvoice): boolean => ["open", "uncollectible", "paid"].includes(invoice.status);
const isReceivable = (invoice: OracleInvoice): boolean => isFinalized(invoice) && invoice.total > 0;
