/** What a contract is worth over time: what was booked when it was signed, amended and renewed, and what it brings in a month. *Pure.* */
import { addDays, type Day, later } from "../calendar/day.ts";
import type { Contract } from "../contract/contract.ts";
import { type Segment, segmentsOf } from "../contract/segments.ts";
import { ordered, timelineOf } from "../contract/timeline.ts";
import { sumMinor } from "../money.ts";
import type { Booking } from "../reports/flow.ts";
import { type Level, recurringIn } from "../reports/recurring.ts";
import type { KnownContract } from "./contracts.ts";

/**
 * The first term when it starts, each amendment's difference on its date, each renewal when it begins. They sum to what the
 * contract is worth: what is metered has no price before it is used.
 */
export const bookingsOf = ({ id, entity, contract }: KnownContract, through: Day): ReadonlyArray<Booking> => {
  if (contract.start > through) return [];
  const amendments = ordered(contract).filter(({ on }) => on <= through);
  // What was agreed before the contract starts is part of its first value.
  const changed = [...new Set([contract.start, ...amendments.map(({ on }) => later(on, contract.start))])].sort();
  const bookings: Booking[] = [];
  let before = 0;
  for (const [index, from] of changed.entries()) {
    const known = { ...contract, amendments: amendments.filter(({ on }) => on <= from) };
    const until = changed[index + 1] ?? null;
    const last = until === null ? through : addDays(until, -1);
    const { terms } = timelineOf(known, last);
    const worthOf = terms.map(() => 0);
    for (const { metered, term, valueMinor } of segmentsOf(known, last))
      if (!metered) worthOf[term] = sumMinor([worthOf[term]!, valueMinor]);
    const begun = (day: Day): number => sumMinor(worthOf.filter((_, term) => term === 0 || terms[term]!.from <= day));
    const days = [from, ...terms.map((term) => term.from).filter((day) => day > from && day <= last)];
    for (const on of days) {
      const now = begun(on);
      if (now !== before)
        bookings.push({ id: `${id} ${on}`, on, entity, currency: contract.currency, amountMinor: now - before });
      before = now;
    }
  }
  return bookings;
};

/** Segments without the cuts between terms in which nothing changes. */
export const stretchesOf = (contract: Contract, through: Day): ReadonlyArray<Segment> => {
  const merged: Segment[] = [];
  const lastOf = new Map<string, number>();
  for (const segment of segmentsOf(contract, through)) {
    const at = lastOf.get(segment.item);
    const known = at === undefined ? undefined : merged[at];
    if (at !== undefined && known !== undefined && known.to === segment.from && alike(known, segment))
      merged[at] = { ...known, to: segment.to };
    else lastOf.set(segment.item, merged.push(segment) - 1);
  }
  return merged;
};
const alike = (a: Segment, b: Segment): boolean =>
  a.price === b.price && a.quantity === b.quantity && a.status === b.status && a.once === b.once;

/** From each date on which it changes: what it brings in a month; zero: nothing any more. */
export const levelsOf = ({ id, contract }: KnownContract, customer: string, through: Day): ReadonlyArray<Level> => {
  const segments = stretchesOf(contract, through);
  const days = [...new Set(segments.flatMap(({ from, to }) => [from, to]))].filter((day) => day <= through).sort();
  const levels: Level[] = [];
  let at = 0;
  for (const on of days) {
    const { mrrMinor } = recurringIn(contract, segments, on);
    if (mrrMinor !== at) levels.push({ on, customer, subscription: id, mrrMinor });
    at = mrrMinor;
  }
  return levels;
};
