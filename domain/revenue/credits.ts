/**
 * Prepaid credits as revenue: what was paid for a grant is earned in the proportion in which its face value is used; the rest when it
 * expires. A promotional grant was paid nothing for, and earns nothing. *Pure.*
 */
import { toDecimal } from "../money.ts";
import { multiply, ratio, roundMinor, toText } from "../rating/rational.ts";

export interface CreditRevenue {
  readonly earnedMinor: number;
  readonly deferredMinor: number;
  readonly faceLeftMinor: number;
  /** What expiry of the rest earns. */
  readonly onExpiryMinor: number;
  readonly working: string;
}

export const creditRevenue = (
  grant: { readonly currency: string; readonly faceMinor: number; readonly paidMinor: number },
  consumedFaceMinor: number,
): CreditRevenue => {
  if (consumedFaceMinor < 0 || consumedFaceMinor > grant.faceMinor)
    throw new RangeError(`credits: ${consumedFaceMinor} of a face value of ${grant.faceMinor} cannot be consumed`);
  const share = grant.faceMinor === 0 ? ratio(0) : ratio(consumedFaceMinor, grant.faceMinor);
  const earnedMinor = roundMinor(multiply(ratio(grant.paidMinor), share));
  const deferredMinor = grant.paidMinor - earnedMinor;
  return {
    earnedMinor,
    deferredMinor,
    faceLeftMinor: grant.faceMinor - consumedFaceMinor,
    onExpiryMinor: deferredMinor,
    working: `${toText(share)} of ${toDecimal(grant.paidMinor, grant.currency)} paid`,
  };
};
