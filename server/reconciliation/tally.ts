/** Totals over everything, leg by leg: kept by taking an account's old part away and adding its new one. Exact past 2^53. */
import type { Json } from "../../domain/canonical.ts";
import type { LegName } from "../../domain/reconciliation/leg.ts";
import type { Line } from "../../domain/reconciliation/line.ts";

/** `[leg, system, currency, minor]`, or a count: `[leg, system, "", items]`; matched lines are of the system "". */
export type Part = ReadonlyArray<readonly [leg: string, system: string, currency: string, amount: number]>;

export const partOf = (lines: ReadonlyArray<Line>): Part => {
  const sums = new Map<string, readonly [string, string, string, number]>();
  const add = (leg: string, system: string, currency: string, amount: number) => {
    const key = `${leg} ${system} ${currency}`;
    sums.set(key, [leg, system, currency, (sums.get(key)?.[3] ?? 0) + amount]);
  };
  for (const { leg, status, systems } of lines) {
    if (status === "matched") add(leg, "", "", 1);
    for (const [system, { count, moneyMinor }] of Object.entries(systems)) {
      add(leg, system, "", count);
      for (const [currency, minor] of Object.entries(moneyMinor)) add(leg, system, currency, minor);
    }
  }
  return [...sums.values()];
};

/** A sum past what a number holds exactly is its digits. */
export const whole = (sum: bigint): Json =>
  sum <= BigInt(Number.MAX_SAFE_INTEGER) && sum >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(sum) : String(sum);

export class Tally {
  private readonly sums = new Map<string, bigint>();

  change(part: Part, sign: 1 | -1): void {
    for (const [leg, system, currency, amount] of part) {
      const key = `${leg} ${system} ${currency}`;
      const sum = (this.sums.get(key) ?? 0n) + BigInt(sign * amount);
      if (sum === 0n) this.sums.delete(key);
      else this.sums.set(key, sum);
    }
  }

  matched(leg: LegName): number {
    return Number(this.sums.get(`${leg}  `) ?? 0n);
  }

  /** Items and money of each system in a leg. */
  systems(leg: LegName): Json {
    const found: Record<string, { items: number; moneyMinor: Record<string, Json> }> = {};
    for (const [key, sum] of [...this.sums].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const [of, system, currency] = key.split(" ") as [string, string, string];
      if (of !== leg || system === "") continue;
      found[system] ??= { items: 0, moneyMinor: {} };
      if (currency === "") found[system].items = Number(sum);
      else found[system].moneyMinor[currency] = whole(sum);
    }
    return found;
  }
}
