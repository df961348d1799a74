/** More ways to differ: customers, their parents, terms, tax, entitlements, and what people and systems hold back. */
import type { Company, Firm } from "./company.ts";
import type { Plant } from "./plants.ts";

const link = (firm: Firm) => ({ owner: firm.name, link: `stripe:${firm.customer}` });
const slug = (firm: Firm) => firm.name.replace(" ", "-");

const agreed = (firm: Firm, more: object) => ({
  status: "activated",
  name: null,
  number: null,
  currency: firm.currency,
  amountMinor: null,
  startAt: null,
  endAt: null,
  quote: null,
  subscription: null,
  ...more,
});

const entity = async (company: Company, firm: Firm) => {
  const { id } = company.document(firm, "receivable", firm.open);
  const move = (subsidiary: string) => {
    company.world.clock.now += 2000;
    company.world.netsuite.operations.rebook("invoice", id, { subsidiary });
  };
  move("2");
  return () => move("1");
};

export const morePlants: ReadonlyArray<Plant> = [
  {
    name: "an invoice in another entity's books",
    found: (firm) => [
      { leg: "invoices", status: "wrong-entity", owner: "netsuite", money: 5000 + Number(firm.name.slice(5)) },
    ],
    plant: entity,
  },
  {
    name: "a customer renamed in billing",
    found: () => [{ leg: "customers", status: "field-break", owner: "stripe", money: null }],
    plant: async (company, firm) => {
      const rename = (name: string) => {
        company.world.clock.now += 2000;
        company.world.stripe.operations.updateCustomer(firm.customer, { name });
      };
      rename("Somebody Else");
      return () => rename(firm.name);
    },
  },
  {
    name: "a second record of the customer in the ERP",
    found: () => [{ leg: "customers", status: "duplicate", owner: "netsuite", money: null }],
    plant: async (company, firm) => {
      const { operations } = company.world.netsuite;
      const doc = operations.createCustomer(`stripe:${firm.customer}`, firm.name, null, firm.currency);
      return () => {
        company.world.clock.now += 2000;
        operations.delete("customer", doc.internalId);
      };
    },
  },
  {
    name: "a record in the ERP that is nobody's",
    found: () => [{ leg: "customers", status: "extra", owner: "netsuite", money: null }],
    plant: async (company, firm) => {
      const { operations } = company.world.netsuite;
      const doc = operations.createCustomer("stripe:cus_unheard_of", firm.name, null, firm.currency);
      return () => {
        company.world.clock.now += 2000;
        operations.delete("customer", doc.internalId);
      };
    },
  },
  {
    name: "a second account in the CRM",
    found: () => [{ leg: "customers", status: "duplicate", owner: "salesforce", money: null }],
    plant: async (company, firm) => {
      const twin = company.world.salesforce.operations.create("Account", { Name: firm.name });
      await company.rest();
      await company.act("/v1/links", { party: `salesforce:${twin.id}`, target: `stripe:${firm.customer}` });
      return () => company.world.salesforce.operations.delete("Account", twin.id);
    },
  },
  {
    name: "billed, and unknown to the CRM",
    without: "link",
    found: () => [
      { leg: "customers", status: "missing", owner: "salesforce", money: null },
      { leg: "customers", status: "missing", owner: "stripe", money: null },
    ],
    plant: async (company, firm) => {
      await company.rest();
      return () => company.act("/v1/links", { party: `stripe:${firm.customer}`, target: `salesforce:${firm.crm}` });
    },
  },
  {
    name: "another parent in billing than in the CRM",
    found: () => [{ leg: "hierarchy", status: "field-break", owner: "stripe", money: null }],
    plant: async (company, firm) => {
      const parent = company.world.salesforce.operations.create("Account", { Name: `Parent of ${firm.name}` }).id;
      company.world.salesforce.operations.update("Account", firm.crm, { ParentId: parent });
      const told = (id: string | null) =>
        company.told(
          "stripe",
          `account/${firm.customer}`,
          { status: "active", name: firm.name, email: null, currency: null, parent: id, legalId: null },
          { owner: firm.customer },
        );
      await told("cus_another_parent");
      return () => told(null);
    },
  },
  {
    name: "another price in the contract than in the quote",
    found: () => [{ leg: "terms", status: "field-break", owner: "cpq", money: 5000 }],
    plant: async (company, firm) => {
      const quote = `quote/${slug(firm)}`;
      const closed = { name: null, number: null, currency: firm.currency, deal: null, closedAt: null };
      const say = (amountMinor: number) =>
        company.say("cpq", quote, { status: "won", amountMinor, ...closed }, link(firm));
      await company.say("cpq", `contract/${slug(firm)}`, agreed(firm, { amountMinor: 5000, quote }), link(firm));
      await say(5500);
      return () => say(5000);
    },
  },
  {
    name: "a subscription that begins later than agreed",
    found: () => [{ leg: "terms", status: "field-break", owner: "stripe", money: null }],
    plant: async (company, firm) => {
      const party = company.world.engine.core.parties.get(`stripe:${firm.customer}`)!;
      const { startAt } = party.evidence.data(`subscription/${firm.subscription}`) as unknown as { startAt: number };
      const say = (at: number) =>
        company.say(
          "cpq",
          `contract/${slug(firm)}`,
          agreed(firm, { startAt: at, subscription: `stripe:${firm.subscription}` }),
          link(firm),
        );
      await say(startAt - 20 * 86_400_000);
      return () => say(startAt);
    },
  },
  {
    name: "tax that was never committed, still in time",
    found: () => [{ leg: "tax", status: "timing", owner: "avalara", money: 1900 }],
    plant: async (company, firm) => {
      const say = (status: string) =>
        company.say("avalara", `tax_document/${firm.paid}`, { ...company.tax(firm, 1900), status }, link(firm));
      await say("void");
      return () => say("committed");
    },
  },
  {
    name: "another tax",
    found: () => [{ leg: "tax", status: "amount-break", owner: "avalara", money: 100 }],
    plant: async (company, firm) => {
      const say = (tax: number) =>
        company.say("avalara", `tax_document/${firm.paid}`, company.tax(firm, tax), link(firm));
      await say(2000);
      return () => say(1900);
    },
  },
  {
    name: "tax for an invoice that is not there",
    found: () => [{ leg: "tax", status: "timing", owner: "avalara", money: 40 }],
    plant: async (company, firm) => {
      const data = { ...company.tax(firm, 40), invoice: "stripe:in_nowhere" };
      const say = (status: string) =>
        company.say("avalara", `tax_document/odd-${slug(firm)}`, { ...data, status }, link(firm));
      await say("committed");
      return () => say("void");
    },
  },
  {
    name: "subscribed, and not entitled",
    found: () => [{ leg: "entitlements", status: "missing", owner: "zendesk", money: null }],
    plant: async (company, firm) => {
      const say = (status: "active" | "revoked") =>
        company.say("zendesk", `entitlement/${firm.subscription}`, company.entitlement(firm, { status }), link(firm));
      await say("revoked");
      return () => say("active");
    },
  },
  {
    name: "entitled without a subscription",
    found: () => [{ leg: "entitlements", status: "extra", owner: "zendesk", money: null }],
    plant: async (company, firm) => {
      const say = (status: "active" | "revoked") =>
        company.say(
          "zendesk",
          `entitlement/odd-${slug(firm)}`,
          company.entitlement(firm, { status, subscription: "stripe:sub_nowhere" }),
          link(firm),
        );
      await say("active");
      return () => say("revoked");
    },
  },
  {
    name: "a payment that pays nothing",
    found: () => [{ leg: "payments", status: "missing", owner: "netsuite", money: 800 }],
    plant: async (company, firm) => {
      const { operations } = company.world.stripe;
      const charge = operations.createCharge({
        customer: firm.customer,
        amountMinor: 800,
        currency: firm.currency.toLowerCase(),
      });
      return () => operations.refundCharge(charge);
    },
  },
  {
    name: "an invoice of an account that is parked",
    found: () => [{ leg: "invoices", status: "missing", owner: "netsuite", money: 444 }],
    plant: async (company, firm) => {
      await company.act(`/v1/accounts/stripe:${firm.customer}/park`, {});
      const invoice = company.world.stripe.operations.createInvoice({
        customer: firm.customer,
        amountMinor: 444,
        currency: firm.currency.toLowerCase(),
      });
      company.world.stripe.operations.finalizeInvoice(invoice);
      return () => company.act(`/v1/accounts/stripe:${firm.customer}/release`, {});
    },
  },
  {
    name: "a document paired by hand",
    found: (firm) => [
      { leg: "invoices", status: "missing", owner: "netsuite", money: 5000 + Number(firm.name.slice(5)) },
      { leg: "invoices", status: "extra", owner: "netsuite", money: 5000 + Number(firm.name.slice(5)) },
    ],
    plant: async (company, firm) => {
      const { id } = company.document(firm, "receivable", firm.open);
      company.world.netsuite.operations.void("invoice", id);
      const minor = 5000 + Number(firm.name.slice(5));
      const own = await company.enter(
        firm,
        "invoice",
        firm.currency === "JPY" ? minor : minor / 100,
        `OTHER-${slug(firm)}`,
      );
      return () =>
        company.act("/v1/reconciliations/matches", {
          leg: "invoices",
          items: [`stripe:invoice/${firm.open}`, `netsuite:posting/invoice:${own}`],
        });
    },
  },
];
