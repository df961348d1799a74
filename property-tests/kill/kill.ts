/** Kills the server in full work, again and again over one data directory, and then holds it to what it acknowledged. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Audited, type AuditInput, audit, inFlightIn, readFallen } from "./audit.ts";
import { bundle } from "./bundle.ts";
import { type Child, spawnServer } from "./child.ts";
import { makeClient } from "./client.ts";
import { makeWorkload } from "./workload.ts";

export interface KillOptions {
  readonly kills: number;
  readonly seed: number;
  readonly mode: "inline" | "worker";
  readonly log: (line: string) => void;
  /** Gives up after so long. Milliseconds. */
  readonly restWithinMs: number;
  /** Sees the files and the audit before they are removed. */
  readonly inspect?: (input: AuditInput, audited: Audited) => Promise<void>;
}

export interface Kill {
  /** Requests without an answer, and commands claimed without an outcome, at the instant of the kill. */
  readonly requests: number;
  readonly commands: number;
}

export interface KillReport {
  /** Every kill, also those that found too little going on. */
  readonly kills: ReadonlyArray<Kill>;
  /** Those with at least `leastRequests` and `leastCommands`. */
  readonly full: number;
  readonly acknowledged: number;
  readonly invoices: number;
  readonly entries: number;
  readonly documents: number;
  readonly findings: ReadonlyArray<string>;
}

export const leastRequests = 20;
export const leastCommands = 5;
const lanes = 48;
const customersPerRound = 7;
const delayMs = 300;
/** A server under load may be killed too early for its first commands; such a kill counts for the audit only. */
const spareKills = (kills: number): number => 5 + Math.ceil(kills / 4);

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export const runKills = async (options: KillOptions): Promise<KillReport> => {
  const { kills: wanted, mode, log } = options;
  const entry = await bundle();
  const dataDir = mkdtempSync(join(tmpdir(), "tieout-kill-"));
  const alive = new Set<Child>();
  const spawn = (delayMs: number): Child => {
    const child = spawnServer({ entry, dataDir, delayMs, mode });
    alive.add(child);
    return child;
  };
  const workload = makeWorkload(options.seed);
  const client = makeClient(lanes, workload.random);
  const kills: Kill[] = [];
  let full = 0;
  let head = 0;

  try {
    let next = spawn(delayMs);
    while (full < wanted && kills.length < wanted + spareKills(wanted)) {
      const child = next;
      const url = await child.release();
      next = spawn(delayMs);
      client.enqueue(workload.round(customersPerRound));
      client.aim(url);
      const before = client.answered();
      while (client.answered() < before + 60) await sleep(2);
      await sleep(80 + workload.random() * 400);
      while (client.inFlight() < leastRequests) await sleep(1);
      const requests = client.inFlight();
      await child.kill();
      alive.delete(child);
      await client.pause();
      const entries = await readFallen(dataDir, head);
      head = entries.at(-1)?.position ?? head;
      const commands = inFlightIn(entries);
      kills.push({ requests, commands });
      if (requests >= leastRequests && commands >= leastCommands) full += 1;
      log(
        `kill ${kills.length}: ${requests} requests and ${commands} commands in flight, journal at ${head}, ${client.acknowledged.size} events acknowledged (${full}/${wanted})`,
      );
    }

    await next.kill();
    alive.delete(next);
    const last = spawn(0);
    const url = await last.release();
    client.repeat = false;
    client.aim(url);
    const end = Date.now() + options.restWithinMs;
    while ((client.queued() > 0 || client.inFlight() > 0) && Date.now() < end) await sleep(20);
    await client.pause();
    const token = readFileSync(join(dataDir, "internal.token"), "utf8").trim();
    const rest = await fetch(`${url}/internal/idle`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(Math.max(1000, end - Date.now())),
    }).then(
      (answer) => answer.status,
      (error) => String(error),
    );
    const overview = rest === 200 ? "" : await (await fetch(`${url}/healthz`)).text();
    const code = await last.stop();
    alive.delete(last);
    const input: AuditInput = { dataDir, acknowledged: client.acknowledged, expected: workload.expected };
    const audited = await audit(input);
    await options.inspect?.(input, audited);
    const { findings, entries, documents } = audited;
    const all = [...client.refusals.map((refusal) => `refused: ${refusal}`), ...findings];
    if (rest !== 200) all.unshift(`the server did not come to rest: ${rest} ${overview}`);
    if (code !== 0) all.unshift(`the server ended with ${code} when it was asked to stop`);
    log(
      `at rest: ${entries} entries, ${documents} writes in NetSuite, ${workload.expected.length} invoices, ${all.length} findings`,
    );
    const { size: acknowledged } = client.acknowledged;
    const invoices = workload.expected.length;
    return { kills, full, acknowledged, invoices, entries, documents, findings: all };
  } finally {
    await client.pause();
    await Promise.all([...alive].map((child) => child.kill()));
    rmSync(dataDir, { recursive: true, force: true });
    entry.remove();
  }
};
