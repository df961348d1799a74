/** The text of an API key, `tieout_<id>_<256 bits>`: made, read apart, and hashed. Only the hash is ever kept. */
import { createHash, randomBytes } from "node:crypto";

const pattern = /^tieout_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/;
const alphabet = "abcdefghjkmnpqrstuvwxyz23456789";

/** Not secret: it names the key in acts, lists and refusals. */
export const newKeyId = (): string => [...randomBytes(12)].map((byte) => alphabet[byte % alphabet.length]).join("");

/** The secret is random in all its 256 bits, so that one plain hash of it is as good as a slow one. */
export const newToken = (id: string): string => `tieout_${id}_${randomBytes(32).toString("base64url")}`;

/** Null: not of this form. */
export const keyIdOf = (token: string): string | null => pattern.exec(token)?.[1] ?? null;

export const hashOf = (token: string): string =>
  createHash("sha256").update("tieout.key.v1\0").update(token).digest("hex");
