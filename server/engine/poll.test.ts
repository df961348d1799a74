/** A poll that finds nothing new moves on without a word: an idle company's journal does not grow. */
import assert from "node:assert/strict";
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import { it } from "vitest";
import { makeMemory } from "../../adapters/stores/memory.ts";
import { inbound, profile } from "../../adapters/stripe/layer.ts";
import { policies } from "../../domain/lifecycle.ts";
import { type PollAnswer, RejectedFixable, type System } from "../../domain/ports/system.ts";
import { makeEngine } from "./engine.ts";

const deaf = Effect.fail(new RejectedFixable({ code: "no-api", detail: "this system is never asked" }));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

it("[L8] an answer without news is not written down, the next poll goes on after it, and the place is kept from time to time", async () => {
  const memory = makeMemory();
  const asked: Array<string | null> = [];
  let now = 1_000_000;
  const poll = (cursor: string | null): Effect.Effect<PollAnswer> => {
    asked.push(cursor);
    return Effect.succeed({ body: bytes("{}"), events: [], cursor: String(asked.length), more: false });
  };
  const system: System = {
    connection: "netsuite",
    profile: { ...profile, roles: ["erp"], canRead: false },
    inbound,
    outbound: { send: () => deaf, lookup: () => deaf, read: () => deaf, poll },
  };
  const clock: Clock.Clock = Object.assign(Object.create(Clock.make()), { currentTimeMillis: Effect.sync(() => now) });
  const engineOf = (owner: string) =>
    makeEngine({
      systems: new Map([["netsuite", system]]),
      policy: policies["billing-led"],
      rules: new Map(),
      owner,
      retry: { baseMs: 1, capMs: 1 },
      sendTimeoutMs: 1000,
      snapshotCells: 1e6,
      hotParties: 1e6,
      pollEveryMs: 1000,
    });
  const work = Effect.gen(function* () {
    const engine = yield* engineOf("first");
    yield* engine.recover;
    for (let turn = 0; turn < 100; turn++) {
      for (const job of engine.jobs(now)) {
        engine.begin(job, now);
        yield* engine.run(job);
      }
      now += 30_000;
    }
    // A process after it begins where the last word of the journal is, and asks for little again.
    const head = yield* engine.journal.head;
    const second = yield* engineOf("second");
    yield* second.recover;
    const kept = Number(second.core.cursors.get("netsuite"));
    assert.ok(kept > 70 && kept <= 100, String(kept));
    return head;
  });
  const head = await Effect.runPromise(Effect.withClock(Effect.provide(work, memory.layer), clock));
  assert.deepEqual(asked.slice(0, 4), [null, "1", "2", "3"]);
  assert.equal(asked.length, 100);
  // 50 minutes.
  assert.ok(head >= 3 && head <= 8, `${head} entries`);
});
