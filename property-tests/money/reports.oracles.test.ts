/** Published examples of accounting and recurring revenue. */
import assert from "node:assert/strict";
import { clear } from "../../domain/accounting/clearing.ts";
import { entryOf, type JournalEntry, movements, type Role } from "../../domain/accounting/entry.ts";
import { convert, settlementEntry } from "../../domain/accounting/exchange.ts";
import { noteFor } from "../../domain/accounting/notes.ts";
import { taxOn } from "../../domain/accounting/tax.ts";
import type { Day } from "../../domain/calendar/day.ts";
import { toDecimal } from "../../domain/money.ts";
import { exactMinor, ratio } from "../../domain/rating/rational.ts";
import { calculateMrr, type Level, mrrMovement, type Priced, retention } from "../../domain/reports/recurring.ts";
import { tell } from "../../domain/revenue/tell.ts";
import { published } from "./oracle.ts";

const usd = (amount: string): number => exactMinor(amount, "USD");
const of = (entries: ReadonlyArray<JournalEntry>, role: Role): number =>
  [...movements(entries, role).values()].reduce((sum, each) => sum + each, 0);

published<
  { fee_minor: number; tax_pct: string; period_days: number; unused_days: number },
  { sub_total_minor: number; tax_minor: number; total_minor: number }
>("A-TAX-01", "a credit note is the sum of its rounded parts", ({ input, expected }) => {
  const share = ratio(input.unused_days, input.period_days);
  const note = noteFor([input.fee_minor], share, [{ id: "vat", percent: input.tax_pct }]);
  assert.deepEqual(
    { sub_total_minor: note.netMinor, tax_minor: note.taxMinor, total_minor: note.grossMinor },
    expected,
  );
});

published<
  { net: string; rate_pct: string; inclusive: boolean },
  { revenue: string; tax_liability: string; cash: string }
>("A-TAX-02", "tax is a liability, never revenue", ({ input, expected }) => {
  const rule = { rates: [{ id: "tax", percent: input.rate_pct }], inclusive: input.inclusive };
  const taxed = taxOn([usd(input.net)], rule);
  const { entries } = tell({
    id: "s",
    entity: "us",
    currency: "USD",
    lines: [{ id: "a", amount: input.net, recognition: { method: "day", from: "2019-01-01", to: "2019-02-01" } }],
    acts: [
      { id: "1", on: "2019-01-01", do: "invoice", invoice: "in", lines: ["a"], tax: toDecimal(taxed.taxMinor, "USD") },
      { id: "2", on: "2019-01-01", do: "payment", invoice: "in", amount: toDecimal(taxed.grossMinor, "USD") },
    ],
  });
  assert.deepEqual(
    { revenue: of(entries, "Revenue"), tax_liability: of(entries, "TaxPayable"), cash: of(entries, "Cash") },
    Object.fromEntries(Object.entries(expected).map(([name, amount]) => [name, usd(amount)])),
  );
});

published<
  { invoice: string; rate_at_finalisation: string; rate_at_payment: string; settlement: string },
  { movements_jan_feb: Record<string, [string, string]> }
>("A-FX-01", "revenue keeps the rate of its invoice, the payment realizes a loss", ({ input, expected }) => {
  const [amount, currency] = input.invoice.split(" ") as [string, string];
  const rate = (value: string, date: Day) => ({
    base: currency,
    quote: input.settlement,
    rate: value,
    source: "stated",
    date,
  });
  const openMinor = exactMinor(amount, currency);
  const january = rate(input.rate_at_finalisation, "2019-01-01");
  const carriedMinor = convert(openMinor, currency, input.settlement, january);
  const head = { entity: "us", source: "in" };
  const billed = entryOf({ ...head, id: "1", kind: "invoice", currency: input.settlement, date: january.date }, [
    { role: "AccountsReceivable", amountMinor: carriedMinor },
    { role: "Revenue", amountMinor: carriedMinor },
  ]);
  const february = rate(input.rate_at_payment, "2019-02-01");
  const carried = { currency, openMinor, functional: input.settlement, carriedMinor };
  const paid = settlementEntry({ ...head, id: "2", date: february.date }, carried, openMinor, february);
  assert.deepEqual([paid.settlement.rest.openMinor, paid.settlement.rest.carriedMinor], [0, 0]);
  for (const [role, amounts] of Object.entries(expected.movements_jan_feb)) {
    const byPeriod = movements([billed!, paid.entry!], role as Role);
    assert.deepEqual(
      ["2019-01", "2019-02"].map((month) => byPeriod.get(month) ?? 0),
      amounts.map(usd),
      role,
    );
  }
});

published<
  Record<"gross_sales" | "fees" | "refunds" | "disputes" | "bank_deposit", string>,
  { net: string; clearing_balance_after_match: string }
>("A-REC-01", "the deposit is matched with the clearing account, not with sales", ({ input, expected }) => {
  const payout = {
    id: "po",
    entity: "us",
    currency: "USD",
    date: "2024-01-31",
    grossMinor: usd(input.gross_sales),
    feesMinor: usd(input.fees),
    refundsMinor: usd(input.refunds),
    disputesMinor: usd(input.disputes),
    depositMinor: usd(input.bank_deposit),
  };
  const cleared = clear(payout);
  assert.equal(cleared.netMinor, usd(expected.net));
  assert.equal(cleared.clearingMinor, usd(expected.clearing_balance_after_match));
  assert.equal(clear({ ...payout, depositMinor: payout.depositMinor - 1 }).clearingMinor, 1, "what is missing stays");
});

type Event = [Day, string, string, number, number?];
published<
  { events: Event[]; contraction_case: Event[]; two_customers: Event[] },
  {
    waterfall: { month: string; start?: number; new?: number; churn?: number; reactivation?: number; end: number }[];
    contraction_case_feb: { contraction: number; end: number };
    two_customers_feb: { start: number; new: number; end: number };
  }
>(
  "A-MET-01",
  "new, churn, reactivation and contraction; each month starts where the last ended",
  ({ input, expected }) => {
    const levels = (events: ReadonlyArray<Event>): ReadonlyArray<Level> =>
      events.map(([on, subscription, kind, amount, to]) => ({
        on,
        customer: subscription,
        subscription,
        mrrMinor: kind === "churned" ? 0 : (to ?? amount),
      }));
    const rows = mrrMovement(levels(input.events));
    assert.equal(rows.length, expected.waterfall.length);
    for (const [index, row] of rows.entries()) {
      const wanted = expected.waterfall[index]!;
      assert.deepEqual(
        [row.month, row.newMinor, row.churnMinor, row.reactivationMinor, row.endMinor],
        [wanted.month, wanted.new ?? 0, wanted.churn ?? 0, wanted.reactivation ?? 0, wanted.end],
      );
      assert.equal(row.startMinor, wanted.start ?? rows[index - 1]!.endMinor);
    }
    const fewer = mrrMovement(levels(input.contraction_case))[1]!;
    assert.deepEqual({ contraction: fewer.contractionMinor, end: fewer.endMinor }, expected.contraction_case_feb);
    const two = mrrMovement(levels(input.two_customers))[1]!;
    assert.deepEqual({ start: two.startMinor, new: two.newMinor, end: two.endMinor }, expected.two_customers_feb);
  },
);

published<{ cases: Record<string, string | number>[] }, { mrr: string[]; arr: string[] }>(
  "A-MET-02",
  "a year's price is twelve months'",
  ({ input, expected }) => {
    const [yearly, mixed] = input.cases as [Record<string, string | number>, Record<string, string | number>];
    const price = (amount: unknown, quantity: unknown, unit: "month" | "year"): Priced => ({
      price: amount as string,
      quantity: quantity as number,
      per: { unit, every: 1 },
    });
    const answers = [
      [price(yearly["annual_price"], yearly["count"], "year")],
      [
        price(mixed["monthly_price"], mixed["count"], "month"),
        price(mixed["annual_price_2"], mixed["count_2"], "year"),
        { ...price("99", 1, "month"), trial: true },
        { ...price("99", 1, "month"), metered: true },
      ],
    ].map((prices) => calculateMrr({ currency: "USD", prices }).recurring!);
    assert.deepEqual(
      answers.map(({ mrrMinor }) => mrrMinor),
      expected.mrr.map(usd),
    );
    assert.deepEqual(
      answers.map(({ arrMinor }) => arrMinor),
      expected.arr.map(usd),
    );
  },
);

published<
  { start_mrr: string; mrr_of_same_customers_after_upsell: string; churned: string },
  { nrr_pct_0dp: string; nrr_exact: string }
>("A-MET-03", "net retention is of the customers who were there at the start", ({ input, expected }) => {
  const churned = usd(input.churned);
  const cohort = [
    { startMinor: churned, endMinor: 0 },
    {
      startMinor: usd(input.start_mrr) - churned,
      endMinor: usd(input.mrr_of_same_customers_after_upsell) - churned,
    },
    { startMinor: 0, endMinor: 1_000_000 },
  ];
  const { nrrPercent } = retention(cohort);
  assert.equal(nrrPercent, expected.nrr_exact);
  assert.equal(nrrPercent!.split(".")[0], expected.nrr_pct_0dp);
});
