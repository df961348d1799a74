/** What a meter makes of uses: a running value, so that any stretch of a period has its own share of the whole. *Pure.* */
import * as Schema from "effect/Schema";
import { add, compare, type Rational, ratio, subtract, zero } from "./rational.ts";
import type { Use } from "./usage.ts";

export const Aggregation = Schema.Literal("sum", "count", "unique", "max", "last");
export type Aggregation = typeof Aggregation.Type;

/** Takes uses in the order of time; `value` is the quantity so far. Flat memory but for `unique`. */
export interface Meter {
  readonly take: (use: Pick<Use, "quantity" | "value">) => void;
  readonly value: () => Rational;
}

/** `max` is never below zero: a period without use has used nothing. */
export const meter = (by: Aggregation): Meter => {
  let now = zero;
  const seen = new Set<string>();
  const takes: Readonly<Record<Aggregation, Meter["take"]>> = {
    sum: ({ quantity }) => {
      now = add(now, quantity);
    },
    count: () => {
      now = ratio(now.n + 1n);
    },
    unique: ({ value }) => {
      if (value === null) throw new RangeError("rating: a unique meter needs the value of each event");
      if (!seen.has(value)) now = ratio(now.n + 1n);
      seen.add(value);
    },
    max: ({ quantity }) => {
      if (compare(quantity, now) > 0) now = quantity;
    },
    last: ({ quantity }) => {
      now = quantity;
    },
  };
  return { take: takes[by], value: () => now };
};

export const measure = (by: Aggregation, uses: Iterable<Pick<Use, "quantity" | "value">>): Rational => {
  const { take, value } = meter(by);
  for (const use of uses) take(use);
  return value();
};

/** Half-open stretches that follow each other; each gets what it adds to the value before it. */
export const stretches = <A extends { readonly fromMs: number; readonly toMs: number }>(
  by: Aggregation,
  uses: ReadonlyArray<Use>,
  spans: ReadonlyArray<A>,
): ReadonlyArray<{ readonly span: A; readonly quantity: Rational; readonly uses: ReadonlyArray<Use> }> => {
  const running = meter(by);
  let before = zero;
  return spans.map((span) => {
    const inside = uses.filter(({ atMs }) => atMs >= span.fromMs && atMs < span.toMs);
    for (const use of inside) running.take(use);
    const quantity = subtract(running.value(), before);
    before = running.value();
    return { span, quantity, uses: inside };
  });
};
