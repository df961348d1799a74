/** Lines of batches that are no charges yet: they wait for approval, or for their release. *Pure.* */
import { batchesIn, type LastCut, type UsageBatch } from "../controls/usage-batch.ts";
import type { Party } from "../party.ts";
import type { BatchLine } from "./billed.ts";

export interface LineOfBatch {
  readonly batch: string;
  readonly line: BatchLine;
}

/** By party. */
export type Waiting = ReadonlyMap<string, ReadonlyArray<LineOfBatch>>;

export const waitingIn = (records: ReadonlyMap<string, UsageBatch | LastCut>): Waiting => {
  const found = new Map<string, LineOfBatch[]>();
  for (const [batch, { lines }] of batchesIn(records))
    for (const line of lines) {
      const known = found.get(line.party);
      if (known) known.push({ batch, line });
      else found.set(line.party, [{ batch, line }]);
    }
  return found;
};

type Charged = Pick<Party, "id" | "charges">;

/** Those of one party. A batch that it has already waits no more, whatever its record says by now. */
export const waitingFor = ({ id, charges }: Charged, waiting: Waiting): ReadonlyArray<LineOfBatch> => {
  const lines = waiting.get(id) ?? [];
  if (lines.length === 0) return lines;
  const taken = new Set([...charges.lines()].map(({ batch }) => batch));
  return lines.filter(({ batch }) => !taken.has(batch));
};

/** What batches carry for these parties: what was approved, then what waits. */
export function* carriedLines(members: ReadonlyArray<Charged>, waiting: Waiting): Iterable<LineOfBatch> {
  for (const party of members) {
    yield* party.charges.lines();
    yield* waitingFor(party, waiting);
  }
}
