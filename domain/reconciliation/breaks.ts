/** What is wrong between the items of one line, against the authority's word. *Pure.* */
import type { Item, Money } from "./item.ts";
import type { FieldKind, Leg } from "./leg.ts";
import type { Break } from "./line.ts";
import { sameQuantity, totalOf } from "./quantity.ts";
import { addMoney, isNothing, minus, nothing, sumOf } from "./sum.ts";

export interface Found {
  readonly breaks: ReadonlyArray<Break>;
  readonly differenceMinor: Money;
  readonly roundingMinor: Money;
}

const bare = (status: Break["status"], system: string, more: Partial<Break> = {}): Break => ({
  status,
  system,
  field: null,
  kind: null,
  ours: null,
  theirs: null,
  ...more,
});

const groupBySystem = (items: ReadonlyArray<Item>): ReadonlyMap<string, ReadonlyArray<Item>> => {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = `${item.side} ${item.system}`;
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
};

/** What all of several items say; null where they say nothing, or not the same. */
const common = <A extends string | number>(values: ReadonlyArray<A | null>): A | null => {
  const said = new Set(values.filter((value) => value !== null));
  return said.size === 1 ? [...said][0]! : null;
};

export const breaksOf = (leg: Leg, items: ReadonlyArray<Item>): Found => {
  const ours = items.filter(({ side }) => side === leg.authority);
  const sides = new Set(items.map(({ side }) => side));
  const systems = new Set(items.map(({ system }) => system));
  const breaks: Break[] = [];
  let difference = nothing;
  let rounding = nothing;

  const wanted = new Set(items.flatMap(({ expects }) => expects));
  const present = (target: string) => (target.startsWith("side:") ? sides.has(target.slice(5)) : systems.has(target));
  for (const target of [...wanted].filter((one) => !present(one)).sort()) {
    breaks.push(bare("missing", target.startsWith("side:") ? target.slice(5) : target));
    difference = minus(difference, sumOf(items.filter(({ expects }) => expects.includes(target))));
  }
  for (const [, members] of groupBySystem(items)) {
    const lonely = members.filter(({ needs }) => needs !== null && !sides.has(needs));
    if (lonely.length === 0) continue;
    breaks.push(bare("extra", lonely[0]!.system, { field: lonely[0]!.needs }));
    difference = addMoney(difference, sumOf(lonely));
  }
  if (ours.length > 0) {
    for (const [, theirs] of groupBySystem(items.filter(({ side }) => side !== leg.authority))) {
      const money = leg.money ? against(leg, ours, theirs) : null;
      if (money !== null) {
        breaks.push(...money.breaks);
        difference = addMoney(difference, money.differenceMinor);
        rounding = addMoney(rounding, money.roundingMinor);
      }
      breaks.push(...placed(ours, theirs));
    }
  }
  breaks.push(...fieldBreaks(leg, items));
  return { breaks, differenceMinor: clean(difference), roundingMinor: clean(rounding) };
};

const clean = (money: Money): Money => minus(money, nothing);

const against = (leg: Leg, ours: ReadonlyArray<Item>, theirs: ReadonlyArray<Item>): Found => {
  const [left, right] = [sumOf(ours), sumOf(theirs)];
  const differenceMinor = minus(right, left);
  if (isNothing(differenceMinor)) return { breaks: [], differenceMinor: nothing, roundingMinor: nothing };
  const [currencies, others] = [Object.keys(left).sort(), Object.keys(right).sort()];
  const { system } = theirs[0]!;
  if (currencies.join() !== others.join()) {
    const wrong = bare("wrong-currency", system, { ours: currencies.join(", "), theirs: others.join(", ") });
    return { breaks: [wrong], differenceMinor, roundingMinor: nothing };
  }
  if (Object.values(differenceMinor).every((amount) => Math.abs(amount) <= leg.toleranceMinor))
    return { breaks: [], differenceMinor: nothing, roundingMinor: differenceMinor };
  const breaks = Object.keys(differenceMinor)
    .sort()
    .map((currency) =>
      bare("amount-break", system, { kind: currency, ours: left[currency] ?? 0, theirs: right[currency] ?? 0 }),
    );
  return { breaks, differenceMinor, roundingMinor: nothing };
};

const placed = (ours: ReadonlyArray<Item>, theirs: ReadonlyArray<Item>): ReadonlyArray<Break> => {
  const found: Break[] = [];
  const { system } = theirs[0]!;
  for (const [status, of] of [
    ["wrong-entity", (item: Item) => item.entity],
    ["wrong-period", (item: Item) => item.period],
  ] as const) {
    const [a, b] = [common(ours.map(of)), common(theirs.map(of))];
    if (a !== null && b !== null && a !== b) found.push(bare(status, system, { ours: a, theirs: b }));
  }
  return found;
};

/** A term that ends with a day and one that ends where the next begins are the same. */
const dayMs = 86_400_000;

const same = (kind: FieldKind, a: string | number, b: string | number): boolean =>
  a === b ||
  (kind === "price" && sameQuantity(a, b)) ||
  (kind === "term" && typeof a === "number" && typeof b === "number" && Math.abs(a - b) <= dayMs);

/** Quantities that come in parts are one quantity. */
const together = (kind: FieldKind, values: ReadonlyArray<string | number | null>): string | number | null => {
  if (kind !== "quantity") return common(values);
  const parts = values.filter((value) => value !== null);
  return parts.length === 0 ? null : parts.length === 1 ? parts[0]! : totalOf(parts.map(String));
};

/** The quantity of each lot that says one, in the order of the items. */
const lotsOf = (group: ReadonlyArray<Item>, field: string): ReadonlyArray<string | number> => {
  const lots = new Map<string, Array<string | number | null>>();
  for (const { lot = "", fields } of group) {
    const values = lots.get(lot);
    if (values) values.push(fields[field] ?? null);
    else lots.set(lot, [fields[field] ?? null]);
  }
  return [...lots.values()].map((values) => together("quantity", values)).filter((sum) => sum !== null);
};

/** Each side is measured against the first that says something, the authority before the others. */
const fieldBreaks = (leg: Leg, items: ReadonlyArray<Item>): ReadonlyArray<Break> => {
  const groups = [...groupBySystem(items).values()].sort(
    (a, b) => Number(b[0]!.side === leg.authority) - Number(a[0]!.side === leg.authority),
  );
  return Object.entries(leg.fields).flatMap(([field, kind]) => {
    const valuesIn = (group: ReadonlyArray<Item>) => group.map(({ fields }) => fields[field] ?? null);
    const sayOf = (group: ReadonlyArray<Item>) =>
      kind === "quantity" ? (lotsOf(group, field)[0] ?? null) : together(kind, valuesIn(group));
    const said = groups.filter((group) => sayOf(group) !== null);
    const [first, ...rest] = said;
    const ours = first === undefined ? null : sayOf(first);
    if (first === undefined || ours === null) return [];
    const odd = (group: ReadonlyArray<Item>): string | number | null => {
      if (kind === "quantity") return lotsOf(group, field).find((sum) => !sameQuantity(ours, sum)) ?? null;
      return valuesIn(group).find((value) => value !== null && !same(kind, ours, value)) ?? null;
    };
    // One that contradicts itself says nothing in common; each of its values is still measured.
    const silent = groups.filter((group) => !said.includes(group) && group !== first);
    return [...rest, ...silent].flatMap((group) => {
      const theirs = odd(group);
      return theirs === null ? [] : [bare("field-break", group[0]!.system, { field, kind, ours, theirs })];
    });
  });
};
