/** The legs: which sides are laid beside each other, what of them is compared, and what difference is let pass. *Pure data.* */

export interface Side {
  readonly name: string;
  /** Several items of it may stand against one of another side. */
  readonly many: boolean;
}

export const fieldKinds = ["price", "quantity", "term", "parent", "text"] as const;
export type FieldKind = (typeof fieldKinds)[number];

/** What an operator may set of a leg. */
export interface LegTerms {
  /** A difference up to this, in minor units of its currency, is matched and shown as rounding. */
  readonly toleranceMinor: number;
  /** Where such a difference is booked; null: nowhere, it is only shown. */
  readonly roundingAccount: string | null;
  /** Until it is so old, milliseconds, what is not there yet is timing. */
  readonly windowMs: number;
  /** Below this, minor units, it heals itself where that is safe; from it on it escalates. */
  readonly healBelowMinor: number;
}

export interface Leg extends LegTerms {
  readonly name: LegName;
  readonly what: string;
  readonly sides: ReadonlyArray<Side>;
  /** Whose word counts: the others are measured against it. */
  readonly authority: string;
  /** Whether the amounts of the sides are compared. */
  readonly money: boolean;
  /** Compared by name where both sides say something. */
  readonly fields: Readonly<Record<string, FieldKind>>;
}

const one = (name: string): Side => ({ name, many: false });
const many = (name: string): Side => ({ name, many: true });

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** The window is how long the two systems may honestly differ; the terms are an operator's to change. */
const within = (windowMs: number): LegTerms => ({
  toleranceMinor: 0,
  roundingAccount: null,
  windowMs,
  healBelowMinor: 0,
});

export const legNames = [
  "invoices",
  "payments",
  "credits",
  "refunds",
  "payouts",
  "customers",
  "hierarchy",
  "terms",
  "tax",
  "usage",
  "entitlements",
] as const;
export type LegName = (typeof legNames)[number];

const twoSided = (name: LegName, what: string, a: Side, b: Side, windowMs: number): Leg => ({
  name,
  what,
  sides: [a, b],
  authority: a.name,
  money: true,
  fields: {},
  ...within(windowMs),
});

export const legs: Readonly<Record<LegName, Leg>> = {
  invoices: twoSided("invoices", "Billing's invoices and the ERP's receivables.", one("billing"), one("erp"), hour),
  payments: twoSided("payments", "The gateway's payments and cash applied.", many("gateway"), many("erp"), hour),
  credits: twoSided("credits", "Credit notes and the ERP's credit memos.", one("billing"), one("erp"), hour),
  refunds: twoSided("refunds", "Money given back and the ERP's customer refunds.", one("gateway"), many("erp"), hour),
  payouts: {
    name: "payouts",
    what: "What a payout is made of, the payout, and the deposits that the ERP has for it.",
    sides: [many("gateway"), many("balance"), many("erp")],
    authority: "gateway",
    money: true,
    fields: {},
    ...within(5 * day),
  },
  customers: {
    name: "customers",
    what: "Customer records of CRM, billing and ERP.",
    sides: [many("billing"), one("crm"), many("erp")],
    authority: "billing",
    money: false,
    fields: { name: "text", email: "text", legalId: "text" },
    ...within(hour),
  },
  hierarchy: {
    name: "hierarchy",
    what: "The company above, as CRM, billing and ERP have it.",
    sides: [many("crm"), many("billing"), many("erp")],
    authority: "crm",
    money: false,
    fields: { parent: "parent" },
    ...within(hour),
  },
  terms: {
    name: "terms",
    what: "Price, quantity and term along quote, contract, subscription and invoice lines.",
    sides: [many("contract"), many("quote"), many("subscription"), many("invoice")],
    authority: "contract",
    money: false,
    fields: { price: "price", quantity: "quantity", currency: "price", startAt: "term", endAt: "term" },
    ...within(day),
  },
  tax: {
    ...twoSided("tax", "Tax on invoices and committed tax documents.", one("billing"), one("tax"), day),
  },
  usage: {
    name: "usage",
    what: "Usage totals and the invoice lines that bill them.",
    sides: [many("usage"), many("billing")],
    authority: "usage",
    money: false,
    fields: { quantity: "quantity" },
    ...within(3 * day),
  },
  entitlements: {
    name: "entitlements",
    what: "What support lets the customer use, and what is subscribed.",
    sides: [one("billing"), many("support")],
    authority: "billing",
    money: false,
    fields: { quantity: "quantity", endAt: "term" },
    ...within(hour),
  },
};

/** The legs with an operator's terms in place of the usual ones. */
export const legsWith = (terms: Readonly<Partial<Record<LegName, Partial<LegTerms>>>>): ReadonlyArray<Leg> =>
  legNames.map((name) => ({ ...legs[name], ...terms[name] }));
