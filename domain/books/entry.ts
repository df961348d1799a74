/** A journal entry of the books: whose it is, and where its figures come from. *Pure.* */
import type { JournalEntry } from "../accounting/entry.ts";

export interface BookEntry extends JournalEntry {
  /** `stripe:cus_1`. */
  readonly party: string;
  /** What to explain: an object of that connection, `payment/ch_1`. */
  readonly about: string;
  /** The entry of a closed period that this one puts right; null: none. */
  readonly corrects: string | null;
}

/** `/v1/explain/payment/stripe%3Ach_1`. */
export const explainPathOf = (connection: string, subject: string): string => {
  const slash = subject.indexOf("/");
  return `/v1/explain/${subject.slice(0, slash)}/${encodeURIComponent(`${connection}:${subject.slice(slash + 1)}`)}`;
};
