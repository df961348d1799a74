/** How books are kept, and where in them a document stands. *Pure.* */
import type { BookRules } from "./books/rules.ts";
import type { Month } from "./calendar/day.ts";

/** How a deployment keeps its books. Plain data: it crosses to the engine's thread. */
export interface Accounting extends BookRules {
  /** IANA name of the zone whose calendar the periods follow. */
  readonly timeZone: string;
  /** 1 to 12: the month that a fiscal year begins with. */
  readonly fiscalStartMonth: number;
  /** The legal entity of each connection that names one. */
  readonly entities: Readonly<Record<string, string>>;
}

/** Where nothing else is configured. */
export const usualAccounting: Accounting = { timeZone: "UTC", fiscalStartMonth: 1, entities: {} };

/** How revenue books are kept, as plain data that a close can write down. */
export interface KeptBooks {
  readonly accounting: Accounting;
  /** Connections that bill. */
  readonly billing: ReadonlyArray<string>;
}

/** The period of a document, as its claim carries it. */
export interface Booking {
  readonly entity: string;
  /** `2026-01`. */
  readonly period: Month;
  /** Epoch milliseconds, UTC. */
  readonly effectiveAt: number;
}
