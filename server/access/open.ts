/** Who is let in, from the configuration: the environment's key, made keys, and where an identity provider is named its tokens. */
import * as Redacted from "effect/Redacted";
import type { ServerConfig } from "../config/config.ts";
import { type Authenticator, type AuthenticatorOptions, makeAuthenticator } from "./authenticate.ts";
import { entitiesOf } from "./entities.ts";
import { makeOidc } from "./oidc.ts";
import { addressesIn, makeGuardedFetch, type OutboundRules, outboundHost } from "./outbound-guard.ts";

export const openAccess = (
  config: ServerConfig,
  { host, now }: Pick<AuthenticatorOptions, "host" | "now">,
): Authenticator => {
  const oidc = config.access?.oidc ?? null;
  const own = [oidc?.issuer, oidc?.jwksUrl].flatMap((text) => (text == null ? [] : [outboundHost(new URL(text))]));
  return makeAuthenticator({
    sandbox: config.sandbox,
    apiKey: config.apiKey === null ? null : Redacted.value(config.apiKey),
    host,
    now,
    entities: entitiesOf(config),
    tokens:
      oidc === null
        ? null
        : makeOidc({ ...oidc, now, fetch: makeGuardedFetch({ privateHosts: oidc.allowPrivate ? own : [] }) }),
  });
};

/** Absent in the sandbox, whose systems are on this machine. */
export const outboundOf = ({ sandbox, connections, desk }: ServerConfig): OutboundRules | undefined => {
  if (sandbox) return undefined;
  const hosts = connections
    .filter(({ allowPrivate, settings }) => allowPrivate === true && settings !== null)
    .flatMap(({ settings }) => addressesIn(Redacted.value(settings!).api).map(([, address]) => new URL(address)));
  const receivers = (desk?.alerts ?? []).filter(({ allowPrivate }) => allowPrivate).map(({ url }) => new URL(url));
  return { privateHosts: [...new Set([...hosts, ...receivers].map(outboundHost))] };
};
