/** The laws of rating, against counting unit by unit. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { describe, it } from "vitest";
import type { RateAnswer } from "../../domain/rating/calculate.ts";
import type { Charge, Price, Tier } from "../../domain/rating/charge.ts";
import { drawDown } from "../../domain/rating/credits.ts";
import { type Aggregation, tally } from "../../domain/rating/meter.ts";
import { ratePooled } from "../../domain/rating/pool.ts";
import { rate, rateExactly, rateTransactions, wholePeriod } from "../../domain/rating/rate.ts";
import { rater, rateUsage } from "../../domain/rating/rater.ts";
import {
  add,
  compare,
  minorOf,
  multiply,
  parse,
  type Rational,
  ratio,
  roundMinor,
  total,
  zero,
} from "../../domain/rating/rational.ts";
import { rerate } from "../../domain/rating/rerate.ts";
import { type Use, viewOf } from "../../domain/rating/usage.ts";
import { calculate } from "../../domain/reports/calculate.ts";
import { fewer, price, runs, tiers, usage } from "./arbitraries.ts";

const exact = (charge: Charge, quantity: number): Rational => rateExactly(charge, "USD", ratio(quantity)).exact;
const sum = (amounts: Iterable<number>): number => [...amounts].reduce((all, each) => all + each, 0);
const tierFor = (list: ReadonlyArray<Tier>, unit: number): number =>
  list.findIndex(({ upTo }) => upTo === null || unit <= Number(upTo));

/** Counts one unit after another. */
const graduatedByHand = (list: ReadonlyArray<Tier>, quantity: number): Rational => {
  let sum = parse(list[0]!.flat ?? 0);
  let at = 0;
  for (let unit = 1; unit <= quantity; unit++) {
    const tier = tierFor(list, unit);
    for (; at < tier; at++) sum = add(sum, parse(list[at + 1]!.flat ?? 0));
    sum = add(sum, parse(list[tier]!.unit ?? 0));
  }
  return sum;
};

const models: fc.Arbitrary<Price> = tiers.chain((list) =>
  fc.constantFrom<Price>(
    { model: "graduated", tiers: list },
    { model: "graduated", tiers: list, flatAtZero: false },
    { model: "volume", tiers: list },
    { model: "stairstep", tiers: list },
    { model: "package", size: 7, price: "3.5", freeUnits: 4 },
    { model: "block", size: 3, tiers: list },
    { model: "block", size: 3, mode: "volume", tiers: list },
    { model: "per_unit", unit: "0.003" },
    { model: "graduated", tiers: list.map((tier) => ({ ...tier, size: 4 })) },
    { model: "volume", tiers: list.map((tier) => ({ ...tier, size: 4 })) },
  ),
);
const count = fc.nat(120);

describe("rating", () => {
  it("[RT1] graduated is what counting unit by unit gives", () => {
    fc.assert(
      fc.property(tiers, count, (list, quantity) =>
        assert.deepEqual(
          exact({ price: { model: "graduated", tiers: list } }, quantity),
          graduatedByHand(list, quantity),
        ),
      ),
      runs,
    );
  });

  it("[RT2] graduated never falls when more is used", () => {
    fc.assert(
      fc.property(tiers, count, count, (list, a, b) => {
        const charge: Charge = { price: { model: "graduated", tiers: list } };
        assert.ok(compare(exact(charge, Math.min(a, b)), exact(charge, Math.max(a, b))) <= 0);
      }),
      runs,
    );
  });

  it("[RT3] lines that split a period at any points sum to the whole, in every model, with included units too", () => {
    fc.assert(
      fc.property(
        models,
        fc.array(fc.integer({ min: -10, max: 40 }), { minLength: 1, maxLength: 5 }),
        fc.nat(20),
        (model, parts, included) => {
          const charge: Charge = { price: model, included };
          let [position, billed] = [zero, zero];
          for (const [index, part] of parts.entries()) {
            if (position.n + BigInt(part) < 0n) return;
            const place = { position, first: index === 0, last: index === parts.length - 1, billedBefore: billed };
            const line = rateExactly(charge, "USD", ratio(part), place);
            position = add(position, ratio(part));
            billed = add(billed, line.exact);
          }
          assert.deepEqual(billed, rateExactly(charge, "USD", position).exact);
        },
      ),
      runs,
    );
  });

  it("[RT4] volume, stairstep, package and block are what a look-up by hand gives, and so are packages within tiers", () => {
    fc.assert(
      fc.property(tiers, fc.integer({ min: 1, max: 120 }), (list, quantity) => {
        const at = (units: number): Tier => list[tierFor(list, units)]!;
        const flat = (units: number): Rational => parse(at(units).flat ?? 0);
        const times = (text: Tier["unit"], by: number): Rational =>
          total(Array.from({ length: by }, () => parse(text ?? 0)));
        assert.deepEqual(
          exact({ price: { model: "volume", tiers: list } }, quantity),
          add(times(at(quantity).unit, quantity), flat(quantity)),
        );
        assert.deepEqual(exact({ price: { model: "stairstep", tiers: list } }, quantity), flat(quantity));
        const packages = Math.ceil(Math.max(0, quantity - 5) / 6);
        assert.deepEqual(
          exact({ price: { model: "package", size: 6, price: "0.7", freeUnits: 5 } }, quantity),
          times("0.7", packages),
        );
        const packed = list.map((tier) => ({ ...tier, size: 4 }));
        const inTiers = list.map(({ upTo }, index) => {
          const above = index === 0 ? 0 : Number(list[index - 1]!.upTo);
          return Math.max(0, Math.min(quantity, upTo === null ? quantity : Number(upTo)) - above);
        });
        const byTier = list.map(({ unit }, index) => times(unit, Math.ceil(inTiers[index]! / 4)));
        const flats = list
          .filter((_, index) => index === 0 || inTiers[index]! > 0)
          .map(({ flat: fee }) => parse(fee ?? 0));
        assert.deepEqual(
          exact({ price: { model: "graduated", tiers: packed } }, quantity),
          total([...byTier, ...flats]),
        );
        assert.deepEqual(
          exact({ price: { model: "volume", tiers: packed } }, quantity),
          add(times(at(quantity).unit, Math.ceil(quantity / 4)), flat(quantity)),
        );
        const blocks = Math.ceil(quantity / 4);
        assert.deepEqual(
          exact({ price: { model: "block", size: 4, tiers: list } }, quantity),
          graduatedByHand(list, blocks),
        );
      }),
      runs,
    );
    const steps = { model: "stairstep", tiers: [{ upTo: 10, flat: "50" }], overage: "2" } as const;
    assert.equal(rate({ price: steps }, "USD", parse(13)).amountMinor, 5600);
    assert.throws(
      () => rate({ price: { ...steps, overage: undefined } }, "USD", parse(13)),
      /add a tier with upTo null/,
    );
  });

  it("[RT5] percentage is the sum over single events, with free ones and limits for one", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 8 }),
        fc.nat(4),
        fc.nat(800),
        fc.tuple(fc.nat(40), fc.integer({ min: 40, max: 900 })),
        (amounts, freeEvents, freeTotal, [least, most]) => {
          let [running, sum, left] = [0, 0, freeTotal];
          for (const [index, amount] of amounts.entries()) {
            running += amount;
            const free = index < freeEvents ? Math.min(left, amount) : 0;
            left -= free;
            if (index < freeEvents && running <= freeTotal) continue;
            sum += Math.min(most, Math.max(least, (amount - free) * 3 + 20));
          }
          const charge: Charge = {
            price: {
              model: "percentage",
              ratePercent: 3,
              fixedPerEvent: "0.20",
              freeEvents,
              freeTotal,
              minimumPerEvent: hundredth(least),
              maximumPerEvent: hundredth(most),
            },
          };
          const rated = rateTransactions(
            charge,
            "USD",
            amounts.map((amount) => ratio(amount)),
          );
          assert.equal(rated.amountMinor, sum);
        },
      ),
      runs,
    );
  });

  it("[RT6] the working's lines sum to the amount, which is rounded once, in currencies of none, two and three digits", () => {
    fc.assert(
      fc.property(models, count, fc.constantFrom("JPY", "USD", "BHD"), (model, quantity, currency) => {
        const { rated, exact: major } = rateExactly({ price: model }, currency, ratio(quantity));
        assert.equal(
          rated.lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0),
          rated.amountMinor,
        );
        assert.equal(rated.amountMinor, roundMinor(minorOf(major, currency)));
        assert.deepEqual(total(rated.lines.map((line) => parse(line.exact))), major);
      }),
      runs,
    );
  });

  it("[RT7] least and most of a period hold over its lines, the least only on the last", () => {
    fc.assert(
      fc.property(count, count, fc.nat(50), fc.nat(80), (a, b, low, more) => {
        const charge: Charge = { price: { model: "per_unit", unit: 1 }, minimum: low, maximum: low + more };
        const first = rateExactly(charge, "USD", ratio(a), { ...wholePeriod, last: false });
        const second = rateExactly(charge, "USD", ratio(b), {
          position: ratio(a),
          first: false,
          last: true,
          billedBefore: first.exact,
        });
        assert.deepEqual(add(first.exact, second.exact), ratio(Math.min(low + more, Math.max(low, a + b))));
        assert.deepEqual(first.exact, ratio(Math.min(a, low + more)));
      }),
      runs,
    );
    const back: Charge = { price: { model: "per_unit", unit: 2 } };
    assert.equal(rate(back, "USD", ratio(-3)).amountMinor, 0);
    assert.equal(rate({ ...back, negative: "credit" }, "USD", ratio(-3)).amountMinor, -600);
  });

  it("[RT8 P2] which usage counts does not depend on arrival or repetition", () => {
    fc.assert(
      fc.property(usage, fc.array(fc.nat(50), { minLength: 8, maxLength: 8 }), (events, keys) => {
        const shuffled = events
          .map((event, index) => ({ event, key: keys[index]! }))
          .sort((a, b) => a.key - b.key)
          .map(({ event }) => event);
        const [a, b] = [viewOf(events), viewOf([...shuffled, ...shuffled])];
        assert.deepEqual({ ...a, duplicates: 0 }, { ...b, duplicates: 0 });
        assert.equal(b.duplicates, events.length);
      }),
      runs,
    );
  });

  it("[RT9] a correction replaces what it names, a chain ends at its last, a void takes away, an orphan waits", () => {
    const event = { source: "s", meter: "m", time: "2024-03-01T00:00:00Z" };
    const first = { ...event, id: "1", quantity: 5 };
    const second = { source: "s", meter: "m", id: "2", quantity: 3, corrects: "1" };
    const third = { ...event, id: "3", quantity: 9, corrects: "2", time: "2024-03-02T00:00:00Z" };
    const shown = (...events: Parameters<typeof viewOf>[0] extends Iterable<infer E> ? E[] : never) => {
      const { uses, orphans, conflicts } = viewOf(events);
      return [uses.map(({ quantity, by }) => `${quantity.n} by ${by}`), orphans, conflicts];
    };
    assert.deepEqual(shown(second, first), [["3 by 2"], [], []]);
    assert.deepEqual(shown(third, second, first), [["9 by 3"], [], []]);
    assert.deepEqual(shown(first, { ...second, void: true }), [[], [], []]);
    assert.deepEqual(shown(second), [[], ["s/2"], []]);
    assert.deepEqual(
      shown(first, second, { ...second, id: "4", quantity: 1 })[2],
      ["s/1"],
      "two corrections that nothing orders",
    );
    const at = (received: string) => ({ ...second, received });
    assert.deepEqual(
      shown(first, at("2024-03-05T00:00:00Z"), { ...at("2024-03-06T00:00:00Z"), id: "4", quantity: 1 }),
      [["1 by 4"], [], []],
    );
    assert.deepEqual(
      shown({ ...second, corrects: "5" }, { ...second, id: "5", corrects: "2" })[1],
      ["s/2", "s/5"],
      "a circle",
    );
    assert.deepEqual(shown(first, { ...first, quantity: 6 })[2], ["s/1"], "one id with two contents");
  });

  const meters = fc.constantFrom<Aggregation>("sum", "count", "unique", "max", "last");

  /** What a meter makes of uses in the order of time, by hand. */
  const measured = (by: Aggregation, uses: ReadonlyArray<Use>): Rational => {
    const quantities = uses.map(({ quantity }) => quantity);
    switch (by) {
      case "sum":
        return total(quantities);
      case "count":
        return ratio(uses.length);
      case "unique":
        return ratio(new Set(uses.map(({ value }) => value)).size);
      case "max":
        return quantities.reduce((most, each) => (compare(each, most) > 0 ? each : most), zero);
      case "last":
        return quantities.at(-1) ?? zero;
    }
  };

  it("[RT10] stretches of a period sum to the period, for every meter, and each to what was used up to its end", () => {
    fc.assert(
      fc.property(usage, meters, fc.integer({ min: 2, max: 27 }), (events, by, cut) => {
        const { uses } = viewOf(events);
        const middle = Date.UTC(2024, 2, cut);
        const { take, adds } = tally(by, 2);
        for (const use of uses) take(use.atMs < middle ? 0 : 1, use);
        assert.deepEqual(total(adds()), measured(by, uses));
        assert.deepEqual(
          adds()[0],
          measured(
            by,
            uses.filter(({ atMs }) => atMs < middle),
          ),
        );
      }),
      runs,
    );
  });

  const versioned = fc.record({
    events: usage,
    prices: fc.tuple(price(5, 3), price(5, 3), price(5, 3)),
    from: fc.integer({ min: 2, max: 14 }),
    back: fc.integer({ min: 15, max: 27 }),
  });
  const two = (date: number): string => String(date).padStart(2, "0");

  it("[RT11] each use is priced by the version in force when it was used", () => {
    fc.assert(
      fc.property(versioned, ({ events, prices, from, back }) => {
        const { uses } = viewOf(events.map((event) => ({ ...event, quantity: Math.abs(Number(event.quantity)) })));
        const versions = [
          ["2024-01-01", prices[0]],
          [`2024-03-${two(from)}`, prices[1]],
          [`2024-03-${two(back)}`, prices[2]],
        ] as const;
        const rated = rateUsage(
          {
            currency: "USD",
            zone: "America/New_York",
            meter: "sum",
            cycle: { anchor: "2024-01-01", unit: "month", every: 1 },
            versions: versions.map(([inForceFrom, unit], index) => ({
              version: index,
              inForceFrom,
              charge: { price: { model: "per_unit", unit }, negative: "credit" },
            })),
          },
          uses,
        );
        for (const [version, [, unit]] of versions.entries()) {
          const [low, high] = [versions[version]![0], versions[version + 1]?.[0] ?? "9"];
          const own = uses.filter(({ atMs }) => {
            const date = new Date(atMs).toISOString().slice(0, 10);
            return date >= low && date < high;
          });
          const lines = rated.lines.filter((line) => line.version === version);
          assert.equal(
            lines.reduce((sum, line) => sum + line.uses, 0),
            own.length,
          );
          const priced = total(own.map(({ quantity }) => multiply(quantity, parse(unit))));
          assert.deepEqual(total(lines.map((line) => parse(line.rated.exact))), priced);
        }
      }),
      fewer,
    );
  });

  it("[RT12 P2] a back-dated version makes deltas that sum to the difference and edits no line", () => {
    fc.assert(
      fc.property(versioned, tiers, ({ events, from }, list) => {
        const { uses } = viewOf(events);
        const terms = {
          currency: "USD",
          zone: "UTC",
          meter: "sum" as const,
          cycle: { anchor: "2024-01-01", unit: "week" as const, every: 1 },
          versions: [
            { version: 1, inForceFrom: "2024-01-01", charge: { price: { model: "graduated" as const, tiers: list } } },
            {
              version: 2,
              inForceFrom: `2024-03-${two(from)}`,
              published: "2024-05-01",
              charge: { price: { model: "per_unit" as const, unit: "2.005" } },
            },
          ],
        };
        const before = rateUsage(terms, uses, Date.UTC(2024, 3, 1));
        const kept = structuredClone(before.lines.map(({ rated }) => rated.amountMinor));
        const after = rateUsage(terms, uses, Date.UTC(2024, 5, 1));
        const deltas = rerate(before, after, "USD");
        assert.equal(
          deltas.reduce((sum, { deltaMinor }) => sum + deltaMinor, 0),
          after.totalMinor - before.totalMinor,
        );
        assert.deepEqual(
          before.lines.map(({ rated }) => rated.amountMinor),
          kept,
        );
        assert.deepEqual(rerate(after, after, "USD"), []);
      }),
      fewer,
    );
  });

  it("[RT16 P2] use rated one by one as it arrives is rated as all of it in the order of time", () => {
    fc.assert(
      fc.property(
        versioned,
        tiers,
        meters,
        fc.constantFrom("carry" as const, "restart" as const),
        fc.array(fc.nat(50), { minLength: 8, maxLength: 8 }),
        ({ events, prices, from, back }, list, meter, tierPosition, keys) => {
          const noon = new Map<number, number>();
          // `last` has an order within one instant, so no two uses share one.
          const uses = viewOf(events).uses.map((use) => {
            const again = noon.get(use.atMs) ?? 0;
            noon.set(use.atMs, again + 1);
            return { ...use, atMs: use.atMs + again };
          });
          const charge = (unit: string): Charge => ({
            price: { model: "graduated", tiers: [...list.slice(0, -1), { upTo: null, unit }] },
            minimum: 7,
            tierPosition,
          });
          const terms = {
            currency: "BHD",
            zone: "Asia/Bahrain",
            meter,
            cycle: { anchor: "2024-01-01", unit: "week" as const, every: 1 },
            versions: prices.map((unit, index) => ({
              version: index,
              inForceFrom: `2024-03-${two([3, from + 3, back + 3][index]!)}`,
              charge: charge(unit),
            })),
          };
          const whole = rateUsage(terms, uses);
          const arriving = uses
            .map((use, index) => ({ use, key: keys[index]! }))
            .sort((a, b) => a.key - b.key)
            .map(({ use }) => use);
          const streamed = rater(terms);
          const refused = arriving.filter((use) => {
            streamed.rated();
            return !streamed.take(use);
          });
          assert.deepEqual(streamed.rated(), { lines: whole.lines, totalMinor: whole.totalMinor });
          assert.deepEqual(
            refused.sort((a, b) => a.atMs - b.atMs),
            whole.unpriced,
          );
          assert.equal(sum(whole.lines.map((line) => line.uses)) + whole.unpriced.length, uses.length);
        },
      ),
      fewer,
    );
  });

  it("[RT17] uses added up beforehand are rated as the uses themselves", () => {
    fc.assert(
      fc.property(versioned, fc.constantFrom<Aggregation>("sum", "count"), ({ events, prices }, meter) => {
        const { uses } = viewOf(events);
        const byInstant = new Map<number, { atMs: number; quantity: Rational; count: number }>();
        for (const { atMs, quantity } of uses) {
          const bucket = byInstant.get(atMs) ?? { atMs, quantity: zero, count: 0 };
          byInstant.set(atMs, { atMs, quantity: add(bucket.quantity, quantity), count: bucket.count + 1 });
        }
        const terms = {
          currency: "USD",
          zone: "UTC",
          meter,
          cycle: { anchor: "2024-01-01", unit: "month" as const, every: 1 },
          versions: [
            {
              version: 1,
              inForceFrom: "2024-01-01",
              charge: { price: { model: "per_unit" as const, unit: prices[0] } },
            },
          ],
        };
        assert.deepEqual(rateUsage(terms, byInstant.values()).lines, rateUsage(terms, uses).lines);
      }),
      fewer,
    );
  });

  it("[RT18 P2 P8] however use and versions arrive, the first bill and every re-rating after it come to the same, period by period", () => {
    fc.assert(
      fc.property(
        versioned,
        tiers,
        fc.constantFrom("JPY", "USD", "BHD"),
        fc.array(fc.nat(50), { minLength: 11, maxLength: 11 }),
        ({ events, prices, from, back }, list, currency, keys) => {
          const versions = prices.map((unit, index) => ({
            version: index,
            inForceFrom: ["2024-01-01", `2024-03-${two(from)}`, `2024-03-${two(back)}`][index]!,
            charge: { price: { model: "graduated" as const, tiers: [...list.slice(0, -1), { upTo: null, unit }] } },
          }));
          const arrivals = [
            ...versions.map((version) => ({ version, event: null })),
            ...events.map((event) => ({ version: null, event })),
          ]
            .map((arrival, index) => ({ ...arrival, key: keys[index]! }))
            .sort((a, b) => a.key - b.key);
          const terms = {
            currency,
            zone: "Europe/Berlin",
            meter: "sum" as const,
            cycle: { anchor: "2024-01-01", unit: "week" as const, every: 1 },
          };
          const ratedBy = (count: number) => {
            const known = arrivals.slice(0, count);
            return rateUsage(
              { ...terms, versions: known.flatMap(({ version }) => (version === null ? [] : [version])) },
              viewOf(known.flatMap(({ event }) => (event === null ? [] : [event]))).uses,
            );
          };
          const billed = new Map<string, number>();
          let last = ratedBy(0);
          for (let count = 1; count <= arrivals.length; count++) {
            const now = ratedBy(count);
            for (const { period, deltaMinor } of rerate(last, now, currency))
              billed.set(period, (billed.get(period) ?? 0) + deltaMinor);
            last = now;
          }
          const whole = rateUsage({ ...terms, versions }, viewOf(events).uses);
          const owed = new Map<string, number>();
          for (const { period, rated } of whole.lines) owed.set(period, (owed.get(period) ?? 0) + rated.amountMinor);
          for (const period of new Set([...billed.keys(), ...owed.keys()]))
            assert.equal(billed.get(period) ?? 0, owed.get(period) ?? 0, period);
          assert.equal(sum(billed.values()), whole.totalMinor);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("[RT13 P8] a pool is priced once and its shares sum to it, in any order of the entities", () => {
    fc.assert(
      fc.property(models, fc.array(fc.nat(40), { minLength: 1, maxLength: 6 }), (model, quantities) => {
        const entities = quantities.map((quantity, index) => ({ entity: `e${index}`, quantity }));
        const pooled = ratePooled({ price: model }, "USD", entities);
        assert.equal(
          pooled.shares.reduce((sum, { amountMinor }) => sum + amountMinor, 0),
          pooled.rated.amountMinor,
        );
        assert.equal(
          pooled.rated.amountMinor,
          rate({ price: model }, "USD", ratio(quantities.reduce((a, b) => a + b, 0))).amountMinor,
        );
        assert.deepEqual(ratePooled({ price: model }, "USD", entities.toReversed()), pooled);
      }),
      runs,
    );
  });

  it("[RT14] credits are drawn by priority and expiry, never beyond what is left or due", () => {
    const grant = fc.record({
      left: fc.nat(50),
      priority: fc.nat(2),
      expires: fc.option(fc.integer({ min: 1, max: 28 })),
    });
    fc.assert(
      fc.property(fc.array(grant, { maxLength: 5 }), fc.nat(120), (all, amount) => {
        const grants = all.map(({ expires, ...rest }, index) => ({
          ...rest,
          id: `g${index}`,
          ...(expires === null ? {} : { expires: `2024-03-${two(expires)}` }),
        }));
        const usable = grants.filter(({ expires }) => expires === undefined || expires > "2024-03-10");
        const drawn = drawDown(grants, amount, Date.UTC(2024, 2, 10));
        assert.equal(drawn.drawn + drawn.due, amount);
        assert.equal(
          drawn.drawn,
          Math.min(
            amount,
            usable.reduce((sum, { left }) => sum + left, 0),
          ),
        );
        const order = drawn.lines.map(({ grant: id }) => grants.find((each) => each.id === id)!.priority);
        assert.deepEqual(
          order,
          order.toSorted((a, b) => a - b),
        );
      }),
      runs,
    );
  });

  it("[RT15] the documented input takes decimals as text, names every mistake by its place, and answers with its working", () => {
    const input = { currency: "USD", charge: { price: { model: "per_unit", unit: "0.0035" } }, quantity: "1234.5" };
    const answered = (json: unknown) => {
      const calculated = calculate("rate", json);
      assert.ok(calculated.ok, JSON.stringify(calculated));
      return calculated.answer as RateAnswer;
    };
    const answer = answered(input) as Extract<RateAnswer, { amount: string }>;
    assert.deepEqual([answer.amount, answer.exact, answer.lines.length], ["4.32", "4.32075", 1]);
    const mistakes = (json: unknown): ReadonlyArray<string> => {
      const calculated = calculate("rate", json);
      return calculated.ok ? [] : calculated.mistakes;
    };
    const decimal = "Expected a decimal in quotes, such as a price, or a whole number";
    assert.deepEqual(mistakes({ ...input, quantity: 1.5 }), [`quantity: ${decimal}`]);
    assert.deepEqual(
      mistakes({ ...input, charge: { price: { model: "per_unit", unit: "1e3" } }, more: 1 }).toSorted(),
      [
        `charge.price.unit: ${decimal}`,
        'more: is unexpected, expected: "currency" | "charge" | "quantity" | "transactions" | "line" | "credits"',
      ],
    );
    assert.match(mistakes({ ...input, currency: "ZZZ" }).join(), /currency: Expected an ISO 4217 currency/);
    assert.deepEqual(mistakes([]), ["input: expected a JSON object"]);
    const versions = [
      { version: 1, inForceFrom: "2024-01-01", charge: { price: { model: "per_unit", unit: 1 } } },
      {
        version: 2,
        inForceFrom: "2024-01-01",
        published: "2024-02-10",
        charge: { price: { model: "per_unit", unit: 2 } },
      },
    ];
    const metered = {
      currency: "USD",
      meter: { name: "m", aggregation: "sum" },
      cycle: { anchor: "2024-01-01", unit: "month", every: 1 },
      versions,
      events: [{ source: "s", id: "1", meter: "m", time: "2024-01-05T00:00:00Z", quantity: 10 }],
      knownBefore: "2024-02-01",
    };
    const rated = answered(metered) as Extract<RateAnswer, { deltas: unknown }>;
    const perEvent = { price: { model: "percentage", ratePercent: 1, fixedPerEvent: 1 } };
    assert.match(mistakes({ ...metered, versions: [{ ...versions[0], charge: perEvent }] }).join(), /as transactions/);
    assert.deepEqual([rated.totalMinor, rated.deltas.map(({ deltaMinor }) => deltaMinor)], [2000, [1000]]);
  });
});

const hundredth = (cents: number): string => `${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
