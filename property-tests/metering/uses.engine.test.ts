/** Use through the door, the journal and the fold: each id once, corrections found wherever they stand, the same after a restart. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import { beforeAll, test } from "vitest";
import { makeCloudEvents } from "../../adapters/cloudevents.ts";
import { sign } from "../../adapters/standard-webhooks.ts";
import { policies } from "../../domain/lifecycle.ts";
import { nobody, type Uses } from "../../domain/metering/uses.ts";
import { toText } from "../../domain/rating/rational.ts";
import { makeEngine } from "../../server/engine/engine.ts";
import { importBodies } from "../../server/http/recorded.ts";
import { type Loose, makeWorld, type World } from "../../server/testing/world.ts";

const secret = `whsec_${Buffer.from("secret of usage").toString("base64")}`;
const system = makeCloudEvents({ connection: "usage", roles: ["usage"] });
let world: World;

beforeAll(async () => {
  world = await makeWorld({ senders: [{ system, secret }] });
});

const use = (id: string, quantity: string, more: object = {}, owner: string | null = "acme") => ({
  specversion: "1.0",
  id,
  source: "usage",
  type: "use.recorded",
  subject: `use/${id}`,
  time: "2026-02-03T10:07:00Z",
  ...(owner === null ? {} : { owner }),
  data: { status: "recorded", meter: "calls", contract: null, quantity, ...more },
});

const send = async (...events: ReadonlyArray<object>): Promise<ReadonlyArray<string>> => {
  const body = JSON.stringify(events);
  const signed = sign(body, { id: "m1", timestampSec: Math.floor(world.clock.now / 1000), secret });
  const headers = { ...signed, "content-type": "application/cloudevents-batch+json" };
  const response = await world.app.request("/events", { method: "POST", body, headers });
  assert.equal(response.status, 202, await response.clone().text());
  await world.host.idle();
  return ((await response.json()) as Loose).events.map((one: Loose) => one.status);
};

const sumOf = ({ all }: Uses): string =>
  all.flatMap(({ quarters }) => quarters.map(([, { sum, count }]) => `${toText(sum)} in ${count}`)).join("; ");
const usesOf = (customer: string): Uses => world.engine.core.parties.get(`usage:${customer}`)!.uses;

test("[US5 P1] A use counts once by its id; one that nobody is named for counts too", async () => {
  assert.deepEqual(await send(use("a", "3"), use("b", "4"), use("a", "3"), use("n", "9", {}, null)), [
    "accepted",
    "accepted",
    "duplicate",
    "accepted",
  ]);
  assert.equal(sumOf(usesOf("acme")), "7 in 2");
  assert.equal(sumOf(usesOf(nobody)), "9 in 1");
});

test("[US6 P2] A correction replaces what it names, whether it comes after or before it", async () => {
  await send(use("c", "10", { corrects: "b" }));
  assert.equal(sumOf(usesOf("acme")), "13 in 2");
  await send(use("e", "1", { corrects: "d" }));
  assert.deepEqual(usesOf("acme").corrected.wanted, ["d"]);
  await send(use("d", "500"));
  assert.deepEqual(usesOf("acme").corrected.wanted, []);
  assert.equal(sumOf(usesOf("acme")), "14 in 3");
  await send(use("f", "0", { corrects: "c", void: true }));
  assert.equal(sumOf(usesOf("acme")), "4 in 2");
});

test("[US7] The same id with other content is a fault, and counts as the smaller encoding whichever came first", async () => {
  assert.deepEqual(await send(use("g", "6")), ["accepted"]);
  await send(use("g", "60"));
  assert.equal(sumOf(usesOf("acme")), "10 in 3");
  const { body } = await world.get("/v1/faults?kind=conflicting-content");
  assert.equal(body.items.length, 1);
});

test("[US8] Another process folds the same, from the snapshot and from the journal", async () => {
  const before = sumOf(usesOf("acme"));
  const again = async (snapshot: boolean): Promise<Uses> => {
    if (snapshot) await Effect.runPromise(world.engine.snapshot);
    const engine = await Effect.runPromise(
      makeEngine({
        systems: new Map([[system.connection, system]]),
        policy: policies["billing-led"],
        rules: new Map(),
        owner: "other",
        retry: { baseMs: 1, capMs: 5 },
        sendTimeoutMs: 1000,
        settleWindowMs: 50,
        snapshotCells: 10_000,
        hotParties: 10_000,
      }).pipe(Effect.provide(world.store.layer)),
    );
    await Effect.runPromise(engine.recover);
    await Effect.runPromise(engine.ensure("usage:acme"));
    return engine.core.parties.get("usage:acme")!.uses;
  };
  assert.equal(sumOf(await again(false)), before);
  assert.equal(sumOf(await again(true)), before);
});

test("[US15 P1] A recorded batch is its events, each by itself; what needs a look is told of the file", async () => {
  const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const bodies = [bytes([use("h", "1"), use("i", "2")]), bytes([use("h", "1")]), bytes(use("j", "3")), bytes([{}])];
  const outcomes = await importBodies(world.host, system, [...bodies, bytes([])], world.clock.now);
  assert.deepEqual(outcomes, ["accepted", "duplicate", "accepted", "not-an-envelope", "not-an-envelope"]);
  await world.host.idle();
  assert.equal(sumOf(usesOf("acme")), "16 in 6");
});
