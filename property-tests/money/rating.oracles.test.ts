/** Published examples of rating, contract versions and prepaid splits. */
import assert from "node:assert/strict";
import type { Price, Tier } from "../../domain/rating/charge.ts";
import { rate, rateTransactions, wholePeriod } from "../../domain/rating/rate.ts";
import { rateUsage } from "../../domain/rating/rater.ts";
import { exactMinor, parse } from "../../domain/rating/rational.ts";
import { viewOf } from "../../domain/rating/usage.ts";
import { published } from "./oracle.ts";

const usd = (amount: string): number => exactMinor(amount, "USD");
const minor = (price: Price, quantity: string | number): number => rate({ price }, "USD", parse(quantity)).amountMinor;

type Bounded = { from: number; to: number | null; unit: string; flat: string };
const bounded = (tiers: ReadonlyArray<Bounded>): ReadonlyArray<Tier> =>
  tiers.map(({ to, unit, flat }) => ({ upTo: to, unit, flat }));

for (const [id, model] of [
  ["A-RATE-01", "graduated"],
  ["A-RATE-02", "volume"],
] as const) {
  published<{ tiers: Bounded[]; quantities: string[] }, { amount_by_quantity: Record<string, string> }>(
    id,
    `${model} prices with flat fees at the edges of the tiers`,
    ({ input, expected }) => {
      for (const quantity of input.quantities)
        assert.equal(
          minor({ model, tiers: bounded(input.tiers) }, quantity),
          usd(expected.amount_by_quantity[quantity]!),
          quantity,
        );
    },
  );
}

published<
  { package_size: number; price_per_package: string; cases: { units: number; free_units: number }[] },
  { amounts: string[] }
>("A-RATE-03", "a started package is charged whole, free units come off first", ({ input, expected }) => {
  const { package_size: size, price_per_package: price } = input;
  assert.deepEqual(
    input.cases.map(({ units, free_units }) => minor({ model: "package", size, price, freeUnits: free_units }, units)),
    expected.amounts.map(usd),
  );
});

published<
  {
    rate_pct: string;
    fixed_per_event: string;
    sum_of_events: string;
    running_totals_of_first_events: string[];
    cases: { free_events: number | null; free_total: string | null }[];
  },
  { amounts: string[] }
>("A-RATE-04", "percentage with free events and a free total", ({ input, expected }) => {
  const totals = [...input.running_totals_of_first_events, input.sum_of_events].map(Number);
  const amounts = totals.map((total, index) => parse(total - (totals[index - 1] ?? 0)));
  const charged = input.cases.map(({ free_events, free_total }) => {
    const price: Price = {
      model: "percentage",
      ratePercent: input.rate_pct,
      fixedPerEvent: input.fixed_per_event,
      ...(free_events === null ? {} : { freeEvents: free_events }),
      ...(free_total === null ? {} : { freeTotal: free_total }),
    };
    return rateTransactions({ price }, "USD", amounts).amountMinor;
  });
  assert.deepEqual(charged, expected.amounts.map(usd));
});

published<
  { tiers: { up_to: string | null; flat?: string; unit?: string }[]; quantity: string },
  { lines: { tier: number; flat?: string; qty?: string; amount?: string }[]; total: string }
>("A-RATE-05", "tiers with only a flat or only a unit price, line by line", ({ input, expected }) => {
  const tiers = input.tiers.map(({ up_to, ...prices }) => ({ upTo: up_to, ...prices }));
  const rated = rate({ price: { model: "graduated", tiers } }, "USD", parse(input.quantity));
  assert.equal(rated.amountMinor, usd(expected.total));
  assert.deepEqual(
    rated.lines.map(({ label, quantity, amountMinor }) => [label.split(",")[0], quantity, amountMinor]),
    expected.lines.map(({ tier, flat, qty, amount }) => [`tier ${tier}`, qty ?? null, usd((amount ?? flat)!)]),
  );
});

published<
  { tiers_as_widths: { max_units: number; unit: string }[]; quantity: number },
  { graduated_ALL_TIERS: string[]; graduated_total: string; volume_TOP_TIER_total: string }
>("A-RATE-06", "tiers stated as widths, graduated and by volume", ({ input, expected }) => {
  const tiers = input.tiers_as_widths.map(({ max_units, unit }) => ({ upTo: max_units, unit }));
  const rated = rate({ price: { model: "graduated", tiers, bounds: "width" } }, "USD", parse(input.quantity));
  assert.deepEqual(
    rated.lines.map(({ amountMinor }) => amountMinor),
    expected.graduated_ALL_TIERS.map(usd),
  );
  assert.equal(rated.amountMinor, usd(expected.graduated_total));
  assert.equal(minor({ model: "volume", tiers, bounds: "width" }, input.quantity), usd(expected.volume_TOP_TIER_total));
});

published<
  { cases: { model: "graduated" | "volume"; tiers: [number | null, string, string?][]; qty: number }[] },
  { amounts: string[] }
>("A-RATE-07", "unit prices below the cent are not rounded before they are multiplied", ({ input, expected }) => {
  assert.deepEqual(
    input.cases.map(({ model, tiers, qty }) =>
      minor({ model, tiers: tiers.map(([upTo, unit, flat]) => ({ upTo, unit, flat: flat ?? "0" })) }, qty),
    ),
    expected.amounts.map(usd),
  );
});

published<
  {
    quantity_per_package: number;
    amount: string;
    cases: { qty: number; minimum_spend?: string; last_line_of_period?: boolean }[];
  },
  { packages: number[]; totals: string[] }
>("A-RATE-08", "packages, and a minimum that only the last line of the period makes up", ({ input, expected }) => {
  const price: Price = { model: "package", size: input.quantity_per_package, price: input.amount };
  const rated = input.cases.map(({ qty, minimum_spend, last_line_of_period }) =>
    rate({ price, ...(minimum_spend ? { minimum: minimum_spend } : {}) }, "USD", parse(qty), {
      ...wholePeriod,
      last: last_line_of_period ?? true,
    }),
  );
  assert.deepEqual(
    rated.map(({ lines }) => Number(lines[0]!.quantity)),
    expected.packages,
  );
  assert.deepEqual(
    rated.map(({ amountMinor }) => amountMinor),
    expected.totals.map(usd),
  );
});

published<
  { versions: { v: number; published: string; in_force_from: string; unit: string }[]; usage: [string, number][] },
  { monthly_amounts: Record<string, string> }
>(
  "A-VER-01",
  "the version in force at the time of use prices it, neither publication nor arrival",
  ({ input, expected }) => {
    const events = input.usage.map(([day, quantity], index) => ({
      source: "meter",
      id: String(index),
      meter: "water",
      time: `${day}T00:00:00Z`,
      quantity,
    }));
    const rated = rateUsage(
      {
        currency: "USD",
        zone: "UTC",
        meter: "sum",
        cycle: { anchor: "2018-01-01", unit: "month", every: 1 },
        versions: input.versions.map(({ v, published, in_force_from, unit }) => ({
          version: v,
          published,
          inForceFrom: in_force_from,
          charge: { price: { model: "per_unit", unit } },
        })),
      },
      viewOf(events).uses,
    );
    const months = Object.fromEntries(rated.lines.map(({ period, rated: line }) => [period.slice(0, 7), line.amount]));
    assert.deepEqual(months, expected.monthly_amounts);
  },
);
