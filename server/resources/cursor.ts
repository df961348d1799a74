/** Where a page of a collection ended: stable while objects come and go, since it names a place and not a count. *Pure.* */
import { decodeCursor, encodeCursor } from "../views/cursor.ts";

export interface Place {
  /** The party, or `@connection` for what has none. */
  readonly party: string;
  /** Null: the whole party is done with. */
  readonly subject: string | null;
}

export const after = (collection: string, { party, subject }: Place): string =>
  encodeCursor(JSON.stringify([collection, party, subject]));

/** Null for what this collection never handed out. */
export const placeOf = (collection: string, cursor: string): Place | null => {
  const text = decodeCursor(cursor);
  if (text === null) return null;
  try {
    const [of, party, subject] = JSON.parse(text) as ReadonlyArray<unknown>;
    const fits = of === collection && typeof party === "string" && (subject === null || typeof subject === "string");
    return fits ? { party, subject } : null;
  } catch {
    return null;
  }
};
