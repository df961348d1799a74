/** Every line of one account, over all legs. What stands alone by right makes no line. *Pure.* */
import type { Exception } from "../exceptions.ts";
import type { AccountView } from "./account.ts";
import { compare } from "./compare.ts";
import { explain } from "./explain.ts";
import type { Item, Pair } from "./item.ts";
import { customerItems, hierarchyItems } from "./items/customers.ts";
import { invoiceItems } from "./items/invoices.ts";
import { paymentItems } from "./items/payments.ts";
import { type Catalogued, payoutItems } from "./items/payouts.ts";
import { creditItems, refundItems } from "./items/returns.ts";
import { termItems } from "./items/terms.ts";
import { entitlementItems, taxItems, usageItems } from "./items/use.ts";
import type { Leg, LegName } from "./leg.ts";
import type { Line } from "./line.ts";

/** What the legs are laid out with: the operator's terms, the people's pairs, who owns what. */
export interface Bench {
  readonly legs: ReadonlyArray<Leg>;
  readonly pairs: ReadonlyArray<Pair>;
  readonly team: (connection: string) => string | null;
}

const ofAccount: Readonly<Record<Exclude<LegName, "payouts">, (view: AccountView) => ReadonlyArray<Item>>> = {
  invoices: invoiceItems,
  payments: paymentItems,
  credits: creditItems,
  refunds: refundItems,
  customers: customerItems,
  hierarchy: hierarchyItems,
  terms: termItems,
  tax: taxItems,
  usage: usageItems,
  entitlements: entitlementItems,
};

/** The items of an account, leg by leg. */
export const accountItems = (view: AccountView, leg: LegName): ReadonlyArray<Item> =>
  leg === "payouts" ? [] : ofAccount[leg](view);

export const accountLines = (
  view: AccountView,
  exceptions: ReadonlyArray<Exception>,
  { legs, pairs, team }: Bench,
): ReadonlyArray<Line> =>
  legs.flatMap((leg) => {
    const items = accountItems(view, leg.name);
    if (items.length === 0) return [];
    const context = { leg, account: view.root, roles: view.roles, having: view.having, team, exceptions };
    return compare(leg, items, pairs).map((line) => explain(line, context));
  });

export const companyLines = (
  objects: Iterable<Catalogued>,
  deployment: Pick<AccountView, "roles" | "having">,
  { legs, pairs, team }: Bench,
): ReadonlyArray<Line> => {
  const leg = legs.find(({ name }) => name === "payouts");
  if (leg === undefined) return [];
  const items = payoutItems(objects, deployment.having("erp"));
  const context = { leg, account: null, ...deployment, team, exceptions: [] };
  return compare(leg, items, pairs).map((line) => explain(line, context));
};
