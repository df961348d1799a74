/**
 * A subscription that no terms cover, as a contract: what it billed says what each item cost from when on, what it holds now says what
 * it costs since. It renews itself by its shortest price. *Pure.*
 */
import type { CycleUnit } from "../calendar/cycle.ts";
import { addMonths, type Day, daysBetween, later } from "../calendar/day.ts";
import type { Contract, Item } from "../contract/contract.ts";
import { type DataOf, foreignIdOf, type LineData, type SubscriptionData } from "../event.ts";
import { toDecimal } from "../money.ts";
import type { Party } from "../party.ts";
import { majorOf, parse, toText } from "../rating/rational.ts";
import { dayIn, type Keeping } from "./keeping.ts";

export interface SaidLine {
  readonly subject: string;
  readonly data: LineData;
}

interface Per {
  readonly unit: CycleUnit;
  readonly every: number;
}
/** From a day on one price costs this; a quantity of zero: it is gone. */
interface Level {
  readonly on: Day;
  readonly price: string;
  readonly quantity: string;
  /** Of several on one day the highest stands: a credit for what ends, a part of a period, a whole one, what it holds now. */
  readonly rank: number;
}
interface Priced {
  readonly product: string;
  readonly currency: string;
  readonly per: Per;
  readonly metered: boolean;
  readonly levels: Level[];
  billedTo: Day | null;
}

export type Subscribed = { readonly contracts: ReadonlyArray<Contract> } | { readonly unstated: string };

const notYet: ReadonlySet<string> = new Set(["incomplete", "incomplete_expired"]);

export const subscribed = (
  party: Party,
  subject: string,
  lines: ReadonlyArray<SaidLine>,
  keeping: Keeping,
): Subscribed => {
  const { evidence, connection } = party;
  const shown = evidence.shown(subject)!;
  const data = shown.observation.data as SubscriptionData;
  if (notYet.has(data.status)) return { contracts: [] };
  if (evidence.ambiguous.has(subject)) return { unstated: "it is ambiguous: two things were said of one instant" };
  if (data.startAt === null) return { unstated: "nothing says when it started" };
  const start = dayIn(keeping, data.startAt);
  const saidOn = later(start, dayIn(keeping, shown.observation.at));
  const prices = new Map<string, Priced>();
  for (const line of lines) billed(line.data, connection, data, prices, keeping);
  for (const item of data.items ?? []) held(item, data, start, saidOn, prices, keeping);
  gone(data, prices);
  const id = `${connection}:${foreignIdOf(subject)}`;
  const over = data.status === "canceled";
  const end = data.endAt === null ? (over ? saidOn : null) : dayIn(keeping, data.endAt);
  const currencies = [...new Set([...prices.values()].map(({ currency }) => currency))].sort();
  return { contracts: currencies.map((currency) => contractOf({ id, currency, start, end, data, prices, keeping })) };
};

/** The price of a line or item: by its own id, so that another price of one product is another item. */
const keyOf = (price: string | null | undefined, product: string): string => price ?? `product/${product}`;

const recurringOf = (
  connection: string,
  price: string | null,
  product: string,
  { items }: SubscriptionData,
  { priceOf }: Keeping,
): { readonly per: Per; readonly metered: boolean } | null => {
  const own = (items ?? []).find((item) => (price === null ? item.product === product : item.price === price));
  const said = own?.recurring ?? (price === null ? undefined : priceOf(`${connection}:${price}`)?.recurring) ?? null;
  return said === null ? null : { per: { unit: said.unit, every: said.every }, metered: said.metered };
};

/** Whole months where the period is, else its days. */
const perOf = (from: Day, to: Day): Per => {
  for (let months = 1; months <= 36; months++)
    if (addMonths(from, months) === to)
      return months === 12 ? { unit: "year", every: 1 } : { unit: "month", every: months };
  return { unit: "day", every: daysBetween(from, to) };
};

const minorText = (decimal: string, currency: string): string => toText(majorOf(parse(decimal), currency));

const billed = (
  line: LineData,
  connection: string,
  data: SubscriptionData,
  prices: Map<string, Priced>,
  keeping: Keeping,
): void => {
  const { product, meter, currency, amountMinor, periodStart, periodEnd, price } = line;
  if (product === null || currency === null || amountMinor === null || periodStart === null || periodEnd === null)
    return;
  // A trial, or given away: nothing recurs by it.
  if (meter !== null || amountMinor === 0) return;
  const [from, to] = [dayIn(keeping, periodStart), dayIn(keeping, periodEnd)];
  if (from >= to) return;
  const key = keyOf(price, product);
  const known = prices.get(key);
  const said = recurringOf(connection, price ?? null, product, data, keeping);
  if (said === null && line.proration === true && known === undefined) return;
  const { per, metered } = said ?? known ?? { per: perOf(from, to), metered: false };
  const priced = known ?? { product, currency, per, metered, levels: [], billedTo: null };
  prices.set(key, priced);
  if (line.proration !== true) priced.billedTo = priced.billedTo === null ? to : later(priced.billedTo, to);
  if (amountMinor < 0) priced.levels.push({ on: from, price: "0", quantity: "0", rank: 0 });
  else {
    const whole = line.quantity !== null && line.unitAmountDecimal !== null;
    priced.levels.push({
      on: from,
      price: whole ? minorText(line.unitAmountDecimal!, currency) : toDecimal(amountMinor, currency),
      quantity: whole ? line.quantity! : "1",
      rank: line.proration === true ? 1 : 2,
    });
  }
};

type HeldItem = NonNullable<SubscriptionData["items"]>[number];

const held = (
  { product, price, quantity, unitAmountDecimal, currency, recurring }: HeldItem,
  data: SubscriptionData,
  start: Day,
  saidOn: Day,
  prices: Map<string, Priced>,
  keeping: Keeping,
): void => {
  if (product === null || currency === null || unitAmountDecimal === null || recurring === null) return;
  const key = keyOf(price, product);
  const { unit, every, metered } = recurring;
  const known = prices.get(key);
  const priced = known ?? { product, currency, per: { unit, every }, metered, levels: [], billedTo: null };
  prices.set(key, priced);
  const now = { price: minorText(unitAmountDecimal, currency), quantity: String(quantity ?? 1) };
  const last = inOrder(priced.levels).at(-1);
  if (last === undefined) {
    // Nothing of it was billed yet: it costs what it costs from the beginning, or from the end of its trial.
    const on = data.trialEndAt == null ? start : later(start, dayIn(keeping, data.trialEndAt));
    if (data.status !== "trialing" && data.status !== "paused") priced.levels.push({ on, ...now, rank: 3 });
    else if (data.trialEndAt != null) priced.levels.push({ on, ...now, rank: 3 });
  } else if (last.price !== now.price || last.quantity !== now.quantity)
    priced.levels.push({ on: later(last.on, saidOn), ...now, rank: 3 });
};

/** What it no longer holds ended with what was billed for it. */
const gone = ({ items }: SubscriptionData, prices: Map<string, Priced>): void => {
  if (items == null) return;
  const now = new Set(items.flatMap(({ price, product }) => (product === null ? [] : [keyOf(price, product)])));
  for (const [key, { levels, billedTo }] of prices)
    if (!now.has(key) && billedTo !== null && inOrder(levels).at(-1)?.quantity !== "0")
      levels.push({ on: billedTo, price: "0", quantity: "0", rank: 0 });
};

/** One level for each day, in order. */
const inOrder = (levels: ReadonlyArray<Level>): ReadonlyArray<Level> => {
  const byDay = new Map<Day, Level>();
  const sorted = [...levels].sort((a, b) =>
    a.on !== b.on ? (a.on < b.on ? -1 : 1) : a.rank - b.rank || (a.price < b.price ? -1 : a.price > b.price ? 1 : 0),
  );
  for (const level of sorted) byDay.set(level.on, level);
  return [...byDay.values()].sort((a, b) => (a.on < b.on ? -1 : 1));
};

const monthsOf = ({ unit, every }: Per): number => (unit === "month" ? every : unit === "year" ? 12 * every : 1);

interface Parts {
  readonly id: string;
  readonly currency: string;
  readonly start: Day;
  readonly end: Day | null;
  readonly data: DataOf<"subscription">;
  readonly prices: ReadonlyMap<string, Priced>;
  readonly keeping: Keeping;
}

const contractOf = ({ id, currency, start, end, data, prices, keeping }: Parts): Contract => {
  const items: Item[] = [];
  const amendments: Array<NonNullable<Contract["amendments"]>[number]> = [];
  const trial = data.trialEndAt == null ? null : dayIn(keeping, data.trialEndAt);
  const own = [...prices].filter(([, priced]) => priced.currency === currency).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [key, { product, per, metered, levels }] of own) {
    const [first, ...others] = inOrder(levels);
    if (first === undefined) continue;
    const from = later(first.on, start);
    const item: Item = {
      id: key,
      product,
      price: first.price,
      quantity: first.quantity,
      per,
      from,
      ...(metered ? { metered } : {}),
      ...(trial === null ? {} : { trialUntil: trial }),
    };
    // What came later was added then, and is booked then.
    if (from === start) items.push(item);
    else amendments.push({ id: `${key} add ${from}`, on: from, do: "add", item });
    let at = first;
    for (const level of others) {
      if (level.price !== at.price && level.quantity !== "0")
        amendments.push({ id: `${key} price ${level.on}`, on: level.on, do: "price", item: key, price: level.price });
      if (level.quantity !== at.quantity)
        amendments.push({
          id: `${key} quantity ${level.on}`,
          on: level.on,
          do: "quantity",
          item: key,
          quantity: level.quantity,
        });
      at = level.quantity === "0" ? { ...level, price: at.price } : level;
    }
  }
  if (end !== null) amendments.push({ id: "end", on: later(end, start), do: "cancel", at: "date" });
  const months = own.length === 0 ? 1 : Math.min(...own.map(([, { per }]) => Math.min(1200, monthsOf(per))));
  return {
    id,
    currency,
    start,
    months,
    items,
    amendments,
    autoRenew: { months },
  };
};
