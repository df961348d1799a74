/** Whose price a series of uses has: the agreement that it names, or the only one that prices its meter; else why none does. *Pure.* */
import type { Agreement } from "../agreement.ts";
import { localDay, startOfDay } from "../calendar/zone.ts";
import { timelineOf } from "../contract/timeline.ts";
import { add, toText, zero } from "../rating/rational.ts";
import type { MeterTerms, Placement } from "../terms.ts";
import type { Bucket } from "./bucket.ts";
import type { Series } from "./uses.ts";

/** A series of uses of one party. */
export interface Own extends Series {
  readonly party: string;
  readonly quarters: ReadonlyArray<readonly [fromMs: number, Bucket]>;
}

/** Use that has no price. */
export interface UnpricedUse extends Series {
  readonly party: string;
  readonly reason: string;
  /** Quarters of the first use and of the last. Epoch ms. */
  readonly fromMs: number;
  readonly throughMs: number;
  readonly quantity: string;
  readonly uses: number;
}

const nowhere: Placement = { entity: null, jurisdiction: null, taxes: [] };

/** A meter's own word for an entity first: `api_calls@eu`. */
export const placementOf = ({ placements }: Agreement, name: string, usedBy: string | null): Placement => {
  const whole = placements[name];
  if (usedBy === null) return whole ?? nowhere;
  return placements[`${name}@${usedBy}`] ?? { ...(whole ?? nowhere), entity: usedBy };
};

const counts = ({ quarters }: Own): number =>
  quarters.reduce((all, [, { count, levels }]) => all + count + (levels?.size ?? 0), 0);

export const unpricedOf = (own: Own, reason: string): UnpricedUse => ({
  party: own.party,
  meter: own.meter,
  contract: own.contract,
  entity: own.entity,
  reason,
  fromMs: own.quarters[0]![0],
  throughMs: own.quarters.at(-1)![0],
  quantity: toText(own.quarters.reduce((all, [, { sum }]) => add(all, sum), zero)),
  uses: counts(own),
});

const isOf = (agreement: Agreement, contract: string): boolean =>
  agreement.id === contract ||
  agreement.subscription === contract ||
  agreement.id === `${agreement.connection}:${contract}`;

export const meterOf = ({ meters }: Agreement, name: string): MeterTerms | undefined =>
  meters.find(({ meter }) => meter === name);

/** What prices a series, or why nothing does. Of several contracts that follow each other, each has what was used in its term. */
export const attributed = (
  own: Own,
  agreements: ReadonlyArray<Agreement>,
): ReadonlyArray<{ readonly own: Own; readonly by: Agreement | string }> => {
  const pricing = agreements.filter((agreement) => meterOf(agreement, own.meter) !== undefined);
  if (own.contract !== null) {
    const named = agreements.filter((agreement) => isOf(agreement, own.contract!));
    const by = named.find((agreement) => pricing.includes(agreement));
    if (by !== undefined) return [{ own, by }];
    const reason =
      named.length === 0
        ? `no contract ${own.contract} is known of this account`
        : `contract ${own.contract} has no price for ${own.meter}`;
    return [{ own, by: reason }];
  }
  if (pricing.length === 1) return [{ own, by: pricing[0]! }];
  if (pricing.length === 0) return [{ own, by: `no contract of this account has a price for ${own.meter}` }];
  const last = own.quarters.at(-1)![0];
  const terms = pricing.map((agreement) => ({ agreement, ...termOf(agreement, last) }));
  const parts = new Map<Agreement | string, Array<Own["quarters"][number]>>();
  for (const quarter of own.quarters) {
    const [first, second] = terms.filter(({ fromMs, toMs }) => quarter[0] >= fromMs && quarter[0] < toMs);
    const by =
      first !== undefined && second === undefined
        ? first.agreement
        : `${first === undefined ? "none" : "several"} of the ${pricing.length} contracts with a price for ${own.meter} ran then; the use has to name one`;
    const part = parts.get(by);
    if (part) part.push(quarter);
    else parts.set(by, [quarter]);
  }
  return [...parts].map(([by, quarters]) => ({ own: { ...own, quarters }, by }));
};

const termOf = ({ contract, timeZone }: Agreement, throughMs: number) => {
  const { end } = timelineOf(contract, localDay(throughMs, timeZone));
  return { fromMs: startOfDay(contract.start, timeZone), toMs: startOfDay(end, timeZone) };
};
