/** What the store refused to keep of a fold is owed until it takes it. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { it } from "vitest";
import { makeMemory } from "../../adapters/stores/memory.ts";
import { inbound, profile } from "../../adapters/stripe/layer.ts";
import { policies } from "../../domain/lifecycle.ts";
import { Outbox, StoreError } from "../../domain/ports/store.ts";
import { RejectedFixable, type System } from "../../domain/ports/system.ts";
import { makeWorkload } from "../../property-tests/kill/workload.ts";
import { makeEngine } from "./engine.ts";
import { open } from "./intake.ts";

const deaf = Effect.fail(new RejectedFixable({ code: "no-api", detail: "this system is never asked" }));
const system = (connection: string, roles: System["profile"]["roles"]): System => ({
  connection,
  profile: { ...profile, roles, canRead: false },
  inbound,
  outbound: { send: () => deaf, lookup: () => deaf, read: () => deaf, poll: null },
});
const systems = new Map(
  [system("stripe", ["billing", "payments"]), system("netsuite", ["erp"])].map((made) => [made.connection, made]),
);
const engineOf = (owner: string) =>
  makeEngine({
    systems,
    policy: policies["billing-led"],
    rules: new Map(),
    owner,
    retry: { baseMs: 1, capMs: 1 },
    sendTimeoutMs: 1,
    snapshotCells: 1e6,
    hotParties: 1e6,
  });

it("[L6 P1] commands that the outbox refused are made good before the snapshot moves on", async () => {
  const memory = makeMemory();
  let refuse = true;
  const full = new StoreError({ code: "full", reason: "the disk is full" });
  const save: (typeof memory.outbox)["save"] = (rows, through) =>
    refuse ? Effect.fail(full) : memory.outbox.save(rows, through);
  const layer = Layer.merge(memory.layer, Layer.succeed(Outbox, { ...memory.outbox, save }));
  const bodies = makeWorkload(7).round(3);
  const test = Effect.gen(function* () {
    const first = yield* engineOf("first");
    yield* first.recover;
    yield* first.append(bodies.map(({ body }) => open(systems.get("stripe")!, Buffer.from(body), Date.now()).entry));
    const refused = yield* Effect.either(first.fold);
    assert.equal(refused._tag, "Left");
    refuse = false;
    yield* first.fold;
    yield* first.snapshot;
    const wanted = first.jobs(Date.now()).map(({ id }) => id);
    assert.ok(wanted.length > 0);
    // The process dies; the next one knows what is owed.
    const second = yield* engineOf("second");
    yield* second.recover;
    assert.deepEqual(
      second
        .jobs(Date.now())
        .map(({ id }) => id)
        .sort(),
      wanted.sort(),
    );
  });
  await Effect.runPromise(Effect.provide(test, layer));
});
