/**
 * `queries`: how long the server takes to answer the accounts list, the search and the summary over HTTP, with 100,000 accounts in its
 * store. The ERP there has everything already, so that nothing is under way meanwhile. Medians of single requests, one after another.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { layer } from "../adapters/stores/embedded/layer.ts";
import type { NewEntry } from "../domain/ports/store.ts";
import { loadConfig } from "../server/config/config.ts";
import type { Engine } from "../server/engine/engine.ts";
import { startServer } from "../server/runtime.ts";
import { benchEngine, entry, give } from "./engine.ts";
import { median, say } from "./report.ts";

const accounts = 100_000;
/** As a server has them. */
const settings = { hotParties: 50_000, snapshotCells: 20_000 };
const rounds = 101;
const at = Date.UTC(2026, 0, 1);
const words = ["Harbour", "Nordlicht", "Café", "Orbit", "Zephyr", "Kupfer", "Sakura", "Quartz"] as const;

const customerOf = (i: number): ReadonlyArray<NewEntry> => [
  entry(`q${i}`, `account/q${i}`, "account.created", at, {
    ...{ status: "active", name: `${words[i % words.length]} ${i} Ltd`, email: `ap@firm-${i}.example` },
    ...{ currency: "USD", parent: null, legalId: null },
  }),
  entry(`q${i}`, `invoice/in_q${i}`, "invoice.finalized", at, {
    ...{ status: "draft", number: `Q-${i}`, currency: "USD", totalMinor: 10_000 + i, taxMinor: 0, balanceUsedMinor: 0 },
    ...{ subscription: null, periodStart: at, periodEnd: at + 86_400_000, finalizedAt: at },
  }),
];

const write = (engine: Engine) =>
  Effect.gen(function* () {
    for (let i = 0; i < accounts; i += 256)
      yield* give(engine, Array.from({ length: Math.min(256, accounts - i) }, (_, j) => customerOf(i + j)).flat());
    yield* engine.snapshot;
  });

interface Answered {
  readonly medianMs: number;
  /** Nine of ten are answered in. */
  readonly p90Ms: number;
  /** Items of the last answer. */
  readonly items: number;
}

const one = (ms: number): number => Math.round(ms * 10) / 10;

const asked = async (url: string, path: (round: number) => string): Promise<Answered> => {
  const took: number[] = [];
  let items = 0;
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    const response = await fetch(`${url}${path(round)}`);
    const body = (await response.json()) as { readonly items?: ReadonlyArray<unknown> };
    took.push(performance.now() - began);
    if (response.status !== 200) throw new Error(`${path(round)}: ${response.status} ${JSON.stringify(body)}`);
    items = body.items?.length ?? 0;
  }
  const sorted = [...took].sort((a, b) => a - b);
  return { medianMs: one(median(took)), p90Ms: one(sorted[Math.floor(rounds * 0.9)]!), items };
};

const somebody = (round: number): number => (round * 7919) % accounts;

const measure = async (url: string) => {
  const next = async (): Promise<string> => {
    const { nextCursor } = (await (await fetch(`${url}/v1/accounts?limit=50`)).json()) as { nextCursor: string };
    return encodeURIComponent(nextCursor);
  };
  const cursor = await next();
  return {
    list: await asked(url, () => "/v1/accounts?limit=50"),
    nextPage: await asked(url, () => `/v1/accounts?limit=50&cursor=${cursor}`),
    byStage: await asked(url, () => "/v1/accounts?limit=50&stage=prospect"),
    byName: await asked(url, (round) => `/v1/accounts?limit=50&q=${words[round % words.length]}`),
    byNumber: await asked(url, (round) => `/v1/accounts?q=Q-${somebody(round)}`),
    byEmail: await asked(url, (round) => `/v1/accounts?q=ap@firm-${somebody(round)}.example`),
    byForeignId: await asked(url, (round) => `/v1/accounts?q=q${somebody(round)}`),
    nothing: await asked(url, (round) => `/v1/accounts?q=nobody${round}`),
    account: await asked(url, (round) => `/v1/accounts/stripe:q${somebody(round)}`),
    now: await asked(url, () => "/v1/now"),
  };
};

export const queries = async () => {
  const directory = mkdtempSync(join(tmpdir(), "tieout-bench-"));
  try {
    say(`queries: writing ${accounts} accounts`);
    await Effect.runPromise(
      Effect.scoped(
        Effect.provide(
          Effect.flatMap(benchEngine(settings), (engine) => Effect.zipRight(engine.recover, write(engine))),
          layer({ directory }),
        ),
      ),
    );
    const env = { PORT: "0", TIEOUT_DATA_DIR: directory };
    const serve = Effect.gen(function* () {
      const config = yield* loadConfig({ env, cwd: directory });
      const server = yield* startServer(config, { log: () => {}, fatal: say });
      yield* Effect.promise(() => server.host.recovered);
      say("queries: the server has recovered; asking");
      return yield* Effect.promise(() => measure(server.url));
    });
    return { accounts, rounds, ...(await Effect.runPromise(Effect.scoped(serve))) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
