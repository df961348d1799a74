/** What was acknowledged survives the death of the process. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { it } from "vitest";
import { Journal } from "../../../domain/ports/store.ts";
import { sampleEntry } from "../contract/samples.ts";
import { append, findings, inStore, scratch } from "./scratch.ts";

/** Lets a child append until it has acknowledged so many batches, kills it, and answers the last acknowledged position. */
const appendUntilKilled = async (directory: string, batches: number): Promise<number> => {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", join(import.meta.dirname, "kill.child.ts"), directory, "append"],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (said.split("\n").length > batches) child.kill("SIGKILL");
  });
  const [, signal] = await once(child, "close");
  assert.equal(signal, "SIGKILL", said);
  // A line without its end was cut off by the kill.
  return Number(said.split("\n").at(-2));
};

it("[ES5] after SIGKILL every acknowledged entry is there, once, and the chain is whole", {
  timeout: 120_000,
}, async () => {
  const directory = scratch();
  for (const batches of [3, 11, 30]) {
    const acknowledged = await appendUntilKilled(directory, batches);
    assert.ok(acknowledged >= batches);
    const { entries, head, found } = await inStore(
      { directory },
      Effect.gen(function* () {
        const journal = yield* Journal;
        return { entries: yield* journal.read(0, 1_000_000), head: yield* journal.head, found: yield* findings };
      }),
    );
    assert.deepEqual(found, []);
    assert.ok(head >= acknowledged, `${head} < ${acknowledged}`);
    entries.forEach((entry, i) => {
      assert.equal(entry.position, i + 1);
      assert.equal(entry.dedup?.id, `evt_${i}`);
    });
    assert.equal(entries.length, head);
    const again = await inStore(
      { directory },
      append(sampleEntry({ id: "evt_0" }), sampleEntry({ id: `evt_${acknowledged - 1}` })),
    );
    assert.deepEqual(again, [
      { _tag: "Duplicate", position: 1 },
      { _tag: "Duplicate", position: acknowledged },
    ]);
    const raw = await inStore(
      { directory },
      Effect.flatMap(Journal, (journal) => journal.raw(acknowledged)),
    );
    const serial = acknowledged - 1;
    assert.deepEqual(raw, sampleEntry({ id: `evt_${serial}`, serial, events: 2, rawBytes: 2000 }).raw);
  }
});
