/** What a request carries to be let in by, and how secrets are compared. Who is let in: `server/access/`. *Pure.* */
import { createHash, timingSafeEqual } from "node:crypto";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Constant-time, whatever the lengths. */
export const sameSecret = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

export const bearerOf = (authorization: string | null | undefined): string | null =>
  /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? null;

/** A page of a foreign origin may point its own name at this machine: the name asked for must be the loopback's. */
export const isLoopbackHost = (host: string | null | undefined): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host ?? "");

export interface Access {
  readonly sandbox: boolean;
  /** Of the environment, for a first start. */
  readonly apiKey: string | null;
}
