/** Billing's invoices, and what the ERP holds as receivables. *Pure.* */
import { outsideIdOf } from "../../ledger.ts";
import type { Party } from "../../party.ts";
import { isReceivable } from "../../wish.ts";
import { type AccountView, monthOf, saidOf, underwayOf } from "../account.ts";
import { documentsOf } from "../documents.ts";
import { type Item, plain } from "../item.ts";

/** Outside ids under which documents for the object stand somewhere. */
export const outsideIds = (party: Party, source: string, kind: string): ReadonlyArray<string> =>
  [...party.slots.values()]
    .filter((slot) => slot.source === source && slot.kind === kind && slot.held !== null)
    .map((slot) => outsideIdOf(slot, party.connection));

export const invoiceItems = (view: AccountView): ReadonlyArray<Item> => [
  ...saidOf(view, "invoice", ["billing"]).flatMap(({ party, subject, id, data, heardAt }): ReadonlyArray<Item> => {
    if (!isReceivable(data)) return [];
    return [
      {
        ...plain,
        side: "billing",
        system: party.connection,
        id,
        outside: outsideIds(party, subject, "receivable"),
        number: data.number,
        amountMinor: data.totalMinor,
        currency: data.currency,
        since: data.finalizedAt ?? heardAt,
        period: data.finalizedAt === null ? null : monthOf(data.finalizedAt),
        entity: data.entity ?? null,
        expects: view.targets(party.connection),
        underway: underwayOf(party, subject, ["receivable"]),
      },
    ];
  }),
  ...documentsOf(view, ["receivable"], "erp", "billing"),
];
