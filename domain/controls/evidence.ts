/** What of the journal was handed out as evidence, and to whom: each time an entry; the record is the last one. *Pure.* */
import type { ControlNote, Topic } from "./topic.ts";

interface Exported {
  /** Taken in from the one instant to before the other; epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  /** As it was asked for; null: everything. */
  readonly account: string | null;
  readonly format: string;
  /** True: with personal fields and raw bytes. */
  readonly unmasked: boolean;
}

/** Written before the first byte goes out: an export that was broken off is told as well. */
export type EvidenceNotes = ControlNote & Exported & { readonly type: "evidence.exported" };

export interface EvidenceRecord extends Exported {
  readonly by: string;
  readonly at: number;
}

export const evidence: Topic<EvidenceNotes, EvidenceRecord> = {
  name: "evidence",
  about: () => "last",
  fold: (_, { by, from, to, account, format, unmasked }, { at }) => ({ by, at, from, to, account, format, unmasked }),
};
