import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { it } from "vitest";
import { makeMemory } from "../../adapters/stores/memory.ts";
import { inbound, profile as stripeProfile } from "../../adapters/stripe/layer.ts";
import { policies } from "../../domain/lifecycle.ts";
import { DueRecords, Outbox, StoreError } from "../../domain/ports/store.ts";
import { RejectedFixable, type System } from "../../domain/ports/system.ts";
import { makeWorkload } from "../../property-tests/kill/workload.ts";
import { makeEngine } from "./engine.ts";
import { open } from "./intake.ts";

const deaf = Effect.fail(new RejectedFixable({ code: "no-api", detail: "x" }));
const sys = (connection: string, roles: System["profile"]["roles"]): System => ({ connection, profile: { ...stripeProfile, roles, canRead: false }, inbound, outbound: { send: () => deaf, lookup: () => deaf, read: () => deaf, poll: null } });
const systems = new Map([sys("stripe", ["billing", "payments"]), sys("netsuite", ["erp"])].map((s) => [s.connection, s]));
const engineOf = makeEngine({ systems, policy: policies["billing-led"], observeOnly: new Set(), owner: "t" + Math.random(), retry: { baseMs: 1, capMs: 1 }, sendTimeoutMs: 1, snapshotCells: 1e6, hotParties: 1e6 });
for (const which of ["outbox"] as const)
it(`[L6 P1] commands that the outbox refused are made good before the snapshot moves on`, async () => {
  const memory = makeMemory();
  let refuse = true;
  const layer = Layer.merge(memory.layer, Layer.succeed(Outbox, { ...memory.outbox, save: (rows, through) => refuse ? Effect.fail(new StoreError({ code: "full", reason: "full" })) : memory.outbox.save(rows, through) }));
  const told = makeWorkload(7).round(3);
  await Effect.runPromise(Effect.gen(function* () {
    const first = yield* engineOf;
    yield* first.recover;
    yield* first.append(told.map(({ body }) => open(systems.get("stripe")!, Buffer.from(body), Date.now()).entry));
    const one = yield* Effect.either(first.fold);
    assert.equal(one._tag, "Left");
    refuse = false;
    yield* first.fold;
    yield* first.snapshot;
    const wanted = first.jobs(Date.now()).map(({ id }) => id).sort();
    // crash
    const second = yield* engineOf;
    yield* second.recover;
    assert.deepEqual(second.jobs(Date.now()).map(({ id }) => id).sort(), wanted);
  }).pipe(Effect.provide(layer)));
});
