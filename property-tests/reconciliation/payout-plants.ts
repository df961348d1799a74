/** Stripe's payouts and NetSuite's deposits that come to differ; both from the systems' own simulators. */
import type { Company, Firm } from "./company.ts";
import type { Plant } from "./plants.ts";

/** Of 11,900 the fee (2.9 % and 30) and 1,000 given back. */
const net = 11_900 - 375 - 1000;

const pay = (company: Company, firm: Firm, charge: string, trace?: string): string => {
  const { operations } = company.world.stripe;
  company.world.clock.now += 2000;
  const named = trace === undefined ? {} : { trace };
  const payout = operations.createPayout({ currency: firm.currency.toLowerCase(), charges: [charge], ...named });
  operations.sendPayout(payout);
  company.world.clock.now += 2000;
  operations.payPayout(payout);
  return payout;
};

const deposit = (company: Company, firm: Firm, amountMinor: number, memo: string): string => {
  company.world.clock.now += 2000;
  return company.world.netsuite.operations.deposit({ amountMinor, currency: firm.currency, memo }).internalId;
};
const strike = (company: Company, id: string): void => {
  company.world.clock.now += 2000;
  company.world.netsuite.operations.void("deposit", id);
};

const wrong = (status: string, money: number): Plant["found"] => {
  const owner = "netsuite";
  return () => [{ leg: "payouts", status, owner, money }];
};

export const payoutPlants: ReadonlyArray<Plant> = [
  {
    name: "a payout of Stripe that NetSuite has no deposit of",
    found: wrong("missing", net),
    plant: async (company, firm) => {
      const payout = pay(company, firm, firm.charge);
      return () => deposit(company, firm, net, `Stripe ${payout}`);
    },
  },
  {
    name: "of two deposits for one payout, by the bank's reference, one is not there",
    found: wrong("amount-break", 525),
    plant: async (company, firm) => {
      const trace = `TRACE-${firm.customer}`;
      pay(company, firm, firm.charge, trace);
      deposit(company, firm, net - 525, trace);
      return () => deposit(company, firm, 525, trace);
    },
  },
  {
    name: "one deposit of another amount for two payouts",
    found: wrong("amount-break", 100),
    plant: async (company, firm) => {
      const first = pay(company, firm, firm.charge);
      company.world.clock.now += 2000;
      const other = company.world.stripe.operations.payInvoice(firm.open)!;
      const second = pay(company, firm, other);
      const { amount } = company.world.stripe.get("payout", second) as { readonly amount: number };
      const id = deposit(company, firm, net + amount - 100, `${first}, ${second}`);
      return () => {
        company.world.clock.now += 2000;
        company.world.netsuite.operations.setAmount("deposit", id, net + amount);
      };
    },
  },
  {
    name: "a deposit in NetSuite that no payout is behind",
    found: wrong("extra", 4200),
    plant: async (company, firm) => {
      const id = deposit(company, firm, 4200, "po_nowhere");
      return () => strike(company, id);
    },
  },
  {
    name: "a payout that the bank sent back",
    found: wrong("extra", net),
    plant: async (company, firm) => {
      const payout = pay(company, firm, firm.charge);
      const id = deposit(company, firm, net, payout);
      await company.rest();
      company.world.clock.now += 2000;
      company.world.stripe.operations.failPayout(payout);
      return () => strike(company, id);
    },
  },
];
