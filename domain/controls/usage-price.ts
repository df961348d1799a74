/**
 * What use of a meter is estimated at while nothing prices it: a charge that some agreement has for the meter, written down so that
 * every reader of the journal estimates alike. One for each meter, until that agreement charges otherwise. *Pure.*
 */
import type { Charge } from "../rating/charge.ts";
import type { ControlNote, Topic } from "./topic.ts";

export interface UsagePriceNotes extends ControlNote {
  readonly type: "usage-price.learnt";
  readonly meter: string;
  readonly currency: string;
  readonly agreement: string;
  readonly version: number;
  readonly charge: Charge;
}

export type UsagePrice = Pick<UsagePriceNotes, "currency" | "agreement" | "version" | "charge">;

export const usagePrice: Topic<UsagePriceNotes, UsagePrice> = {
  name: "usage-price",
  about: ({ meter }) => meter,
  fold: (_, { currency, agreement, version, charge }) => ({ currency, agreement, version, charge }),
};
