/** The gate of a connection: its limits, its breaker, its patience, and that nothing of it is for ever. */
import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { it } from "vitest";
import { Gate, type GateOptions } from "./gate.ts";

const options: GateOptions = {
  concurrency: 3,
  ratePerSecond: null,
  breaker: { failures: 3, baseMs: 1000, capMs: 8000 },
};
const failTimes = (gate: Gate, times: number, now: number): void => {
  for (let i = 0; i < times; i++) gate.failed(now);
};

it("[G1] no more calls are in flight than the vendor takes, and no more begin within any second than it allows", () => {
  fc.assert(
    fc.property(
      fc.record({ concurrency: fc.integer({ min: 1, max: 5 }), ratePerSecond: fc.integer({ min: 1, max: 5 }) }),
      fc.array(fc.record({ wait: fc.integer({ min: 0, max: 700 }), ends: fc.boolean() }), { maxLength: 60 }),
      (limits, steps) => {
        const gate = new Gate({ ...options, ...limits });
        const begun: number[] = [];
        let now = 0;
        let active = 0;
        for (const { wait, ends } of steps) {
          now += wait;
          if (ends && active > 0) {
            gate.end();
            active -= 1;
          } else if (gate.room(now) > 0) {
            gate.begin(now);
            begun.push(now);
            active += 1;
          }
          assert.ok(active <= limits.concurrency);
          assert.ok(begun.filter((at) => at > now - 1000).length <= limits.ratePerSecond);
        }
      },
    ),
  );
});

it("[G2] failures in a row open the breaker, longer each time up to the cap; one call goes through to see; an answer closes it", () => {
  const gate = new Gate(options);
  failTimes(gate, 2, 0);
  assert.equal(gate.state(0).breaker, "closed");
  gate.failed(0);
  assert.deepEqual(gate.state(0), { breaker: "open", failures: 3, until: 1000, active: 0 });
  assert.deepEqual([gate.room(0), gate.room(999), gate.room(1000)], [0, 0, 1]);
  assert.equal(gate.nextAt(0), 1000);
  gate.begin(1000);
  assert.equal(gate.room(1000), 0);
  gate.end();
  gate.failed(1000);
  assert.equal(gate.state(1000).until, 3000);
  for (const at of [3000, 7000, 15_000, 23_000]) gate.failed(at);
  assert.equal(gate.state(23_000).until, 31_000);
  assert.equal(gate.state(31_000).breaker, "half-open");
  gate.answered();
  assert.deepEqual(gate.state(31_000), { breaker: "closed", failures: 0, until: null, active: 0 });
  assert.equal(gate.room(31_000), 3);
});

it("[G3] a connection that asks for patience is given it, whatever else it answers", () => {
  const gate = new Gate(options);
  gate.pause(5000);
  gate.answered();
  gate.pause(2000);
  assert.deepEqual([gate.room(4999), gate.room(5000), gate.nextAt(0)], [0, 3, 5000]);
});

it("[G4] whatever happened, time alone opens the gate again", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom("failed", "pause", "begin", "answered"), fc.nat(2000))), (steps) => {
      const gate = new Gate({ ...options, ratePerSecond: 2 });
      let now = 0;
      for (const [what, wait] of steps) {
        now += wait;
        if (what === "failed") gate.failed(now);
        else if (what === "pause") gate.pause(now + wait);
        else if (what === "answered") gate.answered();
        else if (gate.room(now) > 0) {
          gate.begin(now);
          gate.end();
        }
      }
      for (let turns = 0; gate.room(now) <= 0; turns++) {
        const next = gate.nextAt(now);
        assert.ok(next !== null && next > now && turns < 5, "the next instant is told");
        now = next;
      }
    }),
  );
});
