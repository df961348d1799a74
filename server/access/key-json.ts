/** A key as people see it: never its secret, and never the hash of it. *Pure.* */
import * as Schema from "effect/Schema";
import type { Json } from "../../domain/canonical.ts";
import type { KeyRecord } from "../../domain/controls/key.ts";
import { scopes } from "../../domain/scopes.ts";
import { AmountMinor, Instant, Whole } from "../openapi/leaf.ts";

const text = Schema.NullOr(Schema.String);
const at = Schema.NullOr(Instant);

export const KeyItem = Schema.Struct({
  id: Schema.String.annotations({ examples: ["k3f9x7m2q8ab"] }),
  name: Schema.String,
  owner: Schema.String.annotations({ description: "Who holds it: two keys of one owner are one person." }),
  scopes: Schema.Array(Schema.Literal(...scopes)),
  personal: Schema.Boolean.annotations({ description: "Sees personal fields also without `operate`." }),
  entities: Schema.NullOr(Schema.Array(Schema.String)).annotations({ description: "Legal entities; null: all." }),
  approveUpToMinor: Schema.NullOr(Schema.Record({ key: Schema.String, value: AmountMinor })),
  ratePerMinute: Schema.NullOr(Whole),
  state: Schema.Literal("good", "expired", "revoked"),
  expiresAt: at,
  madeAt: Instant,
  madeBy: Schema.String,
  rotatedAt: at,
  oldSecretUntil: at.annotations({ description: "Until then the secret before the newest is good as well." }),
  revokedAt: at,
  revokedBy: text,
  revokedReason: text,
  firstUsedAt: at,
  lastUsedAt: at,
  uses: Whole,
}).annotations({ identifier: "Key" });

export const NewKey = Schema.Struct({
  ...KeyItem.fields,
  secret: text.annotations({
    description: "Shown this once. Null when the same request was answered before: then rotate the key.",
    examples: ["tieout_k3f9x7m2q8ab_…"],
  }),
}).annotations({ identifier: "NewKey" });

export const KeyPage = Schema.Struct({ items: Schema.Array(KeyItem), nextCursor: text }).annotations({
  identifier: "KeyPage",
});

export interface Unnoted {
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** `unnoted`: uses that the journal does not know of yet. `now`: epoch milliseconds; without it a key does not expire. */
export const keyJson = (record: KeyRecord, unnoted: Unnoted | null = null, now: number | null = null): Json => {
  const { id, name, owner, scopes, personal, entities, approveUpToMinor, ratePerMinute } = record;
  const { expiresAt, secrets, made, revoked, use } = record;
  const expired = now !== null && expiresAt !== null && expiresAt <= now;
  const [newest, older] = secrets;
  return {
    ...{ id, name, owner, scopes, personal, entities, approveUpToMinor, ratePerMinute },
    state: revoked !== null ? "revoked" : expired ? "expired" : "good",
    expiresAt,
    madeAt: made.at,
    madeBy: made.by,
    rotatedAt: newest === undefined || newest.since === made.at ? null : newest.since,
    oldSecretUntil: older?.until ?? null,
    revokedAt: revoked?.at ?? null,
    revokedBy: revoked?.by ?? null,
    revokedReason: revoked?.reason ?? null,
    firstUsedAt: use?.firstAt ?? unnoted?.firstAt ?? null,
    lastUsedAt: unnoted?.lastAt ?? use?.lastAt ?? null,
    uses: (use?.count ?? 0) + (unnoted?.count ?? 0),
  };
};
