/**
 * That a key is used, in the journal: one note for a key and hour at most, with how often since the last one. Acts name their key
 * themselves; this is for reading, and for finding keys that nobody needs any more.
 */
import { randomBytes } from "node:crypto";
import type { KeyNotes } from "../../domain/controls/key.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { sha256 } from "../../domain/hash.ts";
import type { Host } from "../host/host.ts";
import { entriesOf } from "../operators/entries.ts";

/** Between two notes of one key. Milliseconds. */
export const noteEveryMs = 3_600_000;

export interface Uses {
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

export interface KeyUsage {
  /** A request came with this key; `lastNoted`: the last use that the journal knows of, epoch milliseconds. */
  readonly used: (key: string, lastNoted: number | null) => void;
  /** Since the last note of it. */
  readonly unnoted: (key: string) => Uses | null;
  /** Writes what was not noted yet; once, when the server ends. */
  readonly close: () => Promise<void>;
}

export const makeKeyUsage = (accept: Host["accept"], now: () => number): KeyUsage => {
  const counts = new Map<string, Uses>();
  const notedAt = new Map<string, number>();
  const writing = new Set<Promise<void>>();

  const write = async (key: string, uses: Uses): Promise<void> => {
    const said = { party: controlsParty, by: "tieout", reason: null } as const;
    const note: KeyNotes = { ...said, type: "key.used", key, ...uses };
    const id = `use_${randomBytes(12).toString("hex")}`;
    try {
      await accept(entriesOf([note], { id, hash: sha256(id) }, now()));
    } catch {
      // The store takes nothing now: it is told with the next note.
      const since = counts.get(key);
      const later = since ?? uses;
      const count = uses.count + (since?.count ?? 0);
      counts.set(key, { count, firstAt: uses.firstAt, lastAt: later.lastAt });
    }
  };
  const note = (key: string): void => {
    const uses = counts.get(key);
    if (uses === undefined) return;
    counts.delete(key);
    notedAt.set(key, now());
    const written = write(key, uses).finally(() => writing.delete(written));
    writing.add(written);
  };

  return {
    used: (key, lastNoted) => {
      const at = now();
      const before = counts.get(key);
      counts.set(key, { count: (before?.count ?? 0) + 1, firstAt: before?.firstAt ?? at, lastAt: at });
      const last = notedAt.get(key) ?? lastNoted;
      if (last !== null) notedAt.set(key, last);
      if (last === null || at - last >= noteEveryMs) note(key);
    },
    unnoted: (key) => counts.get(key) ?? null,
    close: async () => {
      for (const key of [...counts.keys()]) note(key);
      await Promise.all(writing);
    },
  };
};
