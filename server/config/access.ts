/** Who may come in and how often, as the configuration file says it. */
import * as Schema from "effect/Schema";
import { type ApprovalRule, approvableActs } from "../../domain/controls/approval.ts";
import { BaseUrl, or, orNull, Text } from "./leaf.ts";

const Millis = Schema.Int.pipe(Schema.between(100, 3_600_000));

/** Requests; null: no limit. */
export const RatePerMinute = orNull(Schema.Int.pipe(Schema.between(1, 10_000_000)));

/** An identity provider whose tokens are taken beside API keys. */
const Oidc = Schema.Struct({
  issuer: BaseUrl,
  audience: Schema.Union(Text, Schema.NonEmptyArray(Text)),
  /** Null: as the issuer's discovery document says. */
  jwksUrl: orNull(BaseUrl),
  /** A claim of the token, or the way to one inside others. */
  scopesClaim: or(Schema.Union(Text, Schema.NonEmptyArray(Text)), "scope"),
  /** In front of our scopes' names there, so that another application's `admin` is none of ours. */
  scopePrefix: or(Schema.String, "tieout:"),
  /** Null: tokens are good for all legal entities. */
  entitiesClaim: orNull(Schema.Union(Text, Schema.NonEmptyArray(Text))),
  subjectClaim: or(Schema.Union(Text, Schema.NonEmptyArray(Text)), "sub"),
  clockToleranceSeconds: or(Schema.Int.pipe(Schema.between(0, 300)), 30),
  /** The issuer may be on this machine or in a private network. */
  allowPrivate: or(Schema.Boolean, false),
});
export type OidcConfig = typeof Oidc.Type;

export const AccessSettings = Schema.Struct({
  /** Of one key or person. */
  ratePerMinute: RatePerMinute,
  oidc: orNull(Oidc),
  /** Acts without an `Idempotency-Key` are refused. */
  requireIdempotencyKey: or(Schema.Boolean, false),
  /** How long a client may take for the head of a request, and for all of it. */
  headersTimeoutMs: or(Millis, 15_000),
  requestTimeoutMs: or(Millis, 120_000),
  maxConnections: or(Schema.Int.pipe(Schema.between(1, 100_000)), 2000),
});
export type AccessConfig = typeof AccessSettings.Type;

export const usualAccess: AccessConfig = Schema.decodeSync(AccessSettings)({});

const Rule = Schema.Struct({
  act: Schema.Literal(...approvableActs),
  aboveMinor: orNull(Schema.Int.pipe(Schema.nonNegative())),
  currency: orNull(Schema.String.pipe(Schema.pattern(/^[A-Z]{3}$/))),
  persons: Schema.Int.pipe(Schema.between(1, 10)),
}).pipe(
  Schema.filter(
    ({ aboveMinor, currency }) =>
      (aboveMinor === null) === (currency === null) ||
      "aboveMinor and currency go together: amounts of two currencies are never compared",
  ),
);

/** Which acts need more than one person. */
export const Approvals = or(Schema.Array(Rule), [] as ReadonlyArray<ApprovalRule>);
