/** Standard Webhooks: what our own scripts and relays sign with, and how the door checks it. One place for all vendors that use it. *Pure and total.* */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { SignedRequest, Verified } from "../domain/ports/system.ts";

const toleranceSec = 300;
const refuse = (reason: string): Verified => ({ ok: false, reason });

/** The key of `whsec_<base64>`; null when it is no such secret. */
const keyOf = (secret: string): Buffer | null => {
  const text = secret.trim().replace(/^whsec_/, "");
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 !== 1 ? Buffer.from(text, "base64") : null;
};

const signature = (key: Buffer, id: string, timestamp: string, body: Uint8Array | string): string =>
  createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64");

/** Standard Webhooks, several secrets for rotation. Constant-time over the candidates. Takes the raw bytes. */
export const verify = (request: SignedRequest, secrets: ReadonlyArray<string>, nowMs: number): Verified => {
  const id = request.headers["webhook-id"];
  const timestamp = request.headers["webhook-timestamp"];
  const signatures = request.headers["webhook-signature"];
  if (!id) return refuse("no webhook-id header");
  if (!timestamp) return refuse("no webhook-timestamp header");
  if (!signatures) return refuse("no webhook-signature header");
  if (!/^\d{1,12}$/.test(timestamp)) return refuse("webhook-timestamp is not whole seconds since the epoch");
  const ageSec = Math.floor(nowMs / 1000) - Number(timestamp);
  if (ageSec > toleranceSec) return refuse(`timestamp ${ageSec} s old, tolerance ${toleranceSec} s`);
  if (-ageSec > toleranceSec) return refuse(`timestamp ${-ageSec} s in the future, tolerance ${toleranceSec} s`);
  const keys = secrets.map(keyOf).filter((key) => key !== null);
  if (keys.length === 0) return refuse("no usable secret is configured: it has the form whsec_<base64>");
  const candidates = signatures
    .split(" ")
    .flatMap((part) => (part.startsWith("v1,") ? [Buffer.from(part.slice(3))] : []));
  if (candidates.length === 0) return refuse("webhook-signature holds no v1 signature");
  let matches = false;
  for (const key of keys) {
    const expected = Buffer.from(signature(key, id, timestamp, request.body));
    for (const candidate of candidates) {
      if (candidate.length === expected.length && timingSafeEqual(candidate, expected)) matches = true;
    }
  }
  return matches ? { ok: true } : refuse(`no v1 signature matches any of ${keys.length} secrets`);
};

/** The three headers of a signed sending. The secret must be `whsec_<base64>`. */
export const sign = (
  body: Uint8Array | string,
  by: { readonly id: string; readonly timestampSec: number; readonly secret: string },
): Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string> => {
  const key = keyOf(by.secret);
  if (key === null) throw new TypeError("a webhook secret has the form whsec_<base64>");
  const timestamp = String(by.timestampSec);
  return {
    "webhook-id": by.id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature(key, by.id, timestamp, body)}`,
  };
};
