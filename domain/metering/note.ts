/** What the journal tells of uses beside the uses themselves. *Pure.* */
import type { BatchLine } from "./billed.ts";
import type { UseContent } from "./bucket.ts";

/** A correction came after what it corrects: what that one said, looked up in the journal. */
export interface UseFound {
  readonly type: "use.found";
  readonly party: string;
  /** The id of the corrected use. */
  readonly use: string;
  readonly content: UseContent;
  /** Where the journal has it. */
  readonly position: number;
}

/** Lines of an approved batch are to be charged. Counts once for each batch. */
export interface UsageApproved {
  readonly type: "usage.approved";
  /** The party of their agreements. */
  readonly party: string;
  readonly batch: string;
  /** `dueAt`: from when on its charge may go out, epoch ms. That of a charge's first line holds for it. */
  readonly lines: ReadonlyArray<BatchLine & { readonly dueAt: number }>;
}

/** A period is over in which nothing of a meter was used, and something is owed for it all the same: a least, or a flat price. */
export interface UsageIdle {
  readonly type: "usage.idle";
  /** The party of the agreement. */
  readonly party: string;
  /** `connection:terms/C-1`. */
  readonly agreement: string;
  readonly meter: string;
  /** An instant of the period at which a price was in force. Epoch ms. */
  readonly at: number;
}

export type UseNote = UseFound | UsageApproved | UsageIdle;

export const isUseNote = (note: { readonly type: string }): note is UseNote =>
  note.type === "use.found" || note.type === "usage.approved" || note.type === "usage.idle";
