/** Both hosts: what they take in together, what they refuse, and that the second thread changes nothing. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterEach, describe, it } from "vitest";
import { layer as embedded } from "../../adapters/stores/embedded/layer.ts";
import { inbound } from "../../adapters/stripe/layer.ts";
import { policies } from "../../domain/lifecycle.ts";
import { type Appended, Journal, type NewEntry, StoreError } from "../../domain/ports/store.ts";
import { makeWorkload } from "../../property-tests/kill/workload.ts";
import { makeCommitter } from "./commit.ts";
import type { Delivery } from "./delivery.ts";
import type { HostFailure } from "./host.ts";
import { type HostMode, makeHost, type RoomOptions, type RunningHost } from "./make.ts";
import { pack, packDeliveries, unpack, unpackDeliveries } from "./wire.ts";
import { makeWorkerHost } from "./worker.ts";

const entryOf = (body: string): NewEntry => {
  const bytes = new Uint8Array(Buffer.from(body));
  const decoded = inbound.decode(bytes, "stripe");
  assert.ok(decoded._tag === "Events" || decoded._tag === "Unknown");
  const { id, type, dataHash: hash } = decoded.envelope;
  const events = decoded._tag === "Events" ? decoded.events : [];
  const dedup = { id, type, hash };
  return { kind: "webhook", connection: "stripe", at: 1, partition: 0, dedup, events, note: null, raw: bytes };
};

const deliveryOf = (body: string): Delivery => ({
  connection: "stripe",
  body: new Uint8Array(Buffer.from(body)),
  at: 1,
  traceparent: null,
});

const open: RunningHost[] = [];
const directories: string[] = [];
afterEach(async () => {
  for (const host of open.splice(0)) await host.close(0).catch(() => {});
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

const directory = (): string => {
  const made = mkdtempSync(join(tmpdir(), "tieout-host-"));
  directories.push(made);
  return made;
};

const start = async (mode: HostMode, path: string, more: Partial<RoomOptions> = {}, fatal: string[] = []) => {
  const options: RoomOptions = {
    store: { type: "embedded", directory: path },
    connections: [{ vendor: "stripe", connection: "stripe", api: null }],
    policy: policies["billing-led"],
    rules: {},
    owner: `test ${Math.random()}`,
    retry: { baseMs: 5, capMs: 20 },
    sendTimeoutMs: 100,
    pollEveryMs: null,
    sending: true,
    ...more,
  };
  const host = await makeHost(options, { log: () => {}, fatal: (reason) => fatal.push(reason) }, mode);
  open.push(host);
  return host;
};

const stored = (path: string) =>
  Effect.runPromise(
    Effect.scoped(
      Effect.provide(
        Effect.gen(function* () {
          const journal = yield* Journal;
          const entries = yield* journal.read(0, 10_000);
          const raws = yield* Effect.forEach(entries, ({ position }) => journal.raw(position));
          return entries.map((entry, i) => ({ ...entry, raw: Buffer.from(raws[i] ?? []).toString() }));
        }),
        embedded({ directory: path }),
      ),
    ),
  );

const told = makeWorkload(11).round(5);

it("[HO1] calls of one turn are one append, in their order, each with its own answers", async () => {
  const batches: number[] = [];
  let position = 0;
  const committer = makeCommitter(
    (entries) =>
      Effect.sync(() => {
        batches.push(entries.length);
        return entries.map((): Appended => ({ _tag: "Accepted", position: ++position, conflictOf: null }));
      }),
    () => {},
  );
  const entry = entryOf(told[0]!.body);
  const calls = Array.from({ length: 600 }, () => committer.accept([entry]));
  const answers = await Promise.all([...calls, committer.accept([entry, entry, entry])]);
  assert.deepEqual(batches, [512, 91]);
  assert.deepEqual(
    answers.flat().map(({ position }) => position),
    Array.from({ length: 603 }, (_, i) => i + 1),
  );
  await committer.close();
  await assert.rejects(committer.accept([entry]), { code: "closing" });
});

it("[HO2 P1 P7] a store that refuses rejects the whole batch; a call that brings out a bug only itself", async () => {
  const entry = entryOf(told[0]!.body);
  let mode: "full" | "bug" = "full";
  const committer = makeCommitter(
    (entries) => {
      if (mode === "full") return Effect.fail(new StoreError({ code: "full", reason: "no space" }));
      if (entries.some(({ partition }) => partition === 13)) return Effect.die(new Error("a bug"));
      return Effect.succeed(entries.map((): Appended => ({ _tag: "Accepted", position: 1, conflictOf: null })));
    },
    () => {},
  );
  const outcomes = async () => {
    const calls = [
      committer.accept([entry]),
      committer.accept([{ ...entry, partition: 13 }]),
      committer.accept([entry]),
    ];
    const settled = await Promise.allSettled(calls);
    return settled.map((one) => (one.status === "fulfilled" ? "taken" : (one.reason as HostFailure).code));
  };
  assert.deepEqual(await outcomes(), ["full", "full", "full"]);
  mode = "bug";
  assert.deepEqual(await outcomes(), ["taken", "internal", "taken"]);
});

it("[HO3] what crosses to the worker arrives as it left, bytes included", () => {
  const calls = [[entryOf(told[0]!.body), { ...entryOf(told[1]!.body), raw: null }], [entryOf(told[2]!.body)]];
  assert.deepEqual(unpack(pack(calls)), calls);
  const deliveries = told.slice(0, 3).map(({ body }, i) => [i, deliveryOf(body)] as const);
  assert.deepEqual(unpackDeliveries(packDeliveries(deliveries)), deliveries);
});

describe.each(["inline", "worker"] as const)("%s", (mode) => {
  it(`[HO4 P1] ${mode}: what was accepted is in the journal with its bytes, the second time it is a duplicate`, async () => {
    const path = directory();
    const host = await start(mode, path);
    const entries = told.map(({ body }) => entryOf(body));
    const first = await Promise.all(entries.map((entry) => host.accept([entry])));
    const again = await Promise.all(entries.map((entry) => host.accept([entry])));
    assert.ok(first.flat().every(({ _tag }) => _tag === "Accepted"));
    assert.deepEqual(
      again.flat(),
      first.flat().map(({ position }) => ({ _tag: "Duplicate", position })),
    );
    await host.idle();
    const health = (await host.ask({ name: "health" })) as { readonly position: number; readonly head: number };
    assert.equal(health.position, told.length);
    await host.close(1000);
    assert.deepEqual((await stored(path)).map(({ raw }) => raw).sort(), told.map(({ body }) => body).sort());
  });

  it(`[HO9 P1] ${mode}: a webhook's bytes are opened where the engine is, and the answer says what the journal has of them`, async () => {
    const path = directory();
    const host = await start(mode, path);
    const [one, two] = told as [(typeof told)[0], (typeof told)[0]];
    const bodies = [one.body, two.body, one.body, '{"hello": 1}', "not JSON"];
    const answers = await Promise.all(bodies.map((body) => host.receive(deliveryOf(body))));
    const [first, second] = [one, two].map(({ body }) => (JSON.parse(body) as { readonly id: string }).id);
    const taken = { status: 202, correlationId: null } as const;
    assert.deepEqual(answers, [
      { ...taken, eventId: first, outcome: "accepted" },
      { ...taken, eventId: second, outcome: "accepted" },
      { ...taken, eventId: first, outcome: "duplicate" },
      { status: 400, reason: "the event has no id" },
      { status: 400, reason: "the body is not JSON" },
    ]);
    await host.idle();
    await host.close(1000);
    assert.deepEqual(
      (await stored(path)).map(({ raw }) => raw),
      [one.body, two.body, '{"hello": 1}', "not JSON"],
    );
    await assert.rejects(host.receive(deliveryOf(one.body)), { code: "closing" });
  });

  it(`[HO5] ${mode}: a directory in use is refused with the owner's reason`, async () => {
    const path = directory();
    await start(mode, path);
    await assert.rejects(
      start(mode, path),
      ({ code, reason }: HostFailure) => code === "in-use" && reason.includes(path),
    );
  });

  it(`[HO6 P1] ${mode}: a full disk refuses the call, and nothing of it is stored`, async () => {
    const path = directory();
    const host = await start(mode, path, { store: { type: "embedded", directory: path, maxPages: 40 } });
    const big = new Uint8Array(randomBytes(1_000_000));
    const refused = host.accept([entryOf(told[0]!.body), { ...entryOf(told[1]!.body), raw: big }]);
    await assert.rejects(refused, { code: "full" });
    assert.equal(((await host.ask({ name: "health" })) as { head: number }).head, 0);
  });
});

it("[HO7] both hosts answer every question alike", async () => {
  const answers = [];
  for (const mode of ["inline", "worker"] as const) {
    const host = await start(mode, directory());
    for (const { body } of told) await host.accept([entryOf(body)]);
    await host.idle();
    answers.push([await host.ask({ name: "report" }), await host.ask({ name: "account", id: "stripe:nobody" })]);
    await host.close(0);
  }
  assert.deepEqual(answers[0], answers[1]);
});

it("[HO8] a worker that dies rejects what waits, and says so once as fatal", async () => {
  const fatal: string[] = [];
  const dying = `import { parentPort as p } from "node:worker_threads"; p.postMessage({ type: "opened" }); p.on("message", () => process.exit(7));`;
  const events = { log: () => {}, fatal: (reason: string) => fatal.push(reason) };
  const host = await makeWorkerHost(
    {} as RoomOptions,
    events,
    new URL(`data:text/javascript,${encodeURIComponent(dying)}`),
  );
  await assert.rejects(host.accept([entryOf(told[0]!.body)]), {
    code: "internal",
    reason: /ended by itself \(code 7\)/,
  });
  assert.equal(fatal.length, 1);
  await assert.rejects(host.accept([entryOf(told[0]!.body)]), { code: "closing" });
});
