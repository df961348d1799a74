/** From what a request carries to who is asking, or to why nobody is let in. The only place that judges a key or a token. */
import type { KeyRecord } from "../../domain/controls/key.ts";
import { scopes } from "../../domain/scopes.ts";
import type { Host, Sight } from "../host/host.ts";
import { type Access, bearerOf, isLoopbackHost, sameSecret } from "../http/access.ts";
import { type Caller, seesPersonal } from "./caller.ts";
import { type Keyring, makeKeyring } from "./keyring.ts";
import { type KeyUsage, makeKeyUsage } from "./usage.ts";

/** Who acted, when nobody had to say. */
export const sandboxActor = "sandbox";
/** The key of a first start, which the environment holds. */
export const firstKeyActor = "TIEOUT_API_KEY";

export interface TokenVerifier {
  /** Null: not a token of this kind. */
  readonly verify: (bearer: string) => Promise<Omit<Caller, "sight"> | { readonly refused: string } | null>;
}

export interface AuthenticatorOptions extends Access {
  readonly host: Pick<Host, "ask" | "accept">;
  readonly now: () => number;
  /** Tokens of an identity provider; null: none are taken. */
  readonly tokens?: TokenVerifier | null;
  /** The connections of each legal entity. */
  readonly entities?: ReadonlyMap<string, ReadonlyArray<string>>;
}

export interface Authenticator {
  /** Rejects with a HostFailure where the engine cannot be asked. */
  readonly authenticate: (
    authorization: string | null | undefined,
    host: string | null | undefined,
  ) => Promise<Caller | { readonly refused: string }>;
  readonly keyring: Keyring;
  readonly usage: KeyUsage;
}

const everything = { scopes, personal: true, entities: null, approveUpToMinor: null, ratePerMinute: null } as const;

const ofKey = (record: KeyRecord): Omit<Caller, "sight"> => ({
  kind: "key",
  by: `${record.name} (key ${record.id})`,
  person: record.owner,
  scopes: record.scopes,
  personal: record.personal,
  entities: record.entities,
  approveUpToMinor: record.approveUpToMinor,
  ratePerMinute: record.ratePerMinute,
});

export const makeAuthenticator = (options: AuthenticatorOptions): Authenticator => {
  const { sandbox, apiKey, host, now, tokens = null, entities = new Map() } = options;
  const keyring = makeKeyring(host.ask, now);
  const usage = makeKeyUsage(host.accept, now);

  const seen = (caller: Omit<Caller, "sight">): Caller => {
    const personal = seesPersonal(caller);
    const own = caller.entities?.flatMap((entity) => entities.get(entity) ?? []) ?? null;
    const sight: Sight | null = own === null && personal ? null : { connections: own, personal };
    return { ...caller, sight };
  };

  const ofBearer = async (bearer: string): Promise<Caller | { readonly refused: string }> => {
    if (apiKey !== null && sameSecret(bearer, apiKey))
      return seen({ kind: "first-key", by: firstKeyActor, person: firstKeyActor, ...everything });
    const token = tokens === null ? null : await tokens.verify(bearer);
    if (token !== null) return "refused" in token ? token : seen(token);
    const record = await keyring.open(bearer);
    if ("refused" in record) return record;
    usage.used(record.id, record.use?.lastAt ?? null);
    return seen(ofKey(record));
  };

  return {
    keyring,
    usage,
    authenticate: async (authorization, name) => {
      const bearer = bearerOf(authorization);
      if (bearer !== null) return ofBearer(bearer);
      if (sandbox && isLoopbackHost(name))
        return seen({ kind: "sandbox", by: sandboxActor, person: sandboxActor, ...everything });
      if (sandbox) return { refused: "without a key the sandbox answers only to localhost by that name" };
      return { refused: "send a key as Authorization: Bearer; an administrator makes one: tieout keys make" };
    },
  };
};
