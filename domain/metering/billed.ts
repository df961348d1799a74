/** A line of a batch of rated use, and what it is billed for. *Pure.* */
import type { Day } from "../calendar/day.ts";
import { canonical } from "../canonical.ts";
import { sha256 } from "../hash.ts";
import { sumMinor } from "../money.ts";

export const batchReasons = ["first", "more use", "late use", "corrected use", "amended price"] as const;
export type BatchReason = (typeof batchReasons)[number];

export interface TaxAmount {
  readonly id: string;
  readonly amountMinor: number;
}

/** What a charge is for, and where it is billed. */
export interface Billed {
  /** `agreement|meter|entity|period`. */
  readonly key: string;
  readonly agreement: string;
  /** The party of the agreement. */
  readonly party: string;
  /** `connection:sub_1`, where the terms name one. */
  readonly subscription: string | null;
  readonly meter: string;
  readonly product: string;
  /** Who used it, where the uses say so. */
  readonly usedBy: string | null;
  /** Legal entity that bills it. */
  readonly entity: string;
  readonly jurisdiction: string | null;
  readonly currency: string;
  readonly period: Day;
  /** Exclusive. */
  readonly periodEnd: Day;
  /** Epoch ms. */
  readonly endsAt: number;
}

/** Amounts in minor units, without tax. */
export interface BatchLine extends Billed {
  /** The difference, and all of it to date. Decimal text. */
  readonly quantity: string;
  readonly quantityToDate: string;
  readonly amountMinor: number;
  readonly ratedToDateMinor: number;
  readonly taxes: ReadonlyArray<TaxAmount>;
  readonly taxMinor: number;
  /** What each version of the price comes to, to date. */
  readonly versions: ReadonlyArray<{
    readonly version: number;
    readonly from: Day;
    readonly quantity: string;
    readonly amountMinor: number;
  }>;
  /** Tells why a later line differs: a digest of the price, and how many uses of the meter were corrected. */
  readonly basis: { readonly price: string; readonly corrections: number };
  /** The batch that carried the key last; null: none did. */
  readonly corrects: string | null;
  readonly reason: BatchReason;
}

/** The same key billed elsewhere, or as another product, is another charge. */
export const chargeIdOf = ({ key, entity, jurisdiction, product, currency }: Billed): string =>
  sha256(canonical([key, entity, jurisdiction, product, currency])).slice(0, 24);

export const billedOf = (all: Billed): Billed => {
  const { key, agreement, party, subscription, meter, product, usedBy, entity, jurisdiction, currency } = all;
  const { period, periodEnd, endsAt } = all;
  return {
    ...{ key, agreement, party, subscription, meter, product, usedBy, entity, jurisdiction, currency },
    ...{ period, periodEnd, endsAt },
  };
};

/** By id, in order; what comes to nothing is left out. */
export const addTaxes = (
  a: ReadonlyArray<TaxAmount>,
  b: ReadonlyArray<TaxAmount>,
  by: 1 | -1,
): ReadonlyArray<TaxAmount> => {
  const sums = new Map(a.map(({ id, amountMinor }) => [id, amountMinor]));
  for (const { id, amountMinor } of b) sums.set(id, sumMinor([sums.get(id) ?? 0, by * amountMinor]));
  return [...sums]
    .filter(([, amountMinor]) => amountMinor !== 0)
    .sort(([x], [y]) => (x < y ? -1 : 1))
    .map(([id, amountMinor]) => ({ id, amountMinor }));
};
export const taxOf = (taxes: ReadonlyArray<TaxAmount>): number => sumMinor(taxes.map(({ amountMinor }) => amountMinor));
