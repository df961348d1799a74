/**
 * `npm run test:deep -- --for 30m --from N`: schedules for as long as asked, on all cores, resumable and adding up in a kept file
 * (`.tieout-deep.json`). `--seed N` runs one schedule and prints its trace.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { runSchedule } from "./run.ts";
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
    worker: { type: "string" },
    stride: { type: "string", default: "1" },
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

/** One process: every `stride`-th seed, a line of JSON for each hundred runs. */
const work = async (from: number, stride: number, until: number): Promise<void> => {
  let shares = new Shares();
  let seed = from;
  const report = (failure?: { seed: number; failure: string }) => {
    process.stdout.write(
      `${JSON.stringify({ runs: shares.runs, counts: shares.all, next: seed, ...(failure ? { failure } : {}) })}\n`,
    );
    shares = new Shares();
  };
  process.on("SIGTERM", () => {
    report();
    process.exit(0);
  });
  while (Date.now() < until) {
    const { failure, reached } = await runSchedule(seed);
    shares.add(reached);
    if (failure !== null) report({ seed, failure });
    seed += stride;
    if (shares.runs >= 100) report();
  }
  report();
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
  const children = Array.from({ length: workers }, (_, index) =>
    spawn(
      process.execPath,
      [
        ...process.execArgv,
        import.meta.filename,
        "--worker",
        String(from + index),
        "--stride",
        String(workers),
        "--for",
        values.for,
      ],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    ),
  );
  const stop = () => {
    for (const child of children) child.kill("SIGTERM");
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  const heard = (line: string) => {
    const { runs, counts, next, failure } = JSON.parse(line);
    mine.schedules += runs;
    mine.next = Math.max(mine.next, next);
    for (const [what, count] of Object.entries(counts))
      mine.counts[what] = (mine.counts[what] ?? 0) + (count as number);
    if (failure) mine.failures.push(failure);
    save();
    if (!values.json)
      process.stderr.write(
        `\r${mine.schedules} schedules on ${name}, ${mine.failures.length} failed, ${Math.max(0, Math.round((until - Date.now()) / 1000))} s left   `,
      );
  };
  await Promise.all(
    children.map(
      (child) =>
        new Promise<void>((resolve) => {
          let rest = "";
          child.stdout.on("data", (chunk: Buffer) => {
            const lines = (rest + chunk.toString()).split("\n");
            rest = lines.pop()!;
            for (const line of lines) heard(line);
          });
          child.on("close", () => resolve());
        }),
    ),
  );
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
} else if (values.worker !== undefined) {
  await work(whole(values.worker, "worker"), whole(values.stride, "stride"), Date.now() + millis(values.for));
} else await coordinate();
