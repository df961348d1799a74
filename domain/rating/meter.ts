/** What a meter makes of uses, in whatever order they come, so that any stretch of a period has its own share of the whole. *Pure.* */
import * as Schema from "effect/Schema";
import { add, greatest, type Rational, ratio, subtract, zero } from "./rational.ts";

export const Aggregation = Schema.Literal("sum", "count", "unique", "max", "last");
export type Aggregation = typeof Aggregation.Type;

/** One use, or several of them added up beforehand. */
export interface Reading {
  /** When it was used. Epoch ms. */
  readonly atMs: number;
  readonly quantity: Rational;
  /** How many uses these are; default 1. */
  readonly count?: number;
  /** What `unique` counts. */
  readonly value?: string | null;
}

/** Stretches follow each other in time, numbered from 0. Flat memory but for `unique`, which keeps each value once. */
export interface Tally {
  /** In any order. Of two readings of one instant `last` keeps the one taken later. */
  readonly take: (stretch: number, reading: Reading) => void;
  /** What each stretch adds to the value before it; together they are the value of the whole. */
  readonly adds: () => ReadonlyArray<Rational>;
}

const added = (stretches: number, of: (reading: Reading) => Rational): Tally => {
  const sums = Array.from({ length: stretches }, () => zero);
  return {
    take: (stretch, reading) => {
      sums[stretch] = add(sums[stretch]!, of(reading));
    },
    adds: () => [...sums],
  };
};

const unique = (stretches: number): Tally => {
  const first = new Map<string, number>();
  return {
    take: (stretch, { value }) => {
      if (value === undefined || value === null)
        throw new RangeError("rating: a unique meter needs the value of each event");
      const known = first.get(value);
      if (known === undefined || stretch < known) first.set(value, stretch);
    },
    adds: () => {
      const counts = Array.from({ length: stretches }, () => 0);
      for (const stretch of first.values()) counts[stretch]! += 1;
      return counts.map((count) => ratio(count));
    },
  };
};

/** Each value that the period comes to stand at, less the one before. */
const steps = (values: ReadonlyArray<Rational>): ReadonlyArray<Rational> =>
  values.map((value, index) => (index === 0 ? value : subtract(value, values[index - 1]!)));

/** Never below zero: a period without use has used nothing. */
const most = (stretches: number): Tally => {
  const peaks = Array.from({ length: stretches }, () => zero);
  return {
    take: (stretch, { quantity }) => {
      peaks[stretch] = greatest(peaks[stretch]!, quantity);
    },
    adds: () => {
      let now = zero;
      return steps(
        peaks.map((peak) => {
          now = greatest(now, peak);
          return now;
        }),
      );
    },
  };
};

const latest = (stretches: number): Tally => {
  const ends: Array<Reading | null> = Array.from({ length: stretches }, () => null);
  return {
    take: (stretch, reading) => {
      const known = ends[stretch] ?? null;
      if (known === null || reading.atMs >= known.atMs) ends[stretch] = reading;
    },
    adds: () => {
      let now = zero;
      return steps(
        ends.map((end) => {
          now = end?.quantity ?? now;
          return now;
        }),
      );
    },
  };
};

export const tally = (by: Aggregation, stretches: number): Tally => {
  switch (by) {
    case "sum":
      return added(stretches, ({ quantity }) => quantity);
    case "count":
      return added(stretches, ({ count }) => ratio(count ?? 1));
    case "unique":
      return unique(stretches);
    case "max":
      return most(stretches);
    case "last":
      return latest(stretches);
  }
};

/** The value of uses that no version cuts. */
export const measure = (by: Aggregation, readings: Iterable<Reading>): Rational => {
  const { take, adds } = tally(by, 1);
  for (const reading of readings) take(0, reading);
  return adds()[0]!;
};
