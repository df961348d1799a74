/** Approving and rejecting batches of rated use, as the engine judges it. */
import * as Effect from "effect/Effect";
import { controlsParty } from "../../domain/controls/topic.ts";
import { batchesIn, type UsageBatchNotes, usageBatch } from "../../domain/controls/usage-batch.ts";
import { needsSecondPerson } from "../access/second-person.ts";
import type { Engine } from "../engine/engine.ts";
import { type ActRequest, conflict, invalid, type Prepared, refused } from "../operators/act.ts";
import { overLimit } from "../operators/approving.ts";
import type { ControlDesk } from "../operators/control-desk.ts";
import { batchJson, batchOf } from "./batch-json.ts";
import type { UsageVerb } from "./paths.ts";

const judge = (engine: Engine, request: ActRequest, verb: UsageVerb, batch: string): Prepared => {
  const record = batchOf(engine, batch);
  if (record === null) {
    const waiting = batchesIn(engine.core.controls.all(usageBatch)).filter(([, { state }]) => state === "rated").length;
    return conflict(`no batch of rated use is known as ${JSON.stringify(batch)}; ${waiting} wait for approval`);
  }
  if (request.problems.length > 0) return invalid(request.problems);
  if (record.state !== "rated") {
    const by = record.decided === null ? "" : `, by ${record.decided.by}`;
    return conflict(`${batch} is ${record.state} already${by}; what changed since comes in the next batch`);
  }
  const { by, reason } = request;
  const said = { party: controlsParty, batch, by, reason } as const;
  if (verb === "reject") {
    const note: UsageBatchNotes = { ...said, type: "usage-batch.rejected" };
    return { status: "ready", notBefore: 0, notes: [note] };
  }
  const facts = { amountMinor: record.movedMinor, currency: record.currency };
  const over = overLimit(request, facts);
  if (over !== null) return refused("forbidden", over);
  const second = needsSecondPerson(engine, request, "usage-batch.approve", batch, facts);
  if ("prepared" in second) return second.prepared;
  const note: UsageBatchNotes = { ...said, type: "usage-batch.approved" };
  return { status: "ready", notBefore: 0, notes: [note, ...second.also] };
};

export const usageDesk: ControlDesk = {
  prepare: (engine, request, { verb, id }) => Effect.sync(() => judge(engine, request, verb as UsageVerb, id)),
  show: (engine, id) =>
    Effect.sync(() => {
      const record = batchOf(engine, id);
      return record === null ? null : batchJson(id, record);
    }),
};
