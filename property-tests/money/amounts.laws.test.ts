/** The laws of exact amounts: fractions, rounding and splits. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { describe, it } from "vitest";
import { splitMinor, toDecimal } from "../../domain/money.ts";
import {
  add,
  divide,
  exactMinor,
  multiply,
  parse,
  type Rounding,
  ratio,
  round,
  roundMinor,
  roundTogether,
  subtract,
  toText,
  total,
} from "../../domain/rating/rational.ts";
import { calculate } from "../../domain/reports/calculate.ts";
import { minor, runs } from "./arbitraries.ts";

const weights = fc
  .array(fc.bigInt({ min: 0n, max: 1_000_000n }), { minLength: 1, maxLength: 8 })
  .filter((all) => all.some((w) => w > 0n));
const fraction = fc
  .tuple(fc.integer({ min: -9999, max: 9999 }), fc.integer({ min: 1, max: 999 }))
  .map(([n, d]) => ratio(n, d));

describe("amounts", () => {
  it("[MA1 P8] a split sums to its total, each part is less than a minor unit from its share, and nothing goes to a weight of zero", () => {
    fc.assert(
      fc.property(minor, weights, (amount, shares) => {
        const parts = splitMinor(amount, shares);
        const sum = shares.reduce((all, each) => all + each, 0n);
        assert.equal(
          parts.reduce((all, each) => all + each, 0),
          amount,
        );
        for (const [index, part] of parts.entries()) {
          const distance = BigInt(part) * sum - BigInt(amount) * shares[index]!;
          assert.ok((distance < 0n ? -distance : distance) < sum);
          if (shares[index] === 0n) assert.equal(part, 0);
        }
        assert.deepEqual(
          splitMinor(-amount, shares).map((part) => 0 - part),
          parts.map((part) => part + 0),
        );
      }),
      runs,
    );
  });

  it("[MA2] fractions add, multiply and divide exactly and print as themselves", () => {
    fc.assert(
      fc.property(fraction, fraction, fraction, (a, b, c) => {
        assert.deepEqual(multiply(add(a, b), c), add(multiply(a, c), multiply(b, c)));
        assert.deepEqual(subtract(add(a, b), b), a);
        if (b.n !== 0n) assert.deepEqual(multiply(divide(a, b), b), a);
        const text = toText(a);
        const [n, d] = text.split("/");
        assert.deepEqual(d === undefined ? parse(text) : ratio(BigInt(n!), BigInt(d)), a);
      }),
      runs,
    );
  });

  it("[MA3] every rounding is within a unit, mirrors its negative, and meets its rule at the half", () => {
    fc.assert(
      fc.property(fraction, fc.constantFrom<Rounding>("half_up", "half_even", "half_down", "up", "down"), (a, mode) => {
        const rounded = round(a, mode);
        const off = subtract(ratio(rounded), a);
        const size = off.n < 0n ? -off.n : off.n;
        assert.ok(mode === "up" || mode === "down" ? size < off.d : size * 2n <= off.d);
        assert.equal(round({ n: -a.n, d: a.d }, mode), -rounded);
      }),
      runs,
    );
    const at = (mode: "half_up" | "half_even" | "half_down") => [1, 3, -1].map((n) => Number(round(ratio(n, 2), mode)));
    assert.deepEqual(
      [at("half_up"), at("half_even"), at("half_down")],
      [
        [1, 2, -1],
        [0, 2, 0],
        [0, 1, 0],
      ],
    );
  });

  it("[MA4 P8] lines that are rounded together sum to their rounded total and each stays within a minor unit", () => {
    fc.assert(
      fc.property(fc.array(fraction, { minLength: 1, maxLength: 6 }), (parts) => {
        const whole = roundMinor(total(parts));
        const rounded = roundTogether(parts, whole);
        assert.equal(
          rounded.reduce((all, each) => all + each, 0),
          whole,
        );
        for (const [index, part] of parts.entries()) {
          const off = subtract(ratio(rounded[index]!), part);
          assert.ok((off.n < 0n ? -off.n : off.n) <= off.d);
        }
      }),
      runs,
    );
  });

  it("[MA6 P8] so many minor units come out the same in a currency of none, two, three and four digits", () => {
    const minors = (answer: unknown): unknown =>
      JSON.parse(
        JSON.stringify(answer, (key, value) =>
          value !== null && typeof value === "object" ? value : key.endsWith("Minor") ? value : null,
        ),
      );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_999_999 }), fc.integer({ min: 1, max: 99_999 }), (amount, other) => {
        const inputs = (currency: string) => {
          const [whole, part] = [amount, other].map((minor) => toDecimal(minor, currency)) as [string, string];
          const period = { from: "2024-02-01", to: "2024-03-01" };
          const recognition = { method: "day", from: "2024-01-31", to: "2024-05-30" };
          const obligations = [
            { id: "a", ssp: whole },
            { id: "b", ssp: part },
          ];
          return [
            ["prorate", { currency, convention: "actual", amount: whole, period, cuts: ["2024-02-08"] }],
            ["prorate", { currency, convention: "actual", period, change: { on: "2024-02-12", removed: [whole] } }],
            ["schedule", { currency, amount: whole, recognition }],
            ["allocate", { currency, price: part, obligations }],
            ["rate", { currency, charge: { price: { model: "flat", amount: whole } }, quantity: 1 }],
            ["mrr", { currency, prices: [{ price: whole, per: { unit: "year", every: 1 } }] }],
          ] as const;
        };
        const answers = (currency: string) =>
          inputs(currency).map(([name, input]) => {
            const calculated = calculate(name, input);
            assert.ok(calculated.ok, JSON.stringify(calculated));
            return minors(calculated.answer);
          });
        const dollars = answers("USD");
        for (const currency of ["JPY", "BHD", "CLF"]) assert.deepEqual(answers(currency), dollars, currency);
      }),
      { numRuns: 100 },
    );
  });

  it("[MA5 P8] amounts are read at the currency's own precision, of none, two, three and four digits", () => {
    assert.deepEqual(
      ["JPY", "USD", "BHD", "CLF"].map((currency) => exactMinor("12", currency)),
      [12, 1200, 12_000, 120_000],
    );
    for (const [text, currency] of [
      ["0.5", "JPY"],
      ["0.005", "USD"],
      ["0.0005", "BHD"],
    ] as const)
      assert.throws(() => exactMinor(text, currency), /finer than/);
    assert.throws(() => exactMinor("1", "XXX"), /ISO 4217/);
  });
});
