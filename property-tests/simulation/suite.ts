/** One half of the schedules of `npm test`: two files call it, so that two cores share them. */
import assert from "node:assert/strict";
import { describe, it } from "vitest";
import { runSchedule } from "./run.ts";
import { Shares } from "./shares.ts";

/** Schedules of one half; `TIEOUT_SCHEDULES` is for both. */
const perHalf = Math.ceil(Number(process.env["TIEOUT_SCHEDULES"] ?? 1_000) / 2);

export const simulationSuite = (half: string, from: number): void => {
  describe(`simulation, ${half} half`, () => {
    it(`[SI1 P1 P2 P3 P4 P5 P6 P7] ${perHalf} schedules from seed ${from}: at rest the account, the money and every committed document are the oracle's`, {
      timeout: 600_000,
    }, async () => {
      const shares = new Shares();
      for (let seed = from; seed < from + perHalf; seed++) {
        const { failure, events, objects, reached } = await runSchedule(seed);
        assert.equal(failure, null, `seed ${seed}: ${failure}\n  again: npm run test:deep -- --seed ${seed}`);
        assert.ok(events >= 40, `seed ${seed} had ${events} events`);
        assert.ok(objects >= 6, `seed ${seed} had ${objects} objects`);
        shares.add(reached);
      }
      process.stdout.write(`\n${shares.runs} schedules (${half} half), share that reached:\n${shares.table}\n`);
      assert.deepEqual(shares.missing, [], "[SI2] too few schedules reach");
    });
  });
};
