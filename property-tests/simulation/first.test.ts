/** The first half of the schedules, the seeds that are kept, and that a seed is a run. */
import assert from "node:assert/strict";
import { describe, it } from "vitest";
import { runSchedule } from "./run.ts";
import { seeds } from "./seeds.ts";
import { simulationSuite } from "./suite.ts";

describe("simulation", () => {
  it("[SI3] the same seed is the same run, step by step", async () => {
    for (const seed of [3, 11, 42, 77, 101]) {
      const [one, two] = [await runSchedule(seed), await runSchedule(seed)];
      assert.ok(one.trace.length > 40);
      assert.deepEqual(one.trace, two.trace);
    }
  });

  it("[SI4] every seed that ever failed", async () => {
    for (const [seed, why] of seeds) assert.equal((await runSchedule(seed)).failure, null, `seed ${seed}: ${why}`);
  });
});

simulationSuite("first", 1);
