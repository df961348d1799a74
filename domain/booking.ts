/** How books are kept, and where in them a document stands. *Pure.* */
import type { Month } from "./calendar/day.ts";

/** How a deployment keeps its books. Plain data: it crosses to the engine's thread. */
export interface Accounting {
  /** IANA name of the zone whose calendar the periods follow. */
  readonly timeZone: string;
  /** 1 to 12: the month that a fiscal year begins with. */
  readonly fiscalStartMonth: number;
  /** The legal entity of each connection that names one. */
  readonly entities: Readonly<Record<string, string>>;
}

/** The period of a document, as its claim carries it. */
export interface Booking {
  readonly entity: string;
  /** `2026-01`. */
  readonly period: Month;
  /** Epoch milliseconds, UTC. */
  readonly effectiveAt: number;
}
