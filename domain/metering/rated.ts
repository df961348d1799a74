/**
 * What an account's use comes to under its agreements: one line for each meter, entity, period and version of the price. Nothing is
 * dropped: use that no price is for is listed with its reason. What begins within a quarter of an hour holds from the next. *Pure.*
 */

import { taxOn } from "../accounting/tax.ts";
import type { Agreement } from "../agreement.ts";
import { type Cycle, cycleOf } from "../calendar/cycle.ts";
import type { Day } from "../calendar/day.ts";
import { startOfDay } from "../calendar/zone.ts";
import { splitMinor, sumMinor } from "../money.ts";
import type { Party } from "../party.ts";
import { drawDown, type Grant } from "../rating/credits.ts";
import { type Aggregation, measure } from "../rating/meter.ts";
import { weightsOf } from "../rating/pool.ts";
import type { RatedLine } from "../rating/rate.ts";
import { add, compare, parse, type Rational, ratio, toText, zero } from "../rating/rational.ts";
import type { Use } from "../rating/usage.ts";
import { rateUsage, type UsageLine } from "../rating/version.ts";
import type { MeterTerms, Placement } from "../terms.ts";
import { attributed, type Own, placementOf, type UnpricedUse, unpricedOf } from "./attribution.ts";
import { quarterOf } from "./bucket.ts";

/** One line of one period: what stands behind an invoice-ready record. Amounts in minor units. */
export interface RatedUse {
  /** `agreement|meter|entity|period`: the same through every re-rating; its versions are lines of one key. */
  readonly key: string;
  readonly agreement: string;
  /** The party of the agreement. */
  readonly party: string;
  readonly meter: string;
  readonly product: string;
  /** Who used it, where the uses say so. */
  readonly usedBy: string | null;
  readonly placement: Placement;
  readonly currency: string;
  readonly timeZone: string;
  readonly period: Day;
  /** Exclusive. */
  readonly periodEnd: Day;
  /** End of the period as an instant, epoch ms: from then on it may be invoiced. */
  readonly endsAt: number;
  readonly from: Day;
  readonly version: number;
  readonly quantity: string;
  /** Rated, before credits and tax. */
  readonly ratedMinor: number;
  /** Paid for by prepaid credits, zero or more. */
  readonly creditsMinor: number;
  /** To be invoiced: rated less credits. */
  readonly amountMinor: number;
  readonly taxes: ReadonlyArray<{ readonly id: string; readonly amountMinor: number }>;
  readonly taxMinor: number;
  readonly working: ReadonlyArray<RatedLine>;
}

/** More was used in a period than was agreed. */
export interface OverUse {
  readonly agreement: string;
  readonly meter: string;
  readonly period: Day;
  readonly entitled: string;
  readonly used: string;
}

export interface Metered {
  readonly lines: ReadonlyArray<RatedUse>;
  readonly unpriced: ReadonlyArray<UnpricedUse>;
  readonly over: ReadonlyArray<OverUse>;
  /** Credits that are left of each grant, by agreement and grant. */
  readonly credits: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const usesOf = (own: Own, by: Aggregation): ReadonlyArray<Use> => {
  const plain = { source: own.party, meter: own.meter, receivedMs: null, account: null, entity: own.entity };
  return own.quarters.flatMap(([fromMs, bucket]): ReadonlyArray<Use> => {
    const use = (id: string, atMs: number, quantity: Rational, value: string | null = null): Use => ({
      ...plain,
      id,
      by: id,
      atMs,
      quantity,
      value,
    });
    if (by === "sum") return bucket.count === 0 && bucket.sum.n === 0n ? [] : [use(String(fromMs), fromMs, bucket.sum)];
    if (by === "count") return bucket.count === 0 ? [] : [use(String(fromMs), fromMs, ratio(bucket.count))];
    if (by === "unique") return [...(bucket.values ?? [])].map(([value]) => use(value, fromMs, ratio(1), value));
    return [...(bucket.levels ?? [])].map(([id, [atMs, level]]) => use(id, atMs, parse(level)));
  });
};

/** Amounts are summed already where a bucket has them. */
const ofBuckets = (by: Aggregation): Aggregation => (by === "count" ? "sum" : by);

export const cycleOfMeter = (agreement: Agreement, terms: MeterTerms): Cycle =>
  terms.cycle ?? { anchor: `${agreement.contract.start.slice(0, 7)}-01`, unit: "month", every: 1 };

const nothing = { by: "", quantity: zero, value: null, receivedMs: null, account: null, entity: null };

type Draft = Omit<RatedUse, "creditsMinor" | "amountMinor" | "taxes" | "taxMinor">;

interface Frame {
  readonly agreement: Agreement;
  readonly terms: MeterTerms;
  readonly cycle: Cycle;
}

interface OfMeter {
  readonly drafts: ReadonlyArray<Draft>;
  readonly unpriced: ReadonlyArray<UnpricedUse>;
  readonly over: ReadonlyArray<OverUse>;
}

/** All use of one meter under one agreement, together: tiers count over every entity, and each bears its share. */
const rateMeter = (
  agreement: Agreement,
  terms: MeterTerms,
  all: ReadonlyArray<Own>,
  /** Instants in periods without use: nothing was used then, and that may have its price. */
  idle: ReadonlyArray<number>,
): OfMeter => {
  const { meter, aggregation, versions } = terms;
  const frame = { agreement, terms, cycle: cycleOfMeter(agreement, terms) };
  const uses = new Map(all.map((own) => [own, usesOf(own, aggregation)]));
  const unpriced = all
    .filter((own) => uses.get(own)!.length === 0)
    .map((own) =>
      unpricedOf(own, `${meter} is metered by ${aggregation}, and its uses state nothing that this counts`),
    );
  const inTerms = { currency: agreement.contract.currency, zone: agreement.timeZone, meter: ofBuckets(aggregation) };
  try {
    const rated = rateUsage({ ...inTerms, cycle: frame.cycle, versions }, [
      ...[...uses.values()].flat(),
      ...idle.map((atMs): Use => ({ ...nothing, source: agreement.party, meter, id: String(atMs), atMs })),
    ]);
    const early = new Set(rated.unpriced.map(({ atMs }) => quarterOf(atMs)));
    for (const own of early.size === 0 ? [] : all) {
      const quarters = own.quarters.filter(([fromMs]) => early.has(fromMs));
      if (quarters.length > 0)
        unpriced.push(unpricedOf({ ...own, quarters }, `no price of ${meter} was in force then`));
    }
    const drafts = rated.lines.flatMap((line) => shared(frame, line, rated.lines, uses));
    return { drafts, unpriced, over: overOf(agreement, terms, rated.lines) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { drafts: [], unpriced: all.map((own) => unpricedOf(own, error.message)), over: [] };
  }
};

/** A line's end: where the next version begins in its period, or with the period. */
const untilOf = (line: UsageLine, lines: ReadonlyArray<UsageLine>, endsAt: number): number => {
  const later = lines.filter(({ period }) => period === line.period).map(startOf);
  return Math.min(endsAt, ...later.filter((at) => at > startOf(line)));
};
const startOf = ({ key }: UsageLine): number => Number(key.slice(key.lastIndexOf("/") + 1));

/** A line for each entity that used of it, to the last minor unit. */
const shared = (
  { agreement, terms, cycle }: Frame,
  line: UsageLine,
  lines: ReadonlyArray<UsageLine>,
  uses: ReadonlyMap<Own, ReadonlyArray<Use>>,
): ReadonlyArray<Draft> => {
  const { to } = cycleOf(cycle, line.period);
  const endsAt = startOfDay(to, agreement.timeZone);
  const [fromMs, untilMs] = [startOf(line), untilOf(line, lines, endsAt)];
  const entities = uses.size === 0 ? [null] : [...new Set([...uses.keys()].map(({ entity }) => entity))].sort();
  const quantities = entities.map((entity) => {
    if (entities.length === 1) return parse(line.rated.quantity);
    const own = [...uses].filter(([series]) => series.entity === entity).flatMap(([, all]) => all);
    const within = own.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs);
    return measure(ofBuckets(terms.aggregation), within);
  });
  const weights = weightsOf(quantities.map((quantity) => (compare(quantity, zero) < 0 ? zero : quantity)));
  const even = weights.every((weight) => weight === 0n);
  const amounts = splitMinor(line.rated.amountMinor, even ? weights.map(() => 1n) : weights);
  return entities.flatMap((usedBy, index): ReadonlyArray<Draft> => {
    if (entities.length > 1 && quantities[index]!.n === 0n && amounts[index] === 0) return [];
    const place = { usedBy, placement: placementOf(agreement, terms.meter, usedBy) };
    return [
      {
        key: `${agreement.id}|${terms.meter}|${usedBy ?? ""}|${line.period}`,
        agreement: agreement.id,
        party: agreement.party,
        meter: terms.meter,
        product: terms.product,
        ...place,
        currency: agreement.contract.currency,
        timeZone: agreement.timeZone,
        period: line.period,
        periodEnd: to,
        endsAt,
        from: line.from,
        version: line.version,
        quantity: toText(quantities[index]!),
        ratedMinor: amounts[index]!,
        working: line.rated.lines,
      },
    ];
  });
};

const overOf = (
  agreement: Agreement,
  { entitled, meter }: MeterTerms,
  lines: ReadonlyArray<UsageLine>,
): ReadonlyArray<OverUse> => {
  if (entitled === undefined) return [];
  const used = new Map<Day, Rational>();
  for (const { period, rated } of lines) used.set(period, add(used.get(period) ?? zero, parse(rated.quantity)));
  return [...used]
    .filter(([, quantity]) => compare(quantity, parse(entitled)) > 0)
    .map(([period, quantity]) => ({
      agreement: agreement.id,
      meter,
      period,
      entitled: toText(parse(entitled)),
      used: toText(quantity),
    }));
};

/** Credits pay in order of period and key; each line is then taxed once. */
const settled = (
  agreement: Agreement,
  drafts: ReadonlyArray<Draft>,
): { readonly lines: ReadonlyArray<RatedUse>; readonly left: Readonly<Record<string, number>> } => {
  let grants: ReadonlyArray<Grant> = agreement.grants;
  const order = [...drafts].sort(
    (a, b) => a.endsAt - b.endsAt || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) || (a.from < b.from ? -1 : 1),
  );
  const lines = order.map((draft): RatedUse => {
    const drawn = grants.length === 0 ? null : drawDown(grants, draft.ratedMinor, draft.endsAt - 1, draft.timeZone);
    const creditsMinor = drawn === null ? 0 : Math.max(0, drawn.drawn);
    if (drawn !== null) {
      const used = new Map(drawn.lines.map((line) => [line.grant, line.drawn]));
      grants = grants.map((grant) => ({ ...grant, left: grant.left - (used.get(grant.id) ?? 0) }));
    }
    const amountMinor = draft.ratedMinor - creditsMinor;
    const taxed = taxOn([amountMinor], { rates: draft.placement.taxes, inclusive: false });
    const taxes = taxed.lines[0]?.taxes ?? [];
    return { ...draft, creditsMinor, amountMinor, taxes, taxMinor: sumMinor(taxes.map((tax) => tax.amountMinor)) };
  });
  return { lines, left: Object.fromEntries(grants.map(({ id, left }) => [id, left])) };
};

/** `members`: the parties of one account; `agreements`: all of theirs. */
export const meteredOf = (members: ReadonlyArray<Party>, agreements: ReadonlyArray<Agreement>): Metered => {
  const unpriced: UnpricedUse[] = [];
  const groups = new Map<Agreement, Map<string, Own[]>>();
  for (const party of members) {
    for (const series of party.uses.all) {
      for (const { own, by } of attributed({ ...series, party: party.id }, agreements)) {
        if (typeof by === "string") {
          unpriced.push(unpricedOf(own, by));
          continue;
        }
        const meters = groups.get(by) ?? new Map<string, Own[]>();
        groups.set(by, meters);
        const known = meters.get(own.meter);
        if (known) known.push(own);
        else meters.set(own.meter, [own]);
      }
    }
  }
  const lines: RatedUse[] = [];
  const over: OverUse[] = [];
  const credits: Record<string, Readonly<Record<string, number>>> = {};
  for (const agreement of agreements) {
    const meters = groups.get(agreement);
    const owner = members.find(({ id }) => id === agreement.party);
    const drafts: Draft[] = [];
    for (const terms of [...agreement.meters].sort((a, b) => (a.meter < b.meter ? -1 : 1))) {
      const all = meters?.get(terms.meter) ?? [];
      const idle = owner?.uses.idleAt(agreement.id, terms.meter) ?? [];
      if (all.length === 0 && idle.length === 0) continue;
      const rated = rateMeter(agreement, terms, all, idle);
      drafts.push(...rated.drafts);
      unpriced.push(...rated.unpriced);
      over.push(...rated.over);
    }
    const { lines: own, left } = settled(agreement, drafts);
    lines.push(...own);
    if (agreement.grants.length > 0) credits[agreement.id] = left;
  }
  return { lines, unpriced, over, credits };
};
