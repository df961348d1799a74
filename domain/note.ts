/**
 * What the journal tells a party's ledger: claims, answers, decisions of the engine and acts of people. Times are epoch ms. *Pure.*
 */
import type { Booking } from "./booking.ts";
import type { DocumentContent, DocumentKind, Receipt, Verb } from "./ports/system.ts";

/** Enough of a command that was never sent to make its slot. */
export interface Place {
  readonly target: string;
  readonly source: string;
  readonly part: string;
  readonly kind: DocumentKind;
}

/** What a person decided of one command, with who and why; of an operator's entry. */
export interface CommandAct {
  readonly type: "command.retry" | "command.cancel" | "command.approve";
  readonly party: string;
  readonly slot: string;
  readonly key: string;
  readonly place: Place;
  readonly by: string;
  readonly reason: string | null;
}

export interface ClaimedCommand {
  readonly key: string;
  readonly outsideId: string;
  readonly verb: Verb;
  readonly kind: DocumentKind;
  readonly content: DocumentContent;
  readonly target: string;
  readonly source: string;
  readonly part: string;
  /** Its accounting period; absent where no books are kept and in journals of earlier versions. */
  readonly booking?: Booking;
}

/** Notes of `command` and `decision` entries. Times are epoch ms. */
export type LedgerNote =
  | CommandAct
  /** The period of `from` is closed, here or by the target's answer: the document goes to the next one, with the reason. First by position wins. */
  | {
      readonly type: "period.assigned";
      readonly party: string;
      readonly slot: string;
      readonly key: string;
      readonly from: number;
      readonly effectiveAt: number;
      readonly reason: string;
      /** The legal entity, the period it goes to and the one it would be in; absent where no books are kept. */
      readonly entity?: string;
      readonly period?: string;
      readonly own?: string;
      /** The document that it takes back or changes, where there is one. */
      readonly corrects?: string | null;
      /** Set where it is closed here: nothing needs to have been refused. */
      readonly place?: Place;
    }
  /** What the target had before us stands for this slot: matched by document number and party. */
  | {
      readonly type: "document.adopted";
      readonly party: string;
      readonly slot: string;
      readonly place: Place;
      readonly foreignId: string;
      readonly content: DocumentContent;
    }
  | {
      readonly type: "command.claimed";
      readonly party: string;
      readonly slot: string;
      readonly owner: string;
      readonly command: ClaimedCommand;
      readonly settleAt: number;
      /** When the source said what it carries on, where that is known. */
      readonly since?: number;
    }
  | {
      readonly type: "command.acked";
      readonly party: string;
      readonly slot: string;
      readonly key: string;
      readonly receipt: Receipt;
      readonly by: "answer" | "lookup";
    }
  | {
      readonly type: "command.retrying";
      readonly party: string;
      readonly slot: string;
      readonly key: string;
      readonly detail: string;
      readonly nextAt: number;
    }
  | {
      readonly type: "command.unknown";
      readonly party: string;
      readonly slot: string;
      readonly key: string;
      readonly detail: string;
      readonly nextAt: number;
    }
  | {
      readonly type: "command.rejected";
      readonly party: string;
      readonly slot: string;
      readonly key: string;
      readonly detail: string;
      readonly fixable: boolean;
    }
  /** Read back: the target has no such document, so nothing happened. */
  | {
      readonly type: "command.absent";
      readonly party: string;
      readonly slot: string;
      readonly key: string;
      /** Times the slot had been sent when the target was asked: of a later sending it says nothing. Entries from before have none. */
      readonly sent?: number;
    }
  | {
      readonly type: "document.reattributed";
      readonly party: string;
      readonly slot: string;
      readonly to: string;
      readonly outsideId: string;
    };
