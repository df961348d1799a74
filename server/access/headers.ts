/** What every answer says to browsers and to caches, where the route itself says nothing else. */
import type { MiddlewareHandler } from "hono";

export const securityHeaders: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-resource-policy": "same-origin",
};

const all = Object.entries(securityHeaders);

export const withSecurityHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  for (const [name, value] of all) if (!c.res.headers.has(name)) c.res.headers.set(name, value);
};
