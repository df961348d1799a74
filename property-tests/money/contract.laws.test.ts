/** The laws of proration and of contracts in segments, against counting day by day. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { describe, it } from "vitest";
import { cyclesWorth } from "../../domain/calendar/count.ts";
import { addDays, toNumber } from "../../domain/calendar/day.ts";
import type { Contract } from "../../domain/contract/contract.ts";
import { calculateProrate, prorateParts, shareOf } from "../../domain/contract/prorate.ts";
import { amendmentLines, segmentsOf } from "../../domain/contract/segments.ts";
import { cycleOfItem, statusOn, timelineOf } from "../../domain/contract/timeline.ts";
import {
  add,
  minorOf,
  multiply,
  one,
  parse,
  type Rational,
  ratio,
  roundMinor,
  subtract,
  total,
  zero,
} from "../../domain/rating/rational.ts";
import { contract, day, fewer, minor, range, runs } from "./arbitraries.ts";

const shuffled = <A>(all: ReadonlyArray<A>, seed: number): ReadonlyArray<A> =>
  all
    .map((each, index) => ({ each, key: ((index + 1) * (seed + 7)) % 11 }))
    .sort((a, b) => a.key - b.key)
    .map(({ each }) => each);

describe("contract", () => {
  it("[PR1 P8] adjacent parts of a period sum to the whole, for every convention", () => {
    fc.assert(
      fc.property(
        minor,
        range(400),
        fc.array(fc.nat(399), { maxLength: 4 }),
        fc.constantFrom("actual" as const, "second" as const),
        (whole, { from, to }, at, by) => {
          const cuts = [...new Set(at.map((days) => addDays(from, days)))]
            .filter((cut) => cut > from && cut < to)
            .sort();
          const parts = prorateParts(whole, { from, to }, cuts, by, "America/New_York");
          assert.equal(
            parts.reduce((sum, each) => sum + each, 0),
            whole,
          );
          assert.equal(parts.length, cuts.length + 1);
        },
      ),
      runs,
    );
  });

  it("[PR2] what was used and what is left are one, and a change credits and charges exactly the rest, rounded once", () => {
    fc.assert(
      fc.property(range(400), fc.nat(400), fc.nat(99_999), fc.nat(99_999), ({ from, to }, after, old, fresh) => {
        const on = addDays(from, Math.min(after, toNumber(to) - toNumber(from)));
        const rest = shareOf({ from, to }, { from: on, to }, "actual");
        assert.deepEqual(add(shareOf({ from, to }, { from, to: on }, "actual"), rest), one);
        const answer = calculateProrate({
          currency: "JPY",
          convention: "actual",
          period: { from, to },
          change: { on, matched: [{ old, new: fresh }] },
        });
        const wanted =
          rest.n === 0n ? [] : [-roundMinor(multiply(ratio(old), rest)), roundMinor(multiply(ratio(fresh), rest))];
        assert.deepEqual(
          answer.lines.map(({ amountMinor }) => amountMinor + 0),
          wanted.map((each) => each + 0),
        );
      }),
      runs,
    );
  });

  it("[PR3] to the second, a day of a clock change counts for what it lasts", () => {
    const month = { from: "2024-03-01", to: "2024-04-01" };
    const share = (by: "actual" | "second", zone: string): Rational =>
      shareOf(month, { from: "2024-03-10", to: "2024-03-11" }, by, zone);
    assert.deepEqual(share("actual", "America/New_York"), ratio(1, 31));
    assert.deepEqual(share("second", "America/New_York"), ratio(23, 31 * 24 - 1));
    assert.deepEqual(share("second", "UTC"), ratio(1, 31));
  });

  it("[PR10] a cycle in part is charged by its days or whole; a part that is out of its period, or ends before it starts, is refused", () => {
    const cycle = { anchor: "2024-01-15", unit: "month", every: 1 } as const;
    const net = (partialCycle: "prorate" | "full"): number =>
      calculateProrate({
        currency: "USD",
        convention: "actual",
        amount: 31,
        cycle,
        range: { from: "2024-02-05", to: "2024-03-15" },
        partialCycle,
      }).netMinor;
    assert.deepEqual([net("prorate"), net("full")], [1000 + 3100, 6200]);
    for (const convention of ["actual", "second", "thirty_360", "actual_360"] as const) {
      const part = (from: string, to: string) => () =>
        calculateProrate({
          currency: "USD",
          convention,
          amount: 30,
          period: { from: "2024-04-01", to: "2024-05-01" },
          part: { from, to },
        });
      assert.equal(part("2024-04-11", "2024-04-21")().netMinor, 1000, convention);
      assert.throws(part("2024-03-31", "2024-04-21"), /2024-03-31 to 2024-04-21 is not within 2024-04-01/);
      assert.throws(part("2024-04-11", "2024-05-02"), /is not within/);
      assert.throws(part("2024-04-21", "2024-04-11"), /ends before it starts/);
    }
    const january = { period: { from: "2024-01-01", to: "2024-02-01" }, change: { on: "2024-01-01", removed: [30] } };
    assert.equal(
      calculateProrate({ currency: "USD", convention: "actual_360", ...january }).netMinor,
      -3000,
      "31 days over 30 are no more than the month",
    );
  });

  it("[PR4] the segments of an item follow each other, and are worth what counting day by day gives", () => {
    fc.assert(
      fc.property(contract, (each) => {
        const segments = segmentsOf(each).filter(({ item }) => item === "a");
        for (const [index, segment] of segments.entries())
          if (index > 0) assert.equal(segment.from, segments[index - 1]!.to);
        let byDay = zero;
        for (const { from, to, status, price, quantity } of segments) {
          if (status !== "active") continue;
          const span = toNumber(to) - toNumber(from);
          for (let at = 0; at < span; at += 1) {
            const date = addDays(from, at);
            const share = cyclesWorth(cycleOfItem(each, each.items[0]!), date, addDays(date, 1), "actual");
            byDay = add(byDay, multiply(multiply(parse(price), parse(quantity)), share));
          }
        }
        const whole = total(
          segments.map(({ status, cycles, price, quantity }) =>
            status === "active" ? multiply(fractionOf(cycles), multiply(parse(price), parse(quantity))) : zero,
          ),
        );
        assert.deepEqual(byDay, whole);
      }),
      { numRuns: 30 },
    );
  });

  it("[PR5 P2] amendments count by date and id, in whatever order they arrive", () => {
    fc.assert(
      fc.property(contract, fc.nat(20), (each, seed) => {
        const other = { ...each, amendments: shuffled(each.amendments!, seed) };
        const outcome = (tried: Contract) => {
          try {
            return segmentsOf(tried);
          } catch (error) {
            return (error as Error).message;
          }
        };
        assert.deepEqual(outcome(other), outcome(each));
      }),
      fewer,
    );
  });

  it("[PR6] credits and charges of an amendment are what the segments differ by from its date on", () => {
    fc.assert(
      fc.property(
        day,
        fc.integer({ min: 1, max: 28 }),
        fc.nat(500),
        fc.nat(500),
        fc.integer({ min: 0, max: 400 }),
        (start, months, old, fresh, after) => {
          const before: Contract = {
            id: "c",
            currency: "JPY",
            start,
            months,
            items: [{ id: "a", product: "A", price: old, quantity: 7 }],
          };
          const { end } = timelineOf(before);
          const on = addDays(start, after);
          if (on >= end) return;
          const changed: Contract = { ...before, amendments: [{ id: "1", on, do: "price", item: "a", price: fresh }] };
          const lines = amendmentLines(before, changed, on, end);
          const net = total(lines.map(({ exact }) => fractionOf(exact)));
          const worth = cyclesWorth(cycleOfItem(before, before.items[0]!), on, end, "actual");
          assert.deepEqual(net, multiply(multiply(ratio(7), subtract(ratio(fresh), ratio(old))), worth));
          assert.deepEqual(amendmentLines(before, before, on, end), []);
          for (const line of lines) assert.equal(line.amountMinor, roundMinor(minorOf(fractionOf(line.exact), "JPY")));
        },
      ),
      fewer,
    );
  });

  const base: Contract = {
    id: "c",
    currency: "USD",
    start: "2024-01-31",
    months: 12,
    items: [{ id: "a", product: "A", price: "310", trialUntil: "2024-02-29" }],
  };
  const act = (amendments: NonNullable<Contract["amendments"]>): Contract => ({ ...base, amendments });

  it("[PR7] trials and pauses bring nothing, a resume goes on in the same cycle, an added item ends with the term", () => {
    const paused = act([
      { id: "1", on: "2024-03-31", do: "pause" },
      { id: "2", on: "2024-04-15", do: "resume" },
      { id: "3", on: "2024-12-31", do: "add", item: { id: "b", product: "B", price: "62" } },
    ]);
    assert.deepEqual(
      segmentsOf(paused).map(({ item, from, to, status, value }) => [item, from, to, status, value]),
      [
        ["a", "2024-01-31", "2024-02-29", "trial", "0.00"],
        ["a", "2024-02-29", "2024-03-31", "active", "310.00"],
        ["a", "2024-03-31", "2024-04-15", "paused", "0.00"],
        ["a", "2024-04-15", "2025-01-31", "active", "2945.00"],
        ["b", "2024-12-31", "2025-01-31", "active", "62.00"],
      ],
    );
    assert.deepEqual(
      ["2024-01-30", "2024-02-10", "2024-03-01", "2024-04-01", "2025-01-31"].map((date) => statusOn(paused, date)),
      ["pending", "trialing", "active", "paused", "ended"],
    );
  });

  it("[PR8] a cancellation ends on its date, with the cycle or with the term; renewals go on, by hand or by themselves", () => {
    const end = (at?: "date" | "cycle" | "term"): string =>
      timelineOf(act([{ id: "1", on: "2024-05-15", do: "cancel", ...(at ? { at } : {}) }])).end;
    assert.deepEqual([end(), end("cycle"), end("term")], ["2024-05-15", "2024-05-31", "2025-01-31"]);
    assert.equal(statusOn(act([{ id: "1", on: "2024-05-15", do: "cancel" }]), "2024-06-01"), "cancelled");
    const automatic = { ...base, autoRenew: { months: 1 } };
    assert.equal(timelineOf(automatic, "2025-03-15").terms.length, 3);
    assert.equal(timelineOf(automatic, "2025-03-15").end, "2025-03-31");
    const renewed = timelineOf(act([{ id: "1", on: "2025-01-31", do: "renew", months: 12 }]));
    assert.deepEqual(
      renewed.terms.map(({ kind, to }) => [kind, to]),
      [
        ["initial", "2025-01-31"],
        ["renewal", "2026-01-31"],
      ],
    );
    const late = timelineOf(
      act([
        { id: "1", on: "2024-05-15", do: "cancel" },
        { id: "2", on: "2024-07-01", do: "resume" },
      ]),
    );
    assert.deepEqual(late.ignored, [{ id: "2", reason: "the contract ended on 2024-05-15" }]);
  });

  it("[PR9] a ramp is prices agreed in advance, cut at its dates", () => {
    const ramped: Contract = {
      ...base,
      start: "2024-01-01",
      items: [
        {
          id: "a",
          product: "A",
          price: 10,
          ramp: [
            { from: "2024-07-01", price: 20 },
            { from: "2024-10-01", quantity: 2 },
          ],
        },
      ],
    };
    assert.deepEqual(
      segmentsOf(ramped).map(({ value }) => value),
      ["60.00", "60.00", "120.00"],
    );
  });
});

const fractionOf = (text: string): Rational => {
  const [n, d] = text.split("/");
  return d === undefined ? parse(text) : ratio(BigInt(n!), BigInt(d));
};
