/** Asked to stop in full work, the server ends what it began. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "vitest";
import { inFlightIn, readFallen } from "./audit.ts";
import { bundle } from "./bundle.ts";
import { spawnServer } from "./child.ts";
import { makeClient } from "./client.ts";
import { makeWorkload } from "./workload.ts";

it("[K2 P1] SIGTERM in full work: what was answered is stored, commands in flight get their outcome, exit 0, the directory is free", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "tieout-stop-"));
  const entry = await bundle();
  const child = spawnServer({ entry, dataDir, delayMs: 100, mode: "worker" });
  const workload = makeWorkload(3);
  const client = makeClient(32, workload.random);
  try {
    client.enqueue(workload.round(6));
    client.aim(await child.release());
    while (client.acknowledged.size < 60) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.ok(client.inFlight() >= 20);
    const t = Date.now();
    assert.equal(await child.stop(), 0);
    console.log("stop ms", Date.now() - t);
    await client.pause();
    const entries = await readFallen(dataDir, 0);
    const stored = new Set(entries.map(({ dedup }) => dedup?.id));
    assert.deepEqual(
      [...client.acknowledged].filter((id) => !stored.has(id)),
      [],
    );
    assert.ok(entries.some(({ kind }) => kind === "command"));
    assert.equal(inFlightIn(entries), 0);
    assert.equal(existsSync(join(dataDir, "owner.json")), false);
  } finally {
    await client.pause();
    await child.kill();
    entry.remove();
    rmSync(dataDir, { recursive: true, force: true });
  }
});
