/** `npm run bench -- [--json] [--only ingest|replay|scale|rating|reconciliation|queries] [--rounds N]`: one object keyed by those names. */
import { parseArgs } from "node:util";
import { ingest } from "./ingest.ts";
import { queries } from "./queries.ts";
import { rating } from "./rating.ts";
import { reconciliation } from "./reconciliation.ts";
import { replay } from "./replay.ts";
import { scale } from "./scale.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    only: { type: "string" },
    rounds: { type: "string", default: "5" },
  },
});
const benches: Record<string, () => Promise<unknown>> = {
  ingest: () => ingest({ rounds: Number(values.rounds) }),
  replay,
  scale,
  rating,
  reconciliation,
  queries,
};
const names = values.only === undefined ? Object.keys(benches) : values.only.split(",");
for (const name of names) {
  if (benches[name]) continue;
  process.stderr.write(`bench: there is no bench ${name}; there are ${Object.keys(benches).join(", ")}\n`);
  process.exit(2);
}
const results: Record<string, unknown> = {};
for (const name of names) results[name] = await benches[name]!();
process.stdout.write(`${JSON.stringify(results, null, values.json ? 0 : 2)}\n`);
