/** The gateway's movements of money, and what the ERP has applied as cash. *Pure.* */
import type { InvoiceData, RefundData } from "../../event.ts";
import { foreignIdOf } from "../../event.ts";
import type { Party } from "../../party.ts";
import { isReceivable } from "../../wish.ts";
import { type AccountView, saidOf, underwayOf } from "../account.ts";
import { documentsOf } from "../documents.ts";
import { type Item, plain } from "../item.ts";
import { outsideIds } from "./invoices.ts";

/** Whether the payment goes to an invoice that is a receivable. */
export const pays = (party: Party, payment: string): boolean =>
  party.evidence.invoicesOf(payment).some((invoice) => {
    const data = party.evidence.data<InvoiceData>(invoice);
    return data !== undefined && isReceivable(data);
  });

/** What of a payment was not given back again. */
const leftOf = (party: Party, payment: string, amountMinor: number, currency: string): number => {
  let left = amountMinor;
  for (const refund of party.evidence.refundsByPayment.get(payment) ?? []) {
    const data = party.evidence.data<RefundData>(refund);
    if (data?.status === "succeeded" && data.currency === currency) left -= data.amountMinor;
  }
  return left;
};

export const paymentItems = (view: AccountView): ReadonlyArray<Item> => [
  ...saidOf(view, "payment", ["payments", "billing"]).flatMap(
    ({ party, subject, id, data, heardAt }): ReadonlyArray<Item> => {
      if (data.status !== "succeeded" || data.amountMinor === 0) return [];
      // Taken and given back without ever paying anything: no books need it.
      if (!pays(party, subject) && leftOf(party, subject, data.amountMinor, data.currency) <= 0) return [];
      return [
        {
          ...plain,
          side: "gateway",
          system: party.connection,
          id,
          outside: outsideIds(party, subject, "cash_application"),
          number: foreignIdOf(subject),
          amountMinor: data.amountMinor,
          currency: data.currency,
          since: data.paidAt ?? heardAt,
          expects: view.targets(party.connection),
          underway: underwayOf(party, subject, ["cash_application"]),
        },
      ];
    },
  ),
  ...shortfalls(view),
  ...documentsOf(view, ["cash_application"], "erp", "gateway"),
];

/** An invoice that says paid and names no payment is its own movement, for what is missing. */
const shortfalls = (view: AccountView): ReadonlyArray<Item> =>
  saidOf(view, "invoice", ["billing"]).flatMap(({ party, subject, id, data, heardAt }) => {
    const own = party.groups.get(subject)?.view?.money.payments.find(({ source }) => source === subject);
    if (own === undefined || !isReceivable(data)) return [];
    return [
      {
        ...plain,
        side: "gateway",
        system: party.connection,
        id,
        outside: outsideIds(party, subject, "cash_application"),
        amountMinor: own.amountMinor,
        currency: data.currency,
        since: data.finalizedAt ?? heardAt,
        expects: view.targets(party.connection),
        underway: underwayOf(party, subject, ["cash_application"]),
      },
    ];
  });
