/** Every address of the configuration: what speaks against calling it, told at the start. *Pure.* */
import type { FileConfig } from "../config/file.ts";
import { urlProblem } from "./addresses.ts";
import { addressesIn } from "./outbound-guard.ts";

/** A stream's address has no scheme there: `host:port`, always over TLS. */
const withScheme = (api: unknown): unknown => {
  const { pubsubUrl } = (api ?? {}) as { readonly pubsubUrl?: string | null };
  return pubsubUrl && !pubsubUrl.includes("://") ? { ...(api as object), pubsubUrl: `https://${pubsubUrl}` } : api;
};

export const outboundProblems = ({ connections, access, alerts }: FileConfig): ReadonlyArray<string> => {
  const ofConnections = Object.entries(connections).flatMap(([name, { api, allowPrivate }]) =>
    addressesIn(withScheme(api)).map(
      ([way, address]) => [`connections.${name}.api.${way}`, address, allowPrivate] as const,
    ),
  );
  const { oidc } = access;
  const ofAccess =
    oidc === null
      ? []
      : addressesIn({ issuer: oidc.issuer, jwksUrl: oidc.jwksUrl }).map(
          ([way, address]) => [`access.oidc.${way}`, address, oidc.allowPrivate] as const,
        );
  const ofAlerts = alerts.map(({ url, allowPrivate }, at) => [`alerts.${at}.url`, url, allowPrivate] as const);
  return [...ofConnections, ...ofAccess, ...ofAlerts].flatMap(([where, address, allowPrivate]) => {
    const why = urlProblem(address, allowPrivate);
    return why === null ? [] : [`${where}: ${why}`];
  });
};
