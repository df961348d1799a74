/**
 * `rating`: a million raw usage events in one process, one after another: decoded, added up by quarter of an hour, and rated by graduated
 * tiers whose version changes within a month. Events come late and out of order. Beside it, in the same run, the floor: a bare loop that adds
 * the same quantities as bigint. The heap has to stay flat.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as Either from "effect/Either";
import { reader } from "../adapters/reader.ts";
import { type Bucket, contentOf, count, emptyBucket, quarterOf } from "../domain/metering/bucket.ts";
import { type Rater, rater } from "../domain/rating/rater.ts";
import { add, compare, parse, ratio, total, zero } from "../domain/rating/rational.ts";
import { UseData } from "../domain/use.ts";
import { say } from "./report.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const events = 1_000_000;
const customers = 50;
const days = 90;
const dayMs = 86_400_000;
const begins = Date.parse("2026-01-01T00:00:00Z");
/** Buckets that are open at a time; what comes later for one that was rated opens it again. */
const openBuckets = 5000;

interface Draw {
  readonly customer: number;
  readonly atMs: number;
  /** In hundredths of a unit. */
  readonly hundredths: number;
}

/** The same events for the same seed. One in twenty comes up to two days late. */
function* draws(): Generator<Draw> {
  let state = 0x2f6e2b1;
  const next = (below: number): number => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return (state >>> 0) % below;
  };
  for (let index = 0; index < events; index++) {
    const late = next(20) === 0 ? next(2 * dayMs) : next(60_000);
    const arrives = begins + Math.floor((index * days * dayMs) / events);
    yield { customer: next(customers), atMs: Math.max(begins, arrives - late), hundredths: 1 + next(2000) };
  }
}

const decimal = (hundredths: number): string =>
  `${Math.trunc(hundredths / 100)}.${String(hundredths % 100).padStart(2, "0")}`;

/** As a product reports it. */
const textOf = ({ customer, atMs, hundredths }: Draw): string =>
  `{"time":"${new Date(atMs).toISOString()}","owner":"c${customer}","data":{"status":"recorded","meter":"calls","quantity":"${decimal(hundredths)}","contract":null}}`;

const tiers = (unit: string) => ({
  price: {
    model: "graduated" as const,
    tiers: [
      { upTo: 10_000, unit: "0.0125", flat: "5" },
      { upTo: 50_000, unit: "0.0101" },
      { upTo: null, unit },
    ],
  },
  included: 500,
});
const raterOf = (): Rater =>
  rater({
    currency: "USD",
    zone: "America/New_York",
    meter: "sum",
    cycle: { anchor: "2026-01-01", unit: "month", every: 1 },
    versions: [
      { version: 1, inForceFrom: "2025-12-01", charge: tiers("0.0073") },
      { version: 2, inForceFrom: "2026-02-11", charge: tiers("0.0069") },
      { version: 3, inForceFrom: "2026-03-20", charge: tiers("0.0081") },
    ],
  });

const decode = reader(UseData);

interface Timed<A> {
  readonly result: A;
  readonly seconds: number;
  /** Of this process alone: what a busy machine does not change. */
  readonly cpuSeconds: number;
}
const timed = <A>(work: () => A): Timed<A> => {
  const [from, cpu] = [performance.now(), process.cpuUsage()];
  const result = work();
  const { user, system } = process.cpuUsage(cpu);
  return { result, seconds: (performance.now() - from) / 1000, cpuSeconds: (user + system) / 1e6 };
};
const told = (took: Omit<Timed<unknown>, "result">) => ({
  eventsPerSecond: Math.round(events / took.seconds),
  cpuMicrosPerEvent: Math.round((took.cpuSeconds * 1e8) / events) / 100,
});

/** Everything that happens to an event, and the heap after the given shares of them. */
const rated = () => {
  const raters = Array.from({ length: customers }, raterOf);
  const buckets = new Map<string, { readonly customer: number; readonly atMs: number; readonly bucket: Bucket }>();
  const heap: number[] = [];
  const flush = (): void => {
    for (const { customer, atMs, bucket } of buckets.values())
      raters[customer]!.take({ atMs, quantity: bucket.sum, count: bucket.count });
    buckets.clear();
  };
  let done = 0;
  for (const draw of draws()) {
    const event = JSON.parse(textOf(draw)) as { readonly time: string; readonly owner: string; readonly data: unknown };
    const data = decode(event.data);
    if (Either.isLeft(data)) throw new Error(`bench: ${data.left}`);
    const use = contentOf(data.right, Date.parse(event.time));
    const atMs = quarterOf(use.atMs);
    const key = `${event.owner} ${atMs}`;
    const open = buckets.get(key) ?? { customer: Number(event.owner.slice(1)), atMs, bucket: emptyBucket() };
    count(open.bucket, "", use, 1);
    buckets.set(key, open);
    if (buckets.size >= openBuckets) flush();
    done += 1;
    if (done === events / 10 || done === events / 2 || done === events) {
      collect();
      heap.push(process.memoryUsage().heapUsed);
    }
  }
  flush();
  return { heap, lines: raters.flatMap((one) => one.rated().lines) };
};

export const rating = async () => {
  say("rating: the floor, and making the events");
  const floor = timed(() => {
    let sum = 0n;
    for (const { hundredths } of draws()) sum += BigInt(hundredths);
    return sum;
  });
  const made = timed(() => {
    let length = 0;
    for (const draw of draws()) length += textOf(draw).length;
    return length;
  });
  say("rating: a million uses, rated one by one");
  const alone = timed(() => {
    const raters = Array.from({ length: customers }, raterOf);
    for (const { customer, atMs, hundredths } of draws())
      raters[customer]!.take({ atMs, quantity: ratio(hundredths, 100) });
    return raters.flatMap((one) => one.rated().lines).length;
  });
  say("rating: a million events, from their text");
  const whole = timed(rated);
  const { heap, lines } = whole.result;
  const quantity = total(lines.map((line) => parse(line.rated.quantity)));
  if (compare(quantity, ratio(floor.result, 100)) !== 0)
    throw new Error("bench: not everything that was used is rated");
  const uses = lines.reduce((sum, line) => sum + line.uses, 0);
  if (uses !== events) throw new Error(`bench: ${uses} of ${events} events are rated`);
  const growth = heap[2]! / heap[0]!;
  if (growth > 1.3)
    throw new Error(`bench: the heap grew ${growth.toFixed(2)} times between a tenth and all of the events`);
  // Making the text is the sender's work.
  const own = { seconds: whole.seconds - made.seconds, cpuSeconds: whole.cpuSeconds - made.cpuSeconds };
  const exact = lines.reduce((sum, line) => add(sum, parse(line.rated.exact)), zero);
  return {
    events,
    bytes: made.result,
    lines: lines.length,
    totalExact: `${exact.n}/${exact.d}`,
    floor: told(floor),
    rater: told(alone),
    tieout: told(own),
    ratio: Math.round((floor.seconds / own.seconds) * 10_000) / 10_000,
    cpuRatio: Math.round((floor.cpuSeconds / own.cpuSeconds) * 10_000) / 10_000,
    heapBytes: { at10: heap[0]!, at50: heap[1]!, at100: heap[2]!, growth: Math.round(growth * 100) / 100 },
  };
};
