/** Tax documents against invoices, usage totals against the lines that bill them, entitlements against subscriptions. *Pure.* */
import { isReceivable } from "../../wish.ts";
import { type AccountView, saidOf } from "../account.ts";
import { type Item, plain } from "../item.ts";
import { subscriptionId } from "./terms.ts";

const invoiceId = (named: string): string => {
  const colon = named.indexOf(":");
  return `${named.slice(0, colon)}:invoice/${named.slice(colon + 1)}`;
};

export const taxItems = (view: AccountView): ReadonlyArray<Item> => {
  const systems = view.having("tax");
  return [
    ...saidOf(view, "invoice", ["billing"]).flatMap(({ party, id, data, heardAt }): ReadonlyArray<Item> => {
      if (systems.length === 0 || !isReceivable(data)) return [];
      return [
        {
          ...plain,
          side: "billing",
          system: party.connection,
          id,
          number: data.number,
          amountMinor: data.taxMinor,
          currency: data.currency,
          since: data.finalizedAt ?? heardAt,
          entity: data.entity ?? null,
          // Without tax there may be a document, and need not.
          expects: data.taxMinor === 0 ? [] : ["side:tax"],
        },
      ];
    }),
    ...saidOf(view, "tax_document", ["tax"]).flatMap(({ party, id, data, heardAt }): ReadonlyArray<Item> => {
      if (data.status !== "committed") return [];
      return [
        {
          ...plain,
          side: "tax",
          system: party.connection,
          id,
          references: data.invoice === null ? [] : [invoiceId(data.invoice)],
          number: data.number,
          amountMinor: data.taxMinor,
          currency: data.currency,
          since: data.documentAt ?? heardAt,
          entity: data.entity,
          needs: "billing",
        },
      ];
    }),
  ];
};

export const usageItems = (view: AccountView): ReadonlyArray<Item> => {
  const usage = saidOf(view, "usage_total", ["usage"]).filter(({ data }) => data.status === "closed");
  const key = (subscription: string, meter: string, from: number | null) => `${subscription} ${meter} ${from ?? "-"}`;
  if (view.having("usage").length === 0) return [];
  return [
    ...usage.map(({ party, id, data }) => ({
      ...plain,
      side: "usage",
      system: party.connection,
      id,
      outside: [key(subscriptionId(data.subscription), data.meter, data.periodStart)],
      since: data.periodEnd,
      fields: { quantity: data.quantity },
      expects: Number(data.quantity) === 0 ? [] : ["side:billing"],
    })),
    ...saidOf(view, "line", ["billing"]).flatMap(({ party, id, data, heardAt }): ReadonlyArray<Item> => {
      if (data.status !== "active" || data.meter === null || data.subscription === null) return [];
      return [
        {
          ...plain,
          side: "billing",
          system: party.connection,
          id,
          outside: [key(`${party.connection}:${data.subscription}`, data.meter, data.periodStart)],
          amountMinor: data.amountMinor,
          currency: data.amountMinor === null ? null : data.currency,
          since: data.periodEnd ?? heardAt,
          fields: { quantity: data.quantity },
          needs: "usage",
        },
      ];
    }),
  ];
};

const entitled: ReadonlySet<string> = new Set(["trialing", "active", "past_due"]);

export const entitlementItems = (view: AccountView): ReadonlyArray<Item> => {
  if (view.having("support").length === 0) return [];
  return [
    ...saidOf(view, "subscription", ["billing"]).flatMap(({ party, id, data, heardAt }): ReadonlyArray<Item> => {
      if (!entitled.has(data.status)) return [];
      return [
        {
          ...plain,
          side: "billing",
          system: party.connection,
          id,
          since: data.startAt ?? heardAt,
          fields: { endAt: data.endAt },
          expects: ["side:support"],
        },
      ];
    }),
    ...saidOf(view, "entitlement", ["support"]).flatMap(({ party, id, data, heardAt }): ReadonlyArray<Item> => {
      if (data.status !== "active") return [];
      return [
        {
          ...plain,
          side: "support",
          system: party.connection,
          id,
          references: data.subscription === null ? [] : [subscriptionId(data.subscription)],
          since: data.startAt ?? heardAt,
          fields: { quantity: data.quantity, endAt: data.endAt },
          needs: "billing",
        },
      ];
    }),
  ];
};
