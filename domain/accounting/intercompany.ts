/** One legal entity bills for another: two entries of one amount, due to and due from, that cancel out over the group. *Pure.* */
import type { Day } from "../calendar/day.ts";
import { entryOf, type JournalEntry, movements, type Role } from "./entry.ts";
import type { PeriodBook } from "./period.ts";

export interface Intercompany {
  readonly id: string;
  /** Has the customer's receivable or cash. */
  readonly billing: string;
  /** Owes the service. */
  readonly earning: string;
  readonly currency: string;
  readonly amountMinor: number;
  readonly date: Day;
  readonly source: string;
}

/**
 * The billing entity's books give up the deferral (or revenue) that the earning entity's take over. The first entry stands in the
 * billing entity's books, the second in the earning entity's.
 */
export const intercompanyPair = (
  { id, billing, earning, currency, amountMinor, date, source }: Intercompany,
  moved: "DeferredRevenue" | "Revenue" = "DeferredRevenue",
  book?: PeriodBook,
): ReadonlyArray<JournalEntry> => {
  if (billing === earning) throw new RangeError(`intercompany: ${billing} bills for itself in ${id}; nothing is due`);
  const one = (entity: string, counterparty: string, due: Role, dueMinor: number, movedMinor: number) =>
    entryOf(
      { id: `${id}/${entity}`, kind: "intercompany", entity, currency, date, source },
      [
        { role: due, amountMinor: dueMinor, dimensions: { counterparty } },
        { role: moved, amountMinor: movedMinor, dimensions: { counterparty } },
      ],
      book,
    );
  return [
    one(billing, earning, "DueTo", amountMinor, -amountMinor),
    one(earning, billing, "DueFrom", amountMinor, amountMinor),
  ].filter((entry) => entry !== null);
};

/** Pairs of entities and currencies whose due to and due from do not cancel out; empty when they all do. */
export const unmatched = (
  entries: ReadonlyArray<JournalEntry>,
): ReadonlyArray<{ readonly pair: string; readonly differenceMinor: number }> => {
  const open = new Map<string, number>();
  for (const entry of entries) {
    for (const line of entry.lines) {
      const sign = line.role === "DueFrom" ? 1 : line.role === "DueTo" ? -1 : 0;
      if (sign === 0) continue;
      const other = line.dimensions["counterparty"] ?? "";
      const [from, to] = sign === 1 ? [entry.entity, other] : [other, entry.entity];
      const key = `${from} from ${to} in ${entry.currency}`;
      const amount = [...movements([{ ...entry, lines: [line] }], line.role).values()][0] ?? 0;
      open.set(key, (open.get(key) ?? 0) + sign * amount);
    }
  }
  return [...open].filter(([, rest]) => rest !== 0).map(([pair, differenceMinor]) => ({ pair, differenceMinor }));
};
