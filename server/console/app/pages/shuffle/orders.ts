/** Orders in which the same events may arrive: by hand, or by chance from a seed that gives the same order again. *Pure.* */

/** One arrival of an item. `again`: it arrived before. `dropped`: it was lost on its way; it comes again at the end. */
export interface Delivery {
  /** Of the row; the same item may have several. */
  readonly key: string;
  readonly item: string;
  readonly how: "first" | "again" | "dropped" | "redelivered";
}

export type Order = ReadonlyArray<Delivery>;

/** mulberry32: small, and the same in every browser. Numbers from 0 to below 1. */
export const chance = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

export const asItCame = (items: ReadonlyArray<string>): Order =>
  items.map((item) => ({ key: item, item, how: "first" }));

/** Somewhere else in the order. */
export const moved = (order: Order, from: number, to: number): Order => {
  const next = [...order];
  const [one] = next.splice(from, 1);
  if (one === undefined) return order;
  next.splice(Math.max(0, Math.min(next.length, to)), 0, one);
  return next;
};

const fresh = (order: Order, item: string, how: Delivery["how"]): string => {
  const taken = new Set(order.map(({ key }) => key));
  for (let n = 1; ; n++) {
    const key = `${item} ${how} ${n}`;
    if (!taken.has(key)) return key;
  }
};

/** It arrives once more, right after. */
export const repeated = (order: Order, at: number): Order => {
  const one = order[at];
  if (one === undefined) return order;
  const again: Delivery = { key: fresh(order, one.item, "again"), item: one.item, how: "again" };
  return [...order.slice(0, at + 1), again, ...order.slice(at + 1)];
};

/** It is lost here and sent again at the end, as a vendor does. */
export const dropped = (order: Order, at: number): Order => {
  const one = order[at];
  if (one === undefined || one.how === "dropped") return order;
  const redelivered: Delivery = { key: fresh(order, one.item, "redelivered"), item: one.item, how: "redelivered" };
  return [...order.slice(0, at), { ...one, how: "dropped" }, ...order.slice(at + 1), redelivered];
};

/** So much later, or at the end. */
export const delayed = (order: Order, at: number, by: number): Order => moved(order, at, at + by);

/** A repetition, a loss with what came of it: taken out again. */
export const without = (order: Order, at: number): Order => {
  const one = order[at];
  if (one === undefined) return order;
  if (one.how === "again") return order.filter((_, index) => index !== at);
  const others = order.filter(({ item }) => item === one.item);
  const sent = others.findLastIndex(({ how }) => how === "redelivered");
  if (sent < 0) return order;
  const lost = one.how === "dropped" ? one : others.find(({ how }) => how === "dropped");
  return order.flatMap((delivery): Order => {
    if (delivery === others[sent]) return [];
    return delivery === lost ? [{ ...delivery, how: "first" }] : [delivery];
  });
};

/** Any order, with about one in six twice, one in eight lost and sent again. */
export const shuffled = (items: ReadonlyArray<string>, seed: number): Order => {
  const next = chance(seed);
  const below = (n: number): number => Math.floor(next() * n);
  const order: Delivery[] = [];
  for (const item of items) {
    order.splice(below(order.length + 1), 0, { key: item, item, how: "first" });
    const luck = next();
    if (luck < 1 / 6) {
      const key = fresh(order, item, "again");
      order.splice(below(order.length + 1), 0, { key, item, how: "again" });
    }
  }
  const lost = order.flatMap((delivery, at) => (next() < 1 / 8 && delivery.how === "first" ? [at] : []));
  let result: Order = order;
  for (const at of lost) result = dropped(result, at);
  return result;
};

/** What really arrives, in order. */
export const arrivals = (order: Order): ReadonlyArray<string> =>
  order.flatMap(({ item, how }) => (how === "dropped" ? [] : [item]));

/** Sent again before it came first: what is shown as such. */
export const isWhole = (order: Order, items: ReadonlyArray<string>): boolean => {
  const there = new Set(arrivals(order));
  return items.every((item) => there.has(item));
};
