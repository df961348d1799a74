/** One line of a reconciliation: which items of which systems, what is wrong between them, and what it comes to. *Pure data.* */
import type { Item, Money } from "./item.ts";
import type { LegName } from "./leg.ts";
import type { MatchKey } from "./match.ts";

/** The gravest first: what a line with several things wrong is called. */
export const lineStatuses = [
  "extra",
  "missing",
  "duplicate",
  "wrong-currency",
  "amount-break",
  "wrong-entity",
  "wrong-period",
  "field-break",
  "timing",
  "matched",
] as const;
export type LineStatus = (typeof lineStatuses)[number];
export type Trouble = Exclude<LineStatus, "timing" | "matched">;

/** One thing wrong in one system, against the authority. */
export interface Break {
  readonly status: Trouble;
  /** The connection in which it is missing, or whose item says something else. */
  readonly system: string;
  /** Of a field break; else null. */
  readonly field: string | null;
  /** What the field is of: `price`, `quantity`, `term`, `parent`, `text`. */
  readonly kind: string | null;
  readonly ours: string | number | null;
  readonly theirs: string | number | null;
}

export interface SystemSum {
  readonly count: number;
  readonly ids: ReadonlyArray<string>;
  readonly moneyMinor: Money;
}

/** A route that would put it right; `body` without the reason. */
export interface Act {
  readonly says: string;
  readonly method: "POST" | null;
  readonly path: string | null;
  readonly body: Readonly<Record<string, string | boolean | ReadonlyArray<string> | null>> | null;
}

export interface Owner {
  /** The connection on whose side the next act lies. */
  readonly connection: string;
  readonly role: string | null;
  readonly team: string | null;
}

/** A line as the items alone tell it; whether what is missing may still be on its way depends on when it is read. */
export interface Compared {
  /** The same for as long as the same thing is wrong. */
  readonly id: string;
  readonly leg: LegName;
  /** As of a time when no window is open any more. */
  readonly status: Exclude<LineStatus, "timing">;
  readonly breaks: ReadonlyArray<Break>;
  readonly items: ReadonlyArray<Item>;
  readonly by: ReadonlyArray<MatchKey>;
  readonly systems: Readonly<Record<string, SystemSum>>;
  /** What the others have more than the authority, by currency; of one that is missing, less. */
  readonly differenceMinor: Money;
  /** Differences within the leg's tolerance. */
  readonly roundingMinor: Money;
  /** Money at risk, by currency, zero or more. */
  readonly atRiskMinor: Money;
  /** Of the oldest item, epoch ms. */
  readonly ageFrom: number | null;
  /** Until when what is wrong is timing, epoch ms; null: it is no question of time. */
  readonly timingUntil: number | null;
}

/** What a caller sees of it, but for the status of the moment. */
export interface Line extends Omit<Compared, "items"> {
  /** Root of the account; null: the company's own. */
  readonly account: string | null;
  readonly owner: Owner;
  readonly cause: string;
  readonly evidence: ReadonlyArray<string>;
  readonly act: Act | null;
  /** The exception that tells of the same thing. */
  readonly exception: string | null;
  readonly roundingAccount: string | null;
}

/** Now: within its window a line is timing. */
export const statusAt = (line: Pick<Compared, "status" | "timingUntil">, now: number): LineStatus =>
  line.timingUntil !== null && now < line.timingUntil ? "timing" : line.status;
