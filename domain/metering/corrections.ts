/**
 * Which content of a corrected use stands: the last correction of it, and of that the last in turn. A set of facts, in any order:
 * corrections, and what the corrected uses themselves said. *Pure.*
 */
import { canonical, type Json } from "../canonical.ts";
import type { UseContent } from "./bucket.ts";

export interface Correction {
  /** Its own id. That of the corrected use: the same id came again with other content. */
  readonly id: string;
  readonly content: UseContent;
  /** When the source wrote it. Epoch ms; null: it does not say. */
  readonly at: number | null;
}

/** One use that somebody corrected. */
export interface Corrected {
  readonly id: string;
  /** What was counted for it. */
  readonly was: UseContent;
  readonly now: UseContent;
  /** The id that says so. */
  readonly by: string;
}

const textOf = ({ id, content }: Correction): string => `${canonical(content as unknown as Json)} ${id}`;

/** Last written first; what nothing orders, by the smallest encoding. */
const inOrder = (all: ReadonlyArray<Correction>): ReadonlyArray<Correction> =>
  [...all].sort((a, b) => {
    const [x, y] = [a.at ?? Number.NEGATIVE_INFINITY, b.at ?? Number.NEGATIVE_INFINITY];
    if (x !== y) return x > y ? -1 : 1;
    return textOf(a) < textOf(b) ? -1 : 1;
  });

export interface Standing {
  readonly corrected: ReadonlyArray<Corrected>;
  /** Ids that are corrected and of which nothing is known yet. */
  readonly wanted: ReadonlyArray<string>;
  /** Ids of uses with two corrections, or two contents, that nothing orders: one was taken, and a person should look. */
  readonly conflicts: ReadonlyArray<string>;
  /** Corrections that go in a circle: they count for nothing. */
  readonly circles: ReadonlyArray<string>;
}

export const standingOf = (
  corrections: ReadonlyMap<string, ReadonlyArray<Correction>>,
  originals: ReadonlyMap<string, UseContent>,
): Standing => {
  const own = new Set([...corrections.values()].flat().map(({ id }) => id));
  for (const [id, all] of corrections) if (all.some((one) => one.id === id)) own.delete(id);
  const corrected: Corrected[] = [];
  const conflicts = new Set<string>();
  const wanted: string[] = [];
  for (const [root] of corrections) {
    if (own.has(root)) continue;
    const was = originals.get(root);
    if (was === undefined) {
      wanted.push(root);
      continue;
    }
    let [id, now]: [string, UseContent] = [root, was];
    const walked = new Set<string>();
    for (;;) {
      if (walked.has(id)) break;
      walked.add(id);
      const all = corrections.get(id) ?? [];
      const said = all.filter((one) => one.id === id);
      // The same id with several contents: which came first decides nothing.
      const variants = id === root && said.length > 0 ? inOrder([...said, { id, content: was, at: null }]) : [];
      if (variants.length > 0) {
        now = variants[0]!.content;
        conflicts.add(root);
      }
      const [last, next] = inOrder(all.filter((one) => one.id !== id));
      if (last === undefined) break;
      if (next !== undefined && next.at === last.at) conflicts.add(root);
      [id, now] = [last.id, last.content];
    }
    corrected.push({ id: root, was, now, by: id });
  }
  const reach = new Set<string>();
  const follow = (id: string): void => {
    for (const one of corrections.get(id) ?? [])
      if (!reach.has(one.id)) {
        reach.add(one.id);
        follow(one.id);
      }
  };
  for (const [id] of corrections) if (!own.has(id)) follow(id);
  const circles = [...own].filter((id) => !reach.has(id));
  const sorted = (ids: Iterable<string>): ReadonlyArray<string> => [...ids].sort();
  return {
    corrected: corrected.sort((a, b) => (a.id < b.id ? -1 : 1)),
    wanted: sorted(wanted),
    conflicts: sorted(conflicts),
    circles: sorted(circles),
  };
};
