/** One half of the schedules of `npm test`: two files call it, so that two cores share them. */
import assert from "node:assert/strict";
import { afterAll, describe, it } from "vitest";
import { makeShards } from "./shards.ts";
import { Shares } from "./shares.ts";

/** Schedules of one half; `TIEOUT_SCHEDULES` is for both. */
const perHalf = Math.ceil(Number(process.env["TIEOUT_SCHEDULES"] ?? 3_000) / 2);
/** Fewer say nothing about shares of one in twenty. */
const enoughForShares = 300;

export const simulationSuite = (half: string, from: number): void => {
  describe(`simulation, ${half} half`, () => {
    const shares = new Shares();
    const shards = makeShards();
    afterAll(async () => {
      const { stop, remove } = await shards;
      stop();
      remove();
    });

    it(`[SI1 P1 P2 P3 P4 P5 P6 P7] ${perHalf} schedules from seed ${from}: at rest the account, the money and every committed document are the oracle's`, {
      timeout: 600_000,
    }, async () => {
      const failures: string[] = [];
      const { run, stop } = await shards;
      await run(["--from", String(from), "--count", String(perHalf)], ({ runs, counts, failure }) => {
        shares.merge(runs, counts);
        if (failure === undefined) return;
        failures.push(`seed ${failure.seed}: ${failure.failure}\n  again: npm run test:deep -- --seed ${failure.seed}`);
        stop();
      });
      assert.equal(failures[0], undefined);
      assert.equal(shares.runs, perHalf);
    });

    it.skipIf(perHalf < enoughForShares)(
      "[SI2] every stage, conflict, ambiguity, inverse, late link and unknown outcome is reached by at least one schedule in twenty",
      () => {
        process.stdout.write(`\n${shares.runs} schedules (${half} half), share that reached:\n${shares.table}\n`);
        assert.deepEqual(shares.missing, []);
      },
    );
  });
};
