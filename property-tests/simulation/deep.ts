/**
 * `npm run test:deep -- --for 30m --from N`: schedules for as long as asked, on all cores, resumable and adding up in a kept file
 * (`.tieout-deep.json`). `--seed N` runs one schedule and prints its trace.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { runSchedule } from "./run.ts";
import { makeShards, type Report } from "./shards.ts";
import { Shares } from "./shares.ts";

interface Kept {
  /** Commit → what was run on it. */
  readonly runs: Record<
    string,
    {
      schedules: number;
      next: number;
      failures: Array<{ seed: number; failure: string }>;
      counts: Record<string, number>;
    }
  >;
}

const { values } = parseArgs({
  options: {
    for: { type: "string", default: "1m" },
    from: { type: "string" },
    seed: { type: "string" },
    file: { type: "string", default: ".tieout-deep.json" },
    json: { type: "boolean", default: false },
  },
});

const usage = (what: string): never => {
  process.stderr.write(
    `test:deep: ${what}\nusage: npm run test:deep -- [--for 30m] [--from N] [--seed N] [--file F] [--json]\n`,
  );
  process.exit(2);
};
const whole = (text: string, option: string): number =>
  /^\d+$/.test(text) ? Number(text) : usage(`--${option} takes a whole number, not ${text}`);
const millis = (text: string): number => {
  const match = /^(\d+)(s|m|h)$/.exec(text);
  return match
    ? Number(match[1]) * { s: 1_000, m: 60_000, h: 3_600_000 }[match[2] as "s" | "m" | "h"]
    : usage(`--for takes 90s, 30m or 2h, not ${text}`);
};

const commit = (): string => {
  try {
    const dirty = execFileSync("git", ["status", "--porcelain", "--", "*.ts"], { encoding: "utf8" }).trim() !== "";
    return `${execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim()}${dirty ? "+" : ""}`;
  } catch {
    return "unversioned";
  }
};

const coordinate = async (): Promise<void> => {
  const file = values.file;
  const kept: Kept = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { runs: {} };
  const name = commit();
  const mine = kept.runs[name] ?? { schedules: 0, next: 10_000_000, failures: [], counts: {} };
  kept.runs[name] = mine;
  const from = values.from === undefined ? mine.next : whole(values.from, "from");
  const until = Date.now() + millis(values.for);
  const workers = availableParallelism();
  const save = () => {
    writeFileSync(`${file}.new`, `${JSON.stringify(kept, null, 1)}\n`);
    renameSync(`${file}.new`, file);
  };
  const shards = await makeShards();
  process.on("SIGINT", shards.stop);
  process.on("SIGTERM", shards.stop);
  const heard = ({ runs, counts, next, failure }: Report) => {
    mine.schedules += runs;
    mine.next = Math.max(mine.next, next);
    for (const [what, count] of Object.entries(counts)) mine.counts[what] = (mine.counts[what] ?? 0) + count;
    if (failure) mine.failures.push(failure);
    save();
    if (!values.json)
      process.stderr.write(
        `\r${mine.schedules} schedules on ${name}, ${mine.failures.length} failed, ${Math.max(0, Math.round((until - Date.now()) / 1000))} s left   `,
      );
  };
  const forMs = String(until - Date.now());
  await Promise.all(
    Array.from({ length: workers }, (_, index) =>
      shards.run(["--from", String(from + index), "--stride", String(workers), "--forMs", forMs], heard),
    ),
  ).finally(shards.remove);
  const all = Object.values(kept.runs).reduce((sum, run) => sum + run.schedules, 0);
  if (values.json) process.stdout.write(`${JSON.stringify({ commit: name, ...mine, allCommits: all })}\n`);
  else {
    const shares = new Shares();
    shares.merge(mine.schedules, mine.counts);
    process.stdout.write(
      `\n${mine.schedules} schedules on ${name}, ${all} over all commits kept in ${file}\n${shares.table}\n`,
    );
    for (const { seed, failure } of mine.failures) process.stdout.write(`FAILED seed ${seed}: ${failure}\n`);
  }
  process.exitCode = mine.failures.length > 0 ? 1 : 0;
};

if (values.seed !== undefined) {
  const { failure, trace, events, objects } = await runSchedule(whole(values.seed, "seed"));
  process.stdout.write(
    `${trace.join("\n")}\n${events} Stripe events, ${objects} objects\n${failure ?? "at rest, as the oracle says"}\n`,
  );
  process.exitCode = failure === null ? 0 : 1;
} else await coordinate();
