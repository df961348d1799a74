/**
 * `reconciliation`: the longest that the engine's thread is held up while reconciliation compares 100,000 accounts in an embedded
 * store: after a start, for a report, and when accounts and payouts change. Parties with open commands are in memory, of the others
 * as many as a server keeps.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { layer } from "../adapters/stores/embedded/layer.ts";
import type { NewEntry } from "../domain/ports/store.ts";
import type { Engine } from "../server/engine/engine.ts";
import type { Query } from "../server/host/host.ts";
import { reconciliation as latest } from "../server/reconciliation/latest.ts";
import { benchEngine, entry, give } from "./engine.ts";
import { say } from "./report.ts";

const accounts = 100_000;
const payouts = 2_000;
const itemsPerPayout = 20;
/** As a server has them. */
const hotParties = 50_000;
const snapshotCells = 20_000;
const at = Date.UTC(2026, 0, 1);
const dollars = { currency: "USD" } as const;

const invoiceOf = (i: number, more: object = {}): NewEntry =>
  entry(`r${i}`, `invoice/in_r${i}`, "invoice.finalized", at, {
    ...{
      status: "open",
      number: `R-${i}`,
      ...dollars,
      totalMinor: 5_000 + (i % 100),
      taxMinor: 0,
      balanceUsedMinor: 0,
    },
    ...{ subscription: null, periodStart: at, periodEnd: at + 86_400_000, finalizedAt: at },
    ...more,
  });

/** What the ERP has for it; of a tenth of the accounts it has another amount, of a twentieth nothing. */
const postingOf = (i: number): ReadonlyArray<NewEntry> => {
  if (i % 20 === 7) return [];
  const amountMinor = 5_000 + (i % 100) + (i % 10 === 3 ? 100 : 0);
  const data = {
    status: "open",
    recordType: "invoice",
    number: `R-${i}`,
    ...dollars,
    amountMinor,
    postedAt: at,
  } as const;
  const links = [{ target: `stripe:r${i}`, rank: "external-id" }] as const;
  return [entry(`${i}`, `posting/invoice:${i}`, "posting.created", at, data, { source: "netsuite", links })];
};

const payoutOf = (i: number, status: "paid" | "failed" = "paid", when = at): NewEntry =>
  entry(null, `payout/po_${i}`, "payout.paid", when, {
    ...{ status, ...dollars, amountMinor: itemsPerPayout * 970, reference: `REF${i}`, arrivalAt: at },
  });
const payoutParts = (i: number): ReadonlyArray<NewEntry> => [
  payoutOf(i),
  ...Array.from({ length: itemsPerPayout }, (_, j) =>
    entry(null, `payout_item/txn_${i}_${j}`, "payout_item.available", at, {
      ...{ status: "available", movement: "charge", ...dollars, amountMinor: 1_000, feeMinor: 30, netMinor: 970 },
      ...{ payout: `payout/po_${i}`, at },
    } as never),
  ),
  entry(
    null,
    `deposit/${i}`,
    "deposit.created",
    at,
    { status: "posted", ...dollars, amountMinor: itemsPerPayout * 970, reference: `REF${i}`, depositedAt: at } as never,
    { source: "netsuite" },
  ),
];

const write = (engine: Engine) =>
  Effect.gen(function* () {
    for (let i = 0; i < accounts; i += 256)
      yield* give(
        engine,
        Array.from({ length: Math.min(256, accounts - i) }, (_, j) => [invoiceOf(i + j), ...postingOf(i + j)]).flat(),
      );
    for (let i = 0; i < payouts; i += 20)
      yield* give(engine, Array.from({ length: 20 }, (_, j) => payoutParts(i + j)).flat());
    yield* engine.snapshot;
  });

interface Held {
  /** The longest that nothing else had its turn. */
  readonly longestMs: number;
  /** Of that, the thread's own work: without what other processes took of the core. Null where the system does not tell. */
  readonly longestCpuMs: number | null;
  readonly tookMs: number;
}

/** CPU time of this thread, milliseconds. */
const threadCpu = (): number | null => {
  try {
    return Number(readFileSync("/proc/self/schedstat", "utf8").split(" ")[0]) / 1e6;
  } catch {
    return null;
  }
};

/** Milliseconds between two looks. */
const everyMs = 1;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const held = async (work: () => Promise<unknown>): Promise<Held> => {
  // What was there before is not of this.
  await pause(20);
  let [wall, cpu] = [performance.now(), threadCpu()];
  let [longest, longestCpu] = [0, 0];
  const look = (): void => {
    const [now, used] = [performance.now(), threadCpu()];
    longest = Math.max(longest, now - wall - everyMs);
    if (cpu !== null && used !== null) longestCpu = Math.max(longestCpu, used - cpu);
    [wall, cpu] = [now, used];
  };
  const timer = setInterval(look, everyMs);
  const began = performance.now();
  await work();
  const tookMs = Math.round(performance.now() - began);
  look();
  clearInterval(timer);
  const one = (ms: number): number => Math.round(ms * 10) / 10;
  return { longestMs: one(longest), longestCpuMs: cpu === null ? null : one(longestCpu), tookMs };
};

type LatestQuery = Extract<Query, { readonly name: "reconciliation" }>;
const everything: LatestQuery = {
  name: "reconciliation",
  leg: null,
  statuses: null,
  account: null,
  currency: null,
  owner: null,
  limit: 50,
  cursor: null,
};

interface Report {
  readonly complete: boolean;
  readonly total: number;
  readonly accounts: number;
}

const measure = async (engine: Engine) => {
  const run = <A, E>(work: Effect.Effect<A, E>): Promise<A> => Effect.runPromise(work);
  const report = async (more: Partial<LatestQuery> = {}): Promise<Report> =>
    (await run(latest(engine, { ...everything, ...more }))) as unknown as Report;
  let last = await report({ limit: 1 });
  let questions = 1;
  const first = await held(async () => {
    while (!last.complete) {
      last = await report();
      questions += 1;
    }
  });
  say(`reconciliation: ${last.accounts} compared, ${last.total} lines open`);
  const reports = await held(async () => {
    for (let i = 0; i < 5; i++) last = await report();
  });
  const changed = async (entries: ReadonlyArray<NewEntry>): Promise<Held> => {
    await run(give(engine, entries));
    return held(async () => {
      do last = await report({ limit: 1 });
      while (!last.complete);
    });
  };
  const later = (i: number) => invoiceOf(i, { status: "paid", totalMinor: 6_000 });
  const change = await changed([later(500)]);
  const changes = await changed(Array.from({ length: 5_000 }, (_, i) => later(i * 20)));
  const payout = await changed([payoutOf(7, "failed", at + 5_000)]);
  return {
    accounts: last.accounts,
    openLines: last.total,
    first: { ...first, questions },
    report: { ...reports, tookMs: Math.round(reports.tookMs / 5) },
    change,
    changes5000: changes,
    payout,
  };
};

export const reconciliation = async () => {
  const directory = mkdtempSync(join(tmpdir(), "tieout-bench-"));
  const settings = { hotParties, snapshotCells };
  const whole = Effect.gen(function* () {
    const began = performance.now();
    say(`reconciliation: writing ${accounts} accounts and ${payouts} payouts`);
    yield* Effect.flatMap(benchEngine(settings), (engine) => Effect.zipRight(engine.recover, write(engine)));
    const writingMs = Math.round(performance.now() - began);
    // As after a start: nothing is compared.
    const engine = yield* benchEngine(settings);
    yield* engine.recover;
    return { writingMs, ...(yield* Effect.promise(() => measure(engine))) };
  });
  try {
    return await Effect.runPromise(Effect.scoped(Effect.provide(whole, layer({ directory }))));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
