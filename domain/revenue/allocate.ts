/**
 * What each performance obligation gets of a price: in the proportion of standalone selling prices, whatever the invoice shows. It
 * sums to the price, and does not depend on the order of the obligations. *Pure.*
 */
import * as Schema from "effect/Schema";
import { currencyField, field, optionalField } from "../field.ts";
import { splitMinor, sumMinor, toDecimal } from "../money.ts";
import { Decimal, exactMinor, ratio, toText } from "../rating/rational.ts";

export const AllocateInput = Schema.Struct({
  currency: currencyField,
  price: field(Decimal, "of the whole contract, after all discounts, before tax"),
  obligations: field(
    Schema.Array(
      Schema.Struct({
        id: field(Schema.String, "name of the performance obligation"),
        ssp: field(
          Schema.NullOr(Decimal),
          "standalone selling price of all of it; null: not observable, the rest of the price is its (residual approach)",
        ),
        invoiced: optionalField(Decimal, "as the invoice shows it; has no influence"),
      }),
    ).pipe(Schema.minItems(1)),
    "what was promised",
  ),
  discounts: optionalField(
    Schema.Array(
      Schema.Struct({
        amount: field(Decimal, "how much"),
        to: field(Schema.Array(Schema.String), "ids of the obligations"),
      }),
    ),
    "discounts that observably belong to some obligations only",
  ),
});
export type AllocateInput = typeof AllocateInput.Type;

export interface AllocatedLine {
  readonly id: string;
  readonly sspMinor: number;
  /** Of all standalone prices; null under the residual approach. */
  readonly share: string | null;
  readonly beforeDiscountsMinor: number;
  readonly discountsMinor: number;
  readonly amountMinor: number;
  readonly amount: string;
}
export interface Allocated {
  readonly currency: string;
  readonly priceMinor: number;
  readonly sspMinor: number;
  readonly lines: ReadonlyArray<AllocatedLine>;
}

const byId = <A extends { readonly id: string }>(all: ReadonlyArray<A>): ReadonlyArray<A> =>
  [...all].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));

export const allocate = (input: AllocateInput): Allocated => {
  const { currency } = input;
  const minor = (amount: Decimal): number => exactMinor(amount, currency);
  const obligations = byId(input.obligations);
  if (new Set(obligations.map(({ id }) => id)).size !== obligations.length)
    throw new RangeError("allocation: two obligations have one id; give each its own");
  const priceMinor = minor(input.price);
  const residual = obligations.filter(({ ssp }) => ssp === null);
  if (residual.length > 1)
    throw new RangeError(
      `allocation: ${residual.map(({ id }) => id).join(" and ")} have no standalone price; only one may`,
    );
  const discounts = (input.discounts ?? []).map(({ amount, to }) => ({ amountMinor: minor(amount), to: new Set(to) }));
  for (const { to } of discounts)
    for (const id of to)
      if (!obligations.some((each) => each.id === id))
        throw new RangeError(`allocation: a discount names ${id}, which is no obligation here`);
  const beforeDiscounts = sumMinor([priceMinor, ...discounts.map(({ amountMinor }) => amountMinor)]);
  const known = sumMinor(obligations.map(({ ssp }) => (ssp === null ? 0 : minor(ssp))));
  if (residual.length === 1 && known > beforeDiscounts)
    throw new RangeError(
      "allocation: the other standalone prices exceed the price; the residual approach does not apply",
    );
  const sspOf = ({ ssp }: { readonly ssp: Decimal | null }): number =>
    ssp === null ? beforeDiscounts - known : minor(ssp);
  const ssps = obligations.map(sspOf);
  const before = splitMinor(beforeDiscounts, ssps.map(BigInt));
  const taken = obligations.map(() => 0);
  for (const { amountMinor, to } of discounts) {
    const parts = splitMinor(
      amountMinor,
      obligations.map(({ id }, index) => (to.has(id) ? BigInt(ssps[index]!) : 0n)),
    );
    for (const [index, part] of parts.entries()) taken[index] = sumMinor([taken[index]!, part]);
  }
  const sspMinor = sumMinor(ssps);
  const lines = new Map(
    obligations.map(({ id, ssp }, index) => {
      const amountMinor = before[index]! - taken[index]!;
      const share = ssp === null ? null : toText(ratio(ssps[index]!, sspMinor));
      const amounts = { beforeDiscountsMinor: before[index]!, discountsMinor: taken[index]!, amountMinor };
      return [id, { id, sspMinor: ssps[index]!, share, ...amounts, amount: toDecimal(amountMinor, currency) }];
    }),
  );
  return { currency, priceMinor, sspMinor, lines: input.obligations.map(({ id }) => lines.get(id)!) };
};

/** Where a contract stands: what is earned and not billed is an asset, what is billed and not earned a liability; never both. */
export const positionOf = (
  billedMinor: number,
  earnedMinor: number,
): { readonly assetMinor: number; readonly liabilityMinor: number } => ({
  assetMinor: Math.max(0, earnedMinor - billedMinor),
  liabilityMinor: Math.max(0, billedMinor - earnedMinor),
});
