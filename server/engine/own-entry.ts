/** An entry that tieout itself writes down, in the place of the party that it is of. *Pure.* */
import type { Json } from "../../domain/canonical.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import type { TopicNote } from "../../domain/controls/topics.ts";
import { connectionOf, partitionOf } from "../../domain/ids.ts";
import type { UseNote } from "../../domain/metering/note.ts";
import type { LedgerNote } from "../../domain/note.ts";
import type { EntryKind, NewEntry } from "../../domain/ports/store.ts";

/** In the place of a connection, where it is of no one party. */
const ownConnection = "tieout";

export const placeOf = (party: string): Pick<NewEntry, "connection" | "partition"> => {
  const connection = party === controlsParty ? ownConnection : connectionOf(party);
  return { connection, partition: partitionOf(connection, party) };
};

/** The last: that time has passed for a party. */
type OwnNote = TopicNote | LedgerNote | UseNote | { readonly party: string; readonly type?: never };

/** `at`: epoch ms. `raw`: bytes that the chain is to cover. */
export const ownEntry = (kind: EntryKind, note: OwnNote, at: number, raw: Uint8Array | null = null): NewEntry => ({
  kind,
  at,
  dedup: null,
  events: [],
  note: note as unknown as Json,
  raw,
  ...placeOf(note.party),
});
