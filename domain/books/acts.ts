/**
 * What became of an invoice, as acts of its story: billed, paid, credited, refunded, disputed, written off, voided; each on the day
 * that its system says. *Pure.*
 */
import { type Day, later } from "../calendar/day.ts";
import { type DisputeFundsData, foreignIdOf, type InvoiceData, type PaymentData } from "../event.ts";
import type { Evidence } from "../evidence.ts";
import { toDecimal } from "../money.ts";
import { type InvoiceMoney, returnedOf } from "../movement.ts";
import type { StoryAct } from "../revenue/story.ts";

export interface Acts {
  readonly acts: ReadonlyArray<StoryAct>;
  /** Act → the object that it follows from: `payment/ch_1`. */
  readonly sources: ReadonlyMap<string, string>;
  /** Payments that came before their invoice, by act: until then the money is the customer's. */
  readonly early: ReadonlyMap<string, Day>;
}

interface Told {
  readonly evidence: Evidence;
  /** `invoice/in_1`. */
  readonly subject: string;
  readonly id: string;
  readonly data: InvoiceData;
  readonly money: InvoiceMoney;
  readonly on: Day;
  readonly lines: ReadonlyArray<string>;
  /** Of an instant. */
  readonly dayOf: (at: number) => Day;
}

export const actsOf = ({ evidence, subject, id, data, money, on, lines, dayOf }: Told): Acts => {
  const acts: StoryAct[] = [];
  const sources = new Map<string, string>();
  const early = new Map<string, Day>();
  const { currency } = data;
  const amountOf = (minor: number) => ({ amount: toDecimal(minor, currency) });
  const put = (act: StoryAct, source: string): void => {
    acts.push(act);
    sources.set(act.id, source);
  };
  /** Nothing happens to an invoice before it is there. */
  const dated = (at: number | null | undefined, not: Day = on): Day => (at == null ? not : later(dayOf(at), not));

  const tax = data.taxMinor === 0 ? {} : { tax: toDecimal(data.taxMinor, currency) };
  put({ id: "invoice", on, do: "invoice", invoice: id, lines: [...lines], ...tax }, subject);
  // Void gives the balance back; below zero the invoice itself becomes a credit of the customer's.
  const usedMinor = data.totalMinor < 0 ? data.totalMinor : data.status === "void" ? 0 : data.balanceUsedMinor;
  if (usedMinor !== 0) put({ id: "balance", on, do: "balance", invoice: id, ...amountOf(usedMinor) }, subject);

  const paidOn = new Map<string, Day>();
  for (const { source, amountMinor, at } of money.payments) {
    const unnamed = source === subject;
    const act = unnamed ? "payment" : source;
    const when = unnamed ? dated(data.paidAt) : dated(at);
    paidOn.set(source, when);
    if (!unnamed && at !== null && dayOf(at) < on) early.set(act, dayOf(at));
    put({ id: act, on: when, do: "payment", invoice: id, ...amountOf(amountMinor) }, source);
  }
  for (const { source, amountMinor, at } of money.credits)
    put({ id: source, on: dated(at), do: "credit_note", invoice: id, ...amountOf(amountMinor) }, source);
  for (const { source, payment, amountMinor, at } of money.refunds)
    put(
      { id: source, on: dated(at, paidOn.get(payment)), do: "refund", invoice: id, ...amountOf(amountMinor) },
      source,
    );
  for (const funds of fundsOf(evidence, subject, money)) {
    const { source, payment, amountMinor, withdrawnAt, reinstatedAt } = funds;
    const taken = dated(withdrawnAt, paidOn.get(payment));
    put({ id: source, on: taken, do: "dispute", invoice: id, ...amountOf(amountMinor) }, source);
    if (reinstatedAt === null) continue;
    const won = { id: `${source}/won`, on: dated(reinstatedAt, taken), do: "dispute_won", invoice: id } as const;
    put({ ...won, dispute: source }, source);
  }
  const shownAt = evidence.shown(subject)?.observation.at ?? null;
  const uncollectible = data.uncollectibleAt ?? (data.status === "uncollectible" ? shownAt : null);
  if (uncollectible !== null)
    put({ id: "uncollectible", on: dated(uncollectible), do: "uncollectible", invoice: id }, subject);
  if (data.status === "void")
    put({ id: "void", on: dated(data.voidedAt ?? shownAt), do: "void", invoice: id }, subject);
  return { acts, sources, early };
};

interface Funds {
  readonly source: string;
  readonly payment: string;
  readonly amountMinor: number;
  readonly withdrawnAt: number | null;
  /** Null: they did not come back. */
  readonly reinstatedAt: number | null;
}

/** Every dispute of the invoice's payments that took money, also where it came back. */
const fundsOf = (evidence: Evidence, subject: string, money: InvoiceMoney): ReadonlyArray<Funds> =>
  money.payments.flatMap(({ source: payment }) =>
    [...(evidence.fundsByPayment.get(payment) ?? [])].sort().flatMap((source): ReadonlyArray<Funds> => {
      const { status, currency, amountMinor, withdrawnAt, reinstatedAt } = evidence.data<DisputeFundsData>(source)!;
      const paid = evidence.data<PaymentData>(payment);
      if (paid === undefined || paid.currency !== currency) return [];
      const part = returnedOf(evidence, payment, paid, amountMinor, subject);
      const backAt = reinstatedAt ?? evidence.shown(source)!.observation.at;
      return part > 0
        ? [{ source, payment, amountMinor: part, withdrawnAt, reinstatedAt: status === "reinstated" ? backAt : null }]
        : [];
    }),
  );

/** Everything that an invoice's story rests on: none of it may be ambiguous. */
export const restsOn = (evidence: Evidence, subject: string, money: InvoiceMoney): ReadonlyArray<string> => {
  const payments = [...(evidence.paymentsByInvoice.get(subject) ?? [])];
  return [
    subject,
    ...payments,
    ...payments.flatMap((payment) => [
      ...(evidence.refundsByPayment.get(payment) ?? []),
      ...(evidence.fundsByPayment.get(payment) ?? []),
    ]),
    ...money.credits.map(({ source }) => source),
    ...(evidence.creditNotesByInvoice.get(subject) ?? []),
  ].filter((one) => foreignIdOf(one) !== "");
};
