/** How often one caller or one connection may come: a bucket that fills by the minute and holds a tenth of it, ten at least. */

/** A bucket of `ratePerMinute`; the clock is a monotonic one, milliseconds. */
export interface Bucket {
  /** Takes one; else the whole seconds until there is one again. */
  readonly take: () => number | null;
}

const burstOf = (ratePerMinute: number): number => Math.max(10, Math.ceil(ratePerMinute / 10));

export const makeBucket = (ratePerMinute: number, clock: () => number = () => performance.now()): Bucket => {
  // A rate below the smallest burst is the burst: one a minute is one at once.
  const most = Math.min(burstOf(ratePerMinute), ratePerMinute);
  let held = most;
  let filledAt = clock();
  return {
    take: () => {
      const now = clock();
      held = Math.min(most, held + ((now - filledAt) * ratePerMinute) / 60_000);
      filledAt = now;
      if (held >= 1) {
        held -= 1;
        return null;
      }
      return Math.max(1, Math.ceil(((1 - held) * 60) / ratePerMinute));
    },
  };
};

/** Buckets by name; a name that is asked for with another rate gets a new one. Those long unused are let go. */
export interface Buckets {
  readonly take: (name: string, ratePerMinute: number) => number | null;
}

/** Kept at once: the oldest goes first, and comes back full. */
const mostBuckets = 10_000;

export const makeBuckets = (clock?: () => number): Buckets => {
  const buckets = new Map<string, { readonly rate: number; readonly bucket: Bucket }>();
  return {
    take: (name, rate) => {
      let held = buckets.get(name);
      if (held?.rate !== rate) held = { rate, bucket: makeBucket(rate, clock) };
      buckets.delete(name);
      buckets.set(name, held);
      if (buckets.size > mostBuckets) buckets.delete(buckets.keys().next().value ?? "");
      return held.bucket.take();
    },
  };
};
