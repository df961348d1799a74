/**
 * API keys: who holds which, what it may do, and until when. The journal has a hash of each secret, never the secret. *Pure.*
 */
import type { Scope } from "../scopes.ts";
import type { ControlNote, Topic } from "./topic.ts";

interface KeyNote extends ControlNote {
  readonly key: string;
}

/** What a key may do, as it was made; it does not change afterwards. Times are epoch milliseconds, UTC. */
export interface KeyGrant {
  readonly name: string;
  /** The person or service that holds it: two keys of one owner are one person. */
  readonly owner: string;
  readonly scopes: ReadonlyArray<Scope>;
  /** Sees personal fields also without `operate`. */
  readonly personal: boolean;
  /** Legal entities; null: all. */
  readonly entities: ReadonlyArray<string> | null;
  /** The most that one approval may be about, in minor units by currency; a currency that is not named: nothing. Null: no limit. */
  readonly approveUpToMinor: Readonly<Record<string, number>> | null;
  /** Null: as the configuration says. */
  readonly ratePerMinute: number | null;
  /** Null: never. */
  readonly expiresAt: number | null;
}

export type KeyNotes =
  | (KeyNote & KeyGrant & { readonly type: "key.made"; readonly hash: string })
  /** The secrets before this one are good until `until`. */
  | (KeyNote & { readonly type: "key.rotated"; readonly hash: string; readonly until: number })
  | (KeyNote & { readonly type: "key.revoked" })
  /** So many requests since the last such note, the first and the last of them. */
  | (KeyNote & {
      readonly type: "key.used";
      readonly count: number;
      readonly firstAt: number;
      readonly lastAt: number;
    });

export interface KeySecret {
  /** SHA-256, hexadecimal. */
  readonly hash: string;
  readonly since: number;
  /** Null: as long as the key. */
  readonly until: number | null;
}

export interface KeyRecord extends KeyGrant {
  readonly id: string;
  /** The newest first. */
  readonly secrets: ReadonlyArray<KeySecret>;
  readonly made: { readonly at: number; readonly by: string; readonly reason: string | null };
  readonly revoked: { readonly at: number; readonly by: string; readonly reason: string | null } | null;
  readonly use: { readonly firstAt: number; readonly lastAt: number; readonly count: number } | null;
}

/** Secrets before the newest that are kept while they are still good. */
const kept = 3;

export const key: Topic<KeyNotes, KeyRecord> = {
  name: "key",
  about: (note) => note.key,
  fold: (before, note, { at }) => {
    const { by, reason } = note;
    if (note.type === "key.made") {
      if (before !== null) return before;
      const { key: id, hash, name, owner, scopes, personal, entities, approveUpToMinor, ratePerMinute } = note;
      return {
        ...{ id, name, owner, scopes, personal, entities, approveUpToMinor, ratePerMinute },
        expiresAt: note.expiresAt,
        secrets: [{ hash, since: at, until: null }],
        made: { at, by, reason },
        revoked: null,
        use: null,
      };
    }
    if (before === null) return before;
    switch (note.type) {
      case "key.rotated": {
        if (before.revoked !== null || before.secrets.some(({ hash }) => hash === note.hash)) return before;
        const older = before.secrets
          .map((secret) => ({ ...secret, until: Math.min(secret.until ?? note.until, note.until) }))
          .filter(({ until }) => until > at)
          .slice(0, kept);
        return { ...before, secrets: [{ hash: note.hash, since: at, until: null }, ...older] };
      }
      case "key.revoked":
        return before.revoked === null ? { ...before, revoked: { at, by, reason } } : before;
      case "key.used": {
        const use = before.use ?? { firstAt: note.firstAt, lastAt: note.lastAt, count: 0 };
        const firstAt = Math.min(use.firstAt, note.firstAt);
        return {
          ...before,
          use: { firstAt, lastAt: Math.max(use.lastAt, note.lastAt), count: use.count + note.count },
        };
      }
    }
  },
};

/** Why a secret of this key does not open; null: it does. `now`: epoch milliseconds. */
export const refusedKey = (record: KeyRecord, secret: KeySecret | undefined, now: number): string | null => {
  if (secret === undefined) return "the API key is not one of this server's";
  if (record.revoked !== null) return `the API key ${record.id} was revoked; ask for another one`;
  if (record.expiresAt !== null && record.expiresAt <= now)
    return `the API key ${record.id} expired at ${new Date(record.expiresAt).toISOString()}; ask for another one`;
  if (secret.until !== null && secret.until <= now)
    return `this secret of the API key ${record.id} was replaced, and its time is over; use the new one`;
  return null;
};
