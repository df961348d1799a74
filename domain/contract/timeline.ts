/** When a contract runs: its terms, its pauses, its end, and where it stands on a date. Amendments count by date and id, however they arrive. *Pure.* */
import { type Cycle, cycleOf } from "../calendar/cycle.ts";
import { addMonths, civil, type Day, earlier, later } from "../calendar/day.ts";
import type { Amendment, Contract, Item } from "./contract.ts";

export interface Term {
  readonly from: Day;
  /** Exclusive. */
  readonly to: Day;
  readonly kind: "initial" | "renewal" | "automatic";
}
export interface Pause {
  readonly from: Day;
  /** Exclusive; the end of the last term where nobody resumed. */
  readonly to: Day;
}
export interface Timeline {
  readonly terms: ReadonlyArray<Term>;
  readonly pauses: ReadonlyArray<Pause>;
  readonly cancelledOn: Day | null;
  /** Exclusive. */
  readonly end: Day;
  /** Amendments that say nothing to this contract, each with its reason. */
  readonly ignored: ReadonlyArray<{ readonly id: string; readonly reason: string }>;
}

export const ordered = (contract: Contract): ReadonlyArray<Amendment> =>
  [...(contract.amendments ?? [])].sort((a, b) =>
    a.on === b.on ? (a.id < b.id ? -1 : a.id > b.id ? 1 : 0) : a.on < b.on ? -1 : 1,
  );

export const cycleOfItem = (contract: Contract, item: Item): Cycle => {
  const per = item.per === undefined || item.per === "once" ? { unit: "month" as const, every: 1 } : item.per;
  const anchor = contract.anchor ?? contract.start;
  return { anchor, ...per, ...(contract.anchorDay === undefined ? {} : { anchorDay: contract.anchorDay }) };
};

/** A term's end counted from the contract's own date in the month, so that a start on the 31st comes back to the 31st. */
const termEnd = (contract: Contract, from: Day, months: number): Day => {
  const date = contract.anchorDay ?? civil(contract.start).day;
  return addMonths(from, months, addMonths(from, 0, date) === from ? date : undefined);
};

/** `through`: automatic renewals are counted up to here. */
export const timelineOf = (contract: Contract, through: Day = contract.start): Timeline => {
  const terms: Array<Term> = [
    { from: contract.start, to: termEnd(contract, contract.start, contract.months), kind: "initial" },
  ];
  const pauses: Pause[] = [];
  const ignored: Array<{ id: string; reason: string }> = [];
  let paused: { from: Day; until: Day | null } | null = null;
  let cancelledOn: Day | null = null;
  const last = (): Term => terms[terms.length - 1]!;
  const setEnd = (to: Day): void => {
    while (terms.length > 1 && last().from >= to) terms.pop();
    terms[terms.length - 1] = { ...last(), to };
  };
  const renewUpTo = (day: Day): void => {
    if (!contract.autoRenew || cancelledOn !== null) return;
    while (last().to <= day)
      terms.push({ from: last().to, to: termEnd(contract, last().to, contract.autoRenew.months), kind: "automatic" });
  };
  const closePause = (on: Day): void => {
    if (paused === null) return;
    const to: Day = paused.until === null ? on : earlier(paused.until, on);
    if (paused.from < to) pauses.push({ from: paused.from, to });
    paused = null;
  };
  for (const amendment of ordered(contract)) {
    const { id, on } = amendment;
    if (amendment.do !== "renew") renewUpTo(on);
    if (cancelledOn !== null && on >= last().to && amendment.do !== "renew") {
      ignored.push({ id, reason: `the contract ended on ${last().to}` });
      continue;
    }
    switch (amendment.do) {
      case "renew":
        if (on < last().to) setEnd(on);
        if (on > last().to) ignored.push({ id, reason: `renews from ${on}, after the end on ${last().to}` });
        else {
          terms.push({ from: on, to: termEnd(contract, on, amendment.months), kind: "renewal" });
          cancelledOn = null;
        }
        break;
      case "extend":
        if (amendment.to <= last().from) ignored.push({ id, reason: "extends to before the term starts" });
        else setEnd(amendment.to);
        break;
      case "cancel": {
        const first = contract.items[0];
        const cycle = first ? cycleOfItem(contract, first) : null;
        const end =
          amendment.at === "term"
            ? last().to
            : amendment.at === "cycle" && cycle
              ? earlier(cycleOf(cycle, on).from === on ? on : cycleOf(cycle, on).to, last().to)
              : earlier(on, last().to);
        cancelledOn = on;
        setEnd(later(end, contract.start));
        break;
      }
      case "pause":
        closePause(on);
        paused = { from: on, until: amendment.until ?? null };
        break;
      case "resume":
        if (paused === null) ignored.push({ id, reason: "nothing was paused" });
        closePause(on);
        break;
      default:
        break;
    }
  }
  renewUpTo(through);
  closePause(last().to);
  const end = last().to;
  const within = pauses.map(({ from, to }) => ({ from, to: earlier(to, end) })).filter(({ from, to }) => from < to);
  return { terms, pauses: within, cancelledOn, end, ignored };
};

export type ContractStatus = "pending" | "trialing" | "active" | "paused" | "cancelled" | "ended";

/** Trialing while every item that runs is on trial. */
export const statusOn = (contract: Contract, day: Day): ContractStatus => {
  const { pauses, end, cancelledOn } = timelineOf(contract, day);
  if (day < contract.start) return "pending";
  if (day >= end) return cancelledOn === null ? "ended" : "cancelled";
  if (pauses.some(({ from, to }) => from <= day && day < to)) return "paused";
  const running = contract.items.filter(({ from, to }) => (from ?? contract.start) <= day && (to ?? end) > day);
  const onTrial = running.filter(({ trialUntil }) => trialUntil !== undefined && day < trialUntil);
  return running.length > 0 && onTrial.length === running.length ? "trialing" : "active";
};
