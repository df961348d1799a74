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

/** One shape that an input may have. */
interface Form {
  readonly schema: Schema.Schema.AnyNoContext;
  /** An input with this field is meant to have this form; the form without one takes the rest. */
  readonly by?: string;
}
interface Calculator {
  /** The first is what is shown as an example. */
  readonly forms: Readonly<Record<string, Form>>;
  readonly run: (input: never) => unknown;
}

export const calculators = {
  rate: {
    forms: {
      quantity: { schema: RateQuantity },
      pool: { schema: RatePool, by: "pool" },
      events: { schema: RateEvents, by: "events" },
    },
    run: calculateRate,
  },
  prorate: {
    forms: {
      change: { schema: prorateInputs.change, by: "change" },
      part: { schema: prorateInputs.part },
      cuts: { schema: prorateInputs.cuts, by: "cuts" },
      range: { schema: prorateInputs.range, by: "range" },
    },
    run: calculateProrate,
  },
  schedule: {
    forms: { schedule: { schema: ScheduleInput } },
    run: calculateSchedule,
  },
  allocate: {
    forms: { allocate: { schema: AllocateInput } },
    run: allocate,
  },
  modify: {
    forms: { units: { schema: modifyInputs.units, by: "units" }, overTime: { schema: modifyInputs.overTime } },
    run: modify,
  },
  mrr: {
    forms: { mrr: { schema: MrrInput } },
    run: calculateMrr,
  },
} as const satisfies Readonly<Record<string, Calculator>>;
export type CalculatorName = keyof typeof calculators;

export const isCalculator = (name: string): name is CalculatorName => Object.hasOwn(calculators, name);

/** The forms of a calculator by their names. */
export const formsOf = (name: CalculatorName): Readonly<Record<string, Form>> => calculators[name].forms;

/** Which form an input is meant to have. */
export const formOf = (name: CalculatorName, input: Input): string => {
  const forms = Object.entries(formsOf(name));
  const shown = forms.find(([, { by }]) => by !== undefined && by in input);
  return (shown ?? forms.find(([, { by }]) => by === undefined)!)[0];
};

export type Calculated =
  | { readonly ok: true; readonly form: string; readonly answer: unknown }
  | { readonly ok: false; readonly mistakes: ReadonlyArray<string> };

/** One line a place, `place: what is wrong`. What a union tried and did not find is one sentence, its tries at "nothing" are none. */
const mistakesOf = (error: ParseResult.ParseError): ReadonlyArray<string> => {
  const byPlace = new Map<string, Set<string>>();
  for (const { path, message } of ParseResult.ArrayFormatter.formatErrorSync(error)) {
    if (/^Expected (undefined|null)\b/.test(message)) continue;
    const place = path.map(String).join(".") || "input";
    byPlace.set(place, (byPlace.get(place) ?? new Set()).add(message));
  }
  return [...byPlace].map(([place, messages]) => {
    const tries = [...messages].map((message) => /^Expected (".*"), actual (.*)$/.exec(message));
    if (!tries.every((each) => each !== null)) {
      const plain = [...messages].filter((message) => !message.startsWith("Expected { readonly"));
      return `${place}: ${(plain.length === 0 ? [...messages] : plain).join("; or ")}`;
    }
    return `${place}: Expected ${tries.map((each) => each[1]).join(" | ")}, actual ${tries[0]![2]}`;
  });
};

export const calculate = (name: CalculatorName, input: unknown): Calculated => {
  if (typeof input !== "object" || input === null || Array.isArray(input))
    return { ok: false, mistakes: ["input: expected a JSON object"] };
  const form = formOf(name, input as Input);
  const { run }: Calculator = calculators[name];
  const decode = Schema.decodeUnknownEither(formsOf(name)[form]!.schema, { onExcessProperty: "error", errors: "all" });
  const decoded = decode(input);
  if (Either.isLeft(decoded)) return { ok: false, mistakes: mistakesOf(decoded.left) };
  try {
    return { ok: true, form, answer: run(decoded.right as never) };
  } catch (error) {
    if (error instanceof RangeError) return { ok: false, mistakes: [error.message] };
    throw error;
  }
};
