/**
 * The fold of money movements on one invoice: who paid, what was given back, what was credited, and whether it is paid.
 * Each movement has one key, however many vendor objects mention it. *Pure.*
 */
import type { CreditNoteData, DisputeData, DisputeFundsData, InvoiceData, PaymentData, RefundData } from "./event.ts";
import type { Evidence } from "./evidence.ts";

/** Money that went to the invoice. `source` is the movement's key: the payment, or the invoice itself for an unnamed shortfall. */
export interface Payment {
  readonly source: string;
  readonly amountMinor: number;
  /** Epoch milliseconds, UTC; null when the vendor does not say. */
  readonly at: number | null;
}

/** Money that left again. `payment` is the movement that it takes from. */
export interface Return {
  readonly source: string;
  readonly payment: string;
  readonly amountMinor: number;
  readonly at: number | null;
}

export interface Credit {
  readonly source: string;
  readonly amountMinor: number;
  readonly number: string | null;
  readonly at: number | null;
}

export interface InvoiceMoney {
  readonly payments: ReadonlyArray<Payment>;
  readonly refunds: ReadonlyArray<Return>;
  readonly chargebacks: ReadonlyArray<Return>;
  readonly credits: ReadonlyArray<Credit>;
  /** `succeeded payments − succeeded refunds − disputes with funds withdrawn and not reinstated`. */
  readonly settledMinor: number;
  /** `issued credit notes and balance used`. */
  readonly creditsMinor: number;
  readonly paid: boolean;
  /** A dispute is open on one of the payments. */
  readonly disputed: boolean;
  /** Movements in another currency than the invoice's: never added to it. */
  readonly otherCurrency: ReadonlyArray<string>;
}

const openDispute: ReadonlySet<string> = new Set([
  "warning_needs_response",
  "warning_under_review",
  "needs_response",
  "under_review",
]);

const sum = (parts: ReadonlyArray<{ readonly amountMinor: number }>): number =>
  parts.reduce((total, part) => total + part.amountMinor, 0);

/** The share of a payment that goes to `invoice`: all of it unless mentions split it. */
export const shareOf = (evidence: Evidence, payment: string, data: PaymentData, invoice: string): number => {
  const invoices = evidence.invoicesOf(payment);
  if (invoices.length < 2) return data.amountMinor;
  const said = new Map<string, number>();
  for (const mention of evidence.mentionsOf(payment, data.intent)) {
    if (mention.invoice && mention.amountMinor !== null) said.set(mention.invoice, mention.amountMinor);
  }
  const rest = data.amountMinor - [...said.values()].reduce((total, amount) => total + amount, 0);
  const unsaid = invoices.filter((other) => !said.has(other));
  const share = said.get(invoice) ?? (unsaid[0] === invoice ? Math.max(0, rest) : 0);
  return share;
};

/** Give a returned amount to the invoices of its payment, filling in id order. */
export const returnedOf = (
  evidence: Evidence,
  payment: string,
  data: PaymentData,
  amountMinor: number,
  invoice: string,
): number => {
  const invoices = evidence.invoicesOf(payment);
  if (invoices.length < 2) return amountMinor;
  let left = amountMinor;
  for (const other of invoices) {
    const part = Math.min(left, shareOf(evidence, payment, data, other));
    if (other === invoice) return part;
    left -= part;
  }
  return 0;
};

export const moneyOf = (evidence: Evidence, subject: string, invoice: InvoiceData): InvoiceMoney => {
  const payments: Payment[] = [];
  const refunds: Return[] = [];
  const chargebacks: Return[] = [];
  const otherCurrency: string[] = [];
  let disputed = false;

  for (const payment of sorted(evidence.paymentsByInvoice.get(subject))) {
    const data = evidence.data<PaymentData>(payment);
    if (data?.status !== "succeeded") continue;
    if (data.currency !== invoice.currency) {
      otherCurrency.push(payment);
      continue;
    }
    const amountMinor = shareOf(evidence, payment, data, subject);
    if (amountMinor > 0) payments.push({ source: payment, amountMinor, at: data.paidAt });
    for (const refund of sorted(evidence.refundsByPayment.get(payment))) {
      const value = evidence.data<RefundData>(refund)!;
      if (value.status !== "succeeded" || value.currency !== invoice.currency) continue;
      const part = returnedOf(evidence, payment, data, value.amountMinor, subject);
      if (part > 0) refunds.push({ source: refund, payment, amountMinor: part, at: value.refundedAt });
    }
    for (const funds of sorted(evidence.fundsByPayment.get(payment))) {
      const value = evidence.data<DisputeFundsData>(funds)!;
      if (value.status !== "withdrawn" || value.currency !== invoice.currency) continue;
      const part = returnedOf(evidence, payment, data, value.amountMinor, subject);
      if (part > 0) chargebacks.push({ source: funds, payment, amountMinor: part, at: value.withdrawnAt });
    }
    for (const dispute of evidence.disputesByPayment.get(payment) ?? []) {
      if (openDispute.has(evidence.data<DisputeData>(dispute)!.status)) disputed = true;
    }
  }

  const credits: Credit[] = [];
  let prePaymentMinor = invoice.balanceUsedMinor;
  for (const note of sorted(evidence.creditNotesByInvoice.get(subject))) {
    const data = evidence.data<CreditNoteData>(note)!;
    if (data.status !== "issued") continue;
    if (data.currency !== invoice.currency) {
      otherCurrency.push(note);
      continue;
    }
    prePaymentMinor += data.prePaymentMinor;
    if (data.totalMinor > 0) {
      credits.push({ source: note, amountMinor: data.totalMinor, number: data.number, at: data.issuedAt });
    }
  }

  // An invoice that says paid and names no movement has, for the shortfall, itself as its movement.
  if (invoice.status === "paid") {
    const shortfall = invoice.totalMinor - prePaymentMinor - sum(payments);
    if (shortfall > 0) payments.push({ source: subject, amountMinor: shortfall, at: null });
  }

  const settledMinor = sum(payments) - sum(refunds) - sum(chargebacks);
  const creditsMinor = sum(credits) + invoice.balanceUsedMinor;
  return {
    payments,
    refunds,
    chargebacks,
    credits,
    settledMinor,
    creditsMinor,
    paid: settledMinor + creditsMinor >= invoice.totalMinor,
    disputed,
    otherCurrency,
  };
};

const sorted = (subjects: ReadonlySet<string> | undefined): ReadonlyArray<string> =>
  subjects ? [...subjects].sort() : [];
