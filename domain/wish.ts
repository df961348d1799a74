/**
 * What each target system should hold, from the evidence: the table of obligations. A row binds only where a connection of
 * its role exists. *Pure.*
 */
import type { AccountData, InvoiceData, PostingData, SubscriptionData } from "./event.ts";
import { foreignIdOf } from "./event.ts";
import type { Evidence } from "./evidence.ts";
import { type Charge, chargeSubject, recordsOf } from "./metering/charges.ts";
import type { InvoiceMoney } from "./movement.ts";
import type { Peers } from "./peers.ts";
import type { DocumentContent, DocumentKind, Role } from "./ports/system.ts";

export interface ObligationRow {
  readonly row: string;
  readonly role: Role;
  readonly document: DocumentKind;
  readonly when: string;
  readonly inverse: string;
  /** Under a limit or an open breaker the smaller goes first: the financial rows before what only shows. */
  readonly priority: number;
}

export const obligationTable: ReadonlyArray<ObligationRow> = [
  {
    row: "customer.present",
    role: "erp",
    document: "customer",
    when: "the party has an invoice to post, or its account a charge",
    inverse: "none: master records stay",
    priority: 0,
  },
  {
    row: "invoice.posted",
    role: "erp",
    document: "receivable",
    when: "an invoice is finalized, not void, its total above zero",
    inverse: "reversal when voided or replaced",
    priority: 1,
  },
  {
    row: "payment.applied",
    role: "erp",
    document: "cash_application",
    when: "a movement succeeded on a posted invoice",
    inverse: "reversal when the movement is gone or goes elsewhere",
    priority: 2,
  },
  {
    row: "credit.posted",
    role: "erp",
    document: "credit_memo",
    when: "a credit note is issued on a posted invoice",
    inverse: "reversal when it is voided",
    priority: 2,
  },
  {
    row: "refund.posted",
    role: "erp",
    document: "refund",
    when: "a refund of an applied movement succeeded",
    inverse: "reversal when the refund failed",
    priority: 3,
  },
  {
    row: "dispute.posted",
    role: "erp",
    document: "chargeback",
    when: "a dispute withdrew funds",
    inverse: "reversal when they are reinstated: the cash is applied again",
    priority: 3,
  },
  {
    row: "usage.invoice_ready",
    role: "erp",
    document: "charge",
    when: "an approved batch carries use of a period that is over",
    inverse: "taken out of billing; what was too much is a further charge below zero",
    priority: 4,
  },
  {
    row: "subscription.shown",
    role: "crm",
    document: "crm_subscription",
    when: "the subscription's party is linked to a company of the CRM",
    inverse: "deleted when the link or the subscription is gone",
    priority: 5,
  },
  {
    row: "invoice.shown",
    role: "crm",
    document: "crm_invoice",
    when: "the invoice is finalized, or bills charges of ours in the ERP, and its party is linked to a company of the CRM",
    inverse: "deleted when the link is gone",
    priority: 5,
  },
];

const rowOf = new Map(obligationTable.map((row) => [row.document, row.row]));
export const rowName = (kind: DocumentKind): string => rowOf.get(kind)!;
const priorities = new Map(obligationTable.map((row) => [row.document, row.priority]));
export const priorityOf = (kind: DocumentKind): number => priorities.get(kind)!;

/** One thing that a target should hold. */
export interface Wish {
  /** `target|subject|part`: the place in the ledger; one document at a time. */
  readonly slot: string;
  readonly target: string;
  readonly kind: DocumentKind;
  /** The source object, within the party's connection. */
  readonly source: string;
  readonly part: string;
  /** Without `appliesTo`, which the ledger fills in from `on`. */
  readonly content: DocumentContent;
  /** The slot of the document that this one applies to. */
  readonly on: string | null;
  /** Epoch milliseconds, UTC. Not part of the content. */
  readonly effectiveAt: number;
}

export const slotKey = (target: string, source: string, part: string): string => `${target}|${source}|${part}`;

const wish = (
  target: string,
  kind: DocumentKind,
  source: string,
  part: string,
  content: DocumentContent,
  on: string | null,
  effectiveAt: number,
): Wish => ({ slot: slotKey(target, source, part), target, kind, source, part, content, on, effectiveAt });

/** The statuses in which an invoice is a receivable. */
const receivable: ReadonlySet<string> = new Set(["open", "uncollectible", "paid"]);

export const isFinalized = (invoice: InvoiceData): boolean => receivable.has(invoice.status);
export const isReceivable = (invoice: InvoiceData): boolean => isFinalized(invoice) && invoice.totalMinor > 0;

/** Everything that one invoice asks of one ERP. */
export const invoiceWishes = (target: string, subject: string, invoice: InvoiceData, money: InvoiceMoney): Wish[] => {
  if (!isReceivable(invoice)) return [];
  const { currency } = invoice;
  const finalizedAt = invoice.finalizedAt ?? invoice.periodStart ?? 0;
  const wishes: Wish[] = [
    wish(
      target,
      "receivable",
      subject,
      "receivable",
      { currency, amountMinor: invoice.totalMinor, taxMinor: invoice.taxMinor, number: invoice.number },
      null,
      finalizedAt,
    ),
  ];
  const on = wishes[0]!.slot;
  for (const credit of money.credits) {
    const content = { currency, amountMinor: credit.amountMinor, number: credit.number };
    wishes.push(
      wish(target, "credit_memo", credit.source, `credit_memo:${subject}`, content, on, credit.at ?? finalizedAt),
    );
  }
  const cash = (source: string) => slotKey(target, source, `cash_application:${subject}`);
  for (const payment of money.payments) {
    const content = { currency, amountMinor: payment.amountMinor };
    wishes.push(
      wish(
        target,
        "cash_application",
        payment.source,
        `cash_application:${subject}`,
        content,
        on,
        payment.at ?? finalizedAt,
      ),
    );
  }
  for (const [kind, returns] of [
    ["refund", money.refunds],
    ["chargeback", money.chargebacks],
  ] as const) {
    for (const back of returns) {
      const content = { currency, amountMinor: back.amountMinor };
      wishes.push(
        wish(target, kind, back.source, `${kind}:${subject}`, content, cash(back.payment), back.at ?? finalizedAt),
      );
    }
  }
  return wishes;
};

/** The customer's own record: per party, whatever it is linked to; in the words of the policy's authority. */
export const customerWish = (target: string, evidence: Evidence, customer: string, master: Peers["master"]): Wish => {
  const subject = `account/${customer}`;
  const data = evidence.data<AccountData>(subject);
  const content = {
    name: master?.name ?? data?.name ?? data?.email ?? foreignIdOf(subject),
    email: master?.email ?? data?.email ?? null,
    currency: data?.currency ?? null,
  };
  return wish(target, "customer", subject, "customer", content, null, 0);
};

const over: ReadonlySet<string> = new Set(["open", "uncollectible", "paid", "void"]);

/** What a CRM shows of an invoice. `account`: the company's own id there. */
export const crmInvoiceWish = (
  target: string,
  account: string,
  subject: string,
  invoice: InvoiceData,
  money: InvoiceMoney,
): Wish | null => {
  if (!over.has(invoice.status)) return null;
  const { number, status, currency, totalMinor } = invoice;
  const shown = status === "void" ? status : money.paid ? "paid" : status === "paid" ? "open" : status;
  const content = { account, number, status: shown, currency, amountMinor: totalMinor, paidMinor: money.settledMinor };
  return wish(
    target,
    "crm_invoice",
    subject,
    "crm_invoice",
    content,
    null,
    invoice.finalizedAt ?? invoice.periodStart ?? 0,
  );
};

/** What a CRM shows of a subscription. */
export const crmSubscriptionWish = (
  target: string,
  account: string,
  subject: string,
  { status, startAt, endAt }: SubscriptionData,
): Wish =>
  wish(
    target,
    "crm_subscription",
    subject,
    "crm_subscription",
    { account, status, startAt, endAt },
    null,
    startAt ?? 0,
  );

/** The records of one charge. What comes after the first names it. */
export const chargeWishes = (target: string, id: string, charge: Charge): Wish[] => {
  const { currency, meter, product, period, periodEnd, entity, jurisdiction } = charge.billed;
  const source = chargeSubject(id);
  const [first, ...later] = recordsOf(charge).map((record) => {
    const { amountMinor, taxMinor, quantity } = record;
    const place = { meter, product, period, periodEnd, entity, jurisdiction };
    const content = { currency, amountMinor, taxMinor, quantity, ...place };
    return wish(target, "charge", source, `charge:${record.index}`, content, null, record.effectiveAt);
  });
  return first === undefined ? [] : [first, ...later.map((one) => ({ ...one, on: first.slot }))];
};

/** What a CRM shows of an invoice that an ERP made of charges of ours. `account`: the company's own id there. */
export const crmPostingWish = (target: string, account: string, subject: string, posting: PostingData): Wish | null => {
  const { status, number, currency, amountMinor, postedAt = null, openMinor = null } = posting;
  if (status === "deleted") return null;
  const paidMinor = status === "void" ? 0 : amountMinor - (openMinor ?? (status === "paid" ? 0 : amountMinor));
  const content = { account, number, status, currency, amountMinor, paidMinor };
  return wish(target, "crm_invoice", subject, "crm_invoice", content, null, postedAt ?? 0);
};
