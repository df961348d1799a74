/**
 * The head of the journal as somebody noted it outside, `HASH@POSITION`. A journal that was rewritten and hashed anew is whole in
 * itself; only such a note tells it from the one that was there.
 */
import * as Effect from "effect/Effect";
import type { ChainLink, Finding, Journal, StoreError } from "../../domain/ports/store.ts";

export interface ExpectedHead {
  /** In hex. */
  readonly hash: string;
  readonly position: number;
}

export const headText = ({ last, hash }: ChainLink): string => `${hash}@${last}`;

/** Null: it has another form. */
export const readHead = (text: string): ExpectedHead | null => {
  const [, hash, position] = /^([0-9a-f]{64})@([1-9]\d{0,15})$/i.exec(text.trim()) ?? [];
  if (hash === undefined || !Number.isSafeInteger(Number(position))) return null;
  return { hash: hash.toLowerCase(), position: Number(position) };
};

/** A head that was noted is the end of a link, now and for ever. */
export const expectedHead = (
  journal: typeof Journal.Service,
  { hash, position }: ExpectedHead,
): Effect.Effect<ReadonlyArray<Finding>, StoreError> =>
  Effect.map(journal.link(position), (link) => {
    const where = `the noted head ${hash.slice(0, 12)}…@${position}`;
    if (link === null)
      return [{ where, what: "the journal has no such entry: it was cut off, or it is another journal" }];
    if (link.last === position && link.hash === hash) return [];
    const what =
      link.last === position
        ? `the journal has hash ${link.hash} there: something up to it was rewritten after the head was noted`
        : `no link of the chain ends there (the nearest is ${link.first}..${link.last}): something up to it was rewritten after the head was noted`;
    return [{ where, what }];
  });
