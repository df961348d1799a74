/** Who may read: holders of the key, and in the sandbox anybody who asks this machine by its own name. */
import { createHash, timingSafeEqual } from "node:crypto";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Constant-time, whatever the lengths. */
export const sameSecret = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

export const bearerOf = (authorization: string | null | undefined): string | null =>
  /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? null;

/** A page of a foreign origin may point its own name at this machine: the name asked for must be the loopback's. */
const isLoopbackHost = (host: string | null | undefined): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host ?? "");

export interface Access {
  readonly sandbox: boolean;
  readonly apiKey: string | null;
}

/** Null when it may; else why not, for the caller. */
export const refusal = (
  { sandbox, apiKey }: Access,
  authorization: string | null | undefined,
  host: string | null | undefined,
): string | null => {
  const key = bearerOf(authorization);
  if (key !== null && apiKey !== null && sameSecret(key, apiKey)) return null;
  if (key !== null) return "the API key is not one of this server's";
  if (sandbox && isLoopbackHost(host)) return null;
  if (sandbox) return "without a key the sandbox answers only to localhost by that name";
  return apiKey === null
    ? "no API key is set: start the server with TIEOUT_API_KEY and send it as Authorization: Bearer"
    : "send the key as Authorization: Bearer";
};
