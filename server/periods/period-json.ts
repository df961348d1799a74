/** A period as callers see it. *Pure.* */
import type { Json } from "../../domain/canonical.ts";
import { type PeriodClose, period, periodRecord } from "../../domain/controls/period.ts";
import { fiscalOf, rangeOf } from "../../domain/periods.ts";
import type { Engine } from "../engine/engine.ts";

const closeJson = ({ at, by, reason, cut, until, forced, open, report }: PeriodClose) => ({
  at,
  by,
  reason,
  cut,
  until,
  forced,
  openCommands: open,
  /** Null: it is being computed. */
  report: report === null ? null : { position: report.position, sha256: report.sha256, bytes: report.bytes },
});

/** `open`, `closed`, or `closed-in:netsuite` where only a target said so. */
const stateOf = (closed: boolean, closedIn: ReadonlyArray<string>): string =>
  closed ? "closed" : closedIn.length > 0 ? `closed-in:${closedIn.join(",")}` : "open";

export const periodJson = ({ core, accounting }: Engine, entity: string, month: string): Json => {
  const record = core.controls.get(period, periodRecord(entity, month));
  const { timeZone, fiscalStartMonth } = accounting!;
  const range = rangeOf(month, timeZone);
  const closed = record?.closed ?? null;
  const closedIn = Object.keys(record?.closedIn ?? {}).sort();
  return {
    entity,
    period: month,
    state: stateOf(closed !== null, closedIn),
    from: closed?.from ?? range.from,
    until: closed?.until ?? range.until,
    timeZone: closed?.timeZone ?? timeZone,
    fiscal: fiscalOf(month, fiscalStartMonth),
    closedIn: closedIn.map((target) => ({ target, ...record!.closedIn[target]! })),
    closed: closed === null ? null : closeJson(closed),
    earlier: (record?.earlier ?? []).map(({ reopened, ...earlier }) => ({ ...closeJson(earlier), reopened })),
  } as Json;
};
