/** Money of a customer that went to no invoice: it is owed to the customer, until it is given back or applied. *Pure.* */
import { type EntryKind, entryOf } from "../accounting/entry.ts";
import { type Day, later } from "../calendar/day.ts";
import { type DisputeFundsData, foreignIdOf, type PaymentData, type RefundData } from "../event.ts";
import type { Party } from "../party.ts";
import { subjectsOf } from "../reconciliation/account.ts";
import type { BookEntry } from "./entry.ts";
import { dayIn, entityOfConnection, type Keeping } from "./keeping.ts";
import type { Unstated } from "./unstated.ts";

/** A person may have given it to another of its claimants. */
export const isOwn = (party: Party, subject: string): boolean => (party.assigned.get(subject) ?? party.id) === party.id;

export interface Unapplied {
  readonly entries: ReadonlyArray<BookEntry>;
  readonly unstated: ReadonlyArray<Unstated>;
}

export const unappliedOf = (party: Party, keeping: Keeping): Unapplied => {
  const { evidence, connection } = party;
  const entity = entityOfConnection(keeping, connection);
  const entries: BookEntry[] = [];
  const unstated: Unstated[] = [];
  for (const payment of subjectsOf(party, "payment")) {
    if (evidence.invoicesOf(payment).length > 0 || !isOwn(party, payment)) continue;
    const data = evidence.data<PaymentData>(payment);
    if (data?.status !== "succeeded") continue;
    const { currency, amountMinor, paidAt } = data;
    const returns = [
      ...(evidence.refundsByPayment.get(payment) ?? []),
      ...(evidence.fundsByPayment.get(payment) ?? []),
    ];
    const left = (reason: string) =>
      unstated.push({ about: `${connection}:${payment}`, reason, entity, currency, amountMinor });
    if ([payment, ...returns].some((one) => evidence.ambiguous.has(one))) {
      left("it, or what was given back of it, is ambiguous");
      continue;
    }
    if (party.contested.has(payment)) {
      left(`it is claimed by ${party.contested.get(payment)!.join(" and ")}`);
      continue;
    }
    if (paidAt === null) {
      left("nothing says when it was received");
      continue;
    }
    const id = `${connection}:${foreignIdOf(payment)}`;
    const paidOn = dayIn(keeping, paidAt);
    /** Above zero: received. */
    const move = (about: string, part: string, kind: EntryKind, date: Day, minor: number): void => {
      const head = { id: `${id}/${part}`, kind, entity, currency, date, source: id };
      const dimensions = { payment: id };
      const entry = entryOf(head, [
        { role: "Cash", amountMinor: minor, dimensions },
        { role: "CustomerCredits", amountMinor: minor, dimensions },
      ]);
      if (entry !== null) entries.push({ ...entry, party: party.id, about, corrects: null });
    };
    const dated = (at: number | null | undefined): Day => (at == null ? paidOn : later(dayIn(keeping, at), paidOn));
    move(payment, "unapplied", "payment", paidOn, amountMinor);
    for (const refund of [...(evidence.refundsByPayment.get(payment) ?? [])].sort()) {
      const back = evidence.data<RefundData>(refund)!;
      if (back.status === "succeeded" && back.currency === currency)
        move(refund, refund, "refund", dated(back.refundedAt), -back.amountMinor);
    }
    for (const funds of [...(evidence.fundsByPayment.get(payment) ?? [])].sort()) {
      const taken = evidence.data<DisputeFundsData>(funds)!;
      if (taken.currency !== currency) continue;
      move(funds, funds, "dispute", dated(taken.withdrawnAt), -taken.amountMinor);
      if (taken.status !== "reinstated") continue;
      const backAt = taken.reinstatedAt ?? evidence.shown(funds)!.observation.at;
      move(funds, `${funds}/won`, "dispute_won", dated(backAt), taken.amountMinor);
    }
  }
  return { entries, unstated };
};
