/** The laws of the calendar, against the runtime's own dates. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { describe, it } from "vitest";
import { portions, thirty360 } from "../../domain/calendar/count.ts";
import {
  type Cycle,
  cycleAt,
  cycleOf,
  cycleStart,
  instantCycleOf,
  instantCycleStart,
} from "../../domain/calendar/cycle.ts";
import {
  addDays,
  addMonths,
  civil,
  fromNumber,
  isDay,
  lengthOfMonth,
  monthOf,
  nextMonth,
  toNumber,
  wholeMonths,
} from "../../domain/calendar/day.ts";
import { instantOf, localDay, secondsOfDay, startOfDay } from "../../domain/calendar/zone.ts";
import { compare, one, ratio, total, zero } from "../../domain/rating/rational.ts";
import { day, fewer, range, runs } from "./arbitraries.ts";

const cycles: fc.Arbitrary<Cycle> = fc.record({
  anchor: day,
  unit: fc.constantFrom("day" as const, "week" as const, "month" as const, "year" as const),
  every: fc.integer({ min: 1, max: 5 }),
});
const zones = [
  "America/New_York",
  "America/Sao_Paulo",
  "Africa/Cairo",
  "Asia/Beirut",
  "Pacific/Apia",
  "Atlantic/Azores",
  "Australia/Lord_Howe",
  "UTC",
];

describe("calendar", () => {
  it("[CA1] dates count and print as the runtime's do, and only dates that exist are dates", () => {
    fc.assert(
      fc.property(fc.integer({ min: -200_000, max: 200_000 }), (number) => {
        const text = new Date(number * 86_400_000).toISOString().slice(0, 10);
        assert.equal(fromNumber(number), text);
        assert.equal(toNumber(text), number);
      }),
      runs,
    );
    assert.deepEqual(["2024-02-29", "2023-02-29", "2024-13-01", "2024-04-31", "24-1-1"].map(isDay), [
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it("[CA2] cycles follow each other without hole or overlap, and each date is in its own", () => {
    fc.assert(
      fc.property(cycles, day, fc.integer({ min: -60, max: 60 }), (cycle, date, index) => {
        assert.equal(cycleAt(cycle, index).to, cycleAt(cycle, index + 1).from);
        const span = cycleOf(cycle, date);
        assert.ok(span.from <= date && date < span.to);
        assert.equal(cycleStart(cycle, 0), cycle.anchor);
      }),
      runs,
    );
  });

  it("[CA3] a month-end anchor is clamped to each month and never lost", () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -100, max: 100 }), (anchor, index) => {
        const start = civil(cycleStart({ anchor, unit: "month", every: 1 }, index));
        assert.equal(start.day, Math.min(civil(anchor).day, lengthOfMonth(start.year, start.month)));
        assert.equal(monthOf(addMonths(anchor, index)), nextMonth(monthOf(anchor), index));
      }),
      runs,
    );
    const from31 = [1, 2, 3, 13].map((index) => cycleStart({ anchor: "2024-01-31", unit: "month", every: 1 }, index));
    assert.deepEqual(from31, ["2024-02-29", "2024-03-31", "2024-04-30", "2025-02-28"]);
    const anchored = { anchor: "2023-02-28", unit: "month", every: 1, anchorDay: 31 } as const;
    assert.deepEqual(
      [1, 2, 12].map((index) => cycleStart(anchored, index)),
      ["2023-03-31", "2023-04-30", "2024-02-29"],
    );
    assert.equal(cycleStart({ anchor: "2024-02-29", unit: "year", every: 1 }, 4), "2028-02-29");
    assert.equal(cycleStart({ anchor: "2024-02-29", unit: "year", every: 1 }, 1), "2025-02-28");
  });

  it("[CA4] whole months are the most that fit", () => {
    fc.assert(
      fc.property(day, fc.nat(3000), (from, days) => {
        const to = addDays(from, days);
        const months = wholeMonths(from, to);
        assert.ok(addMonths(from, months) <= to && addMonths(from, months + 1) > to);
      }),
      runs,
    );
  });

  it("[CA5] a local day begins at its first instant, also where midnight is skipped or comes twice", () => {
    fc.assert(
      fc.property(day, fc.constantFrom(...zones), (date, zone) => {
        const start = startOfDay(date, zone);
        assert.equal(localDay(start, zone), date);
        assert.ok(localDay(start - 1, zone) < date);
      }),
      fewer,
    );
    const hours = (date: string, zone: string): number => secondsOfDay(date, zone) / 3600;
    assert.deepEqual(
      [
        hours("2024-03-10", "America/New_York"),
        hours("2024-11-03", "America/New_York"),
        hours("2018-11-04", "America/Sao_Paulo"),
        hours("2024-10-27", "Atlantic/Azores"),
      ],
      [23, 25, 23, 25],
    );
    assert.throws(() => startOfDay("2024-01-01", "Mars/Olympus"), /IANA name/);
    assert.throws(() => instantOf("2024-01-01T00:00:00"), /offset/);
  });

  it("[CA6] instant cycles keep the anchor's clock time and date across clock changes", () => {
    const anchor = instantOf("2024-01-31T02:30:00-05:00");
    const text = (index: number): string =>
      new Date(instantCycleStart(anchor, 1, index, "America/New_York")).toISOString();
    assert.deepEqual([0, 1, 2, 3].map(text), [
      "2024-01-31T07:30:00.000Z",
      "2024-02-29T07:30:00.000Z",
      "2024-03-31T06:30:00.000Z",
      "2024-04-30T06:30:00.000Z",
    ]);
    const skipped = instantOf("2024-02-10T02:30:00-05:00");
    assert.equal(
      new Date(instantCycleStart(skipped, 1, 1, "America/New_York")).toISOString(),
      "2024-03-10T07:30:00.000Z",
    );
    assert.equal(
      new Date(instantCycleStart(skipped, 1, 2, "America/New_York")).toISOString(),
      "2024-04-10T06:30:00.000Z",
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40_000 }), fc.constantFrom(...zones), (hours, zone) => {
        const at = anchor + hours * 3_600_000;
        const { fromMs, toMs } = instantCycleOf(anchor, 1, zone, at);
        assert.ok(fromMs <= at && at < toMs);
      }),
      fewer,
    );
  });

  it("[CA7] portions of a range tile it, and the parts of one cycle are its whole", () => {
    fc.assert(
      fc.property(
        cycles,
        range(900),
        fc.constantFrom("actual" as const, "thirty_360" as const),
        (cycle, { from, to }, by) => {
          const parts = portions(cycle, from, to, by);
          assert.equal(parts[0]!.from, from);
          assert.equal(parts.at(-1)!.to, to);
          for (const [index, part] of parts.entries()) {
            if (index > 0) assert.equal(part.from, parts[index - 1]!.to);
            if (by === "actual") assert.ok(compare(part.share, zero) > 0 && compare(part.share, one) <= 0);
          }
          const [first] = parts;
          const middle = addDays(
            first!.cycle.from,
            Math.floor((toNumber(first!.cycle.to) - toNumber(first!.cycle.from)) / 2),
          );
          const halves = [
            ...portions(cycle, first!.cycle.from, middle, "actual"),
            ...portions(cycle, middle, first!.cycle.to, "actual"),
          ];
          assert.deepEqual(total(halves.map(({ share }) => share)), one);
        },
      ),
      runs,
    );
  });

  it("[CA8] every month has 30 days under 30/360, in both of its forms", () => {
    for (let month = "2023-01"; month < "2025-01"; month = nextMonth(month))
      for (const us of [false, true]) assert.equal(thirty360(`${month}-01`, `${nextMonth(month)}-01`, us), 30);
    assert.deepEqual(
      [
        thirty360("2024-01-31", "2024-02-28"),
        thirty360("2024-01-30", "2024-03-31"),
        thirty360("2023-02-28", "2023-03-31", true),
      ],
      [28, 60, 30],
    );
    assert.deepEqual(
      portions({ anchor: "2024-01-01", unit: "year", every: 1 }, "2024-01-01", "2024-03-14", "actual_365").map(
        ({ share }) => share,
      ),
      [ratio(73, 365)],
    );
  });
});
