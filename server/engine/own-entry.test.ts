/** Where in the journal tieout puts what it writes down itself. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import { it } from "vitest";
import { makeMemory } from "../../adapters/stores/memory.ts";
import type { PeriodNotes } from "../../domain/controls/period.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { partitionOf } from "../../domain/ids.ts";
import { policies } from "../../domain/lifecycle.ts";
import type { NewEntry } from "../../domain/ports/store.ts";
import { entriesOf } from "../operators/entries.ts";
import { kept } from "../periods/keep.ts";
import { retain } from "../privacy/retention.ts";
import { makeEngine } from "./engine.ts";

const run = Effect.runPromise;
const [january, march] = [Date.parse("2026-01-15"), Date.parse("2026-03-15")];
const webhook: NewEntry = {
  ...{ kind: "webhook", connection: "stripe", at: january, partition: 0, dedup: null, events: [], note: null },
  raw: new TextEncoder().encode("{}"),
};
const close: PeriodNotes = {
  ...{ type: "period.closed", party: controlsParty, entity: "default", period: "2026-01", from: january, until: march },
  ...{ timeZone: "UTC", connections: [], force: false, open: 0, by: "maria", reason: "month end" },
};

it("[L7] what is of no one party stands in the place of tieout, whichever part wrote it down, and what is of a party with it", async () => {
  const store = makeMemory();
  const engine = await run(
    Effect.provide(
      makeEngine({
        ...{ systems: new Map(), policy: policies["billing-led"], rules: new Map(), owner: "test", sealing: true },
        ...{ retry: { baseMs: 1, capMs: 5 }, sendTimeoutMs: 1000, snapshotCells: 10, hotParties: 1000 },
      }),
      store.layer,
    ),
  );
  await run(engine.append([webhook, ...entriesOf([close], { id: "close", hash: "h" }, march)]));
  await run(engine.fold);
  assert.ok((await run(kept(engine, "default", "2026-01", 5000)))?.closed?.report);
  assert.deepEqual(await run(retain(engine, 30, march)), ["2026-01"]);
  const places = (await run(engine.journal.read(1, 100))).map(({ note, connection, partition }) => [
    (note as { readonly type: string }).type,
    connection,
    partition,
  ]);
  const ours = partitionOf("tieout", controlsParty);
  assert.deepEqual(places, [
    ["period.closed", "operator", ours],
    ["period.reported", "tieout", ours],
    ["erasure.expired", "tieout", ours],
  ]);
});
