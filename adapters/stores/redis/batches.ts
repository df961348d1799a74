/** What the snapshot script is told: everything of a batch, in parts that Redis works through in one breath each. *Pure.* */
import type { AccountRow, Cell, SnapshotBatch } from "../../../domain/ports/store.ts";
import { toStored } from "../embedded/text.ts";
import { CELL, headingOf } from "./documents.ts";
import { member } from "./names.ts";

/** Of one part: arguments, and characters in them. */
const MAX_ARGUMENTS = 100_000;
const MAX_LENGTH = 16 * 1024 * 1024;

interface Part {
  readonly parties: Array<ReadonlyArray<string>>;
  readonly owners: Array<ReadonlyArray<string>>;
  readonly terms: Array<ReadonlyArray<string>>;
  readonly accounts: Array<ReadonlyArray<string>>;
}

/** The arguments of each part, at least one; to be applied in this order, in one transaction. */
export const partsOf = (batch: SnapshotBatch): ReadonlyArray<ReadonlyArray<string>> => {
  const parts: Array<Part> = [];
  let size = 0;
  let length = 0;
  const open = (): Part => {
    const part: Part = { parties: [], owners: [], terms: [], accounts: [] };
    parts.push(part);
    size = length = 0;
    return part;
  };
  let part = open();
  const put = (kind: keyof Part, item: ReadonlyArray<string>): void => {
    const chars = item.reduce((sum, text) => sum + text.length, 0);
    if (size > 0 && (size + item.length > MAX_ARGUMENTS || length + chars > MAX_LENGTH)) part = open();
    part[kind].push(item);
    size += item.length;
    length += chars;
  };
  for (const [party, cells] of byParty(batch.cells)) put("parties", documentOf(party, cells));
  for (const { subject, party } of batch.owners) put("owners", [toStored(subject), toStored(party)]);
  for (const { term, party } of batch.terms) put("terms", ["0", member(term, party)]);
  for (const row of batch.accounts) put("accounts", accountOf(row));
  return parts.map(({ parties, owners, terms, accounts }) =>
    [parties, owners, terms, accounts].flatMap((items) => [String(items.length), ...items.flat()]),
  );
};

const byParty = (cells: ReadonlyArray<Cell>): ReadonlyMap<string, ReadonlyMap<string, string | null>> => {
  const parties = new Map<string, Map<string, string | null>>();
  for (const { party, cell, body } of cells) {
    const held = parties.get(party);
    if (held === undefined) parties.set(party, new Map([[cell, body]]));
    else held.set(cell, body);
  }
  return parties;
};

const documentOf = (party: string, cells: ReadonlyMap<string, string | null>): ReadonlyArray<string> => {
  const puts: Array<string> = [];
  const removed: Array<string> = [];
  for (const [cell, body] of cells) {
    if (body === null) removed.push(CELL + toStored(cell));
    else puts.push(CELL + toStored(cell), toStored(body));
  }
  return [...headingOf(party), String(puts.length / 2), ...puts, String(removed.length), ...removed];
};

const accountOf = ({ id, stage, sync, body }: AccountRow): ReadonlyArray<string> =>
  body === null
    ? ["0", toStored(id), "", "", ""]
    : ["1", toStored(id), toStored(stage), toStored(sync), toStored(body)];
