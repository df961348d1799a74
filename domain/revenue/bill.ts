/** One invoice of a story: what is open, what was paid, what of its tax and lines still stands, and how a part of it is taken back. *Pure.* */
import type { Posting, Role } from "../accounting/entry.ts";
import type { Day } from "../calendar/day.ts";
import { sumMinor } from "../money.ts";
import { multiply, ratio, roundMinor, roundTogether } from "../rating/rational.ts";
import { adjust, type Pool, unearned } from "./pool.ts";

/** What was taken back of one line. */
export interface Taken {
  readonly line: string;
  /** Of what was recognized, to a contra account. */
  readonly contraMinor: number;
  /** Of what was deferred. */
  readonly cutMinor: number;
}
export interface TakenBack {
  readonly on: Day;
  readonly amountMinor: number;
  readonly taxMinor: number;
  readonly lines: ReadonlyArray<Taken>;
}

export interface Bill {
  readonly id: string;
  readonly lines: ReadonlyArray<string>;
  readonly openMinor: number;
  /** Cash received less cash returned. */
  readonly paidMinor: number;
  readonly taxLeftMinor: number;
  /** Owed to the customer after a credit note on what was paid. */
  readonly creditMinor: number;
  /** Written off: as bad debt, and as revenue that was never earned. */
  readonly badDebtMinor: number;
  readonly forgoneMinor: number;
  readonly disputes: ReadonlyMap<string, TakenBack>;
}

export const contraOf = {
  refund: "Refunds",
  void: "Voids",
  credit_note: "CreditNotes",
  dispute: "Disputes",
  uncollectible: "BadDebt",
} as const satisfies Readonly<Record<string, Role>>;

/** What still stands of a bill: tax, recognized and deferred. */
export const standing = (bill: Bill, pools: ReadonlyMap<string, Pool>): number =>
  sumMinor([
    bill.taxLeftMinor,
    ...bill.lines.map((id) => pools.get(id)!).map((pool) => pool.recognizedMinor + unearned(pool)),
  ]);

/** A part of a bill, in the proportion of what stands of its tax and lines; within a line, of recognized and deferred. */
export const takeBack = (
  bill: Bill,
  pools: ReadonlyMap<string, Pool>,
  amountMinor: number,
  on: Day,
): { readonly taken: TakenBack; readonly pools: ReadonlyMap<string, Pool> } => {
  const all = standing(bill, pools);
  if (amountMinor < 0 || amountMinor > all)
    throw new RangeError(`revenue: ${amountMinor} of invoice ${bill.id} cannot be taken back; ${all} stands`);
  const nets = [
    bill.taxLeftMinor,
    ...bill.lines.map((id) => pools.get(id)!).map((pool) => pool.recognizedMinor + unearned(pool)),
  ];
  const parts =
    all === 0
      ? nets.map(() => 0)
      : roundTogether(
          nets.map((net) => multiply(ratio(net), ratio(amountMinor, all))),
          amountMinor,
        );
  const after = new Map(pools);
  const lines = bill.lines.map((id, index): Taken => {
    const pool = pools.get(id)!;
    const [part, net] = [parts[index + 1]!, nets[index + 1]!];
    const contraMinor = net === 0 ? 0 : roundMinor(multiply(ratio(part), ratio(pool.recognizedMinor, net)));
    const cutMinor = part - contraMinor;
    after.set(id, adjust(pool, on, { leftMinor: -cutMinor, recognizedMinor: -contraMinor }));
    return { line: id, contraMinor, cutMinor };
  });
  return { taken: { on, amountMinor, taxMinor: parts[0]!, lines }, pools: after };
};

/** The debit side of what is taken back. A bad debt keeps its tax owed: relief is claimed, not assumed. */
export const takenPostings = (
  taken: TakenBack,
  contra: (typeof contraOf)[keyof typeof contraOf],
  dimensions: (line: string) => Readonly<Record<string, string>>,
): ReadonlyArray<Posting> => [
  contra === "BadDebt"
    ? { role: contra, amountMinor: taken.taxMinor }
    : { role: "TaxPayable", amountMinor: -taken.taxMinor },
  ...taken.lines.flatMap(
    ({ line, contraMinor, cutMinor }): ReadonlyArray<Posting> => [
      { role: contra, amountMinor: contraMinor, dimensions: dimensions(line) },
      { role: "DeferredRevenue", amountMinor: -cutMinor, dimensions: dimensions(line) },
    ],
  ),
];
