/** Prepaid credits: which grant pays for what. In whole units of the credit: minor units, or units of a meter. *Pure.* */
import * as Schema from "effect/Schema";
import { Moment, momentMs } from "../calendar/moment.ts";
import { field, optionalField } from "../field.ts";

const Whole = Schema.Int.pipe(Schema.nonNegative());
export const Grant = Schema.Struct({
  id: field(Schema.String, "name of the grant"),
  left: field(Whole, "credit left, in minor units"),
  priority: optionalField(Schema.Int, "lower goes first; default 0"),
  from: optionalField(Moment, "not before this date or instant"),
  expires: optionalField(Moment, "gone at this date or instant"),
  promotional: optionalField(
    Schema.Boolean,
    "given away: drawn before what was paid for, at the same priority and expiry",
  ),
});
export type Grant = typeof Grant.Type;

export interface DrawnCredit {
  readonly grant: string;
  readonly drawn: number;
  readonly left: number;
}
export interface DrawDown {
  readonly lines: ReadonlyArray<DrawnCredit>;
  readonly drawn: number;
  /** What no credit pays for. */
  readonly due: number;
  /** Grants that ran out unused by time, with what was left of them. */
  readonly expired: ReadonlyArray<{ readonly grant: string; readonly left: number }>;
}

/** By priority, then what expires first, then promotional before paid, then id. A negative amount draws nothing. */
export const drawDown = (grants: ReadonlyArray<Grant>, amount: number, atMs: number, zone = "UTC"): DrawDown => {
  const until = (grant: Grant): number =>
    grant.expires === undefined ? Number.MAX_SAFE_INTEGER : momentMs(grant.expires, zone);
  const order = [...grants].sort(
    (a, b) =>
      (a.priority ?? 0) - (b.priority ?? 0) ||
      until(a) - until(b) ||
      Number(b.promotional ?? false) - Number(a.promotional ?? false) ||
      (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  );
  let due = amount;
  const lines: DrawnCredit[] = [];
  for (const grant of order) {
    const started = grant.from === undefined || momentMs(grant.from, zone) <= atMs;
    if (!started || until(grant) <= atMs || due <= 0) continue;
    const drawn = Math.min(grant.left, due);
    if (drawn === 0) continue;
    lines.push({ grant: grant.id, drawn, left: grant.left - drawn });
    due -= drawn;
  }
  const expired = order
    .filter((grant) => until(grant) <= atMs && grant.left > 0)
    .map(({ id, left }) => ({ grant: id, left }));
  return { lines, drawn: amount - due, due, expired };
};
