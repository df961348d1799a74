/** The exceptions of all parties as numbers, for the metrics. Whatever a vendor calls its money, the number of series is bounded. *Pure.* */
import type { Exception } from "../../domain/exceptions.ts";

type Item = Pick<Exception, "type" | "currency" | "moneyMinor" | "ageFrom">;

export interface ExceptionTotals {
  readonly types: ReadonlyArray<{ readonly type: string; readonly count: number; readonly oldestAgeMs: number }>;
  /** Minor units, as text: a sum may pass what a number holds exactly. */
  readonly money: ReadonlyArray<{ readonly type: string; readonly currency: string; readonly minor: string }>;
}

const currencyLabel = (currency: string | null): string =>
  currency !== null && /^[A-Z]{3}$/.test(currency) ? currency : "other";

export const exceptionTotals = (queue: Iterable<ReadonlyArray<Item>>, now: number): ExceptionTotals => {
  const types = new Map<string, { count: number; oldestAgeMs: number }>();
  const money = new Map<string, { readonly type: string; readonly currency: string; minor: bigint }>();
  for (const items of queue) {
    for (const { type, currency, moneyMinor, ageFrom } of items) {
      const of = types.get(type) ?? { count: 0, oldestAgeMs: 0 };
      types.set(type, of);
      of.count += 1;
      if (ageFrom !== null) of.oldestAgeMs = Math.max(of.oldestAgeMs, now - ageFrom);
      if (moneyMinor === null) continue;
      const label = currencyLabel(currency);
      const sum = money.get(`${type} ${label}`) ?? { type, currency: label, minor: 0n };
      money.set(`${type} ${label}`, sum);
      sum.minor += BigInt(moneyMinor);
    }
  }
  return {
    types: [...types].map(([type, of]) => ({ type, ...of })),
    money: [...money.values()].map(({ minor, ...rest }) => ({ ...rest, minor: String(minor) })),
  };
};
