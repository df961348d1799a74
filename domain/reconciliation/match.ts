/**
 * Which items are the same thing: by our outside id, by an id that one of them names, by document number within the account, or
 * by a person's word; in that order, and never by amount. The order in which the items come does not matter. *Pure.*
 */
import type { Item, Pair } from "./item.ts";
import type { Leg } from "./leg.ts";

export const matchKeys = ["outside-id", "reference", "number", "person"] as const;
export type MatchKey = (typeof matchKeys)[number];

export interface Group {
  /** In order of sides, systems and ids. */
  readonly items: ReadonlyArray<Item>;
  /** What joined them, the strongest first; empty for what stands alone. */
  readonly by: ReadonlyArray<MatchKey>;
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** By side, system and id. */
export const sorted = (leg: Leg, items: ReadonlyArray<Item>): ReadonlyArray<Item> => {
  const rank = new Map(leg.sides.map(({ name }, index) => [name, index]));
  return [...items].sort(
    (a, b) => rank.get(a.side)! - rank.get(b.side)! || order(a.system, b.system) || order(a.id, b.id),
  );
};

class Joined {
  private readonly above: number[];
  private readonly keys: Array<Set<MatchKey>>;
  private readonly systems: Array<Set<string>>;
  constructor(all: ReadonlyArray<Item>) {
    this.above = all.map((_, index) => index);
    this.keys = all.map(() => new Set());
    this.systems = all.map(({ system }) => new Set([system]));
  }
  root(index: number): number {
    let at = index;
    while (this.above[at] !== at) {
      this.above[at] = this.above[this.above[at]!]!;
      at = this.above[at]!;
    }
    return at;
  }
  join(a: number, b: number, key: MatchKey): void {
    const [low, high] = [this.root(a), this.root(b)].sort((x, y) => x - y) as [number, number];
    if (low === high) return;
    this.above[high] = low;
    for (const one of this.keys[high]!) this.keys[low]!.add(one);
    for (const system of this.systems[high]!) this.systems[low]!.add(system);
    this.keys[low]!.add(key);
  }
  /** Whether something of the system is joined with it already. */
  holds(index: number, system: string): boolean {
    return this.systems[this.root(index)]!.has(system);
  }
  keysOf(index: number): ReadonlySet<MatchKey> {
    return this.keys[this.root(index)]!;
  }
}

const byToken = (
  joined: Joined,
  all: ReadonlyArray<Item>,
  key: MatchKey,
  tokens: (item: Item) => ReadonlyArray<string>,
): void => {
  const first = new Map<string, number>();
  all.forEach((item, index) => {
    for (const token of tokens(item)) {
      const seen = first.get(token);
      if (seen === undefined) first.set(token, index);
      else joined.join(seen, index, key);
    }
  });
};

/**
 * A number joins what has no counterpart yet. Of several that carry it, those that agree on the money go together first; what is
 * left on a side that the authority is not on is a duplicate of what was taken.
 */
const byNumber = (joined: Joined, all: ReadonlyArray<Item>, { authority }: Leg): void => {
  const buckets = new Map<string, number[]>();
  all.forEach(({ number }, index) => {
    if (number === null) return;
    const bucket = buckets.get(number);
    if (bucket) bucket.push(index);
    else buckets.set(number, [index]);
  });
  for (const bucket of buckets.values()) {
    if (bucket.length < 2) continue;
    const heads = bucket.filter((index) => all[index]!.side === authority);
    const others = bucket.filter((index) => all[index]!.side !== authority);
    const alone = (index: number) => joined.keysOf(index).size === 0;
    const money = ({ amountMinor, currency }: Item) => `${amountMinor} ${currency}`;
    for (const pass of ["same money", "any"] as const) {
      for (const head of heads) {
        for (const other of others) {
          if (!alone(other) || joined.root(other) === joined.root(head)) continue;
          if (pass === "same money" && money(all[other]!) !== money(all[head]!)) continue;
          if (!joined.holds(head, all[other]!.system)) joined.join(head, other, "number");
        }
      }
    }
    // What is left over is one too many of its system.
    const [head = others[0]!] = heads;
    for (const other of others) if (alone(other) && other !== head) joined.join(head, other, "number");
  }
};

export const groupsOf = (leg: Leg, items: ReadonlyArray<Item>, pairs: ReadonlyArray<Pair>): ReadonlyArray<Group> => {
  const all = sorted(leg, items);
  const joined = new Joined(all);
  byToken(joined, all, "outside-id", (item) => item.outside);
  byToken(joined, all, "reference", (item) => [item.id, ...item.references]);
  byNumber(joined, all, leg);
  const place = new Map(all.map(({ id }, index) => [id, index]));
  for (const pair of pairs) {
    const found = pair.items.flatMap((id) => place.get(id) ?? []);
    if (pair.leg === leg.name) for (const index of found.slice(1)) joined.join(found[0]!, index, "person");
  }
  const groups = new Map<number, Item[]>();
  all.forEach((item, index) => {
    const root = joined.root(index);
    const group = groups.get(root);
    if (group) group.push(item);
    else groups.set(root, [item]);
  });
  return [...groups].map(([root, members]) => ({
    items: members,
    by: matchKeys.filter((key) => joined.keysOf(root).has(key)),
  }));
};
