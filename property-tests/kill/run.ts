/** `node --import tsx property-tests/kill/run.ts [--kills 200] [--seed 1] [--mode inline|worker]`: progress on stderr, exit 1 on findings. */
import { parseArgs } from "node:util";
import { runKills } from "./kill.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    mode: { type: "string", default: "worker" },
  },
});
const kills = Number(values.kills);
const seed = Number(values.seed);
if (!Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed) || !["inline", "worker"].includes(values.mode)) {
  console.error("usage: run.ts [--kills N] [--seed N] [--mode inline|worker]");
  process.exit(2);
}
console.error(`${kills} kills, seed ${seed}, ${values.mode}`);
const begun = Date.now();
const report = await runKills({
  kills,
  seed,
  mode: values.mode === "worker" ? "worker" : "inline",
  log: (line) => console.error(line),
  restWithinMs: 120_000,
});
for (const finding of report.findings) console.error(`FINDING ${finding}`);
const { kills: all, ...rest } = report;
console.log(JSON.stringify({ seed, seconds: (Date.now() - begun) / 1000, killed: all.length, ...rest }));
process.exit(report.findings.length > 0 || report.full < kills ? 1 : 0);
