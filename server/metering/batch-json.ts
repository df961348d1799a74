/** A batch of rated use as it is told. */
import type { Json } from "../../domain/canonical.ts";
import { isBatch, type UsageBatch, usageBatch } from "../../domain/controls/usage-batch.ts";
import type { BatchLine } from "../../domain/metering/billed.ts";
import { chargeIdOf } from "../../domain/metering/billed.ts";
import type { Engine } from "../engine/engine.ts";

/** Null: there is none. */
export const batchOf = ({ core }: Pick<Engine, "core">, id: string): UsageBatch | null => {
  const record = core.controls.get(usageBatch, id);
  return record !== null && isBatch(record) ? record : null;
};

/** Without its lines. */
export const batchJson = (id: string, record: UsageBatch): { readonly [key: string]: Json } => {
  const { cut, entity, currency, at, position, state, count, amountMinor, taxMinor, movedMinor, decided } = record;
  return {
    ...{ id, cut, entity, currency, at, position, state, lines: count, amountMinor, taxMinor, movedMinor },
    decided: decided as unknown as Json,
  };
};

export const lineJson = (line: BatchLine): Json => ({
  ...(line as unknown as { readonly [key: string]: Json }),
  charge: chargeIdOf(line),
});
