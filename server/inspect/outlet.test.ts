/** How fast a watcher is served and what is left out; with the platform's timers replaced. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { afterEach, beforeEach, it, vi } from "vitest";
import type { Inspected } from "../host/host.ts";
import type { Loose } from "../testing/world.ts";
import { makeBacklog } from "./backlog.ts";
import { makeOutlet, type Pipe, slowReader, usualLimits } from "./outlet.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const message = (type: Inspected["type"], sessionId: string, n: number): Inspected => ({
  type,
  sessionId,
  text: JSON.stringify({ type, sessionId, n }),
});
const step = (n: number, session = "x:0"): ReadonlyArray<Inspected> => [
  message("@xstate.event", session, n),
  message("@xstate.snapshot", session, n),
];

const piped = () => {
  const sent: Loose[] = [];
  const closed: Array<readonly [number, string]> = [];
  const state = { bufferedAmount: 0, pings: 0 };
  const pipe: Pipe = {
    get bufferedAmount() {
      return state.bufferedAmount;
    },
    send: (text) => sent.push(JSON.parse(text)),
    ping: () => {
      state.pings += 1;
    },
    close: (code, reason) => closed.push([code, reason]),
  };
  return { pipe, sent, closed, state };
};

it("[IN6] no more than the limit goes out in any second; of each session the newest snapshot arrives, in order", () => {
  const { pipe, sent, closed } = piped();
  const outlet = makeOutlet({ ...usualLimits, messagesPerSecond: 10, pulseMs: 1e9 }, Date.now);
  outlet.open(pipe);
  outlet.push([message("@xstate.actor", "x:0", 0)]);
  for (let n = 1; n <= 60; n++) outlet.push(step(n));
  assert.equal(sent.length, 10);
  vi.advanceTimersByTime(1000);
  assert.ok(sent.length <= 20, `${sent.length}`);
  vi.advanceTimersByTime(20_000);
  assert.equal(sent[0].type, "@xstate.actor");
  const events = sent.filter(({ type }) => type === "@xstate.event").map(({ n }) => n);
  assert.deepEqual(
    events,
    Array.from({ length: 60 }, (_, i) => i + 1),
  );
  const snapshots = sent.filter(({ type }) => type === "@xstate.snapshot").map(({ n }) => n);
  assert.ok(snapshots.length < 10);
  assert.equal(sent.at(-1).n, 60);
  assert.deepEqual(
    snapshots,
    [...snapshots].sort((a, b) => a - b),
  );
  assert.deepEqual(closed, []);
  outlet.close();
  assert.equal(vi.getTimerCount(), 0);
});

it("[IN6] what waits is bounded; events that are left out are counted and told, actors and last snapshots never are", () => {
  const sessions = fc.constantFrom("x:0", "x:1", "x:2");
  fc.assert(
    fc.property(fc.array(fc.tuple(sessions, fc.boolean()), { maxLength: 120, size: "max" }), (steps) => {
      const backlog = makeBacklog(20, () => 5);
      const out: Loose[] = [];
      const drain = () => {
        for (let text = backlog.shift(); text !== null; text = backlog.shift()) out.push(JSON.parse(text));
      };
      for (const session of ["x:0", "x:1", "x:2"]) backlog.push(message("@xstate.actor", session, 0));
      steps.forEach(([session, pause], n) => {
        for (const one of step(n + 1, session)) assert.ok(backlog.push(one));
        assert.ok(backlog.size() <= 20);
        if (pause && n % 7 === 0) drain();
      });
      drain();
      for (const session of ["x:0", "x:1", "x:2"]) {
        const mine = out.filter(({ sessionId }) => sessionId === session);
        const told = steps.map(([to], n) => (to === session ? n + 1 : 0)).filter((n) => n > 0);
        assert.equal(mine[0].type, "@xstate.actor");
        assert.equal(mine.at(-1).n, told.at(-1) ?? 0);
        const shown = mine.filter(({ type, n }) => type === "@xstate.event" && n !== undefined).length;
        const dropped = mine.filter(({ event }) => event?.type === "tieout.dropped");
        assert.equal(shown + dropped.reduce((sum, { event }) => sum + event.count, 0), told.length);
      }
    }),
    { numRuns: 60 },
  );
});

it("[IN7] a watcher is given up when its unread bytes, or what cannot be left out, pass the bound, or no ping is answered", () => {
  const unread = piped();
  const first = makeOutlet({ ...usualLimits, mostUnreadBytes: 100 }, Date.now);
  first.open(unread.pipe);
  unread.state.bufferedAmount = 101;
  first.push(step(1));
  assert.deepEqual(unread.closed, [[slowReader, "slow reader: more than 100 bytes unread"]]);
  first.push(step(2));
  assert.deepEqual([unread.sent.length, unread.closed.length], [0, 1]);

  const full = piped();
  const second = makeOutlet({ ...usualLimits, mostWaiting: 3, messagesPerSecond: 1 }, Date.now);
  second.open(full.pipe);
  second.push(Array.from({ length: 6 }, (_, n) => message("@xstate.actor", `x:${n}`, n)));
  assert.deepEqual(full.closed, [[slowReader, "slow reader: more than 3 messages waited"]]);

  const mute = piped();
  const third = makeOutlet({ ...usualLimits, pulseMs: 1000 }, Date.now);
  third.open(mute.pipe);
  vi.advanceTimersByTime(1500);
  third.pong();
  vi.advanceTimersByTime(1000);
  assert.deepEqual([mute.state.pings, mute.closed.length], [2, 0]);
  vi.advanceTimersByTime(1000);
  assert.deepEqual(mute.closed, [[slowReader, "slow reader: no answer to a ping within 1000 ms"]]);
  assert.equal(vi.getTimerCount(), 0);
});
