/**
 * Price, quantity and term along quote, contract, subscription and invoice: the documents with what they say as a whole, and
 * their lines, each with those of the same product in the same chain. *Pure.*
 */
import type { ContractData } from "../../event.ts";
import { type AccountView, saidOf } from "../account.ts";
import { type Item, plain } from "../item.ts";

const hasTerm: ReadonlySet<string> = new Set(["activated", "expired", "cancelled"]);
const isBegun = (status: string): boolean => status !== "incomplete" && status !== "incomplete_expired";

export const termItems = (view: AccountView): ReadonlyArray<Item> => [
  ...contracts(view),
  ...quotes(view),
  ...subscriptions(view),
  ...lines(view),
];

const contracts = (view: AccountView): ReadonlyArray<Item> =>
  saidOf(view, "contract", ["crm", "cpq"])
    .filter(({ data }) => hasTerm.has(data.status))
    .map(({ party, id, data, heardAt }) => ({
      ...plain,
      side: "contract",
      system: party.connection,
      id,
      references: contractReferences(party.connection, data),
      amountMinor: data.amountMinor,
      currency: data.amountMinor === null ? null : data.currency,
      since: data.startAt ?? heardAt,
      fields: {
        price: data.amountMinor,
        currency: data.currency,
        startAt: data.startAt,
        // Over before its time: billing ends when it ends, not with the term.
        endAt: data.status === "cancelled" ? null : data.endAt,
      },
    }));

const contractReferences = (connection: string, { quote, subscription }: ContractData): ReadonlyArray<string> => [
  ...(quote === null ? [] : [`${connection}:${quote}`]),
  ...(subscription === null ? [] : [subscriptionId(subscription)]),
];

/** `stripe:sub_1` → `stripe:subscription/sub_1`. */
export const subscriptionId = (named: string): string => {
  const colon = named.indexOf(":");
  return `${named.slice(0, colon)}:subscription/${named.slice(colon + 1)}`;
};

const quotes = (view: AccountView): ReadonlyArray<Item> =>
  saidOf(view, "quote", ["crm", "cpq"])
    .filter(({ data }) => data.status === "won")
    .map(({ party, id, data, heardAt }) => ({
      ...plain,
      side: "quote",
      system: party.connection,
      id,
      references: data.deal === null ? [] : [`${party.connection}:${data.deal}`],
      amountMinor: data.amountMinor,
      currency: data.amountMinor === null ? null : data.currency,
      since: data.closedAt ?? heardAt,
      fields: { price: data.amountMinor, currency: data.currency },
    }));

const subscriptions = (view: AccountView): ReadonlyArray<Item> =>
  saidOf(view, "subscription", ["billing"])
    .filter(({ data }) => isBegun(data.status))
    .map(({ party, id, data, heardAt }) => {
      const contract = data.contract;
      const named = contract === null ? null : contractId(contract);
      return {
        ...plain,
        side: "subscription",
        system: party.connection,
        id,
        references: named === null ? [] : [named],
        since: data.startAt ?? heardAt,
        fields: { startAt: data.startAt, endAt: data.status === "canceled" ? null : data.endAt },
        needs: named === null ? null : "contract",
      };
    });

const contractId = (named: string): string => {
  const colon = named.indexOf(":");
  return `${named.slice(0, colon)}:contract/${named.slice(colon + 1)}`;
};

/** Kind of the document that a line is of → the side. */
const lineSides: Readonly<Record<string, string>> = {
  quote: "quote",
  contract: "contract",
  subscription: "subscription",
  invoice: "invoice",
};

const lines = (view: AccountView): ReadonlyArray<Item> => {
  const heads = chainHeads(view);
  const said = saidOf(view, "line", ["crm", "cpq", "billing"]);
  const keyOf = ({ party, data }: Pick<(typeof said)[number], "party" | "data">): string => {
    const of = `${party.connection}:${data.document}`;
    return `${heads.get(of) ?? of} ${data.product}`;
  };
  /** Since when it is agreed, where every agreed line of the chain and product says so. */
  const agreedSince = new Map<string, number | null>();
  for (const one of said) {
    if (!one.data.document.startsWith("contract/") || one.data.status !== "active") continue;
    const key = keyOf(one);
    const before = agreedSince.get(key);
    const { periodStart } = one.data;
    const earlier = before === undefined ? periodStart : before === null || periodStart === null ? null : before;
    agreedSince.set(key, earlier === null || periodStart === null ? null : Math.min(earlier, periodStart));
  }
  return said.flatMap(({ party, id, data, heardAt }): ReadonlyArray<Item> => {
    const key = keyOf({ party, data });
    const side = lineSides[data.document.slice(0, data.document.indexOf("/"))];
    // What is metered is compared by its use.
    if (data.status !== "active" || side === undefined || data.product === null || data.meter !== null) return [];
    if (data.proration === true) return [];
    // What was billed before the agreement as it stands began was billed by another.
    const since = agreedSince.get(key) ?? null;
    const isBefore = side === "invoice" && since !== null && data.periodStart !== null && data.periodStart < since;
    return [
      {
        ...plain,
        side,
        system: party.connection,
        id,
        outside: [key],
        amountMinor: data.amountMinor,
        currency: data.amountMinor === null ? null : data.currency,
        since: data.periodStart ?? heardAt,
        // Every period is billed for the whole quantity.
        ...(side === "invoice" ? { lot: `${data.document} ${data.periodStart}` } : {}),
        fields: {
          price: isBefore ? null : data.unitAmountDecimal,
          quantity: isBefore ? null : data.quantity,
          currency: data.currency,
          ...(side === "invoice" ? {} : { startAt: data.periodStart, endAt: data.periodEnd }),
        },
      },
    ];
  });
};

/** Every document of a chain → the first of it: contract before quote before subscription, else itself. */
const chainHeads = (view: AccountView): ReadonlyMap<string, string> => {
  const heads = new Map<string, string>();
  const under = (id: string, head: string) => {
    if (!heads.has(id)) heads.set(id, head);
  };
  for (const { party, id, data } of saidOf(view, "contract", ["crm", "cpq"])) {
    under(id, id);
    if (data.quote !== null) under(`${party.connection}:${data.quote}`, id);
    if (data.subscription !== null) under(subscriptionId(data.subscription), id);
  }
  for (const { id, data } of saidOf(view, "subscription", ["billing"]))
    under(id, data.contract === null ? id : contractId(data.contract));
  for (const { party, id, data } of saidOf(view, "invoice", ["billing"])) {
    if (data.subscription === null || data.status === "void" || data.status === "deleted") continue;
    const subscription = `${party.connection}:${data.subscription}`;
    under(id, heads.get(subscription) ?? subscription);
  }
  return heads;
};
