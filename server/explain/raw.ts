/** Raw bytes as an answer shows them: exactly, and as text where they are text. *Pure.* */
import { createHash } from "node:crypto";
import type { Json } from "../../domain/canonical.ts";

/** Bytes of a body that are shown whole; of a longer one its beginning. */
const most = 262_144;

const textOf = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
};

export const rawJson = (raw: Uint8Array): Json => {
  const part = raw.subarray(0, most);
  return {
    bytes: raw.byteLength,
    sha256: createHash("sha256").update(raw).digest("hex"),
    whole: part.byteLength === raw.byteLength,
    rawBase64: Buffer.from(part).toString("base64"),
    rawBody: part.byteLength === raw.byteLength ? textOf(part) : null,
  };
};
