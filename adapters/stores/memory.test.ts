/** The memory store passes the contract. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import { it } from "vitest";
import { Journal } from "../../domain/ports/store.ts";
import { sampleEntry } from "./contract/samples.ts";
import { layer, makeMemory } from "./memory.ts";
import { storeContract } from "./store.contract.ts";

const subject = () => ({ layer: makeMemory().layer, dispose: () => {} });

storeContract("memory", subject);
storeContract("memory, its user dropped between the steps", subject, { reopen: true });

it("[S13] every build of the plain layer is an empty store of its own", async () => {
  const append = Effect.flatMap(Journal, (journal) => journal.append([sampleEntry({ id: "evt_1" })]));
  for (let i = 0; i < 2; i++) {
    const [answer] = await Effect.runPromise(Effect.provide(append, layer));
    assert.deepEqual(answer, { _tag: "Accepted", position: 1, conflictOf: null });
  }
});
