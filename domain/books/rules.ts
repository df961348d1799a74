/**
 * How a company keeps its revenue books, as its configuration says: what its products stand for, when they are earned, which
 * accounts they go to, in which currency each legal entity counts. Everything has a default. *Pure.*
 */
import * as Schema from "effect/Schema";
import { Bundle } from "../accounting/bundle.ts";
import { ChartRule } from "../accounting/chart.ts";
import { type Role as LedgerRole, normalSide, roles } from "../accounting/entry.ts";
import { Currency } from "../event-leaf.ts";
import type { Policy } from "../lifecycle.ts";
import { Decimal } from "../rating/rational.ts";

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true });

/** When a product is earned, over the period of its line; `point`: at once, when it is billed. */
export const Earned = Schema.Literal("day", "month", "half_month", "next_month", "point");
export type Earned = typeof Earned.Type;

export const ProductRule = Schema.Struct({
  /** Standalone selling price of one unit on one line, in major units, by currency. */
  standalone: optional(Schema.Record({ key: Currency, value: Decimal })),
  /** Default: by day over the line's period, and where it has none at once. */
  recognition: optional(Earned),
});
export type ProductRule = typeof ProductRule.Type;

/** Whose word a figure is: roles of systems, or `tieout` itself. */
export const Authority = Schema.Struct({
  rating: optional(Schema.Array(Schema.String).pipe(Schema.minItems(1))),
  revenue: optional(Schema.Array(Schema.String).pipe(Schema.minItems(1))),
});

const fields = {
  products: optional(Schema.Record({ key: Schema.String, value: ProductRule })),
  bundles: optional(Schema.Array(Bundle)),
  chart: optional(
    Schema.Array(
      Schema.Struct({
        ...ChartRule.fields,
        role: Schema.String.pipe(
          Schema.filter((role) => role in normalSide || `is no role of the books; one of ${roles.join(", ")}`),
        ),
      }),
    ),
  ),
  /** The currency that a legal entity's books are kept in; without it every currency stands for itself. */
  functional: optional(Schema.Record({ key: Schema.String, value: Currency })),
  authority: optional(Authority),
};
export const BookRules = Schema.Struct(fields);
export type BookRules = typeof BookRules.Type;
export const bookRuleFields = fields;

const account = (role: LedgerRole, number: string) => ({ role, account: number });
/** Where nothing is configured: an account of its own for every role. */
export const usualChart: ReadonlyArray<ChartRule> = [
  account("Cash", "1000"),
  account("Clearing", "1050"),
  account("AccountsReceivable", "1100"),
  account("UnbilledReceivable", "1150"),
  account("DueFrom", "1300"),
  account("CustomerCredits", "2100"),
  account("TaxPayable", "2200"),
  account("DueTo", "2300"),
  account("DeferredRevenue", "2400"),
  account("Revenue", "4000"),
  account("Refunds", "4100"),
  account("CreditNotes", "4110"),
  account("Voids", "4120"),
  account("Disputes", "4130"),
  account("Discounts", "4140"),
  account("Recoverables", "4900"),
  account("Fees", "6100"),
  account("BadDebt", "6200"),
  account("FxGain", "7100"),
  account("FxLoss", "7200"),
];
export const chartOf = ({ chart }: BookRules): ReadonlyArray<ChartRule> => chart ?? usualChart;

/** Of a figure: whether it is our own word, and whose it is. */
export interface Owned {
  readonly basis: "expected" | "authoritative";
  readonly owner: string;
}
export const ownedBy = (what: "rating" | "revenue", policy: Policy, { authority }: BookRules): Owned => {
  const owner = (authority?.[what] ?? policy.authority[what])[0]!;
  return { basis: owner === "tieout" ? "authoritative" : "expected", owner };
};
