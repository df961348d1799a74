/**
 * The keys as the thread that serves HTTP knows them: a copy of the engine's records that is never older than a second when it
 * decides, and is taken anew at once after an act on a key that came through here.
 */
import { timingSafeEqual } from "node:crypto";
import { type KeyRecord, refusedKey } from "../../domain/controls/key.ts";
import type { Host } from "../host/host.ts";
import { hashOf, keyIdOf } from "./token.ts";

/** Milliseconds: a key that another process revoked stops after this. */
export const freshMs = 1000;

export interface Keyring {
  /** Its record, or why it does not open. Rejects where the engine cannot be asked. */
  readonly open: (token: string) => Promise<KeyRecord | { readonly refused: string }>;
  /** What is known is out of date. */
  readonly stale: () => void;
}

const same = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a, "hex"), Buffer.from(b, "hex"));

const unknown = "the API key is not one of this server's";

export const makeKeyring = (ask: Host["ask"], now: () => number): Keyring => {
  let records: ReadonlyMap<string, KeyRecord> = new Map();
  let takenAt = Number.NEGATIVE_INFINITY;
  let taking: Promise<void> | null = null;
  let version = 0;

  const take = async (): Promise<void> => {
    const asked = version;
    const begun = performance.now();
    const found = (await ask({ name: "keys" })) as unknown as ReadonlyArray<KeyRecord>;
    records = new Map(found.map((record) => [record.id, record]));
    // An act that came meanwhile may not be in the answer.
    if (asked === version) takenAt = begun;
  };
  const fresh = async (): Promise<void> => {
    if (performance.now() - takenAt < freshMs) return;
    do {
      taking ??= take().finally(() => {
        taking = null;
      });
      await taking;
    } while (takenAt === Number.NEGATIVE_INFINITY);
  };

  return {
    open: async (token) => {
      const id = keyIdOf(token);
      if (id === null) return { refused: unknown };
      await fresh();
      const record = records.get(id);
      if (record === undefined) return { refused: unknown };
      const hash = hashOf(token);
      // Each of them, so that the time tells nothing.
      const found = record.secrets.filter((secret) => same(secret.hash, hash))[0];
      const why = refusedKey(record, found, now());
      return why === null ? record : { refused: why };
    },
    stale: () => {
      version += 1;
      takenAt = Number.NEGATIVE_INFINITY;
    },
  };
};
