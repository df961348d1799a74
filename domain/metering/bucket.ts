/** What was used of one meter in one quarter of an hour: what rating reads, of a size that does not grow with the events. *Pure* but for the bucket itself. */
import { add, negate, parse, type Rational, toText, zero } from "../rating/rational.ts";
import type { UseData } from "../use.ts";

/** A day of any time zone begins on one. */
export const quarterMs = 900_000;
export const quarterOf = (atMs: number): number => Math.floor(atMs / quarterMs) * quarterMs;

/** What one use says, as far as it counts. */
export interface UseContent {
  readonly meter: string;
  readonly contract: string | null;
  readonly entity: string | null;
  /** Epoch ms. */
  readonly atMs: number;
  /** Of an amount. Neither this nor `level`: one. */
  readonly quantity?: string;
  readonly level?: string;
  readonly value?: string;
  /** There was no such use. */
  readonly void?: true;
}

export const contentOf = (data: UseData, atMs: number): UseContent => ({
  meter: data.meter,
  contract: data.contract,
  entity: data.entity ?? null,
  atMs,
  ...(data.quantity === undefined ? {} : { quantity: data.quantity }),
  ...(data.level === undefined ? {} : { level: data.level }),
  ...(data.value === undefined ? {} : { value: data.value }),
  ...(data.void === true ? { void: true as const } : {}),
});

/** Levels are kept one by one, since the greatest may be corrected away; values with how often each came. */
export interface Bucket {
  /** Uses with an amount, and their sum. */
  count: number;
  sum: Rational;
  /** Id of the use → when (epoch ms), and how much. */
  levels: Map<string, readonly [atMs: number, level: string]> | null;
  values: Map<string, number> | null;
}

export const emptyBucket = (): Bucket => ({ count: 0, sum: zero, levels: null, values: null });
export const isEmpty = ({ count, sum, levels, values }: Bucket): boolean =>
  count === 0 && sum.n === 0n && (levels?.size ?? 0) === 0 && (values?.size ?? 0) === 0;
export const copyOf = ({ count, sum, levels, values }: Bucket): Bucket => ({
  count,
  sum,
  levels: levels === null ? null : new Map(levels),
  values: values === null ? null : new Map(values),
});

/** One use more (`by` 1) or less (−1), in place: the same whatever the order. */
export const count = (bucket: Bucket, id: string, use: UseContent, by: 1 | -1): void => {
  if (use.void) return;
  if (use.level !== undefined) {
    bucket.levels ??= new Map();
    if (by === 1) bucket.levels.set(id, [use.atMs, use.level]);
    else bucket.levels.delete(id);
    return;
  }
  if (use.value !== undefined) {
    bucket.values ??= new Map();
    const times = (bucket.values.get(use.value) ?? 0) + by;
    if (times === 0) bucket.values.delete(use.value);
    else bucket.values.set(use.value, times);
  }
  const quantity = parse(use.quantity ?? "1");
  bucket.count += by;
  bucket.sum = add(bucket.sum, by === 1 ? quantity : negate(quantity));
};

/** `[count, sum]`, and what there is of levels and values. */
export type StoredBucket = readonly [
  count: number,
  sum: string,
  levels?: Readonly<Record<string, readonly [number, string]>>,
  values?: Readonly<Record<string, number>>,
];

export const stored = ({ count, sum, levels, values }: Bucket): StoredBucket =>
  (levels?.size ?? 0) === 0 && (values?.size ?? 0) === 0
    ? [count, toText(sum)]
    : [count, toText(sum), Object.fromEntries(levels ?? []), Object.fromEntries(values ?? [])];

const mapOf = <V>(record: Readonly<Record<string, V>> | undefined): Map<string, V> | null => {
  const entries = Object.entries(record ?? {});
  return entries.length === 0 ? null : new Map(entries);
};
export const bucketOf = ([count, sum, levels, values]: StoredBucket): Bucket => ({
  count,
  sum: parse(sum),
  levels: mapOf(levels),
  values: mapOf(values),
});
