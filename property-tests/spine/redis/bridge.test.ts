/** The bridge by itself: what the store answers, refuses and does wrong comes across as it is, and a process dies as told. */
import assert from "node:assert/strict";
import * as Cause from "effect/Cause";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Option from "effect/Option";
import { afterAll, beforeAll, describe, it } from "vitest";
import { sampleEntry } from "../../../adapters/stores/contract/samples.ts";
import { layer as memory } from "../../../adapters/stores/memory.ts";
import { behind } from "../../../adapters/stores/redis/scratch.ts";
import { redisIsHere } from "../../../adapters/stores/redis/testing/server.ts";
import { StoreError } from "../../../domain/ports/store.ts";
import { opened } from "../stores.ts";
import { type Bridge, makeBridge, prefix } from "./bridge.ts";

const entries = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => sampleEntry({ id: `evt_${from + i}`, serial: from + i }));

describe.skipIf(!redisIsHere)("the bridge", () => {
  let bridge: Bridge;
  beforeAll(async () => {
    bridge = await makeBridge();
  });
  afterAll(() => bridge?.close());

  it("[SP24] what a store answers comes across byte for byte", async () => {
    const { ports: plain, close } = await opened(memory);
    const there = bridge.open("answers");
    const row = { key: "k", party: "p", target: "t", state: "pending", body: "{}" } as const;
    const batch = {
      through: 2,
      cells: [{ party: "a:1", cell: "x", body: '"é\\u0000"' }],
      owners: [{ subject: "a:invoice/1", party: "a:1" }],
      terms: [{ term: "acme", party: "a:1" }],
      accounts: [{ id: "acct_1", stage: "paid", sync: "agreed", body: "{}" }],
    };
    const said = ({ journal, snapshots, outbox, due }: typeof plain) =>
      Effect.runSync(
        Effect.all([
          journal.append([...entries(0, 3), sampleEntry({ id: "evt_0", hash: "other" }), ...entries(2, 1)]),
          journal.read(1, 2),
          journal.raw(1),
          journal.raw(99),
          journal.head,
          snapshots.save(batch),
          snapshots.through,
          snapshots.load(["a:1", "a:2"]),
          snapshots.owners(["a:invoice/1"]),
          snapshots.find("ac", true, 9),
          snapshots.accounts({ after: null, stage: "paid", sync: null, limit: 9 }),
          snapshots.parties(null, 9),
          outbox.save([row], 2),
          outbox.list({ states: ["pending"], after: null, limit: 9 }),
          due.save([
            { party: "a:1", at: 5 },
            { party: "a:2", at: null },
          ]),
          due.all,
        ]),
      );
    assert.deepEqual(said(there), said(plain));
    bridge.gone("answers");
    await close();
  });

  it("[SP24] a refusal, also to open, is the store's own error, with its code and reason; what is wrong with a call is a defect", async () => {
    const { journal } = bridge.open("refused");
    const wrong = Effect.runSyncExit(journal.append([null as never]));
    assert.ok(Exit.isFailure(wrong));
    assert.ok(Option.isNone(Cause.failureOption(wrong.cause)));
    assert.match(Cause.pretty(wrong.cause), /TypeError.*null/);
    const epochIs = (epoch: string) => behind(bridge.url, (send) => send("HSET", `${prefix}meta`, "epoch", epoch));
    const epoch = await behind(bridge.url, (send) => send("HGET", `${prefix}meta`, "epoch"));
    await epochIs("another");
    const refused = Effect.runSync(Effect.flip(journal.append(entries(100, 1))));
    assert.ok(refused instanceof StoreError);
    assert.equal(refused.code, "corrupt");
    assert.match(refused.reason, /^Redis at 127\.0\.0\.1:\d+ \(spine:\): /);
    const caught = Effect.catchTag(journal.head, "StoreError", ({ code }) => Effect.succeed(code));
    assert.equal(Effect.runSync(caught), "corrupt");
    bridge.gone("refused");
    assert.throws(
      () => bridge.open("next"),
      (failure) => failure instanceof StoreError && failure.code === "corrupt",
    );
    await epochIs(String(epoch));
  });

  it("[SP25 P1] a process that dies in a call has done nothing of it, says nothing more, and is followed where it stood", () => {
    const first = bridge.open("first");
    const { journal } = first;
    const head = Effect.runSync(journal.append(entries(200, 2))).at(-1)!.position;
    Effect.runSync(bridge.brokenOff("first", journal.append(entries(202, 3))));
    bridge.gone("first");
    assert.equal(bridge.seen().get("torn at journal append"), 1);
    assert.ok(Exit.isFailure(Effect.runSyncExit(journal.head)));
    const second = bridge.open("second");
    assert.equal(Effect.runSync(second.journal.head), head);
    assert.deepEqual(
      Effect.runSync(second.journal.append(entries(201, 2))).map(({ _tag, position }) => [_tag, position]),
      [
        ["Duplicate", head],
        ["Accepted", head + 1],
      ],
    );
    assert.deepEqual(Effect.runSync(second.journal.check), []);
    bridge.gone("second");
  });
});
