/**
 * Accounting periods as the books keep them: calendar months of a legal entity in one stated time zone. Which period an entry goes
 * to is decided once, when its command is claimed, and written down; what would enter a closed one does not stand. *Pure.*
 */
import { assignPeriod } from "./accounting/period.ts";
import type { Accounting, Booking } from "./booking.ts";
import { civil, type Day, firstOf, isDay, type Month, nextMonth } from "./calendar/day.ts";
import { localDay, startOfDay } from "./calendar/zone.ts";
import type { Controls } from "./controls/controls.ts";
import { periodRecord, period as topic } from "./controls/period.ts";
import type { Slot } from "./ledger.ts";
import type { LedgerNote } from "./note.ts";
import type { Planned } from "./plan.ts";
import type { DocumentKind } from "./ports/system.ts";

export const defaultEntity = "default";
export const entityOf = ({ entities }: Accounting, connection: string): string =>
  Object.hasOwn(entities, connection) ? entities[connection]! : defaultEntity;

type Dated = Pick<Planned, "kind" | "content" | "effectiveAt">;

/** In whose books a document is: a charge says who bills it, everything else is of the entity of its connection. */
export const entityFor = (accounting: Accounting, connection: string, { kind, content }: Dated): string =>
  kind === "charge" ? String(content["entity"]) : entityOf(accounting, connection);

/** When a document takes effect, epoch ms. A charge does on the last day of its period, whatever zone that was counted in. */
export const effectiveOf = ({ kind, content, effectiveAt }: Dated, zone: string, now: number): number => {
  if (kind === "charge") return Math.min(effectiveAt, startOfDay(String(content["periodEnd"]), zone) - 1);
  return effectiveAt > 0 ? effectiveAt : now;
};

/** Every entity that there is, in order. */
export const entitiesOf = (
  { entities }: Pick<Accounting, "entities">,
  connections: Iterable<string>,
): ReadonlyArray<string> =>
  [...new Set([...connections].map((one) => (Object.hasOwn(entities, one) ? entities[one]! : defaultEntity)))].sort();

export const isPeriod = (text: string): boolean => isDay(`${text}-01`) && text.length === 7;

/** First instant of a period, and of the one after it. */
export const rangeOf = (period: Month, zone: string): { readonly from: number; readonly until: number } => ({
  from: startOfDay(firstOf(period), zone),
  until: startOfDay(firstOf(nextMonth(period)), zone),
});

export const periodAt = (at: number, zone: string): Month => localDay(at, zone).slice(0, 7);

/** `{ year: 2026, period: 3 }`: a fiscal year has the name of the year that it ends in. */
export const fiscalOf = (period: Month, startMonth: number): { readonly year: number; readonly period: number } => {
  const { year, month } = civil(firstOf(period));
  const index = (month - startMonth + 12) % 12;
  return { year: startMonth > 1 && month >= startMonth ? year + 1 : year, period: index + 1 };
};

export const isClosed = (controls: Controls, entity: string, period: Month): boolean =>
  (controls.get(topic, periodRecord(entity, period))?.closed ?? null) !== null;

/** Master records and what a CRM only shows have no period. */
export const isFinancial = (kind: DocumentKind): boolean => kind !== "customer" && !kind.startsWith("crm_");

export interface Placed {
  readonly booking: Booking;
  /** Set where its own period is closed: `booking` is then the first instant of the first open one after it. */
  readonly late: { readonly own: Month; readonly reason: string } | null;
}

/** Where an entry that took effect at this instant goes, as the books stand now. */
export const placeOf = (controls: Controls, zone: string, entity: string, effectiveAt: number): Placed => {
  const day: Day = localDay(effectiveAt, zone);
  const own = day.slice(0, 7);
  if (!isClosed(controls, entity, own)) return { booking: { entity, period: own, effectiveAt }, late: null };
  const closed: Month[] = [];
  for (let month = own; isClosed(controls, entity, month); month = nextMonth(month)) closed.push(month);
  const { period, late } = assignPeriod(day, { closed });
  return { booking: { entity, period, effectiveAt: rangeOf(period, zone).from }, late };
};

/** The period of a slot that was moved is written down; else it follows from the date of what is wished. */
export const placeOfSlot = (
  controls: Controls,
  zone: string,
  entity: string,
  slot: Slot | undefined,
  effectiveAt: number,
): Placed => {
  const moved = slot?.period ?? null;
  if (moved?.period === undefined) return placeOf(controls, zone, entity, moved?.effectiveAt ?? effectiveAt);
  if (isClosed(controls, entity, moved.period))
    return placeOf(controls, zone, entity, rangeOf(moved.period, zone).from);
  return { booking: { entity, period: moved.period, effectiveAt: moved.effectiveAt }, late: null };
};

/** A claim or a decision that would put something into a period that is closed at this place of the journal is void. */
export const entersClosed = (note: LedgerNote, controls: Controls): boolean => {
  if (note.type === "command.claimed") {
    const { booking } = note.command;
    return booking !== undefined && isClosed(controls, booking.entity, booking.period);
  }
  if (note.type === "period.assigned")
    return note.entity !== undefined && note.period !== undefined && isClosed(controls, note.entity, note.period);
  return false;
};

/** What a target is told, which takes the date in UTC: the same date there as in the books' zone. */
export const dateFor = (effectiveAt: number, zone: string): number => {
  if (zone === "UTC") return effectiveAt;
  const { year, month, day } = civil(localDay(effectiveAt, zone));
  return Date.UTC(year, month - 1, day);
};
