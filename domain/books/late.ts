/**
 * Which period an entry is booked in. What was in a period when it was closed stays there as it was; what the evidence says since
 * then is the difference, in the first open period after it, with the reason and a pointer to what it puts right. *Pure.*
 */
import type { Dimensions, JournalLine, Role, Side } from "../accounting/entry.ts";
import { assignPeriod } from "../accounting/period.ts";
import { monthOf } from "../calendar/day.ts";
import { canonical } from "../canonical.ts";
import type { BookEntry } from "./entry.ts";

/** Periods of a legal entity that are closed. */
export type ClosedPeriods = (entity: string) => ReadonlyArray<string>;

/** `frozen`: what stands in closed periods, as it was at their closes. */
export const bookedIn = (
  derived: ReadonlyArray<BookEntry>,
  frozen: ReadonlyArray<BookEntry>,
  closed: ClosedPeriods,
): ReadonlyArray<BookEntry> => {
  const before = new Map<string, BookEntry[]>();
  for (const entry of frozen) {
    const known = before.get(rootOf(entry));
    if (known === undefined) before.set(rootOf(entry), [entry]);
    else known.push(entry);
  }
  const booked: BookEntry[] = [...frozen];
  for (const entry of derived) {
    const known = before.get(rootOf(entry));
    before.delete(rootOf(entry));
    const shut = closed(entry.entity);
    if (known === undefined)
      booked.push(shut.length === 0 ? entry : { ...entry, ...assignPeriod(entry.date, { closed: shut }) });
    else {
      const difference = differenceOf(entry, known, entry.lines, shut, "it reads otherwise since");
      if (difference !== null) booked.push(difference);
    }
  }
  for (const known of before.values()) {
    const [first] = known as [BookEntry];
    const difference = differenceOf(first, known, [], closed(first.entity), "it is not so any more");
    if (difference !== null) booked.push(difference);
  }
  return booked;
};

const rootOf = ({ corrects, id, entity, currency }: BookEntry): string => `${corrects ?? id} ${entity} ${currency}`;

interface Moved {
  readonly role: Role;
  readonly dimensions: Dimensions;
  /** Debits less credits. */
  minor: number;
}

const differenceOf = (
  entry: BookEntry,
  known: ReadonlyArray<BookEntry>,
  now: ReadonlyArray<JournalLine>,
  closed: ReadonlyArray<string>,
  why: string,
): BookEntry | null => {
  const moved = new Map<string, Moved>();
  const add = ({ role, side, amountMinor, dimensions }: JournalLine, sign: 1 | -1): void => {
    const key = `${role} ${canonical(dimensions)}`;
    const one = moved.get(key) ?? { role, dimensions, minor: 0 };
    one.minor += sign * (side === "debit" ? amountMinor : -amountMinor);
    moved.set(key, one);
  };
  for (const line of now) add(line, 1);
  for (const { lines } of known) for (const line of lines) add(line, -1);
  const lines = [...moved.values()]
    .filter(({ minor }) => minor !== 0)
    .map(({ role, dimensions, minor }): JournalLine => {
      const side: Side = minor > 0 ? "debit" : "credit";
      return { role, side, amountMinor: Math.abs(minor), dimensions };
    });
  if (lines.length === 0) return null;
  const first = known.find(({ corrects }) => corrects === null) ?? known[0]!;
  const corrects = first.corrects ?? first.id;
  const own = monthOf(entry.date);
  const { period } = assignPeriod(entry.date, { closed });
  const reason = `${corrects} was booked in ${first.period}, which is closed; ${why}`;
  return { ...entry, id: `${corrects}/late/${period}`, period, late: { own, reason }, corrects, lines };
};

/** The day on which an entry counts in the books: its own, or the first of the period that it came late to. */
export const postedOn = ({ date, period, late }: BookEntry): string => (late === null ? date : `${period}-01`);
