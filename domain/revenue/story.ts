/** The story of a contract's money as data: revenue lines, and what happened to their invoices. *Pure.* */
import * as Schema from "effect/Schema";
import { Day } from "../calendar/day.ts";
import { Decimal } from "../rating/rational.ts";
import { Recognition } from "./recognition.ts";

export const StoryLine = Schema.Struct({
  id: Schema.String,
  /** As allocated, before tax. Below zero: a credit for unused time. */
  amount: Decimal,
  recognition: Recognition,
  /** When it became known; default: its service or its invoice, whichever is earlier. */
  known: Schema.optional(Day),
  dimensions: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String })),
});

const act = <const A extends string, F extends Schema.Struct.Fields>(name: A, fields: F) =>
  Schema.Struct({ id: Schema.String, on: Day, do: Schema.Literal(name), invoice: Schema.String, ...fields });
const amount = { amount: Decimal };

/** Amounts are gross, with their tax. */
export const StoryAct = Schema.Union(
  act("invoice", { lines: Schema.Array(Schema.String), tax: Schema.optional(Decimal) }),
  /** Taken from, or below zero put to, what the company owes the customer. */
  act("balance", amount),
  act("payment", amount),
  act("credit_note", amount),
  act("refund", amount),
  /** Funds withdrawn. */
  act("dispute", amount),
  /** Funds reinstated; names the act that withdrew them. */
  act("dispute_won", { dispute: Schema.String }),
  act("uncollectible", {}),
  act("void", {}),
);
export type StoryAct = typeof StoryAct.Type;

export const Story = Schema.Struct({
  id: Schema.String,
  entity: Schema.String,
  currency: Schema.String,
  lines: Schema.Array(StoryLine),
  acts: Schema.Array(StoryAct),
  /** Exclusive; default: until everything that time earns is earned. */
  through: Schema.optional(Day),
  closedPeriods: Schema.optional(Schema.Array(Schema.String)),
});
export type Story = typeof Story.Type;

/** Within a day: bills first, then money in, then what takes back. */
const rank: Readonly<Record<StoryAct["do"], number>> = {
  invoice: 0,
  balance: 1,
  payment: 2,
  credit_note: 3,
  refund: 4,
  dispute: 5,
  dispute_won: 6,
  uncollectible: 7,
  void: 8,
};

/** However the acts arrive, they count by day, rank and id. */
export const inOrder = (acts: ReadonlyArray<StoryAct>): ReadonlyArray<StoryAct> =>
  [...acts].sort((a, b) =>
    a.on === b.on ? rank[a.do] - rank[b.do] || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0) : a.on < b.on ? -1 : 1,
  );
