/**
 * Periods that are over, in which nothing of a meter was used and for which something is owed: a least, or a flat price. Which there
 * are follows from time, so they are written down once; rating takes them from there. *Pure.*
 */
import { type Cycle, cycleAt, cycleOf } from "../calendar/cycle.ts";
import { localDay, startOfDay } from "../calendar/zone.ts";
import { timelineOf } from "../contract/timeline.ts";
import type { Charge } from "../rating/charge.ts";
import { rate } from "../rating/rate.ts";
import { zero } from "../rating/rational.ts";
import { momentMs } from "../rating/version.ts";
import type { MeteredAccount } from "./account.ts";
import type { UsageIdle } from "./note.ts";
import { cycleOfMeter } from "./rated.ts";

/** A charge for single events has no price for none of them. */
const costsIdle = (charge: Charge, currency: string): boolean => {
  if (charge.price.model === "percentage") return false;
  return rate(charge, currency, zero).amountMinor !== 0;
};

/** Meters that sum, count or take the greatest: without use they are at zero. */
const atZero: ReadonlySet<string> = new Set(["sum", "count", "max"]);

/** `now`: journal time, epoch ms. What is rated already, or written down, is none. */
export const idleOf = ({ agreements, lines }: MeteredAccount, now: number): ReadonlyArray<UsageIdle> => {
  const rated = new Set(lines.map(({ agreement, meter, period }) => `${agreement}|${meter}|${period}`));
  return agreements.flatMap((agreement) => {
    const { id, party, contract, timeZone: zone } = agreement;
    const end = Math.min(now, startOfDay(timelineOf(contract, localDay(now, zone)).end, zone));
    return agreement.meters.flatMap((terms): ReadonlyArray<UsageIdle> => {
      const { meter, aggregation, versions } = terms;
      if (!atZero.has(aggregation)) return [];
      if (!versions.some(({ charge }) => costsIdle(charge, contract.currency))) return [];
      const priced = Math.min(...versions.map(({ inForceFrom }) => momentMs(inForceFrom, zone)));
      const from = Math.max(startOfDay(contract.start, zone), priced);
      const cycle: Cycle = cycleOfMeter(agreement, terms);
      const found: UsageIdle[] = [];
      for (let span = cycleOf(cycle, localDay(from, zone)); ; span = cycleAt(cycle, span.index + 1)) {
        const [starts, ends] = [startOfDay(span.from, zone), startOfDay(span.to, zone)];
        if (ends > now || starts >= end) return found;
        const at = Math.max(starts, from);
        if (!rated.has(`${id}|${meter}|${span.from}`))
          found.push({ type: "usage.idle", party, agreement: id, meter, at });
      }
    });
  });
};
