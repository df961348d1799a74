/** What the engine asks about periods before it sends a document, and what it writes down when one turns out to be closed. */
import type { Accounting, Booking } from "../../domain/booking.ts";
import { nextMonth } from "../../domain/calendar/day.ts";
import { type PeriodNotes, periodRecord, period as periods } from "../../domain/controls/period.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { connectionOf } from "../../domain/ids.ts";
import type { LedgerNote } from "../../domain/note.ts";
import {
  dateFor,
  effectiveOf,
  entityFor,
  isFinancial,
  type Placed,
  placeOf,
  placeOfSlot,
  rangeOf,
} from "../../domain/periods.ts";
import type { Planned } from "../../domain/plan.ts";
import type { Core, Open } from "../engine/core.ts";

type Assigned = Extract<LedgerNote, { readonly type: "period.assigned" }>;

export interface Bookkeeping {
  /** Null: what is sent has no period. */
  readonly placeOf: (open: Open) => Placed | null;
  /** That a document goes to a later period than its own, which is closed here. */
  readonly assignment: (open: Open, placed: Placed) => Assigned;
  /**
   * After a target said that the period is closed there: where the document goes next, and that it said so. Null: nowhere before
   * `now`, or it has no period.
   */
  readonly refused: (open: Open, reason: string, now: number) => ReadonlyArray<Assigned | PeriodNotes> | null;
  /** After a target took a document of a period that it had closed. */
  readonly taken: (target: string, booking: Booking | null) => ReadonlyArray<PeriodNotes>;
  /** The date by which a target files a document. */
  readonly dateOf: (booking: Booking) => number;
}

export const makeBookkeeping = (core: Core, accounting: Accounting): Bookkeeping => {
  const { timeZone } = accounting;
  const { controls } = core;
  const slotOf = ({ party, planned }: Open) => core.parties.get(party)?.slots.get(planned.slot);
  const dateIn = (planned: Planned): number => effectiveOf(planned, timeZone, core.now);
  const place = (open: Open): Placed | null => {
    const { planned, party } = open;
    if (!isFinancial(planned.kind)) return null;
    const entity = entityFor(accounting, connectionOf(party), planned);
    return placeOfSlot(controls, timeZone, entity, slotOf(open), dateIn(planned));
  };
  const closedIn = (entity: string, period: string) =>
    controls.get(periods, periodRecord(entity, period))?.closedIn ?? {};
  const observed = (target: string, { entity, period }: Booking, closed: boolean, reason: string): PeriodNotes => ({
    type: "period.observed",
    party: controlsParty,
    entity,
    period,
    target,
    closed,
    by: target,
    reason,
  });

  return {
    placeOf: place,
    assignment: (open, { booking, late }) => {
      const { planned, party } = open;
      const { slot, key, target, source, part, kind } = planned;
      const known = slotOf(open);
      return {
        type: "period.assigned",
        party,
        slot,
        key,
        from: known?.period?.effectiveAt ?? dateIn(planned),
        effectiveAt: booking.effectiveAt,
        reason: late!.reason,
        entity: booking.entity,
        period: booking.period,
        own: late!.own,
        corrects: known?.held?.outsideId ?? null,
        place: { target, source, part, kind },
      };
    },
    refused: (open, reason, now) => {
      const placed = place(open);
      if (placed === null) return null;
      const { party, planned } = open;
      const { slot, key, target } = planned;
      const attempt = slotOf(open)?.attempt ?? null;
      const { entity, period, effectiveAt: from } = attempt?.booking ?? placed.booking;
      const said = observed(target, { entity, period, effectiveAt: from }, true, reason);
      const next = placeOf(controls, timeZone, entity, rangeOf(nextMonth(period), timeZone).from).booking;
      // Said once: it stays known until the target takes a document of the period again.
      const told = Object.hasOwn(closedIn(entity, period), target) ? [] : [said];
      if (next.effectiveAt > now) return told;
      const assigned: Assigned = {
        type: "period.assigned",
        party,
        slot,
        key,
        from,
        effectiveAt: next.effectiveAt,
        reason,
        entity,
        period: next.period,
        own: period,
        corrects: slotOf(open)?.held?.outsideId ?? null,
      };
      return [assigned, ...told];
    },
    taken: (target, booking) => {
      if (booking === null) return [];
      if (!Object.hasOwn(closedIn(booking.entity, booking.period), target)) return [];
      return [observed(target, booking, false, `${target} took a document of ${booking.period}`)];
    },
    dateOf: ({ effectiveAt }) => dateFor(effectiveAt, timeZone),
  };
};
