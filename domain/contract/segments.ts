/**
 * A contract as stretches in which nothing changes: item, quantity, price and status, with the value of each. Amendments, ramps,
 * trials, pauses and terms only cut. What an amendment costs is the difference of two such lists. *Pure.*
 */
import { cyclesWorth, type DayCount } from "../calendar/count.ts";
import { addMonths, type Day, earlier, later } from "../calendar/day.ts";
import { toDecimal } from "../money.ts";
import {
  compare,
  majorOf,
  minorOf,
  multiply,
  negate,
  one,
  parse,
  type Rational,
  roundMinor,
  toText,
  zero,
} from "../rating/rational.ts";
import type { Contract, Item } from "./contract.ts";
import { cycleOfItem, ordered, timelineOf } from "./timeline.ts";

export interface Segment {
  readonly item: string;
  readonly product: string;
  readonly from: Day;
  /** Exclusive. */
  readonly to: Day;
  /** Index of its term: 0 is the first, every renewal is a new contract. */
  readonly term: number;
  readonly status: "active" | "trial" | "paused";
  readonly quantity: string;
  readonly price: string;
  readonly metered: boolean;
  readonly once: boolean;
  /** How many of what the price is for. */
  readonly cycles: string;
  readonly convention: DayCount;
  readonly valueMinor: number;
  readonly value: string;
}

interface Held {
  readonly item: Item;
  readonly from: Day;
  readonly to: Day;
  /** From each date on. */
  readonly changes: ReadonlyArray<{ readonly on: Day; readonly price?: Rational; readonly quantity?: Rational }>;
}

/** Every item with its own stretch of time and its changes. */
const held = (contract: Contract, end: Day): ReadonlyArray<Held> => {
  const all = new Map<string, { item: Item; from: Day; to: Day; changes: Array<Held["changes"][number]> }>();
  const put = (item: Item, from: Day, to: Day): void => {
    const first = { on: from, price: parse(item.price), quantity: parse(item.quantity ?? 1) };
    const ramp = (item.ramp ?? []).map((step) => ({
      on: step.from,
      ...(step.price === undefined ? {} : { price: parse(step.price) }),
      ...(step.quantity === undefined ? {} : { quantity: parse(step.quantity) }),
    }));
    all.set(item.id, { item, from, to, changes: [first, ...ramp] });
  };
  const need = (id: string, amendment: string) => {
    const found = all.get(id);
    if (!found)
      throw new RangeError(`contract: amendment ${amendment} names item ${id}, which ${contract.id} does not have`);
    return found;
  };
  for (const item of contract.items) put(item, item.from ?? contract.start, earlier(item.to ?? end, end));
  for (const amendment of ordered(contract)) {
    switch (amendment.do) {
      case "add": {
        const { item, months } = amendment;
        if (all.has(item.id))
          throw new RangeError(`contract: amendment ${amendment.id} adds item ${item.id} twice; give it another id`);
        const from = item.from ?? amendment.on;
        const to = item.to ?? (months === undefined ? end : addMonths(from, months));
        put(item, from, earlier(to, end));
        break;
      }
      case "remove": {
        const found = need(amendment.item, amendment.id);
        found.to = earlier(found.to, later(amendment.on, found.from));
        break;
      }
      case "price":
        need(amendment.item, amendment.id).changes.push({ on: amendment.on, price: parse(amendment.price) });
        break;
      case "quantity":
        need(amendment.item, amendment.id).changes.push({ on: amendment.on, quantity: parse(amendment.quantity) });
        break;
      default:
        break;
    }
  }
  return [...all.values()];
};

/** `through`: automatic renewals are counted up to here. */
export const segmentsOf = (contract: Contract, through?: Day): ReadonlyArray<Segment> => {
  const timeline = timelineOf(contract, through);
  const convention = contract.convention ?? "actual";
  const segments: Segment[] = [];
  for (const { item, from, to, changes } of held(contract, timeline.end)) {
    const once = item.per === "once";
    const trial = item.trialUntil ?? from;
    const cuts = [
      from,
      ...(once ? [] : changes.map(({ on }) => on)),
      ...(once ? [] : [trial]),
      ...(once ? [] : timeline.terms.map((term) => term.from)),
      ...(once ? [] : timeline.pauses.flatMap((pause) => [pause.from, pause.to])),
    ];
    const edges = [...new Set(cuts)].filter((at) => at >= from && at < to).sort();
    const inOrder = changes
      .map((change, index) => ({ ...change, index }))
      .sort((a, b) => (a.on === b.on ? a.index - b.index : a.on < b.on ? -1 : 1));
    for (const [index, start] of edges.entries()) {
      const end = edges[index + 1] ?? to;
      const before = inOrder.filter(({ on }) => on <= start);
      const price = before.filter((change) => change.price !== undefined).at(-1)?.price ?? zero;
      const quantity = before.filter((change) => change.quantity !== undefined).at(-1)?.quantity ?? zero;
      const paused = timeline.pauses.some((pause) => pause.from <= start && start < pause.to);
      const status = paused && !once ? "paused" : start < trial ? "trial" : "active";
      const cycles = once ? one : cyclesWorth(cycleOfItem(contract, item), start, end, convention);
      const exact = status === "active" ? multiply(multiply(quantity, price), cycles) : zero;
      const valueMinor = roundMinor(minorOf(exact, contract.currency), contract.rounding);
      segments.push({
        item: item.id,
        product: item.product,
        from: start,
        to: end,
        term: Math.max(
          0,
          timeline.terms.findLastIndex((term) => term.from <= start),
        ),
        status,
        quantity: toText(quantity),
        price: toText(price),
        metered: item.metered ?? false,
        once,
        cycles: toText(cycles),
        convention,
        valueMinor,
        value: toDecimal(valueMinor, contract.currency),
      });
    }
  }
  return segments.sort((a, b) => (a.from === b.from ? (a.item < b.item ? -1 : 1) : a.from < b.from ? -1 : 1));
};

export interface AmendmentLine {
  readonly label: "credit" | "charge";
  readonly item: string;
  readonly from: Day;
  readonly to: Day;
  readonly cycles: string;
  readonly exact: string;
  readonly amountMinor: number;
}

/**
 * What changes hands when `before` becomes `after` on a date and everything up to `billedTo` was billed: unused time of the old is
 * credited, remaining time of the new charged; what is the same in both is no line.
 */
export const amendmentLines = (
  before: Contract,
  after: Contract,
  on: Day,
  billedTo: Day,
): ReadonlyArray<AmendmentLine> => {
  const lines = (contract: Contract, label: AmendmentLine["label"]): ReadonlyArray<AmendmentLine> =>
    segmentsOf(contract, billedTo)
      .filter((segment) => segment.status === "active" && !segment.metered)
      .filter((segment) => (segment.once ? segment.from >= on && segment.from < billedTo : segment.to > on))
      .flatMap((segment) => {
        const [from, to] = [later(segment.from, on), earlier(segment.to, billedTo)];
        if (from >= to && !segment.once) return [];
        const item = itemOf(contract, segment.item);
        const cycles = segment.once ? one : cyclesWorth(cycleOfItem(contract, item), from, to, segment.convention);
        const value = multiply(multiply(parse(segment.quantity), parse(segment.price)), cycles);
        const exact = minorOf(label === "credit" ? negate(value) : value, contract.currency);
        if (compare(exact, zero) === 0) return [];
        const amountMinor = roundMinor(exact, contract.rounding);
        const shown = toText(majorOf(exact, contract.currency));
        return [{ label, item: segment.item, from, to, cycles: toText(cycles), exact: shown, amountMinor }];
      });
  const [credits, charges] = [lines(before, "credit"), lines(after, "charge")];
  const same = (a: AmendmentLine, b: AmendmentLine): boolean =>
    a.item === b.item &&
    a.from === b.from &&
    a.to === b.to &&
    a.amountMinor === -b.amountMinor &&
    `-${b.exact}` === a.exact;
  return [
    ...credits.filter((credit) => !charges.some((charge) => same(credit, charge))),
    ...charges.filter((charge) => !credits.some((credit) => same(credit, charge))),
  ];
};

const itemOf = (contract: Contract, id: string): Item => {
  const added = (contract.amendments ?? []).flatMap((amendment) => (amendment.do === "add" ? [amendment.item] : []));
  return [...contract.items, ...added].find((item) => item.id === id)!;
};
