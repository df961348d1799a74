/** One thing that one system says, as a leg compares it: what names it, its money, and who else should have it. *Pure data.* */

/** What is under way, or stuck, towards a system that should have the item. */
export interface Underway {
  readonly target: string;
  readonly key: string;
  readonly verb: string;
  readonly state: string;
  readonly hold: string | null;
  readonly blockedBy: string | null;
  readonly error: string | null;
  /** A refusal that passes when what it named is put right. */
  readonly fixable: boolean;
}

export interface Item {
  /** Of the leg. */
  readonly side: string;
  /** The connection. */
  readonly system: string;
  /** `connection:kind/id`; unique within a leg. */
  readonly id: string;
  /** Our outside id, or the external id that the system carries for it. */
  readonly outside: ReadonlyArray<string>;
  /** Ids of the items that it names. */
  readonly references: ReadonlyArray<string>;
  /** The document's own number; it names something only together with the account. */
  readonly number: string | null;
  /** Null: no money is compared. */
  readonly amountMinor: number | null;
  readonly currency: string | null;
  /** Since when it is there, epoch ms UTC: its own date, else when it was first heard of. */
  readonly since: number | null;
  /** The accounting period that its own system has it in, `2026-01`; null: not said. */
  readonly period: string | null;
  readonly entity: string | null;
  readonly fields: Readonly<Record<string, string | number | null>>;
  /** Quantities of one lot are one quantity; absent: all of its side and system are. */
  readonly lot?: string;
  /** Systems that must have a counterpart. */
  readonly expects: ReadonlyArray<string>;
  /** The item of its own system that it repeats, where that is known without comparing; else null. */
  readonly twin: string | null;
  /** The side without which it has no business here; null: it may stand alone. */
  readonly needs: string | null;
  readonly underway: ReadonlyArray<Underway>;
}

/** What most items do not say. */
export const plain = {
  outside: [],
  references: [],
  number: null,
  amountMinor: null,
  currency: null,
  since: null,
  period: null,
  entity: null,
  fields: {},
  expects: [],
  needs: null,
  twin: null,
  underway: [],
} as const satisfies Partial<Item>;

/** A person's word that these are the same thing. */
export interface Pair {
  readonly id: string;
  readonly leg: string;
  readonly items: ReadonlyArray<string>;
}

/** Sums by currency, minor units. */
export type Money = Readonly<Record<string, number>>;
