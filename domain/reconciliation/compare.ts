/**
 * One leg over one set of items: every item in exactly one line, each line with what is wrong in it. Depends on the items alone,
 * not on their order. *Pure.*
 */
import { canonical } from "../canonical.ts";
import { sha256 } from "../hash.ts";
import { breaksOf } from "./breaks.ts";
import type { Item, Money, Pair } from "./item.ts";
import type { Leg } from "./leg.ts";
import { type Compared, lineStatuses, type SystemSum, type Trouble } from "./line.ts";
import { type Group, groupsOf, type MatchKey } from "./match.ts";
import { addMoney, isNothing, magnitudeOf, moneyOf, nothing } from "./sum.ts";

const lineId = (leg: string, anchor: string, about: string): string =>
  `rec_${sha256(canonical([leg, anchor, about])).slice(0, 20)}`;

export const sumsOf = (items: ReadonlyArray<Item>): Readonly<Record<string, SystemSum>> => {
  const sums: Record<string, { count: number; ids: string[]; moneyMinor: Money }> = {};
  for (const item of items) {
    sums[item.system] ??= { count: 0, ids: [], moneyMinor: nothing };
    const sum = sums[item.system]!;
    sum.count += 1;
    sum.ids.push(item.id);
    sum.moneyMinor = addMoney(sum.moneyMinor, moneyOf(item));
  }
  return sums;
};

const oldest = (items: ReadonlyArray<Item>): number | null =>
  items.reduce<number | null>(
    (least, { since }) => (since !== null && (least === null || since < least) ? since : least),
    null,
  );

/** Of several items of a system where there should be one: the one that stands, before those that are too many. */
const standing = (items: ReadonlyArray<Item>, leg: Leg, group: Group): Item => {
  const head = group.items.find(({ side }) => side === leg.authority);
  const score = (item: Item): number => {
    if (head === undefined || head === item) return 0;
    const named = item.outside.some((id) => head.outside.includes(id));
    const same = item.amountMinor === head.amountMinor && item.currency === head.currency;
    return (named ? 0 : 2) + (same ? 0 : 1);
  };
  return items.reduce((best, item) => (score(item) < score(best) ? item : best));
};

/** The items that a line is made of, and those that are one too many. */
const split = (
  leg: Leg,
  group: Group,
): { readonly kept: ReadonlyArray<Item>; readonly surplus: ReadonlyArray<Item> } => {
  const surplus: Item[] = group.items.filter(({ twin }) => twin !== null && group.items.some(({ id }) => id === twin));
  for (const { name, many } of leg.sides) {
    if (many) continue;
    const bySystem = new Map<string, Item[]>();
    for (const item of group.items) {
      if (item.side !== name || surplus.includes(item)) continue;
      const found = bySystem.get(item.system);
      if (found) found.push(item);
      else bySystem.set(item.system, [item]);
    }
    for (const items of bySystem.values()) {
      if (items.length < 2) continue;
      const stands = standing(items, leg, group);
      surplus.push(...items.filter((item) => item !== stands));
    }
  }
  return { kept: group.items.filter((item) => !surplus.includes(item)), surplus };
};

const original = (kept: ReadonlyArray<Item>, item: Item): Item =>
  kept.find(({ id }) => id === item.twin) ??
  kept.find(({ system, side }) => system === item.system && side === item.side) ??
  kept[0]!;

const worst = (statuses: ReadonlyArray<Trouble>): Trouble =>
  lineStatuses.find((status) => (statuses as ReadonlyArray<string>).includes(status)) as Trouble;

const duplicateLine = (leg: Leg, item: Item, of: Item, by: ReadonlyArray<MatchKey>): Compared => {
  const money = moneyOf(item);
  return {
    id: lineId(leg.name, item.id, "duplicate"),
    leg: leg.name,
    status: "duplicate",
    breaks: [{ status: "duplicate", system: item.system, field: null, kind: null, ours: of.id, theirs: item.id }],
    items: [item],
    by,
    systems: sumsOf([item]),
    differenceMinor: leg.money ? money : nothing,
    roundingMinor: nothing,
    atRiskMinor: magnitudeOf(money),
    ageFrom: oldest([item]),
    timingUntil: null,
  };
};

const lineOf = (leg: Leg, kept: ReadonlyArray<Item>, by: ReadonlyArray<MatchKey>): Compared => {
  const head = kept.find(({ side }) => side === leg.authority) ?? kept[0]!;
  const { breaks, differenceMinor, roundingMinor } = breaksOf(leg, kept);
  const status = breaks.length === 0 ? "matched" : worst(breaks.map((one) => one.status));
  const ageFrom = oldest(kept);
  const open = status !== "matched" && leg.windowMs > 0 && ageFrom !== null && breaks.every(mayPass(leg));
  const whole = kept
    .filter(({ side }) => side === head.side)
    .reduce((sum, item) => addMoney(sum, moneyOf(item)), nothing);
  return {
    id: lineId(leg.name, head.id, "line"),
    leg: leg.name,
    status,
    breaks,
    items: kept,
    by,
    systems: sumsOf(kept),
    differenceMinor,
    roundingMinor,
    atRiskMinor: status === "matched" ? nothing : magnitudeOf(isNothing(differenceMinor) ? whole : differenceMinor),
    ageFrom,
    timingUntil: open ? ageFrom + leg.windowMs : null,
  };
};

/** What time alone may put right: something not there yet, or not all of it where it comes in parts. */
const mayPass =
  (leg: Leg) =>
  ({ status, ours, theirs }: Compared["breaks"][number]): boolean =>
    status === "missing" ||
    status === "extra" ||
    (status === "amount-break" &&
      leg.sides.some(({ many }) => many) &&
      typeof ours === "number" &&
      typeof theirs === "number" &&
      Math.abs(theirs) < Math.abs(ours));

export const compare = (leg: Leg, items: ReadonlyArray<Item>, pairs: ReadonlyArray<Pair>): ReadonlyArray<Compared> => {
  const lines = groupsOf(leg, items, pairs).flatMap((group): ReadonlyArray<Compared> => {
    const { kept, surplus } = split(leg, group);
    return [
      lineOf(leg, kept, group.by),
      ...surplus.map((item) => duplicateLine(leg, item, original(kept, item), group.by)),
    ];
  });
  tie(leg, items, lines);
  return lines.sort((a, b) => (a.id < b.id ? -1 : 1));
};

/** No item is lost or counted twice: for each system, what the lines sum to is what was given. */
const tie = (leg: Leg, items: ReadonlyArray<Item>, lines: ReadonlyArray<Compared>): void => {
  const given = totalsOf(sumsOf(items));
  let told: Totals = {};
  for (const { systems } of lines) told = addTotals(told, systems);
  if (canonical(given) !== canonical(told))
    throw new Error(`the lines of ${leg.name} do not tie: given ${canonical(given)}, told ${canonical(told)}`);
};

export type Totals = Readonly<Record<string, { readonly count: number; readonly moneyMinor: Money }>>;

const totalsOf = (systems: Readonly<Record<string, SystemSum>>): Totals => addTotals({}, systems);

export const addTotals = (
  totals: Totals,
  systems: Readonly<Record<string, { readonly count: number; readonly moneyMinor: Money }>>,
): Totals => {
  const sum: Record<string, { count: number; moneyMinor: Money }> = { ...totals };
  for (const [system, { count, moneyMinor }] of Object.entries(systems)) {
    const before = sum[system] ?? { count: 0, moneyMinor: nothing };
    sum[system] = { count: before.count + count, moneyMinor: addMoney(before.moneyMinor, moneyMinor) };
  }
  return sum;
};
