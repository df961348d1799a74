/** A share of each transaction and a fixed fee, with free events, a free total, and limits for one transaction. *Pure.* */
import type { Price } from "./charge.ts";
import {
  add,
  compare,
  divide,
  greatest,
  least,
  multiply,
  parse,
  type Rational,
  ratio,
  subtract,
  zero,
} from "./rational.ts";
import type { PricedLine } from "./tiers.ts";

type Percentage = Extract<Price, { model: "percentage" }>;

/**
 * Transactions in their order. With both allowances an event's fixed fee is waived only while it lies wholly inside both, and
 * the amount that is free is what the free events carry, up to the free total. Limits hold for charged events only.
 */
export const percentage = (price: Percentage, amounts: ReadonlyArray<Rational>): ReadonlyArray<PricedLine> => {
  const rate = divide(parse(price.ratePercent), ratio(100));
  const fixed = parse(price.fixedPerEvent ?? 0);
  const freeTotal = price.freeTotal === undefined ? null : parse(price.freeTotal);
  const limited = price.minimumPerEvent !== undefined || price.maximumPerEvent !== undefined;
  const lines: PricedLine[] = [];
  let [running, charged, fees, limits, chargedEvents] = [zero, zero, zero, zero, 0];
  let freeLeft = freeTotal;
  for (const [index, amount] of amounts.entries()) {
    running = add(running, amount);
    const withinEvents = price.freeEvents !== undefined && index < price.freeEvents;
    const withinTotal = freeTotal !== null && compare(running, freeTotal) <= 0;
    const mayBeFree = price.freeEvents === undefined ? freeTotal !== null : withinEvents;
    let free = zero;
    if (mayBeFree) {
      free = freeLeft === null ? amount : least(greatest(freeLeft, zero), amount);
      if (freeLeft !== null) freeLeft = subtract(freeLeft, free);
    }
    const waived =
      (price.freeEvents !== undefined || freeTotal !== null) &&
      (price.freeEvents === undefined || withinEvents) &&
      (freeTotal === null || withinTotal);
    if (waived) continue;
    const base = subtract(amount, free);
    const fee = add(multiply(base, rate), fixed);
    charged = add(charged, base);
    fees = add(fees, fixed);
    chargedEvents += 1;
    if (!limited) continue;
    const raised = price.minimumPerEvent === undefined ? fee : greatest(fee, parse(price.minimumPerEvent));
    const held = price.maximumPerEvent === undefined ? raised : least(raised, parse(price.maximumPerEvent));
    limits = add(limits, subtract(held, fee));
  }
  lines.push({
    label: "share of the amounts charged",
    quantity: charged,
    unitPrice: rate,
    amount: multiply(charged, rate),
  });
  if (fixed.n !== 0n)
    lines.push({
      label: "fixed fee of each charged event",
      quantity: ratio(chargedEvents),
      unitPrice: fixed,
      amount: fees,
    });
  if (limits.n !== 0n)
    lines.push({ label: "least and most for one event", quantity: null, unitPrice: null, amount: limits });
  return lines;
};
