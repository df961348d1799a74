/** A folding followed delivery by delivery, and many foldings one after another, without the page ever standing still. */
import { type Events, Folding, type Item, type Standing } from "./fold.ts";
import { arrivals, type Order, shuffled } from "./orders.ts";

/** Work between two looks at the clock of the page. Milliseconds. */
const sliceMs = 12;

const breath = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

const itemsById = (events: Events): ReadonlyMap<string, Item> => new Map(events.items.map((item) => [item.id, item]));

/** How the account stands before the first delivery and after each; what is lost changes nothing. `told` hears of all so far. */
export const follow = async (
  events: Events,
  order: Order,
  told: (standings: ReadonlyArray<Standing>) => void,
  signal: AbortSignal,
): Promise<void> => {
  const byId = itemsById(events);
  const folding = new Folding(events);
  const standings: Standing[] = [folding.standing];
  let since = performance.now();
  for (const { item, how } of order) {
    if (how === "dropped") standings.push(standings.at(-1)!);
    else {
      folding.deliver([byId.get(item)!]);
      standings.push(folding.standing);
    }
    if (performance.now() - since < sliceMs) continue;
    told([...standings]);
    await breath();
    if (signal.aborted) return;
    since = performance.now();
  }
  told(standings);
};

/** What came of many orders so far. */
export interface Many {
  readonly wanted: number;
  readonly done: number;
  readonly same: number;
  readonly deliveries: number;
  /** Seeds of the orders that ended otherwise. */
  readonly others: ReadonlyArray<number>;
  readonly ms: number;
}

/** Orders of consecutive seeds, each folded from nothing. In batches of one to seven, as a busy server takes them. */
export const tryMany = async (
  events: Events,
  firstSeed: number,
  wanted: number,
  told: (many: Many) => void,
  signal: AbortSignal,
): Promise<void> => {
  const byId = itemsById(events);
  const ids = [...byId.keys()];
  const others: number[] = [];
  const began = performance.now();
  let [same, deliveries, since] = [0, 0, began];
  for (let done = 0; done < wanted; done++) {
    const seed = firstSeed + done;
    const all = arrivals(shuffled(ids, seed));
    const folding = new Folding(events);
    const batch = 1 + (seed % 7);
    for (let from = 0; from < all.length; from += batch)
      folding.deliver(all.slice(from, from + batch).map((id) => byId.get(id)!));
    deliveries += all.length;
    if (folding.isSame) same += 1;
    else others.push(seed);
    if (performance.now() - since < sliceMs) continue;
    told({ wanted, done: done + 1, same, deliveries, others: [...others], ms: performance.now() - began });
    await breath();
    if (signal.aborted) return;
    since = performance.now();
  }
  told({ wanted, done: wanted, same, deliveries, others, ms: performance.now() - began });
};
