/**
 * One process's part of the schedules: every `stride`-th seed from `from`, `count` of them or until the deadline. Prints a line of
 * JSON for each hundred runs and for each failure. Runs as a bundle (`shards.ts`): half the time that loading file by file takes.
 */
import { parseArgs } from "node:util";
import { runSchedule } from "./run.ts";
import { Shares } from "./shares.ts";

const { values } = parseArgs({
  options: {
    from: { type: "string", default: "1" },
    stride: { type: "string", default: "1" },
    count: { type: "string", default: "Infinity" },
    forMs: { type: "string", default: "Infinity" },
  },
});

let shares = new Shares();
let seed = Number(values.from);
const report = (failure?: { readonly seed: number; readonly failure: string }): void => {
  process.stdout.write(
    `${JSON.stringify({ runs: shares.runs, counts: shares.all, next: seed, ...(failure ? { failure } : {}) })}\n`,
  );
  shares = new Shares();
};
process.stdin.resume().on("end", () => process.exit(1));
process.on("SIGTERM", () => {
  report();
  process.exit(0);
});

const until = Date.now() + Number(values.forMs);
for (let left = Number(values.count); left > 0 && Date.now() < until; left--) {
  const { failure, reached } = await runSchedule(seed);
  shares.add(reached);
  if (failure !== null) report({ seed, failure });
  seed += Number(values.stride);
  if (shares.runs >= 100) report();
}
report();
process.exit(0);
