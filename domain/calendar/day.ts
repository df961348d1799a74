/**
 * Civil dates, `YYYY-MM-DD`, without zone or time, and their arithmetic: month ends are clamped, never carried over. The calendar
 * itself is Effect's DateTime in UTC. *Pure.*
 */
import * as DateTime from "effect/DateTime";
import * as Schema from "effect/Schema";

/** Days since 1970-01-01, so that a difference is a count of days. */
export type DayNumber = number;

const msPerDay = 86_400_000;
const pattern = /^(\d{4})-(\d{2})-(\d{2})$/;

export const isDay = (text: string): boolean => {
  const match = pattern.exec(text);
  if (!match) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return month >= 1 && month <= 12 && day >= 1 && day <= lengthOfMonth(year, month);
};

/** A date that exists, `2024-02-29`. */
export const Day = Schema.String.pipe(
  Schema.filter((text) => isDay(text), { message: () => "Expected a date that exists, YYYY-MM-DD" }),
);
export type Day = typeof Day.Type;

/** `2024-02`. */
export type Month = string;

export interface Civil {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

const numberOf = (year: number, month: number, day: number): DayNumber =>
  DateTime.toEpochMillis(DateTime.unsafeMake({ year, month, day })) / msPerDay;

/** Asking the calendar costs microseconds, and a report asks for the same months and dates over and over: three centuries at most. */
const remembered = 110_000;
const lengths = new Map<number, number>();
const numbers = new Map<Day, DayNumber>();
const days = new Map<DayNumber, Day>();
const remember = <K, V>(map: Map<K, V>, key: K, value: V): V => {
  if (map.size >= remembered) map.clear();
  map.set(key, value);
  return value;
};

export const lengthOfMonth = (year: number, month: number): number => {
  const index = year * 12 + month;
  const known = lengths.get(index);
  if (known !== undefined) return known;
  const [nextYear, next] = month === 12 ? [year + 1, 1] : [year, month + 1];
  return remember(lengths, index, numberOf(nextYear, next, 1) - numberOf(year, month, 1));
};

export const civil = (day: Day): Civil => {
  const match = pattern.exec(day);
  if (!match || !isDay(day)) throw new RangeError(`calendar: "${day}" is no date; write YYYY-MM-DD`);
  return { year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) };
};

const pad = (value: number, width: number): string => String(value).padStart(width, "0");
export const dayOf = ({ year, month, day }: Civil): Day => `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;

export const toNumber = (day: Day): DayNumber => {
  const known = numbers.get(day);
  if (known !== undefined) return known;
  const { year, month, day: date } = civil(day);
  return remember(numbers, day, numberOf(year, month, date));
};
export const fromNumber = (number: DayNumber): Day => {
  const known = days.get(number);
  if (known !== undefined) return known;
  const { year, month, day } = DateTime.toPartsUtc(DateTime.unsafeMake(number * msPerDay));
  return remember(days, number, dayOf({ year, month, day }));
};

export const addDays = (day: Day, count: number): Day => fromNumber(toNumber(day) + count);
/** `to` less `from`, in days. */
export const daysBetween = (from: Day, to: Day): number => toNumber(to) - toNumber(from);

/** Moved by months with the date `date` (default: that of `day`), or the month's last where it is shorter. */
export const addMonths = (day: Day, count: number, date?: number): Day => {
  const from = civil(day);
  const months = from.year * 12 + (from.month - 1) + count;
  const [year, month] = [Math.floor(months / 12), (((months % 12) + 12) % 12) + 1];
  return dayOf({ year, month, day: Math.min(date ?? from.day, lengthOfMonth(year, month)) });
};

/** Whole months from one date to a later one: 16 July to 15 September is one, to the 16th two. */
export const wholeMonths = (from: Day, to: Day): number => {
  const [a, b] = [civil(from), civil(to)];
  let months = (b.year - a.year) * 12 + (b.month - a.month);
  while (addMonths(from, months) > to) months -= 1;
  return months;
};

export const monthOf = (day: Day): Month => day.slice(0, 7);
export const firstOf = (month: Month): Day => `${month}-01`;
export const nextMonth = (month: Month, count = 1): Month => monthOf(addMonths(firstOf(month), count));
export const lastOf = (month: Month): Day => addDays(firstOf(nextMonth(month)), -1);

/** Every month that a half-open range of dates touches, in order. */
export const monthsOf = (from: Day, to: Day): ReadonlyArray<Month> => {
  const months: Month[] = [];
  for (let month = monthOf(from); firstOf(month) < to; month = nextMonth(month)) months.push(month);
  return months;
};

/** A range of dates as half-open, `[from, to)`: an inclusive end is the day before. */
export const halfOpen = (from: Day, end: Day, inclusive: boolean): { readonly from: Day; readonly to: Day } => {
  const to = inclusive ? addDays(end, 1) : end;
  if (to < from) throw new RangeError(`calendar: the range ends on ${end}, before it starts on ${from}`);
  return { from, to };
};
export const earlier = (a: Day, b: Day): Day => (a < b ? a : b);
export const later = (a: Day, b: Day): Day => (a > b ? a : b);
