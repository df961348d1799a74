/** Prices by tier: graduated, volume and stairstep, as a price of everything up to a quantity, or of a stretch of it. *Pure.* */
import type { Tier } from "./charge.ts";
import {
  add,
  ceiling,
  compare,
  type Decimal,
  divide,
  greatest,
  isZero,
  least,
  multiply,
  parse,
  type Rational,
  ratio,
  subtract,
  toText,
  zero,
} from "./rational.ts";

/** One line of a working. Amounts in major units, exact. */
export interface PricedLine {
  readonly label: string;
  readonly quantity: Rational | null;
  readonly unitPrice: Rational | null;
  readonly amount: Rational;
}

export interface TierList {
  readonly tiers: ReadonlyArray<Tier>;
  readonly bounds?: "upTo" | "width" | undefined;
  readonly flatAtZero?: boolean | undefined;
}

interface Step {
  readonly number: number;
  /** Exclusive. */
  readonly above: Rational;
  /** Inclusive; null: no end. */
  readonly upTo: Rational | null;
  readonly unit: Rational;
  readonly flat: Rational;
  /** Units to a package; null: units are charged one by one. */
  readonly size: Rational | null;
}

/** Units to a package or block: more than none. */
export const packageOf = (size: Decimal): Rational => {
  const units = parse(size);
  if (compare(units, zero) <= 0) throw new RangeError("rating: a package or block has more than zero units");
  return units;
};

/** What is charged for so many units: themselves, or the packages that they start. */
const chargedFor = (units: Rational, size: Rational | null): Rational =>
  size === null ? units : ratio(ceiling(divide(units, size)));
const packed = (name: string, size: Rational | null): string =>
  size === null ? name : `${name}: packages of ${toText(size)}`;

export const stepsOf = ({ tiers, bounds }: TierList): ReadonlyArray<Step> => {
  const steps: Step[] = [];
  let above: Rational | null = zero;
  for (const [index, tier] of tiers.entries()) {
    if (above === null) throw new RangeError(`rating: tier ${index + 1} comes after one without an end`);
    const stated: Rational | null = tier.upTo === null ? null : parse(tier.upTo);
    const upTo: Rational | null = stated !== null && bounds === "width" ? add(above, stated) : stated;
    if (upTo !== null && compare(upTo, above) <= 0)
      throw new RangeError(
        `rating: tier ${index + 1} ends at ${toText(upTo)}, not above ${toText(above)}; sort the tiers`,
      );
    const size = tier.size === undefined ? null : packageOf(tier.size);
    steps.push({ number: index + 1, above, upTo, unit: parse(tier.unit ?? 0), flat: parse(tier.flat ?? 0), size });
    above = upTo;
  }
  return steps;
};

const rangeOf = ({ above, upTo }: Step): string =>
  upTo === null ? `above ${toText(above)}` : `above ${toText(above)} to ${toText(upTo)}`;

const beyond = (steps: ReadonlyArray<Step>, quantity: Rational): RangeError =>
  new RangeError(
    `rating: ${toText(quantity)} is past the last tier, which ends at ${toText(steps[steps.length - 1]!.upTo!)}; add a tier with upTo null`,
  );

/** The units after `from` up to `to`. `first`: this stretch opens the period and bears the first tier's flat price. */
export const graduated = (list: TierList, from: Rational, to: Rational, first: boolean): ReadonlyArray<PricedLine> => {
  const steps = stepsOf(list);
  const last = steps[steps.length - 1]!;
  if (last.upTo !== null && compare(to, last.upTo) > 0) throw beyond(steps, to);
  const lines: PricedLine[] = [];
  for (const step of steps) {
    const end = step.upTo === null ? to : least(to, step.upTo);
    const before = greatest(zero, subtract(from, step.above));
    const upTo = greatest(before, subtract(end, step.above));
    const inside = subtract(chargedFor(upTo, step.size), chargedFor(before, step.size));
    const entered = compare(from, step.above) <= 0 && compare(step.above, to) < 0;
    const opens = step.number === 1 && list.flatAtZero !== false ? first : entered;
    const name = `tier ${step.number}, ${rangeOf(step)}`;
    if (!isZero(inside) && !isZero(step.unit))
      lines.push({
        label: packed(name, step.size),
        quantity: inside,
        unitPrice: step.unit,
        amount: multiply(inside, step.unit),
      });
    if (opens && !isZero(step.flat))
      lines.push({ label: `${name}: flat`, quantity: null, unitPrice: null, amount: step.flat });
  }
  return lines;
};

const reachedBy = (steps: ReadonlyArray<Step>, quantity: Rational): Step | null =>
  steps.find(({ upTo }) => upTo === null || compare(quantity, upTo) <= 0) ?? null;

/** Everything at the price of the tier reached. */
export const volume = (list: TierList, quantity: Rational): ReadonlyArray<PricedLine> => {
  const steps = stepsOf(list);
  const step = reachedBy(steps, quantity);
  if (step === null) throw beyond(steps, quantity);
  if (isZero(quantity) && list.flatAtZero === false) return [];
  const name = `all units at tier ${step.number}, ${rangeOf(step)}`;
  const lines: PricedLine[] = [];
  const charged = chargedFor(quantity, step.size);
  if (!isZero(charged) && !isZero(step.unit))
    lines.push({
      label: packed(name, step.size),
      quantity: charged,
      unitPrice: step.unit,
      amount: multiply(charged, step.unit),
    });
  if (!isZero(step.flat)) lines.push({ label: `${name}: flat`, quantity: null, unitPrice: null, amount: step.flat });
  return lines;
};

/** The flat price of the tier reached; above the last one its flat price and each unit more at `overage`. */
export const stairstep = (list: TierList, quantity: Rational, overage: Rational | null): ReadonlyArray<PricedLine> => {
  const steps = stepsOf(list);
  if (isZero(quantity) && list.flatAtZero === false) return [];
  const last = steps[steps.length - 1]!;
  const step = reachedBy(steps, quantity);
  if (step === null && overage === null) throw beyond(steps, quantity);
  const shown = step ?? last;
  const lines: PricedLine[] = [
    { label: `step ${shown.number}, ${rangeOf(shown)}`, quantity: null, unitPrice: null, amount: shown.flat },
  ];
  if (step === null && overage !== null) {
    const more = subtract(quantity, last.upTo!);
    lines.push({
      label: `above ${toText(last.upTo!)}`,
      quantity: more,
      unitPrice: overage,
      amount: multiply(more, overage),
    });
  }
  return lines;
};
