/** Ten kills in every test run; `run.ts` does two hundred. */
import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "vitest";
import { type AuditInput, audit } from "./audit.ts";
import { leastCommands, leastRequests, runKills } from "./kill.ts";

const kills = 10;

/** What a server that broke its promises would have left behind: each must be found. */
const spoilt = async (input: AuditInput): Promise<void> => {
  const { acknowledged, expected } = input;
  const lost = await audit({ ...input, acknowledged: new Set([...acknowledged, "evt_never_stored"]) });
  assert.match(lost.findings.join("\n"), /evt_never_stored was acknowledged/);
  const paid = expected.find(({ cashMinor }) => cashMinor > 0)!;
  const others = await audit({ ...input, expected: expected.filter((one) => one !== paid) });
  assert.match(others.findings.join("\n"), new RegExp(`cash ${paid.amountMinor}: no invoice asked for it`));
  const more = await audit({ ...input, expected: [...expected, { ...paid, amountMinor: 7 }] });
  assert.match(more.findings.join("\n"), /cash of 7 comes to 0/);

  const log = join(input.dataDir, "simulators", "netsuite", "log.jsonl");
  const lines = readFileSync(log, "utf8").trimEnd().split("\n");
  const last = JSON.parse(lines.findLast((line) => line.includes('"customerPayment"') && line.includes('"create"'))!);
  const { entry, docs } = last;
  const again = {
    ...last,
    entry: { ...entry, seq: lines.length + 1, internalId: "999999" },
    docs: [{ ...docs[0], internalId: "999999" }],
  };
  appendFileSync(log, `${JSON.stringify(again)}\n`);
  const doubled = await audit(input);
  assert.match(doubled.findings.join("\n"), /was made twice/);
  assert.match(doubled.findings.join("\n"), /comes to \d+ in 2 documents/);
};

it(`[K1 P1 P3 P5] ${kills} kills -9 with ${leastRequests} requests and ${leastCommands} commands in flight lose nothing acknowledged and write nothing twice`, {
  timeout: 150_000,
}, async () => {
  const lines: string[] = [];
  const report = await runKills({
    kills,
    seed: 20_261_120,
    mode: "worker",
    log: (line) => lines.push(line),
    restWithinMs: 60_000,
    inspect: async (input, { findings }) => {
      if (findings.length === 0) await spoilt(input);
    },
  });
  assert.deepEqual(report.findings, [], lines.join("\n"));
  assert.equal(report.full, kills, lines.join("\n"));
  assert.ok(report.acknowledged > report.invoices && report.documents > 0);
});
