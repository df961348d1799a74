/** Published examples of proration and of amendments that cut a contract into segments. */
import assert from "node:assert/strict";
import { addDays, type Day } from "../../domain/calendar/day.ts";
import type { Amendment, Contract } from "../../domain/contract/contract.ts";
import { calculateProrate } from "../../domain/contract/prorate.ts";
import { segmentsOf } from "../../domain/contract/segments.ts";
import { exactMinor } from "../../domain/rating/rational.ts";
import { published } from "./oracle.ts";

const usd = (amount: string): number => exactMinor(amount, "USD");
const minors = (lines: ReadonlyArray<{ readonly amountMinor: number }>): ReadonlyArray<number> =>
  lines.map(({ amountMinor }) => amountMinor);

published<
  { old_price: string; new_price: string; elapsed_fraction: string },
  { credit_unused: string; charge_remaining: string; net: string }
>("A-PRO-01", "an upgrade at half the period, to the second and to the day", ({ input, expected }) => {
  assert.equal(input.elapsed_fraction, "1/2");
  for (const [convention, on] of [
    ["second", "2024-06-16T00:00:00Z"],
    ["actual", "2024-06-16"],
  ] as const) {
    const answer = calculateProrate({
      currency: "USD",
      convention,
      period: { from: "2024-06-01", to: "2024-07-01" },
      change: { on, matched: [{ old: input.old_price, new: input.new_price }] },
    });
    assert.deepEqual(minors(answer.lines), [usd(expected.credit_unused), usd(expected.charge_remaining)]);
    assert.equal(answer.netMinor, usd(expected.net));
  }
});

published<{ monthly_amount: string; charge_start: Day; charge_end_inclusive: Day }, { amount: string }>(
  "A-PRO-03",
  "an inclusive end: 17 of 31 days",
  ({ input, expected }) => {
    const answer = calculateProrate({
      currency: "USD",
      convention: "actual",
      endInclusive: true,
      amount: input.monthly_amount,
      cycle: { anchor: "2023-01-01", unit: "month", every: 1 },
      range: { from: input.charge_start, to: input.charge_end_inclusive },
    });
    assert.equal(answer.netMinor, usd(expected.amount));
  },
);

published<
  {
    period: [Day, Day];
    end_exclusive: boolean;
    cases: {
      change: Day;
      old?: string;
      new?: string;
      matched?: [string, string];
      removed?: string;
      added?: string;
    }[];
  },
  { lines_minor: number[][]; net_minor: number[] }
>("A-PRO-04", "components matched, removed and added, and nothing at the period's end", ({ input, expected }) => {
  const answers = input.cases.map(({ change, matched, removed, added, ...plain }) => {
    const [old, fresh] = matched ?? [plain.old!, plain.new!];
    return calculateProrate({
      currency: "USD",
      convention: "actual",
      endInclusive: !input.end_exclusive,
      period: { from: input.period[0], to: input.period[1] },
      change: {
        on: change,
        matched: [{ old, new: fresh }],
        ...(removed === undefined ? {} : { removed: [removed] }),
        ...(added === undefined ? {} : { added: [added] }),
      },
    });
  });
  assert.deepEqual(
    answers.map(({ lines }) => minors(lines)),
    expected.lines_minor,
  );
  assert.deepEqual(
    answers.map(({ netMinor }) => netMinor),
    expected.net_minor,
  );
});

type Act = { on: Day; monthly?: string; quantity?: number; add_one_month_product?: string; renew_months?: number };
published<
  { start: Day; term_months: number; monthly: string; amendments: Act[] },
  { segments: { from: Day; to: Day; value: string; product?: string; new_contract?: boolean }[] }
>("A-MOD-02", "amendments cut a charge into segments with their values", ({ input, expected }) => {
  const amendments = input.amendments.flatMap((act, index): ReadonlyArray<Amendment> => {
    const base = { id: String(index), on: act.on };
    if (act.renew_months !== undefined) return [{ ...base, do: "renew", months: act.renew_months }];
    if (act.add_one_month_product !== undefined)
      return [{ ...base, do: "add", months: 1, item: { id: "b", product: "B", price: act.add_one_month_product } }];
    if (act.quantity !== undefined) return [{ ...base, do: "quantity", item: "a", quantity: act.quantity }];
    return [{ ...base, do: "price", item: "a", price: act.monthly! }];
  });
  const contract: Contract = {
    id: "c",
    currency: "USD",
    start: input.start,
    months: input.term_months,
    items: [{ id: "a", product: "A", price: input.monthly }],
    amendments,
  };
  assert.deepEqual(
    segmentsOf(contract).map(({ product, from, to, valueMinor, term }) => ({ product, from, to, valueMinor, term })),
    expected.segments.map(({ product, from, to, value, new_contract }) => ({
      product: product ?? "A",
      from,
      to: addDays(to, 1),
      valueMinor: usd(value),
      term: new_contract ? 1 : 0,
    })),
  );
});
