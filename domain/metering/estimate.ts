/** What use that nothing prices may be worth: at a price that some agreement has for its meter, as if it were all of one period. *Pure.* */
import type { UsagePrice } from "../controls/usage-price.ts";
import { rate } from "../rating/rate.ts";
import { parse } from "../rating/rational.ts";
import type { UnpricedUse } from "./attribution.ts";

export interface Estimate {
  readonly amountMinor: number;
  readonly currency: string;
  /** In plain words. */
  readonly how: string;
}

/** Null: nobody has a price for the meter, or its uses state no amount. */
export const estimateOf = (
  { meter, quantity }: Pick<UnpricedUse, "meter" | "quantity">,
  price: UsagePrice | null,
): Estimate | null => {
  if (price === null || parse(quantity).n === 0n) return null;
  const { agreement, version, charge, currency } = price;
  try {
    const { amountMinor } = rate(charge, currency, parse(quantity));
    const how = `estimated at version ${version} of the price that ${agreement} has for ${meter}, as if it were all of one period`;
    return { amountMinor, currency, how };
  } catch (error) {
    // A charge that needs single transactions prices no sum.
    if (error instanceof RangeError) return null;
    throw error;
  }
};
