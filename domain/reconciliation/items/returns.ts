/** Credit notes and money given back, and the ERP's documents for them. *Pure.* */
import type { InvoiceData, PaymentData } from "../../event.ts";
import { foreignIdOf } from "../../event.ts";
import { isReceivable } from "../../wish.ts";
import { type AccountView, saidOf, underwayOf } from "../account.ts";
import { documentsOf } from "../documents.ts";
import { type Item, plain } from "../item.ts";
import { outsideIds } from "./invoices.ts";
import { pays } from "./payments.ts";

export const creditItems = (view: AccountView): ReadonlyArray<Item> => [
  ...saidOf(view, "credit_note", ["billing"]).flatMap(({ party, subject, id, data, heardAt }): ReadonlyArray<Item> => {
    const invoice = party.evidence.data<InvoiceData>(data.invoice);
    // Before its invoice is a receivable there is nothing to credit.
    if (data.status !== "issued" || data.totalMinor <= 0 || invoice === undefined || !isReceivable(invoice)) return [];
    return [
      {
        ...plain,
        side: "billing",
        system: party.connection,
        id,
        outside: outsideIds(party, subject, "credit_memo"),
        number: data.number,
        amountMinor: data.totalMinor,
        currency: data.currency,
        since: data.issuedAt ?? heardAt,
        expects: view.targets(party.connection),
        underway: underwayOf(party, subject, ["credit_memo"]),
      },
    ];
  }),
  ...documentsOf(view, ["credit_memo"], "erp", "billing"),
];

export const refundItems = (view: AccountView): ReadonlyArray<Item> => [
  ...saidOf(view, "refund", ["payments", "billing"]).flatMap(
    ({ party, subject, id, data, heardAt }): ReadonlyArray<Item> => {
      if (data.status !== "succeeded" || data.amountMinor === 0 || !pays(party, data.payment)) return [];
      return [
        {
          ...plain,
          side: "gateway",
          system: party.connection,
          id,
          outside: outsideIds(party, subject, "refund"),
          number: foreignIdOf(subject),
          amountMinor: data.amountMinor,
          currency: data.currency,
          since: data.refundedAt ?? heardAt,
          expects: view.targets(party.connection),
          underway: underwayOf(party, subject, ["refund"]),
        },
      ];
    },
  ),
  ...withdrawn(view),
  ...documentsOf(view, ["refund", "chargeback"], "erp", "gateway"),
];

/** What a dispute took. */
const withdrawn = (view: AccountView): ReadonlyArray<Item> =>
  saidOf(view, "dispute_funds", ["payments", "billing"]).flatMap(
    ({ party, subject, id, data, heardAt }): ReadonlyArray<Item> => {
      const payment = party.evidence.data<PaymentData>(data.payment);
      if (data.status !== "withdrawn" || payment === undefined || !pays(party, data.payment)) return [];
      return [
        {
          ...plain,
          side: "gateway",
          system: party.connection,
          id,
          outside: outsideIds(party, subject, "chargeback"),
          amountMinor: data.amountMinor,
          currency: data.currency,
          since: data.withdrawnAt ?? heardAt,
          expects: view.targets(party.connection),
          underway: underwayOf(party, subject, ["chargeback"]),
        },
      ];
    },
  );
