/** The closes of periods as the books have to respect them: which stood when, and what each left in its period. *Pure.* */
import type { KeptBooks } from "../booking.ts";
import type { PeriodRecord } from "../controls/period.ts";
import type { BookEntry } from "./entry.ts";
import { bookedIn, type ClosedPeriods } from "./late.ts";

export interface Close {
  readonly entity: string;
  readonly period: string;
  /** Position of the closing entry. */
  readonly cut: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Null: it stands. */
  readonly reopenedAt: number | null;
  /** As the books were kept then; null: closed before they were. */
  readonly books: KeptBooks | null;
}

export const closeName = ({ entity, period, cut }: Close): string => `${entity}/${period}@${cut}`;

/** In order of their cuts; those that were taken back too. */
export const closesIn = (records: Iterable<PeriodRecord>): ReadonlyArray<Close> =>
  [...records]
    .flatMap(({ entity, period, closed, earlier }): ReadonlyArray<Close> => {
      const of = ({ cut, at, books }: NonNullable<PeriodRecord["closed"]>, reopenedAt: number | null): Close => ({
        ...{ entity, period, cut, at, reopenedAt },
        books: books ?? null,
      });
      return [...earlier.map((one) => of(one, one.reopened.at)), ...(closed === null ? [] : [of(closed, null)])];
    })
    .sort((a, b) => a.cut - b.cut);

/** Those before a cut that stood when it was made; without a cut those that stand. */
export const standing = (closes: ReadonlyArray<Close>, at: Close | null): ReadonlyArray<Close> =>
  closes.filter(({ cut, reopenedAt }) =>
    at === null ? reopenedAt === null : cut < at.cut && (reopenedAt === null || reopenedAt > at.at),
  );

const closedBy = (closes: ReadonlyArray<Close>): ClosedPeriods => {
  const byEntity = new Map<string, string[]>();
  for (const { entity, period } of closes) byEntity.set(entity, [...(byEntity.get(entity) ?? []), period]);
  return (entity) => byEntity.get(entity) ?? [];
};

/** What the evidence asks for, in the periods that it goes to; `left`: what each of these closes left in its period. */
export const posted = (
  derived: ReadonlyArray<BookEntry>,
  closes: ReadonlyArray<Close>,
  left: (close: Close) => ReadonlyArray<BookEntry>,
): ReadonlyArray<BookEntry> =>
  closes.length === 0 ? derived : [...bookedIn(derived, closes.flatMap(left), closedBy(closes))].sort(byDate);

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const byDate = (a: BookEntry, b: BookEntry): number =>
  byText(a.date, b.date) || byText(a.id, b.id) || byText(a.period, b.period);

/** What a close leaves in its period. */
export const leftBy = (close: Close, booked: ReadonlyArray<BookEntry>): ReadonlyArray<BookEntry> =>
  booked.filter(({ entity, period }) => entity === close.entity && period === close.period);
