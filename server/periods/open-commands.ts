/** The commands that would still put something into a period: what a close has to wait for, or moves on. */
import type { Accounting } from "../../domain/booking.ts";
import { connectionOf } from "../../domain/ids.ts";
import { effectiveOf, entityFor, isFinancial } from "../../domain/periods.ts";
import type { Core, Open } from "../engine/core.ts";

interface Range {
  readonly entity: string;
  readonly period: string;
  /** Epoch milliseconds, UTC; half-open. */
  readonly from: number;
  readonly until: number;
}

/** Of a target that only watches nothing is ever sent, so nothing is waited for. */
const mayMove = ({ planned }: Open): boolean => planned.hold !== "observe";

export const openIn = (
  core: Core,
  accounting: Accounting,
  { entity, period, from, until }: Range,
): ReadonlyArray<Open> => {
  const found: Open[] = [];
  for (const open of core.open.values()) {
    const { planned, party } = open;
    if (!isFinancial(planned.kind) || !mayMove(open)) continue;
    if (entityFor(accounting, connectionOf(party), planned) !== entity) continue;
    const slot = core.parties.get(party)?.slots.get(planned.slot);
    const written =
      planned.state === "sending" || planned.state === "unknown" ? slot?.attempt?.booking?.period : undefined;
    const decided = written ?? slot?.period?.period;
    const at = slot?.period?.effectiveAt ?? effectiveOf(planned, accounting.timeZone, core.now);
    if (decided === undefined ? from <= at && at < until : decided === period) found.push(open);
  }
  return found;
};

/** For a person: which, where to, how much, and how it stands. */
export const inWords = ({ planned, party }: Open): string => {
  const { key, kind, verb, target, source, state, content } = planned;
  return `${key}: ${verb} ${kind} of ${connectionOf(party)}:${source} to ${target}, ${content["amountMinor"]} ${content["currency"]}, ${state}`;
};
