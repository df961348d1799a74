/** Ways in which the systems of one firm come to differ: what is done, what must be found of it, and the act that heals it. */
import type { Company, Firm } from "./company.ts";

export interface Expected {
  readonly leg: string;
  readonly status: string;
  readonly owner: string;
  /** Money at risk in the firm's currency, minor units; null: none. */
  readonly money: number | null;
}

export interface Plant {
  readonly name: string;
  readonly found: (firm: Firm) => ReadonlyArray<Expected>;
  /** Answers what heals it. */
  readonly plant: (company: Company, firm: Firm) => Promise<() => Promise<unknown> | unknown>;
  /** What the firm goes without from the start. */
  readonly without?: "link";
}

const one =
  (leg: string, status: string, owner: string, money: number | null): Plant["found"] =>
  () => [{ leg, status, owner, money }];

/** Minor units as NetSuite writes them. */
const major = (minor: number, { currency }: Firm): number => (currency === "JPY" ? minor : minor / 100);
const numberOf = (company: Company, firm: Firm, invoice: string): string =>
  (
    company.world.engine.core.parties
      .get(`stripe:${firm.customer}`)!
      .evidence.data(`invoice/${invoice}`) as unknown as { number: string }
  ).number;

const voided = (
  leg: string,
  kind: string,
  recordType: "invoice" | "customerPayment" | "creditMemo" | "customerRefund",
  pick: (firm: Firm) => string,
  money: (firm: Firm) => number,
  numbered: (company: Company, firm: Firm) => string,
  way: "void" | "delete" = "void",
): Plant => ({
  name: `${way} of a ${recordType} in the ERP`,
  found: (firm) => [{ leg, status: "missing", owner: "netsuite", money: money(firm) }],
  plant: async (company, firm) => {
    const { id } = company.document(firm, kind, pick(firm));
    company.world.netsuite.operations[way](recordType, id);
    return () => company.enter(firm, recordType, major(money(firm), firm), numbered(company, firm));
  },
});

const edited = (
  leg: string,
  kind: string,
  recordType: "invoice" | "customerPayment",
  pick: (firm: Firm) => string,
  was: (firm: Firm) => number,
): Plant => ({
  name: `another amount of a ${recordType} in the ERP`,
  found: one(leg, "amount-break", "netsuite", 500),
  plant: async (company, firm) => {
    const { id } = company.document(firm, kind, pick(firm));
    const set = (amount: number) => {
      company.world.clock.now += 2000;
      company.world.netsuite.operations.setAmount(recordType, id, amount);
    };
    set(was(firm) - 500);
    return () => set(was(firm));
  },
});

const entered = (leg: string, recordType: string, number: string): Plant => ({
  name: `a ${recordType} that nobody asked for`,
  found: one(leg, "extra", "netsuite", 700),
  plant: async (company, firm) => {
    const id = await company.enter(firm, recordType, major(700, firm), number);
    return () => company.strike(firm, recordType, id, number, major(700, firm));
  },
});

export const paidMinor = (firm: Firm): number => (firm ? 11_900 : 0);
const openMinor = (firm: Firm): number => 5000 + Number(firm.name.slice(5));

/** Our own document, as NetSuite would report it with something else in it. */
const reported = (name: string, status: string, money: number | null, odd: (firm: Firm) => object): Plant => ({
  name,
  found: (firm) => [{ leg: "invoices", status, owner: "netsuite", money: money ?? paidMinor(firm) }],
  plant: async (company, firm) => {
    const { id, outside } = company.document(firm, "receivable", firm.paid);
    const report = (more: object) =>
      company.told(
        "netsuite",
        `posting/invoice:${id}`,
        {
          status: "open",
          recordType: "invoice",
          number: null,
          currency: firm.currency,
          amountMinor: paidMinor(firm),
          ...more,
        },
        { externalId: outside, owner: company.record(firm) },
      );
    await report(odd(firm));
    return () => report({});
  },
});

export const lineData = (document: string, more: object) => ({
  status: "active",
  document,
  subscription: null,
  product: "pro",
  meter: null,
  quantity: "5",
  unitAmountDecimal: "2000",
  currency: null,
  amountMinor: null,
  periodStart: null,
  periodEnd: null,
  ...more,
});

const usage = (
  name: string,
  expected: Expected,
  used: string | null,
  billed: string | null,
  healed: string,
): Plant => ({
  name,
  found: () => [expected],
  plant: async (company, firm) => {
    const period = { periodStart: 1_767_225_600_000, periodEnd: 1_769_904_000_000 };
    const link = { owner: firm.name, link: `stripe:${firm.customer}` };
    const use = (quantity: string) =>
      company.say(
        "meters",
        `usage_total/${firm.subscription}`,
        { status: "closed", meter: "calls", quantity, subscription: `stripe:${firm.subscription}`, ...period },
        link,
      );
    const bill = (quantity: string) =>
      company.told(
        "stripe",
        `line/u-${firm.subscription}`,
        lineData(`invoice/${firm.paid}`, {
          meter: "calls",
          subscription: `subscription/${firm.subscription}`,
          quantity,
          amountMinor: 300,
          currency: firm.currency,
          ...period,
        }),
        { owner: firm.customer },
      );
    if (used !== null) await use(used);
    if (billed !== null) await bill(billed);
    return async () => {
      await use(healed);
      await bill(healed);
    };
  },
});

const payouts = (
  name: string,
  expected: Expected,
  parts: ReadonlyArray<number>,
  deposit: { amountMinor: number; currency?: string } | null,
  payout = 9700,
): Plant => ({
  name,
  found: () => [expected],
  plant: async (company, firm) => {
    const id = firm.name.replace(" ", "-");
    const { currency } = firm;
    const send = (amountMinor: number) =>
      amountMinor === 0
        ? Promise.resolve()
        : company.say("gateway", `payout/${id}`, {
            status: "paid",
            currency,
            amountMinor,
            reference: `REF ${id}`,
            arrivalAt: 1_767_225_600_000,
          });
    const make = (amounts: ReadonlyArray<number>) =>
      amounts.reduce(
        (before, netMinor, n) =>
          before.then(() =>
            company.say("gateway", `payout_item/${id}-${n}`, {
              status: "available",
              movement: "charge",
              currency,
              amountMinor: netMinor,
              feeMinor: 0,
              netMinor,
              payout: `payout/${id}`,
              source: null,
              at: 1_767_225_600_000,
            }),
          ),
        Promise.resolve(),
      );
    const receive = (money: { amountMinor: number; currency?: string }) =>
      company.say("bank", `deposit/${id}`, {
        status: "open",
        number: null,
        currency,
        reference: `REF ${id}`,
        depositedAt: 1_767_225_600_000,
        ...money,
      });
    await send(payout);
    await make(parts);
    if (deposit !== null) await receive(deposit);
    return async () => {
      await send(9700);
      await make([10_000, -300]);
      await receive({ amountMinor: 9700, currency });
    };
  },
});

const stripeTaken = (firm: Firm) => [firm.paid, firm.open] as const;

export const plants: ReadonlyArray<Plant> = [
  voided(
    "invoices",
    "receivable",
    "invoice",
    ({ open }) => open,
    openMinor,
    (c, f) => numberOf(c, f, f.open),
  ),
  voided(
    "invoices",
    "receivable",
    "invoice",
    ({ open }) => open,
    openMinor,
    (c, f) => numberOf(c, f, f.open),
    "delete",
  ),
  edited("invoices", "receivable", "invoice", ({ open }) => open, openMinor),
  voided(
    "payments",
    "cash_application",
    "customerPayment",
    ({ charge }) => charge,
    paidMinor,
    (_, f) => f.charge,
  ),
  edited("payments", "cash_application", "customerPayment", ({ charge }) => charge, paidMinor),
  voided(
    "credits",
    "credit_memo",
    "creditMemo",
    ({ note }) => note,
    () => 1000,
    (c, f) =>
      (
        c.world.engine.core.parties.get(`stripe:${f.customer}`)!.evidence.data(`credit_note/${f.note}`) as unknown as {
          number: string;
        }
      ).number,
  ),
  voided(
    "refunds",
    "refund",
    "customerRefund",
    ({ refund }) => refund,
    () => 1000,
    (_, f) => f.refund,
  ),
  entered("invoices", "invoice", "HAND-1"),
  entered("payments", "customerPayment", "HAND-2"),
  entered("credits", "creditMemo", "HAND-3"),
  entered("refunds", "customerRefund", "HAND-4"),
  {
    name: "an invoice entered twice in the ERP",
    found: (firm) => [{ leg: "invoices", status: "duplicate", owner: "netsuite", money: openMinor(firm) }],
    plant: async (company, firm) => {
      const number = numberOf(company, firm, stripeTaken(firm)[1]);
      const id = await company.enter(firm, "invoice", major(openMinor(firm), firm), number);
      return () => company.strike(firm, "invoice", id, number, major(openMinor(firm), firm));
    },
  },
  reported("an invoice in another currency in the ERP", "wrong-currency", null, () => ({ currency: "GBP" })),
  usage("use that nobody billed", { leg: "usage", status: "missing", owner: "stripe", money: null }, "12", null, "12"),
  usage(
    "more use than billed",
    { leg: "usage", status: "field-break", owner: "stripe", money: null },
    "12",
    "11.5",
    "12",
  ),
  usage("billed without use", { leg: "usage", status: "extra", owner: "stripe", money: 300 }, null, "7", "7"),
  payouts(
    "a payout that did not arrive",
    { leg: "payouts", status: "missing", owner: "netsuite", money: 9700 },
    [10_000, -300],
    null,
  ),
  payouts(
    "a payout that is not the sum of its parts",
    { leg: "payouts", status: "amount-break", owner: "gateway", money: 300 },
    [10_000, 0],
    { amountMinor: 9700 },
  ),
  payouts(
    "a deposit of another amount",
    { leg: "payouts", status: "amount-break", owner: "bank", money: 200 },
    [10_000, -300],
    { amountMinor: 9500 },
  ),
  payouts(
    "a deposit without a payout",
    { leg: "payouts", status: "extra", owner: "bank", money: 9700 },
    [],
    { amountMinor: 9700 },
    0,
  ),
];
