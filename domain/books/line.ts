/**
 * The revenue lines of one invoice: what it bills without tax, by product, each with the entity that earns it and how. Bundles are
 * taken apart, and where all of it has standalone prices it is shared out by them. The lines sum to the invoice less its tax. *Pure.*
 */
import { byItem, explode } from "../accounting/bundle.ts";
import type { Agreement } from "../agreement.ts";
import type { Day } from "../calendar/day.ts";
import { type DataOf, foreignIdOf, type InvoiceData, type LineData } from "../event.ts";
import { splitMinor, sumMinor, toDecimal } from "../money.ts";
import { type Decimal, exactMinor, multiply, parse, ratio, roundMinor } from "../rating/rational.ts";
import { allocate } from "../revenue/allocate.ts";
import type { Recognition } from "../revenue/curve.ts";
import { dayIn, type Keeping } from "./keeping.ts";
import type { Earned, ProductRule } from "./rules.ts";

/** One thing that an invoice bills. */
export interface RevenueLine {
  /** `stripe:il_1`; `…/item` of a bundle, `stripe:in_1/net` of an invoice without lines, `stripe:in_1/rest` of what its lines do not tell. */
  readonly id: string;
  readonly product: string | null;
  /** The legal entity that earns it. */
  readonly entity: string;
  /** Whose tax it is under; null: not said. */
  readonly jurisdiction: string | null;
  /** As allocated, without tax. */
  readonly amountMinor: number;
  /** As billed, without tax. */
  readonly billedMinor: number;
  readonly recognition: Recognition;
}

export interface Billed {
  readonly lines: ReadonlyArray<RevenueLine>;
  /** What a reader has to know beside the figures. */
  readonly notes: ReadonlyArray<string>;
}

export interface InvoiceContext {
  /** `stripe:in_1`. */
  readonly id: string;
  readonly connection: string;
  readonly data: InvoiceData;
  readonly on: Day;
  /** The entity that issued it. */
  readonly entity: string;
  readonly said: ReadonlyArray<{ readonly subject: string; readonly data: DataOf<"line"> }>;
  readonly agreement: Agreement | null;
  readonly keeping: Keeping;
}

interface Draft {
  readonly id: string;
  readonly product: string | null;
  readonly meter: string | null;
  readonly quantity: Decimal | null;
  readonly proration: boolean;
  readonly from: Day | null;
  readonly to: Day | null;
  readonly billedMinor: number;
}

export const linesOf = (context: InvoiceContext): Billed => {
  const notes: string[] = [];
  const drafts = withRest(context, draftsOf(context), notes).flatMap((draft) => unbundled(context, draft));
  const allocated = allocatedOf(context, drafts, notes);
  return { lines: drafts.map((draft, index) => lineOf(context, draft, allocated[index]!)), notes };
};

const draftsOf = (context: InvoiceContext): ReadonlyArray<Draft> => {
  const { connection, data: invoice, said, keeping } = context;
  const own = said.filter(({ data }) => data.amountMinor !== null && data.currency === invoice.currency);
  const amounts = own.map(({ data }) => data.amountMinor!);
  const net = untaxed(invoice, amounts);
  return own.map(({ subject, data }, index) => ({
    id: `${connection}:${foreignIdOf(subject)}`,
    product: data.product,
    meter: data.meter,
    quantity: data.quantity,
    proration: data.proration ?? false,
    ...periodOf(data, keeping),
    billedMinor: net[index]!,
  }));
};

/** Where the lines sum to the invoice with its tax, their amounts contain it. */
const untaxed = ({ totalMinor, taxMinor }: InvoiceData, amounts: ReadonlyArray<number>): ReadonlyArray<number> => {
  if (taxMinor === 0 || amounts.length === 0 || sumMinor(amounts) !== totalMinor) return amounts;
  const tax = splitMinor(
    taxMinor,
    amounts.map((amount) => BigInt(Math.max(0, amount))),
  );
  return amounts.map((amount, index) => amount - tax[index]!);
};

const periodOf = (
  { periodStart, periodEnd }: Pick<LineData, "periodStart" | "periodEnd">,
  keeping: Keeping,
): Pick<Draft, "from" | "to"> => ({
  from: periodStart === null ? null : dayIn(keeping, periodStart),
  to: periodEnd === null ? null : dayIn(keeping, periodEnd),
});

/** What the lines do not tell of the invoice is a line of its own: nothing is left out, and it is said. */
const withRest = (
  { id, data, keeping }: InvoiceContext,
  drafts: ReadonlyArray<Draft>,
  notes: string[],
): ReadonlyArray<Draft> => {
  const netMinor = data.totalMinor - data.taxMinor;
  const restMinor = netMinor - sumMinor(drafts.map(({ billedMinor }) => billedMinor));
  if (restMinor === 0) return drafts;
  const whole = drafts.length === 0;
  if (!whole) {
    const { currency } = data;
    const told = toDecimal(netMinor - restMinor, currency);
    notes.push(
      `${id}: its lines tell of ${told} ${currency} of ${toDecimal(netMinor, currency)}; the rest is earned over the invoice's own period`,
    );
  }
  const blank = { product: null, meter: null, quantity: null, proration: false };
  return [
    ...drafts,
    { ...blank, id: `${id}/${whole ? "net" : "rest"}`, ...periodOf(data, keeping), billedMinor: restMinor },
  ];
};

const unbundled = ({ keeping: { rules } }: InvoiceContext, draft: Draft): ReadonlyArray<Draft> => {
  const { product, billedMinor, id } = draft;
  if (product === null || !(rules.bundles ?? []).some((bundle) => bundle.product === product)) return [draft];
  return [...byItem(explode(product, billedMinor, rules.bundles ?? []))].map(([item, amountMinor]) => ({
    ...draft,
    id: `${id}/${item}`,
    product: item,
    billedMinor: amountMinor,
  }));
};

const ruleOf = ({ keeping: { rules } }: InvoiceContext, product: string | null): ProductRule | null =>
  product !== null && rules.products !== undefined && Object.hasOwn(rules.products, product)
    ? rules.products[product]!
    : null;

/** By standalone prices, where every line that is sold by itself has one in the invoice's currency. */
const allocatedOf = (context: InvoiceContext, drafts: ReadonlyArray<Draft>, notes: string[]): ReadonlyArray<number> => {
  const billed = drafts.map(({ billedMinor }) => billedMinor);
  const { currency } = context.data;
  const priced = drafts.flatMap((draft, index) => {
    const price = ruleOf(context, draft.product)?.standalone?.[currency];
    return price === undefined || draft.proration || draft.billedMinor < 0 ? [] : [{ index, price, draft }];
  });
  const sold = drafts.filter(({ proration, billedMinor }) => !proration && billedMinor >= 0);
  if (priced.length < 2 || priced.length < sold.length) return billed;
  const { lines } = allocate({
    currency,
    price: toDecimal(sumMinor(priced.map(({ draft }) => draft.billedMinor)), currency),
    obligations: priced.map(({ draft, price }) => ({ id: draft.id, ssp: standalone(price, draft.quantity, currency) })),
  });
  const parts = new Map(lines.map(({ id, amountMinor }) => [id, amountMinor]));
  const amounts = drafts.map(({ id, billedMinor }) => parts.get(id) ?? billedMinor);
  if (amounts.some((amount, index) => amount !== billed[index]))
    notes.push(`${context.id}: its price is shared out by standalone prices`);
  return amounts;
};

const standalone = (price: Decimal, quantity: Decimal | null, currency: string): string => {
  const minor = roundMinor(multiply(ratio(exactMinor(price, currency)), parse(quantity ?? 1)));
  return toDecimal(minor, currency);
};

const lineOf = (context: InvoiceContext, draft: Draft, amountMinor: number): RevenueLine => {
  const { agreement, entity } = context;
  const item = draft.meter === null ? itemOf(agreement, draft.product) : null;
  const name = draft.meter ?? item?.id ?? null;
  const placements = agreement?.placements ?? {};
  const placed = name !== null && Object.hasOwn(placements, name) ? placements[name]! : null;
  return {
    id: draft.id,
    product: draft.product,
    entity: placed?.entity ?? entity,
    jurisdiction: placed?.jurisdiction ?? null,
    amountMinor,
    billedMinor: draft.billedMinor,
    recognition: recognitionOf(context, draft, item),
  };
};

/** What the terms sell under the product's name. */
const itemOf = (agreement: Agreement | null, product: string | null) => {
  if (agreement === null || product === null) return null;
  const { items, amendments = [] } = agreement.contract;
  const all = [...items, ...amendments.flatMap((act) => (act.do === "add" ? [act.item] : []))];
  return all.find((item) => item.product === product) ?? null;
};

const recognitionOf = (context: InvoiceContext, draft: Draft, item: ReturnType<typeof itemOf>): Recognition => {
  const { on } = context;
  const rule: Earned | undefined = ruleOf(context, draft.product)?.recognition;
  const once = item?.per === "once";
  if (rule === "point" || (rule === undefined && once && item.to === undefined)) {
    // Delivered when it was agreed to be, else when it is billed.
    return { method: "point", on: once ? (item.from ?? on) : on };
  }
  const from = once ? (item.from ?? on) : draft.from;
  const to = once ? (item.to ?? null) : draft.to;
  if (from === null || to === null || from >= to) return { method: "point", on };
  return { method: rule ?? "day", from, to };
};
