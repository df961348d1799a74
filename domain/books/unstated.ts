/** What the books leave out, and why: money that no figure contains, told beside every one. *Pure data.* */
export interface Unstated {
  /** What it is about: `stripe:invoice/in_1`. */
  readonly about: string;
  readonly reason: string;
  readonly entity: string | null;
  readonly currency: string | null;
  /** As far as it is known. */
  readonly amountMinor: number | null;
}

/** What impossible input is refused with; everything else is a bug and goes on. */
export const refusal = (error: unknown): string => {
  if (error instanceof RangeError) return error.message;
  throw error;
};
