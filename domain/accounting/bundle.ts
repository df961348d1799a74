/** A bundle: one product on the price list that stands for several items in the books, nested or not. *Pure.* */
import * as Schema from "effect/Schema";
import { splitMinor, sumMinor } from "../money.ts";
import { weightsOf } from "../rating/pool.ts";
import { Decimal, parse } from "../rating/rational.ts";

export const Bundle = Schema.Struct({
  product: Schema.String,
  /** Weights in any unit: standalone prices, percent. */
  items: Schema.Array(Schema.Struct({ product: Schema.String, weight: Decimal })).pipe(Schema.minItems(1)),
});
export type Bundle = typeof Bundle.Type;

export interface BundlePart {
  /** From the bundle down to the item. */
  readonly path: ReadonlyArray<string>;
  readonly product: string;
  readonly amountMinor: number;
}

/** A product without a bundle is its own item. The parts sum to the amount. */
export const explode = (
  product: string,
  amountMinor: number,
  bundles: ReadonlyArray<Bundle>,
): ReadonlyArray<BundlePart> => {
  const walk = (at: string, minor: number, path: ReadonlyArray<string>): ReadonlyArray<BundlePart> => {
    if (path.includes(at)) throw new RangeError(`bundle: ${[...path, at].join(" → ")} contains itself`);
    const bundle = bundles.find((each) => each.product === at);
    if (!bundle) return [{ path: [...path, at], product: at, amountMinor: minor }];
    const parts = splitMinor(minor, weightsOf(bundle.items.map(({ weight }) => parse(weight))));
    return bundle.items.flatMap((item, index) => walk(item.product, parts[index]!, [...path, at]));
  };
  return walk(product, amountMinor, []);
};

/** Summed by item, where several paths lead to it. */
export const byItem = (parts: ReadonlyArray<BundlePart>): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>();
  for (const { product, amountMinor } of parts) sums.set(product, sumMinor([sums.get(product) ?? 0, amountMinor]));
  return sums;
};
