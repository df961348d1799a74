/** Which exceptions a person is looking for, beside their type and owner: by legal entity, age, money and words. *Pure.* */

import type { Accounting } from "../../domain/booking.ts";
import { connectionOf } from "../../domain/ids.ts";
import { entityOf } from "../../domain/periods.ts";
import type { Item } from "./items.ts";

/** Null, or absent: any. */
export interface Sieve {
  readonly entity?: string | null;
  /** Since when it is older. Whole minutes. */
  readonly olderThanMinutes?: number | null;
  /** More money at risk than this; goes with a currency. */
  readonly amountOverMinor?: number | null;
  /** In its cause, its ids, its evidence or what would resolve it, whatever the case. */
  readonly text?: string | null;
  /** One of these, by id. */
  readonly ids?: ReadonlySet<string> | null;
}

const minuteMs = 60_000;

/** Of whose money it tells: the party's own connection, else what it is about. */
const entityIn = ({ exception, party }: Item, accounting: Accounting | null): string =>
  entityOf(accounting ?? ({ entities: {} } as never), connectionOf(party ?? exception.source));

export const passes = (sieve: Sieve, item: Item, accounting: Accounting | null, now: number): boolean => {
  const { entity = null, olderThanMinutes = null, amountOverMinor = null, text = null, ids = null } = sieve;
  const { id, cause, source, evidence, acts, ageFrom, moneyMinor } = item.exception;
  if (ids !== null && !ids.has(id)) return false;
  if (entity !== null && entityIn(item, accounting) !== entity) return false;
  if (olderThanMinutes !== null && (ageFrom === null || ageFrom > now - olderThanMinutes * minuteMs)) return false;
  if (amountOverMinor !== null && (moneyMinor === null || Math.abs(moneyMinor) <= amountOverMinor)) return false;
  if (text === null) return true;
  const wanted = text.toLowerCase();
  return [id, cause, source, item.party ?? "", ...evidence, ...acts].some((one) => one.toLowerCase().includes(wanted));
};
