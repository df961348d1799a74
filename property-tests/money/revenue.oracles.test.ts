/** Published examples of revenue: schedules, allocation, modification, credits, and what takes revenue back. */
import assert from "node:assert/strict";
import { type JournalEntry, movements, type Role } from "../../domain/accounting/entry.ts";
import type { Day } from "../../domain/calendar/day.ts";
import type { Contract } from "../../domain/contract/contract.ts";
import { amendmentLines } from "../../domain/contract/segments.ts";
import { toDecimal } from "../../domain/money.ts";
import { exactMinor } from "../../domain/rating/rational.ts";
import { allocate, positionOf } from "../../domain/revenue/allocate.ts";
import { creditRevenue } from "../../domain/revenue/credits.ts";
import { modify } from "../../domain/revenue/modify.ts";
import type { Recognition } from "../../domain/revenue/recognition.ts";
import { calculateSchedule } from "../../domain/revenue/schedule.ts";
import type { StoryAct } from "../../domain/revenue/story.ts";
import { tell } from "../../domain/revenue/tell.ts";
import { published } from "./oracle.ts";

const usd = (amount: string | number): number => exactMinor(amount, "USD");
const monthly = (amount: string | number, recognition: Recognition): Readonly<Record<string, string>> =>
  Object.fromEntries(
    calculateSchedule({ currency: "USD", amount, recognition }).entries.map((entry) => [entry.period, entry.amount]),
  );

/** Movements of roles over months, in major units as the examples print them. */
const table = (entries: ReadonlyArray<JournalEntry>, names: ReadonlyArray<string>, months: ReadonlyArray<string>) =>
  Object.fromEntries(
    names.map((name) => {
      const role = (name === "UnbilledAccountsReceivable" ? "UnbilledReceivable" : name) as Role;
      const byPeriod = movements(entries, role);
      return [name, months.map((month) => toDecimal(byPeriod.get(month) ?? 0, "USD").replace(/\.00$/, ""))];
    }),
  );

published<
  { amount: string; service: [Day, Day]; end_inclusive: boolean },
  { revenue: Record<string, string>; deferred_after_jan: string }
>("A-REV-01", "by day, over the end of a month", ({ input, expected }) => {
  const [from, to] = input.service;
  const recognition = { method: "day", from, to, endInclusive: input.end_inclusive } as const;
  assert.deepEqual(monthly(input.amount, recognition), expected.revenue);
  const [january] = calculateSchedule({ currency: "USD", amount: input.amount, recognition }).entries;
  assert.equal(toDecimal(january!.remainingMinor, "USD"), expected.deferred_after_jan);
});

published<
  { amount: string; service: [Day, Day] },
  { revenue: Record<string, string>; deferred: Record<string, string> }
>("A-REV-02", "a year by day, with what stays deferred", ({ input, expected }) => {
  const [from, to] = input.service;
  const recognition = { method: "day", from, to, endInclusive: true } as const;
  const { entries } = calculateSchedule({ currency: "USD", amount: input.amount, recognition });
  const first = entries.slice(0, 3);
  assert.deepEqual(Object.fromEntries(first.map(({ period, amount }) => [period, amount])), expected.revenue);
  assert.deepEqual(
    Object.fromEntries(first.map(({ period, remainingMinor }) => [period, toDecimal(remainingMinor, "USD")])),
    expected.deferred,
  );
  const leap = monthly(input.amount, { method: "day", from: "2020-01-01", to: "2021-01-01" });
  assert.ok(
    Object.values(leap).every((amount) => !amount.endsWith(".00")),
    "in a leap year no month is round",
  );
});

const story = (amount: string, [from, to]: [Day, Day], acts: ReadonlyArray<StoryAct>) =>
  tell({
    id: "story",
    entity: "us",
    currency: "USD",
    lines: [{ id: "a", amount, recognition: { method: "day", from, to, endInclusive: true } }],
    acts: [{ id: "bill", on: from, do: "invoice", invoice: "in", lines: ["a"] }, ...acts],
  }).entries;
const act = { id: "act", invoice: "in" } as const;

for (const [id, kind] of [
  ["A-REV-03", "refund"],
  ["A-REV-04", "void"],
] as const) {
  published<
    { amount: string; service: [Day, Day]; paid?: Day; full_refund?: Day; voided?: Day },
    { movements: Record<string, string[]> }
  >(
    id,
    `a ${kind} leaves what was recognized beside a contra account and clears what was deferred`,
    ({ input, expected }) => {
      const acts: ReadonlyArray<StoryAct> =
        kind === "void"
          ? [{ ...act, on: input.voided!, do: "void" }]
          : [
              { ...act, id: "pay", on: input.paid!, do: "payment", amount: input.amount },
              { ...act, on: input.full_refund!, do: "refund", amount: input.amount },
            ];
      const entries = story(input.amount, input.service, acts);
      assert.deepEqual(table(entries, Object.keys(expected.movements), ["2019-01", "2019-02"]), expected.movements);
      assert.deepEqual(movements(entries, "Revenue").get("2019-03"), undefined, "nothing is recognized after it");
    },
  );
}

published<
  { start: Day; monthly: string; upgrade: Day; new_monthly: string; next_invoice: Day },
  { april_lines: string[]; movements_apr_may: Record<string, string[]>; may_invoice: string }
>("A-REV-05", "an upgrade's lines are earned before they are billed", ({ input, expected }) => {
  const before: Contract = {
    id: "c",
    currency: "USD",
    start: input.start,
    months: 12,
    items: [{ id: "plan", product: "plan", price: input.monthly }],
  };
  const after: Contract = {
    ...before,
    amendments: [{ id: "up", on: input.upgrade, do: "price", item: "plan", price: input.new_monthly }],
  };
  const changes = amendmentLines(before, after, input.upgrade, input.next_invoice);
  assert.deepEqual(
    [usd(input.monthly), ...changes.map(({ amountMinor }) => amountMinor)],
    expected.april_lines.map(usd),
  );
  const line = (id: string, amount: string, from: Day, to: Day) => ({
    id,
    amount,
    recognition: { method: "day", from, to } as const,
  });
  const { entries } = tell({
    id: "story",
    entity: "us",
    currency: "USD",
    lines: [
      line("april", input.monthly, input.start, input.next_invoice),
      ...changes.map(({ label, exact, from, to }) => line(label, exact, from, to)),
      line("may", input.new_monthly, input.next_invoice, "2019-06-01"),
    ],
    acts: [
      { id: "1", on: input.start, do: "invoice", invoice: "in_1", lines: ["april"] },
      { id: "2", on: input.next_invoice, do: "invoice", invoice: "in_2", lines: ["credit", "charge", "may"] },
    ],
  });
  const names = Object.keys(expected.movements_apr_may);
  assert.deepEqual(table(entries, names, ["2019-04", "2019-05"]), expected.movements_apr_may);
  const may = entries.find(({ source }) => source === "in_2")!;
  assert.equal(movements([may], "AccountsReceivable").get("2019-05"), usd(expected.may_invoice));
});

published<
  { amount: string; service: [Day, Day]; uncollectible: Day; paid: Day },
  { movements_jan_to_apr: Record<string, string[]> }
>("A-REV-06", "written off, later paid: the bad debt is recovered and the rest is a gain", ({ input, expected }) => {
  const entries = story(input.amount, input.service, [
    { ...act, on: input.uncollectible, do: "uncollectible" },
    { ...act, id: "pay", on: input.paid, do: "payment", amount: input.amount },
  ]);
  const months = ["2019-01", "2019-02", "2019-03", "2019-04"];
  assert.deepEqual(table(entries, Object.keys(expected.movements_jan_to_apr), months), expected.movements_jan_to_apr);
});

published<{ cases: { amount: string; service: [Day, Day] }[] }, { revenue: string[][] }>(
  "A-REV-07",
  "by month, where a month in part counts to the nearest half",
  ({ input, expected }) => {
    const shown = input.cases.map(({ amount, service: [from, to] }, index) => {
      const months = monthly(amount, { method: "month", from, to, endInclusive: true, partialMonth: "half" });
      return expected.revenue[index]!.map((_, at) => {
        const month = `${from.slice(0, 5)}${String(Number(from.slice(5, 7)) + at).padStart(2, "0")}`;
        return (months[month] ?? "0").replace(/\.00$/, "");
      });
    });
    assert.deepEqual(shown, expected.revenue);
  },
);

published<
  { amount: string; service: [Day, Day] },
  { mid_month: Record<string, string>; next_month: Record<string, string> }
>("A-REV-08", "half a month at both ends, and each month in the next", ({ input, expected }) => {
  const [from, to] = input.service;
  const range = (name: string): ReadonlyArray<string> => {
    const [first, last] = name.replace(" each", "").split("..");
    const index = (month: string): number => Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1;
    const months = [];
    for (let at = index(first!); at <= index(last ?? first!); at++)
      months.push(`${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, "0")}`);
    return months;
  };
  const spelled = (amounts: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(amounts).flatMap(([name, amount]) => range(name).map((month) => [month, amount])),
    );
  const plain = (months: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(months).map(([month, amount]) => [month, amount.replace(/\.00$/, "")]));
  const service = { from, to, endInclusive: true };
  assert.deepEqual(plain(monthly(input.amount, { method: "half_month", ...service })), spelled(expected.mid_month));
  assert.deepEqual(plain(monthly(input.amount, { method: "next_month", ...service })), spelled(expected.next_month));
});

published<
  { price: string; obligations: { name: string; ssp: string; over_months?: number }[] },
  { allocated: Record<string, string>; contract_asset_at_start: string }
>(
  "A-SSP-01",
  "a handset and a plan: allocation ignores what is billed, and a contract asset begins",
  ({ input, expected }) => {
    const { lines } = allocate({
      currency: "USD",
      price: input.price,
      obligations: input.obligations.map(({ name, ssp }) => ({ id: name, ssp })),
    });
    assert.deepEqual(Object.fromEntries(lines.map(({ id, amount }) => [id, amount])), expected.allocated);
    const handset = lines.find(({ id }) => id === "handset")!;
    assert.equal(positionOf(0, handset.amountMinor).assetMinor, usd(expected.contract_asset_at_start));
  },
);

published<
  {
    price: string;
    ssp: Record<string, string>;
    invoice_lines: Record<string, string>;
    platform_days: number;
    elapsed: number;
  },
  {
    allocated: Record<string, string>;
    earned_if_implementation_accepted: string;
    earned_if_not: string;
    contract_liability_if_billed_and_accepted: string;
  }
>(
  "A-SSP-02",
  "recognition follows allocation and performance, neither payment nor line prices",
  ({ input, expected }) => {
    const { lines } = allocate({
      currency: "USD",
      price: input.price,
      obligations: Object.entries(input.ssp).map(([id, ssp]) => ({ id, ssp, invoiced: input.invoice_lines[id]! })),
    });
    const allocated = Object.fromEntries(lines.map(({ id, amount }) => [id, amount]));
    assert.deepEqual(
      allocated,
      Object.fromEntries(Object.entries(expected.allocated).map(([id, a]) => [id, `${a}.00`])),
    );
    const told = (accepted: boolean) =>
      tell({
        id: "s",
        entity: "us",
        currency: "USD",
        lines: [
          {
            id: "p",
            amount: allocated["platform"]!,
            recognition: { method: "day", from: "2024-01-01", to: "2024-04-10" },
          },
          {
            id: "i",
            amount: allocated["implementation"]!,
            recognition: { method: "milestone", whole: 1, steps: [{ on: "2024-01-10", share: accepted ? 1 : 0 }] },
          },
        ],
        acts: [{ id: "b", on: "2024-01-01", do: "invoice", invoice: "in", lines: ["p", "i"] }],
        through: "2024-01-21",
      });
    const earned = (accepted: boolean): number => movements(told(accepted).entries, "Revenue").get("2024-01")!;
    assert.equal(earned(true), usd(expected.earned_if_implementation_accepted));
    assert.equal(earned(false), usd(expected.earned_if_not));
    assert.equal(told(true).contractPositionMinor, -usd(expected.contract_liability_if_billed_and_accepted));
  },
);

published<
  {
    original_units: number;
    unit_price: string;
    delivered_before_change: number;
    added_units: number;
    added_unit_price: string;
    added_price_is_ssp: boolean;
    added_distinct: boolean;
  },
  { original_revenue_per_unit: string; added_revenue_per_unit: string; added_total: string; total_revenue: string }
>("A-MOD-01", "distinct units at their standalone price are a separate contract", ({ input, expected }) => {
  const changed = modify({
    currency: "USD",
    units: input.original_units,
    unitPrice: input.unit_price,
    delivered: input.delivered_before_change,
    addedUnits: input.added_units,
    addedUnitPrice: input.added_unit_price,
    facts: {
      addedDistinct: input.added_distinct,
      addedAtStandalonePrice: input.added_price_is_ssp,
      remainingDistinct: true,
    },
  });
  assert.equal(changed.treatment, "separate");
  const [delivered, original, added] = changed.lines;
  assert.deepEqual(
    [delivered!.perUnit, original!.perUnit, added!.perUnit, added!.amountMinor, changed.totalMinor],
    [
      expected.original_revenue_per_unit,
      expected.original_revenue_per_unit,
      expected.added_revenue_per_unit,
      usd(expected.added_total),
      usd(expected.total_revenue),
    ],
  );
});

published<
  { face: string; paid: string; consumed_face: string; promotional_grant_face: string },
  { earned: string; deferred: string; face_left: string; on_expiry_of_rest: string; promotional_revenue: string }
>("A-CRD-01", "credits earn what was paid for them, promotional credit nothing", ({ input, expected }) => {
  const bought = creditRevenue(
    { currency: "USD", faceMinor: usd(input.face), paidMinor: usd(input.paid) },
    usd(input.consumed_face),
  );
  assert.deepEqual(
    [bought.earnedMinor, bought.deferredMinor, bought.faceLeftMinor, bought.onExpiryMinor],
    [expected.earned, expected.deferred, expected.face_left, expected.on_expiry_of_rest].map(usd),
  );
  const given = creditRevenue(
    { currency: "USD", faceMinor: usd(input.promotional_grant_face), paidMinor: 0 },
    usd("70"),
  );
  assert.equal(given.earnedMinor + given.onExpiryMinor, usd(expected.promotional_revenue));
});
