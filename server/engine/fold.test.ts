/** A fold in steps: what it comes to is what one entry after the other comes to, and others have the thread in between. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import { it } from "vitest";
import { makeMemory } from "../../adapters/stores/memory.ts";
import { inbound, profile } from "../../adapters/stripe/layer.ts";
import { policies } from "../../domain/lifecycle.ts";
import type { NewEntry } from "../../domain/ports/store.ts";
import { RejectedFixable, type System } from "../../domain/ports/system.ts";
import { makeWorkload } from "../../property-tests/kill/workload.ts";
import { type Engine, makeEngine } from "./engine.ts";
import { open } from "./intake.ts";

const deaf = Effect.fail(new RejectedFixable({ code: "no-api", detail: "not in this test" }));
const stripe: System = {
  connection: "stripe",
  profile: { ...profile, canRead: false },
  inbound,
  outbound: { send: () => deaf, lookup: () => deaf, read: () => deaf, poll: null },
};

const run = <A, E>(effect: Effect.Effect<A, E>): Promise<A> => Effect.runPromise(effect);

const make = (breathe?: Effect.Effect<void>, onFold?: () => void): Promise<Engine> =>
  run(
    makeEngine({
      systems: new Map([["stripe", stripe]]),
      policy: policies["billing-led"],
      rules: new Map(),
      owner: "test",
      retry: { baseMs: 1, capMs: 5 },
      sendTimeoutMs: 100,
      snapshotCells: 10_000,
      hotParties: 10_000,
      ...(breathe === undefined ? {} : { breathe }),
      ...(onFold === undefined ? {} : { onFold }),
    }).pipe(Effect.provide(makeMemory().layer)),
  );

const stateOf = ({ core }: Engine) => ({
  position: core.position,
  cells: [...core.allCells()].map(({ party, cell, body }) => `${party} ${cell} ${body}`).sort(),
  open: [...core.open.values()].map(({ party, planned }) => `${party} ${planned.slot} ${planned.key}`).sort(),
  accounts: [...core.accounts.values()].map(({ id, regions }) => `${id} ${JSON.stringify(regions)}`).sort(),
});

it("[L9 P2] thousands of entries that are there join before an account is derived, and come to what they come to one by one", async () => {
  const workload = makeWorkload(3);
  const entries: NewEntry[] = [];
  while (entries.length < 1_500)
    for (const { body } of workload.round(20)) entries.push(open(stripe, new TextEncoder().encode(body), 1).entry);

  const single = await make();
  for (const entry of entries) {
    await run(single.append([entry]));
    await run(single.fold);
  }

  let folds = 0;
  let breaths = 0;
  let appended = 0;
  const together: Engine = await make(
    Effect.suspend(() => {
      breaths += 1;
      // Others append meanwhile, and the same fold takes it along.
      return appended++ === 0 ? Effect.ignore(together.append(entries.slice(1_400))) : Effect.void;
    }),
    () => {
      folds += 1;
    },
  );
  await run(together.append(entries.slice(0, 1_400)));
  assert.equal(await run(together.fold), entries.length);
  assert.ok(breaths >= 4, `${breaths}`);
  assert.ok(folds < entries.length / 100, `${folds} settlings`);
  assert.ok(together.core.isSettled);
  assert.deepEqual(stateOf(together), stateOf(single));
});
