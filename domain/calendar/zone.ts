/**
 * Between instants and the civil dates of a time zone. A local time that a clock change skips is taken after the gap, one that
 * comes twice is the first of the two. *Pure: the zone data are the runtime's.*
 */
import * as DateTime from "effect/DateTime";
import * as Option from "effect/Option";
import { addDays, addMonths, type Civil, civil, type Day, dayOf } from "./day.ts";

const msPerSecond = 1000;
const zones = new Map<string, DateTime.TimeZone>();
const zoneOf = (name: string): DateTime.TimeZone => {
  const known = zones.get(name);
  if (known) return known;
  const made = DateTime.zoneMakeNamed(name);
  if (Option.isNone(made))
    throw new RangeError(`calendar: "${name}" is not a time zone; use an IANA name such as Europe/Berlin`);
  zones.set(name, made.value);
  return made.value;
};

export const isZone = (name: string): boolean => zones.has(name) || Option.isSome(DateTime.zoneMakeNamed(name));

/** Milliseconds after local midnight; not a duration, since a day may have 23 or 25 hours. */
type ClockTime = {
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly millis: number;
};
const midnightTime: ClockTime = { hours: 0, minutes: 0, seconds: 0, millis: 0 };

const at = ({ year, month, day }: Civil, time: ClockTime, zone: string): number =>
  DateTime.toEpochMillis(
    DateTime.unsafeMakeZoned({ year, month, day, ...time }, { timeZone: zoneOf(zone), adjustForTimeZone: true }),
  );

/** The first instant of a local date. Epoch ms. */
export const startOfDay = (day: Day, zone: string): number => at(civil(day), midnightTime, zone);

/** The local date of an instant. */
export const localDay = (atMs: number, zone: string): Day => {
  const { year, month, day } = DateTime.toParts(DateTime.unsafeMakeZoned(atMs, { timeZone: zoneOf(zone) }));
  return dayOf({ year, month, day });
};

/** How long a local date lasts, in seconds: 82,800 to 90,000 around a clock change. */
export const secondsOfDay = (day: Day, zone: string): number =>
  (startOfDay(addDays(day, 1), zone) - startOfDay(day, zone)) / msPerSecond;

/** The anchor instant moved by months on the local calendar: its clock time stays, its date is clamped to the month. */
export const addLocalMonths = (anchorMs: number, months: number, zone: string): number => {
  const local = DateTime.toParts(DateTime.unsafeMakeZoned(anchorMs, { timeZone: zoneOf(zone) }));
  const moved = civil(addMonths(dayOf({ year: local.year, month: local.month, day: local.day }), months));
  const { hours, minutes, seconds, millis } = local;
  return months === 0 ? anchorMs : at(moved, { hours, minutes, seconds, millis }, zone);
};

const withOffset = /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/;
export const isInstant = (text: string): boolean => withOffset.test(text) && Option.isSome(DateTime.make(text));

/** An RFC 3339 instant as epoch ms; throws on text without an offset. */
export const instantOf = (text: string): number => {
  const made = withOffset.test(text) ? DateTime.make(text) : Option.none();
  if (Option.isNone(made))
    throw new RangeError(`calendar: "${text}" is no instant; write 2024-03-31T12:00:00Z or with an offset`);
  return DateTime.toEpochMillis(made.value);
};
