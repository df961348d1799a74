/** Sums by currency. Two currencies are never added, and a sum that is not exact is refused. *Pure.* */
import { sumMinor } from "../money.ts";
import type { Item, Money } from "./item.ts";

export const nothing: Money = {};

const entries = (money: Money) => Object.entries(money);

/** A currency stays once it was named, also at zero. */
export const addMoney = (a: Money, b: Money): Money => {
  const sum: Record<string, number> = { ...a };
  for (const [currency, amount] of entries(b)) sum[currency] = sumMinor([sum[currency] ?? 0, amount]);
  return sum;
};

/** `a − b`, without currencies in which nothing is left. */
export const minus = (a: Money, b: Money): Money => {
  const negative = Object.fromEntries(entries(b).map(([currency, amount]) => [currency, -amount]));
  return Object.fromEntries(entries(addMoney(a, negative)).filter(([, amount]) => amount !== 0));
};

export const moneyOf = ({ amountMinor, currency }: Pick<Item, "amountMinor" | "currency">): Money =>
  amountMinor === null || currency === null ? nothing : { [currency]: amountMinor };

export const sumOf = (items: ReadonlyArray<Item>): Money => items.map(moneyOf).reduce(addMoney, nothing);

export const isNothing = (money: Money): boolean => entries(money).every(([, amount]) => amount === 0);

export const magnitudeOf = (money: Money): Money =>
  Object.fromEntries(entries(money).map(([currency, amount]) => [currency, Math.abs(amount)]));
