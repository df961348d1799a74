/** Published examples of the calendar, of cycle fractions and of minor units and splits. */
import assert from "node:assert/strict";
import { portions } from "../../domain/calendar/count.ts";
import { billedSpan, cycleStart, monthlyOn } from "../../domain/calendar/cycle.ts";
import { type Day, wholeMonths } from "../../domain/calendar/day.ts";
import { fromDecimal, minorUnitOf, splitMinor, toDecimal } from "../../domain/money.ts";
import { weightsOf } from "../../domain/rating/pool.ts";
import { exactMinor, parse, ratio, toDigits, toText } from "../../domain/rating/rational.ts";
import { published } from "./oracle.ts";

published<{ cases: { start: Day; end: Day; cycle_day: number }[] }, { cycles: string[]; decimal_9: string[] }>(
  "A-PRO-02",
  "a range over cycles is the share of each cycle that it touches",
  ({ input, expected }) => {
    const parts = input.cases.map(({ start, end, cycle_day }) =>
      portions(monthlyOn(cycle_day, start), start, end, "actual"),
    );
    const shown = (digits: (share: string, nine: string) => string): ReadonlyArray<string> =>
      parts.map((each) => each.map(({ share }) => digits(toText(share), toDigits(share, 9))).join(" + "));
    assert.deepEqual(
      shown((share, nine) => (share === "1" ? share : nine)),
      expected.decimal_9,
    );
    const fraction = (text: string): string => {
      const [n, d] = text.split("/").map(Number);
      return toText(ratio(n!, d ?? 1));
    };
    assert.deepEqual(
      parts.map((each) => each.map(({ share }) => toText(share))),
      expected.cycles.map((text) => text.split(" + ").map(fraction)),
    );
  },
);

published<{ cases: { anchor: Day; pay_in_advance: boolean; billing_at: Day }[] }, { period_from: Day[] }>(
  "A-CAL-01",
  "an anchor at the month's end is clamped, not lost",
  ({ input, expected }) => {
    assert.deepEqual(
      input.cases.map(
        ({ anchor, pay_in_advance, billing_at }) =>
          billedSpan({ anchor, unit: "month", every: 1 }, billing_at, pay_in_advance).from,
      ),
      expected.period_from,
    );
  },
);

published<{ start: Day; n: number }, { advance_by_7: Day[]; "whole_months_2012-07-16_to": Record<Day, number> }>(
  "A-CAL-02",
  "a month is not 30 days",
  ({ input, expected }) => {
    const cycles = [
      { anchor: input.start, unit: "month", every: 1 },
      { anchor: input.start, unit: "day", every: 30 },
      { anchor: input.start, unit: "week", every: 1 },
    ] as const;
    assert.deepEqual(
      cycles.map((cycle) => cycleStart(cycle, input.n)),
      expected.advance_by_7,
    );
    for (const [to, months] of Object.entries(expected["whole_months_2012-07-16_to"]))
      assert.equal(wholeMonths("2012-07-16", to), months);
  },
);

published<{ cases: [Day, Day][]; cycle_day: number }, { actual: string[]; fixed_30_days: string[] }>(
  "A-CAL-03",
  "February's fractions by actual days and by 30-day months",
  ({ input, expected }) => {
    const shares = (by: "actual" | "thirty_360"): ReadonlyArray<string> =>
      input.cases.map(([from, to]) => {
        const [portion, ...more] = portions(monthlyOn(input.cycle_day, from), from, to, by);
        assert.deepEqual(more, []);
        return toDigits(portion!.share, 9);
      });
    assert.deepEqual(shares("actual"), expected.actual);
    assert.deepEqual(shares("thirty_360"), expected.fixed_30_days);
  },
);

published<{ codes: string[] }, { minor_unit: Record<string, number> }>(
  "A-CUR-01",
  "minor units are by currency, and not always two",
  ({ input, expected }) => {
    assert.deepEqual(Object.fromEntries(input.codes.map((code) => [code, minorUnitOf(code)])), expected.minor_unit);
  },
);

published<{ cases: { plan: string }[] }, { api_amount: number[] }>(
  "A-CUR-02",
  "ten yen are 10 on the wire, ten dollars 1000",
  ({ input, expected }) => {
    const sent = input.cases.map(({ plan }) => {
      const [amount, currency] = plan.split(" ");
      return fromDecimal(amount!, currency!);
    });
    assert.deepEqual(sent, expected.api_amount);
  },
);

published<{ cases: { minor: number; ratios: (number | string)[] }[] }, { parts: number[][] }>(
  "A-RND-01",
  "largest remainder, ties to the earlier part, nothing for a weight of zero",
  ({ input, expected }) => {
    const split = (sign: number): ReadonlyArray<ReadonlyArray<number>> =>
      input.cases.map(({ minor, ratios }) => splitMinor(sign * minor, weightsOf(ratios.map(parse))));
    assert.deepEqual(split(1), expected.parts);
    const mirrored = expected.parts.map((parts) => parts.map((part) => (part === 0 ? 0 : -part)));
    assert.deepEqual(split(-1), mirrored, "a credit mirrors its charge");
  },
);

published<{ cases: { amount: string; weights: Record<string, string> }[] }, { parts: Record<string, string>[] }>(
  "A-RND-02",
  "weights of any precision, amounts at the currency's",
  ({ input, expected }) => {
    const parts = input.cases.map(({ amount, weights }) => {
      const split = splitMinor(exactMinor(amount, "USD"), weightsOf(Object.values(weights).map(parse)));
      return Object.fromEntries(Object.keys(weights).map((key, index) => [key, toDecimal(split[index]!, "USD")]));
    });
    assert.deepEqual(parts, expected.parts);
    assert.throws(() => exactMinor("1.001", "USD"), /finer than USD/);
    assert.throws(() => splitMinor(100, [1n, -1n]), /negative/);
  },
);
