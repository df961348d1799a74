/**
 * Tokens of an identity provider: signed by a key that its issuer publishes, for us, now. Which keys there are is asked of the issuer
 * and kept; a token that names another one has them asked for again, at most so often.
 */
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import { isScope, type Scope } from "../../domain/scopes.ts";
import type { OidcConfig } from "../config/access.ts";
import type { TokenVerifier } from "./authenticate.ts";

/** Asymmetric only: whoever can check a token must not be able to make one. */
const algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];
/** Between two questions for keys that a strange token causes; and how long keys are used without asking. Milliseconds. */
const cooldownMs = 30_000;
const keysForMs = 600_000;
const timeoutMs = 5000;
/** After a discovery that failed. Milliseconds. */
const retryMs = 5000;
const longestToken = 16_384;

export interface OidcOptions extends Omit<OidcConfig, "allowPrivate"> {
  readonly fetch: typeof globalThis.fetch;
  readonly now: () => number;
  /** Default: 30 seconds. Milliseconds. */
  readonly cooldownMs?: number;
  /** After a discovery that failed; default: 5 seconds. Milliseconds. */
  readonly retryMs?: number;
}

type Way = string | ReadonlyArray<string>;

const claimAt = (payload: JWTPayload, way: Way): unknown =>
  (typeof way === "string" ? [way] : way).reduce<unknown>(
    (at, name) =>
      typeof at === "object" && at !== null && Object.hasOwn(at, name) ? Reflect.get(at, name) : undefined,
    payload,
  );

/** A list, or words with blanks between them. */
const wordsAt = (payload: JWTPayload, way: Way): ReadonlyArray<string> => {
  const found = claimAt(payload, way);
  if (typeof found === "string") return found.split(/\s+/).filter((word) => word !== "");
  return Array.isArray(found) ? found.filter((word): word is string => typeof word === "string") : [];
};

const isJwt = (bearer: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(bearer);

/** In words that hold nothing of the token. */
const reasonOf = (error: unknown): string | null => {
  if (error instanceof errors.JWTExpired) return "the token has expired; get a new one";
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim } = error;
    if (claim === "aud") return "the token is for another audience";
    if (claim === "iss") return "the token is of another issuer";
    if (claim === "nbf") return "the token is not valid yet";
    return `the token's claim ${claim} does not hold`;
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return `the token's algorithm is not one of ${algorithms.join(", ")}`;
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return "the token names no key of its issuer's";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "the token's signature does not verify";
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) return "the token is not well formed";
  return null;
};

const unavailable = "the identity provider cannot be asked for its keys now; try again, or use an API key";

export const makeOidc = (options: OidcOptions): TokenVerifier => {
  const { issuer, audience, jwksUrl, scopesClaim, scopePrefix, entitiesClaim, subjectClaim, now } = options;

  const discovered = async (): Promise<string> => {
    const address = `${issuer.replace(/\/+$/, "")}/.well-known/openid-configuration`;
    const response = await options.fetch(address, { redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
    if (response.status !== 200) throw new Error(`${address} answered ${response.status}`);
    const said = (await response.json()) as { readonly issuer?: unknown; readonly jwks_uri?: unknown };
    if (said.issuer !== issuer) throw new Error(`${address} names another issuer`);
    if (typeof said.jwks_uri !== "string" || !URL.canParse(said.jwks_uri)) throw new Error(`${address} names no keys`);
    return said.jwks_uri;
  };

  let keys: JWTVerifyGetKey | null = null;
  let finding: Promise<JWTVerifyGetKey> | null = null;
  let failedAt = Number.NEGATIVE_INFINITY;
  const find = async (): Promise<JWTVerifyGetKey> => {
    const address = jwksUrl ?? (await discovered());
    return createRemoteJWKSet(new URL(address), {
      [customFetch]: options.fetch,
      cooldownDuration: options.cooldownMs ?? cooldownMs,
      cacheMaxAge: keysForMs,
      timeoutDuration: timeoutMs,
    });
  };
  const keysOf = async (): Promise<JWTVerifyGetKey | null> => {
    if (keys !== null) return keys;
    if (finding === null && performance.now() - failedAt < (options.retryMs ?? retryMs)) return null;
    finding ??= find().finally(() => {
      finding = null;
    });
    try {
      keys = await finding;
      return keys;
    } catch {
      failedAt = performance.now();
      return null;
    }
  };

  const callerOf = (payload: JWTPayload): Awaited<ReturnType<TokenVerifier["verify"]>> => {
    const subject = claimAt(payload, subjectClaim);
    if (typeof subject !== "string" || subject.trim() === "")
      return { refused: `the token has no ${[subjectClaim].flat().join(".")}: it says of nobody whose it is` };
    const ours = wordsAt(payload, scopesClaim)
      .filter((word) => word.startsWith(scopePrefix))
      .map((word) => word.slice(scopePrefix.length));
    const entities = entitiesClaim === null ? [] : wordsAt(payload, entitiesClaim);
    const scopes: ReadonlyArray<Scope> = [...new Set(ours.filter(isScope))];
    return {
      kind: "oidc",
      by: `oidc:${subject}`,
      person: subject,
      scopes,
      personal: ours.includes("personal"),
      // Where entities are told by tokens, one that tells none is good for none.
      entities: entitiesClaim === null || entities.includes("*") ? null : entities,
      approveUpToMinor: null,
      ratePerMinute: null,
    };
  };

  return {
    verify: async (bearer) => {
      if (bearer.length > longestToken || !isJwt(bearer)) return null;
      const known = await keysOf();
      if (known === null) return { refused: unavailable };
      try {
        const { payload } = await jwtVerify(bearer, known, {
          issuer,
          audience: typeof audience === "string" ? audience : [...audience],
          algorithms,
          clockTolerance: options.clockToleranceSeconds,
          currentDate: new Date(now()),
          requiredClaims: ["exp"],
        });
        return callerOf(payload);
      } catch (error) {
        return { refused: reasonOf(error) ?? unavailable };
      }
    },
  };
};
