/** Use that has a price: what the books take from rating. *Pure data.* */
import type { Hop } from "../reports/flow.ts";

export interface RatedLine {
  readonly id: string;
  /** `connection:customerId`; null: nobody's yet. */
  readonly party: string | null;
  /** `connection:terms/C-1`; null: none is in force. */
  readonly agreement: string | null;
  readonly meter: string;
  readonly product: string | null;
  readonly entity: string;
  readonly jurisdiction: string | null;
  readonly currency: string;
  /** When it was used: dates, `to` exclusive. */
  readonly from: string;
  readonly to: string;
  /** Before tax; null: not even estimated. */
  readonly amountMinor: number | null;
  readonly taxMinor: number;
  readonly state: Hop;
  /** Why it is not further. */
  readonly reason?: string;
  readonly estimated: boolean;
}

/** Rated, and on no invoice yet. */
export const isUnbilled = ({ state }: RatedLine): boolean => state === "rated" || state === "invoice_ready";
