/**
 * `ingest`: webhooks a second against the floor, in interleaved rounds, each on a directory of its own. The clock stops when
 * every event is joined, the machines are settled and the commands durable; sending is off. The sender's CPU is reported apart.
 */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { developmentSecrets } from "../server/config/config.ts";
import { bundle } from "./bundle.ts";
import { next } from "./child.ts";
import { median, say } from "./report.ts";

interface Figures {
  readonly eventsPerSecond: number;
  /** Of the receiver, all its threads, per event. */
  readonly cpuMicros: number;
  readonly senderCpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const secret = developmentSecrets.stripe;
const connections = 64;

const round = async (
  what: "floor" | "inline" | "worker",
  accounts: number,
  rounds: number,
  scripts: string,
): Promise<Figures> => {
  const directory = mkdtempSync(join(tmpdir(), "tieout-bench-"));
  const args = what === "floor" ? [directory, secret] : [directory, what];
  const receiver = fork(join(scripts, what === "floor" ? "floor.mjs" : "subject.mjs"), args, {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    // As `npm start` runs it, and the floor alike.
    execArgv: ["--max-semi-space-size=64"],
  });
  const sender = fork(join(scripts, "load.mjs"), [], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  try {
    const { port } = await next<{ port: number }>(receiver, "listening");
    const send = async (
      order: object,
    ): Promise<{
      events: number;
      sent: number;
      refused: number;
      cpuMicros: number;
      p50: number;
      p99: number;
      elapsedMs: number;
      receiverCpu: number;
    }> => {
      sender.send({ type: "prepare", order });
      const { events } = await next<{ events: number }>(sender, "prepared");
      receiver.send({ type: "begin" });
      await next(receiver, "begun");
      const began = performance.now();
      sender.send({ type: "run" });
      const done = await next<{ sent: number; refused: number; cpuMicros: number; p50: number; p99: number }>(
        sender,
        "done",
      );
      receiver.send({ type: "settle" });
      const settled = await next<{ cpuMicros: number }>(receiver, "settled");
      return { ...done, events, elapsedMs: performance.now() - began, receiverCpu: settled.cpuMicros };
    };
    const order = { port, path: "/webhooks/stripe", secret, connections };
    // Warm: a server runs for weeks, so that what the compiler does in its first seconds is not what is asked about.
    await send({ ...order, accounts: Math.ceil(accounts / 2), rounds, prefix: "w" });
    const ran = await send({ ...order, accounts, rounds, prefix: "" });
    if (ran.refused > 0) throw new Error(`bench: ${what} refused ${ran.refused} of ${ran.sent} requests`);
    receiver.send({ type: "end" });
    await Promise.race([next(receiver, "ended"), new Promise((r) => receiver.once("exit", r))]).catch(() => {});
    return {
      eventsPerSecond: Math.round((ran.events / ran.elapsedMs) * 1000),
      cpuMicros: Math.round((ran.receiverCpu / ran.events) * 10) / 10,
      senderCpuMicros: Math.round((ran.cpuMicros / ran.events) * 10) / 10,
      p50Ms: Math.round(ran.p50 * 100) / 100,
      p99Ms: Math.round(ran.p99 * 100) / 100,
    };
  } finally {
    receiver.kill("SIGKILL");
    sender.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  }
};

const middle = (all: ReadonlyArray<Figures>): Figures => ({
  eventsPerSecond: median(all.map((f) => f.eventsPerSecond)),
  cpuMicros: median(all.map((f) => f.cpuMicros)),
  senderCpuMicros: median(all.map((f) => f.senderCpuMicros)),
  p50Ms: median(all.map((f) => f.p50Ms)),
  p99Ms: median(all.map((f) => f.p99Ms)),
});

export const ingest = async ({
  rounds = 5,
  accounts = 600,
  invoices = 4,
}: {
  rounds?: number;
  accounts?: number;
  invoices?: number;
} = {}) => {
  const scripts = await bundle(["floor", "subject", "load"]);
  const all = { floor: [] as Figures[], inline: [] as Figures[], worker: [] as Figures[] };
  for (let i = 0; i < rounds; i++) {
    for (const what of ["floor", "inline", "worker"] as const) {
      all[what].push(await round(what, accounts, invoices, scripts));
      say(
        `ingest ${i + 1}/${rounds} ${what}: ${all[what].at(-1)!.eventsPerSecond} events/s, ${all[what].at(-1)!.cpuMicros} µs CPU each`,
      );
    }
  }
  const [floor, inline, worker] = [middle(all.floor), middle(all.inline), middle(all.worker)];
  // Ratios within one round, so that a slow minute of the machine is a slow minute for both.
  const ratio = (of: ReadonlyArray<Figures>) =>
    median(of.map((f, i) => f.eventsPerSecond / all.floor[i]!.eventsPerSecond));
  const cpuRatio = (of: ReadonlyArray<Figures>) => median(of.map((f, i) => all.floor[i]!.cpuMicros / f.cpuMicros));
  const two = (value: number) => Math.round(value * 1000) / 1000;
  return {
    floor,
    tieout: worker,
    ratio: two(ratio(all.worker)),
    cpuRatio: two(cpuRatio(all.worker)),
    oneThread: { ...inline, ratio: two(ratio(all.inline)), cpuRatio: two(cpuRatio(all.inline)) },
    rounds,
  };
};
