/** What is on disk, read without the server: commands in flight at a kill, and at the end everything that must hold. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as FetchHttpClient from "@effect/platform/FetchHttpClient";
import * as Effect from "effect/Effect";
import { type CommittedEntry, makeNetsuiteSimulator, sandboxConfig } from "../../adapters/netsuite/layer.ts";
import { layer as embedded } from "../../adapters/stores/embedded/layer.ts";
import { makeConfig } from "../../adapters/stripe/layer.ts";
import { policies } from "../../domain/lifecycle.ts";
import type { LedgerNote } from "../../domain/note.ts";
import { type Entry, Journal } from "../../domain/ports/store.ts";
import { surroundingsOf } from "../../server/engine/surroundings.ts";
import { openDurableLog } from "../../server/sandbox/durable-log.ts";
import { makeSystems } from "../../server/systems.ts";
import { verify } from "../../server/verify.ts";
import type { Expected } from "./workload.ts";

const page = 2000;

const readJournal = (dataDir: string, after: number): Promise<ReadonlyArray<Entry>> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.provide(
        Effect.gen(function* () {
          const journal = yield* Journal;
          const all: Entry[] = [];
          for (;;) {
            const entries = yield* journal.read(all.at(-1)?.position ?? after, page);
            if (entries.length === 0) return all;
            all.push(...entries);
          }
        }),
        embedded({ directory: dataDir }),
      ),
    ),
  );

/** Of a copy: the killed server's files stay as they fell, for the next server to find. */
export const readFallen = async (dataDir: string, after: number): Promise<ReadonlyArray<Entry>> => {
  const copy = mkdtempSync(join(tmpdir(), "tieout-fallen-"));
  try {
    for (const file of ["tieout.db", "tieout.db-wal"]) {
      if (existsSync(join(dataDir, file))) copyFileSync(join(dataDir, file), join(copy, file));
    }
    return await readJournal(copy, after);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
};

/** Commands that one server claimed and did not bring to an outcome. */
export const inFlightIn = (entries: ReadonlyArray<Entry>): number => {
  const open = new Set<string>();
  for (const { kind, note } of entries) {
    if (kind !== "command") continue;
    const ledger = note as unknown as LedgerNote;
    const slot = `${ledger.party} ${ledger.slot}`;
    if (ledger.type === "command.claimed") open.add(slot);
    else open.delete(slot);
  }
  return open.size;
};

export interface AuditInput {
  readonly dataDir: string;
  readonly acknowledged: ReadonlySet<string>;
  readonly expected: ReadonlyArray<Expected>;
}

export interface Audited {
  /** In words; empty when all holds. */
  readonly findings: ReadonlyArray<string>;
  readonly entries: number;
  /** Writes that NetSuite committed. */
  readonly documents: number;
}

export const audit = async ({ dataDir, acknowledged, expected }: AuditInput): Promise<Audited> => {
  const findings: string[] = [];
  const entries = await readJournal(dataDir, 0);
  const stored = new Set(entries.flatMap(({ dedup }) => (dedup === null ? [] : [dedup.id])));
  for (const id of acknowledged)
    if (!stored.has(id)) findings.push(`event ${id} was acknowledged and is not in the journal`);

  const committed = await committedIn(dataDir);
  findings.push(...doublesIn(committed), ...wrongSums(committed, expected), ...(await verified(dataDir)));
  return { findings, entries: entries.length, documents: committed.length };
};

/** Every write that NetSuite committed, over all processes. */
export const committedIn = async (dataDir: string): Promise<ReadonlyArray<CommittedEntry>> => {
  const simulator = makeNetsuiteSimulator({ now: Date.now });
  type Snapshot = ReturnType<typeof simulator.snapshot>;
  type Change = NonNullable<Parameters<typeof simulator.restore>[1]>[number];
  const log = await openDurableLog<Snapshot, Change>(join(dataDir, "simulators", "netsuite"));
  await log.close();
  const through = log.snapshot?.committed.length ?? 0;
  simulator.restore(
    log.snapshot,
    log.lines.filter(({ entry }) => entry.seq > through),
  );
  return simulator.committed;
};

/** A document of ours is made once, under one internal id. */
const doublesIn = (committed: ReadonlyArray<CommittedEntry>): ReadonlyArray<string> => {
  const made = new Map<string, string>();
  const findings: string[] = [];
  for (const { op, recordType, externalId, internalId } of committed) {
    if (externalId === null) findings.push(`${recordType} ${internalId} has no outside id`);
    if (op !== "create" || externalId === null) continue;
    const key = `${recordType} ${externalId}`;
    const before = made.get(key);
    if (before !== undefined) findings.push(`${key} was made twice: ${before} and ${internalId}`);
    made.set(key, internalId);
  }
  return findings;
};

/** What the documents of each amount come to, and how many stand that were not reversed. */
const wrongSums = (
  committed: ReadonlyArray<CommittedEntry>,
  expected: ReadonlyArray<Expected>,
): ReadonlyArray<string> => {
  const latest = new Map(committed.map((entry) => [`${entry.recordType}:${entry.internalId}`, entry]));
  const sums = new Map<string, { net: number; count: number }>();
  for (const { side, amountMinor } of latest.values()) {
    if (side === null) continue;
    const key = `${side} ${Math.abs(amountMinor)}`;
    const sum = sums.get(key) ?? { net: 0, count: 0 };
    sum.net += amountMinor;
    sum.count += Math.sign(amountMinor);
    sums.set(key, sum);
  }
  const findings: string[] = [];
  for (const { invoice, amountMinor, receivableMinor, cashMinor } of expected) {
    for (const [side, wanted] of [
      ["receivable", receivableMinor],
      ["cash", cashMinor],
    ] as const) {
      const { net, count } = sums.get(`${side} ${amountMinor}`) ?? { net: 0, count: 0 };
      if (net !== wanted || count !== Math.sign(wanted)) {
        findings.push(`${invoice}: ${side} of ${amountMinor} comes to ${net} in ${count} documents, not to ${wanted}`);
      }
      sums.delete(`${side} ${amountMinor}`);
    }
  }
  for (const [key, { net }] of sums) findings.push(`${key}: no invoice asked for it; it comes to ${net}`);
  return findings;
};

const verified = (dataDir: string): Promise<ReadonlyArray<string>> => {
  const nowhere = "http://127.0.0.1:9";
  const { connection: _s, ...stripe } = makeConfig({ connection: "stripe", apiKey: "", baseUrl: nowhere });
  const { connection: _n, ...netsuite } = sandboxConfig(nowhere, { externalIdConnection: "stripe" });
  const systems = makeSystems([
    { vendor: "stripe", connection: "stripe", api: { ...stripe, apiKey: "" } },
    { vendor: "netsuite", connection: "netsuite", api: { ...netsuite, auth: { type: "bearer", token: "" } } },
  ]);
  return Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const deployment = { systems: yield* systems, policy: policies["billing-led"], rules: new Map() };
        const { findings } = yield* verify(surroundingsOf(deployment));
        return findings.map(({ where, what }) => `verify: ${where}: ${what}`);
      }).pipe(Effect.provide(embedded({ directory: dataDir })), Effect.provide(FetchHttpClient.layer)),
    ),
  );
};
