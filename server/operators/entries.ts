/** An act as entries of the journal. Its request's id deduplicates it, over all connections. *Pure.* */
import type { Json } from "../../domain/canonical.ts";
import type { OperatorNote } from "../../domain/operator.ts";
import type { NewEntry } from "../../domain/ports/store.ts";
import { placeOf } from "../engine/own-entry.ts";

/** In the place of a connection: acts come from none. */
export const operatorConnection = "operator";

export const entriesOf = (
  notes: ReadonlyArray<OperatorNote>,
  { id, hash }: { readonly id: string; readonly hash: string },
  at: number,
): ReadonlyArray<NewEntry> =>
  notes.map((note, index) => ({
    kind: "operator",
    connection: operatorConnection,
    at,
    partition: placeOf(note.party).partition,
    // The first carries the type that every act has, so that another act under the same id is seen.
    dedup: { id, type: index === 0 ? "act" : `act.${index + 1}`, hash },
    events: [],
    note: note as unknown as Json,
    raw: null,
  }));
