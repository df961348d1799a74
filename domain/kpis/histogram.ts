/**
 * How times are spread: whole milliseconds in buckets that are at most a thirty-second of their value wide, so that a percentile is
 * told to three per cent at most, whatever the size, and two parts of a journal add up to the whole. *Pure.*
 */

export interface Histogram {
  readonly count: number;
  /** Of all values. */
  readonly sum: number;
  /** Bucket → values in it. */
  readonly buckets: Readonly<Record<number, number>>;
}
export const emptyHistogram: Histogram = { count: 0, sum: 0, buckets: {} };

const parts = 32;

/** Each value up to 31 has its own; above, each doubling has thirty-two. */
export const bucketOf = (value: number): number => {
  if (value < parts) return value;
  let width = 1;
  let doublings = 0;
  while (value >= width * parts * 2) {
    width *= 2;
    doublings += 1;
  }
  return doublings * parts + Math.floor(value / width);
};

/** The greatest value of a bucket. */
export const upperOf = (bucket: number): number => {
  if (bucket < parts * 2) return bucket;
  const doublings = Math.floor(bucket / parts) - 1;
  return (bucket - doublings * parts + 1) * 2 ** doublings - 1;
};

/** Below zero counts as zero: clocks of two systems differ. */
export const added = (histogram: Histogram, value: number): Histogram => {
  const counted = Math.max(0, Math.trunc(value));
  const bucket = bucketOf(counted);
  const { count, sum, buckets } = histogram;
  return { count: count + 1, sum: sum + counted, buckets: { ...buckets, [bucket]: (buckets[bucket] ?? 0) + 1 } };
};

/** The same as adding one after the other, at the cost of one. */
export const histogramOf = (values: Iterable<number>): Histogram => {
  const buckets: Record<number, number> = {};
  let count = 0;
  let sum = 0;
  for (const value of values) {
    const counted = Math.max(0, Math.trunc(value));
    const bucket = bucketOf(counted);
    count += 1;
    sum += counted;
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  return { count, sum, buckets };
};

export const sumOf = (histograms: Iterable<Histogram>): Histogram => {
  const buckets: Record<number, number> = {};
  let count = 0;
  let sum = 0;
  for (const one of histograms) {
    count += one.count;
    sum += one.sum;
    for (const [bucket, n] of Object.entries(one.buckets)) buckets[Number(bucket)] = (buckets[Number(bucket)] ?? 0) + n;
  }
  return { count, sum, buckets };
};

/** The least bucket's greatest value that so many of a hundred do not pass; null: there is no value. */
export const percentile = ({ count, buckets }: Histogram, of: number): number | null => {
  if (count === 0) return null;
  const wanted = Math.ceil((count * of) / (50 * 2));
  let seen = 0;
  const ordered = Object.keys(buckets)
    .map(Number)
    .sort((a, b) => a - b);
  for (const bucket of ordered) {
    seen += buckets[bucket]!;
    if (seen >= wanted) return upperOf(bucket);
  }
  return upperOf(ordered.at(-1)!);
};
