/** What is billed against what was agreed, and where NetSuite's books have it; all from the systems' own simulators. */
import type { Company, Firm } from "./company.ts";
import { lineData, type Plant, paidMinor } from "./plants.ts";

/** Somebody moves our document in NetSuite's books. */
const rebooked = (
  name: string,
  odd: { readonly postingPeriod: string | null },
  right: { readonly postingPeriod: string | null },
): Plant => ({
  name: `an invoice in ${name} in the ERP`,
  found: (firm) => [{ leg: "invoices", status: "wrong-period", owner: "netsuite", money: paidMinor(firm) }],
  plant: async (company, firm) => {
    const { id } = company.document(firm, "receivable", firm.paid);
    const rebook = (to: typeof odd) => {
      company.world.clock.now += 2000;
      company.world.netsuite.operations.rebook("invoice", id, to);
    };
    rebook(odd);
    return () => rebook(right);
  },
});

/** An invoice of the subscription for one product; without `odd` as agreed: the period, the next one, and a proration. */
export const bill = (
  company: Company,
  firm: Firm,
  odd: { readonly quantity?: number; readonly unitAmount?: string } | null,
): string => {
  const { operations, get } = company.world.stripe;
  company.world.clock.now += 2000;
  if (get("product", "pro") === null) operations.createProduct("Pro", "pro");
  const { quantity = 5, unitAmount = "2000" } = odd ?? {};
  const currency = firm.currency.toLowerCase();
  const price = operations.createPrice({ product: "pro", unitAmount, currency });
  const start = Math.floor(company.now / 1000);
  const month = 30 * 86_400;
  const amount = Math.round(quantity * Number(unitAmount));
  const line = { amount, start, end: start + month, proration: false, price, quantity };
  const later = [
    { ...line, start: line.end, end: line.end + month },
    { ...line, amount: 700, quantity: 1, proration: true },
  ];
  const { subscription } = firm;
  const invoice = operations.createInvoice({ subscription, lines: [line, ...(odd === null ? later : [])] });
  operations.finalizeInvoice(invoice);
  return invoice;
};

const chain = (name: string, spoilt: Parameters<typeof bill>[2], money: number | null): Plant => ({
  name,
  found: () => [{ leg: "terms", status: "field-break", owner: "stripe", money }],
  plant: async (company, firm) => {
    const link = { owner: firm.name, link: `salesforce:${firm.crm}` };
    const contract = {
      status: "activated",
      name: null,
      number: null,
      currency: firm.currency,
      amountMinor: null,
      startAt: null,
      endAt: null,
      quote: null,
    };
    await company.say(
      "cpq",
      `contract/${firm.name.replace(" ", "-")}`,
      { ...contract, subscription: `stripe:${firm.subscription}` },
      link,
    );
    await company.say(
      "cpq",
      `line/${firm.name.replace(" ", "-")}`,
      lineData(`contract/${firm.name.replace(" ", "-")}`, { amountMinor: 10_000, currency: firm.currency }),
      link,
    );
    const wrong = bill(company, firm, spoilt);
    return () => {
      company.world.clock.now += 2000;
      company.world.stripe.operations.voidInvoice(wrong);
      bill(company, firm, null);
    };
  },
});

export const termPlants: ReadonlyArray<Plant> = [
  rebooked("another accounting period", { postingPeriod: "2020-01" }, { postingPeriod: null }),
  chain("another quantity billed than agreed", { quantity: 6 }, 10_000),
  chain("another price billed than agreed", { unitAmount: "1999.5" }, 10_000),
];
