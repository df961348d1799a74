/** Published examples beyond the first: inputs of `tieout calc` as they stand, and the figures that their sources print. */
import assert from "node:assert/strict";
import { it } from "vitest";
import { divide, parse, type Rational, ratio, toDigits } from "../../domain/rating/rational.ts";
import { type CalculatorName, calculate } from "../../domain/reports/calculate.ts";
import { type Oracle, oracles, published } from "./oracle.ts";

type Input = { readonly base: object; readonly cases: ReadonlyArray<object> };
type Example = Oracle<Input, ReadonlyArray<unknown>> & { readonly sentence: string; readonly calc: CalculatorName };

const examples = oracles.filter(({ id }) => id.startsWith("B-")) as unknown as ReadonlyArray<Example>;

/** A fraction that does not end, as `n/d`. */
const fraction = (text: string): Rational => {
  const [n, d] = text.split("/");
  return d === undefined ? parse(text) : divide(ratio(BigInt(n!)), ratio(BigInt(d)));
};

/** What the source prints is in the answer; a fraction is as many digits of it as the source prints. */
const holds = (answer: unknown, expected: unknown, at: string): void => {
  if (Array.isArray(expected)) {
    assert.ok(Array.isArray(answer) && answer.length === expected.length, `${at} has ${expected.length}`);
    for (const [index, each] of expected.entries()) holds(answer[index], each, `${at}.${index}`);
  } else if (typeof expected === "object" && expected !== null) {
    assert.ok(typeof answer === "object" && answer !== null, `${at} is there`);
    for (const [key, each] of Object.entries(expected))
      holds((answer as Readonly<Record<string, unknown>>)[key], each, `${at}.${key}`);
  } else if (
    typeof answer === "string" &&
    answer.includes("/") &&
    typeof expected === "string" &&
    !expected.includes("/")
  ) {
    assert.equal(toDigits(fraction(answer), expected.split(".")[1]?.length ?? 0), expected, at);
  } else assert.equal(answer, expected, at);
};

for (const { id, sentence, calc } of examples)
  published<Input, ReadonlyArray<unknown>>(id, sentence, ({ input, expected }) => {
    for (const [index, each] of input.cases.entries()) {
      const calculated = calculate(calc, { ...input.base, ...each });
      assert.ok(calculated.ok, JSON.stringify(calculated));
      holds(calculated.answer, expected[index], `case ${index}`);
    }
  });

it("[O calc] each example is of a published source and of one calculator, and all calculators have some", () => {
  assert.ok(examples.length >= 25);
  for (const { id, source, input, expected } of examples) {
    assert.match(source, /https?:\/\/|ASC 606|IFRS/, id);
    assert.equal(input.cases.length, expected.length, id);
  }
  assert.equal(new Set(examples.map(({ calc }) => calc)).size, 6);
});
