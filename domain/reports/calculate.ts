/**
 * The calculator: a documented JSON in, the result with its working out, or every mistake of the input by its path. What
 * `tieout calc` prints. *Pure.*
 */
import * as Either from "effect/Either";
import * as ParseResult from "effect/ParseResult";
import * as Schema from "effect/Schema";
import { calculateProrate, prorateInputs } from "../contract/prorate.ts";
import { calculateRate, RateEvents, RatePool, RateQuantity } from "../rating/calculate.ts";
import { AllocateInput, allocate } from "../revenue/allocate.ts";
import { modify, modifyInputs } from "../revenue/modify.ts";
import { calculateSchedule, ScheduleInput } from "../revenue/schedule.ts";
import { calculateMrr, MrrInput } from "./recurring.ts";

type Input = Readonly<Record<string, unknown>>;
interface Calculator {
  /** Which form of the input this is meant to be. */
  readonly schemaOf: (input: Input) => Schema.Schema.AnyNoContext;
  readonly run: (input: never) => unknown;
}

const one = (schema: Schema.Schema.AnyNoContext) => (): Schema.Schema.AnyNoContext => schema;

export const calculators = {
  rate: {
    schemaOf: (input) => ("events" in input ? RateEvents : "pool" in input ? RatePool : RateQuantity),
    run: calculateRate,
  },
  prorate: {
    schemaOf: (input) =>
      "change" in input
        ? prorateInputs.change
        : "range" in input
          ? prorateInputs.range
          : "cuts" in input
            ? prorateInputs.cuts
            : prorateInputs.part,
    run: calculateProrate,
  },
  schedule: { schemaOf: one(ScheduleInput), run: calculateSchedule },
  allocate: { schemaOf: one(AllocateInput), run: allocate },
  modify: {
    schemaOf: (input) => ("units" in input ? modifyInputs.units : modifyInputs.overTime),
    run: modify,
  },
  mrr: { schemaOf: one(MrrInput), run: calculateMrr },
} as const satisfies Readonly<Record<string, Calculator>>;
export type CalculatorName = keyof typeof calculators;

export type Calculated =
  | { readonly ok: true; readonly answer: unknown }
  | { readonly ok: false; readonly mistakes: ReadonlyArray<string> };

/** `place: what is wrong`, the ones that say most; a union's tries at "nothing" are left out. */
const mistakesOf = (error: ParseResult.ParseError): ReadonlyArray<string> => {
  const issues = ParseResult.ArrayFormatter.formatErrorSync(error).filter(
    ({ message }) => !message.startsWith("Expected undefined") && !message.startsWith("Expected null"),
  );
  return [...new Set(issues.map(({ path, message }) => `${path.map(String).join(".") || "input"}: ${message}`))];
};

export const calculate = (name: CalculatorName, input: unknown): Calculated => {
  const { schemaOf, run }: Calculator = calculators[name];
  if (typeof input !== "object" || input === null || Array.isArray(input))
    return { ok: false, mistakes: ["input: expected a JSON object"] };
  const decoded = Schema.decodeUnknownEither(schemaOf(input as Input), { onExcessProperty: "error", errors: "all" })(
    input,
  );
  if (Either.isLeft(decoded)) return { ok: false, mistakes: mistakesOf(decoded.left) };
  try {
    return { ok: true, answer: run(decoded.right as never) };
  } catch (error) {
    if (error instanceof RangeError) return { ok: false, mistakes: [error.message] };
    throw error;
  }
};
