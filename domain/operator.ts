/** What a person decided: notes of `operator` entries, each with who and why. Times are the entry's. *Pure.* */
import type { TopicNote } from "./controls/topics.ts";
import type { CommandAct } from "./note.ts";

interface Act {
  /** The party that it is about. */
  readonly party: string;
  /** Who, as the API key or the command line names them. */
  readonly by: string;
  readonly reason: string | null;
}

export type OperatorNote =
  /** This party is the same company as `target`; null: it stands alone, whatever links say. */
  | (Act & {
      readonly type: "link";
      readonly target: string | null;
      /** Root of the account that it was of; for that account's timeline. */
      readonly from?: string;
    })
  /** Nothing more is sent for the party until it is released. */
  | (Act & { readonly type: "party.parked" })
  | (Act & { readonly type: "party.released" })
  /** The same of one object, an invoice with everything that applies to it. */
  | (Act & { readonly type: "object.parked"; readonly subject: string })
  | (Act & { readonly type: "object.released"; readonly subject: string })
  /** An object that several parties claim is `party`'s; the others ask for nothing of it. */
  | (Act & { readonly type: "object.assigned"; readonly subject: string; readonly claimants: ReadonlyArray<string> })
  | CommandAct
  /** Of no one party. */
  | TopicNote;
