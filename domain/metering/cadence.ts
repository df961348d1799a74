/** How often use is rated, put into batches and made ready to be invoiced: data, from the configuration. *Pure.* */
import { localDay, startOfDay } from "../calendar/zone.ts";

export const paces = ["now", "hour", "day"] as const;
export type Pace = (typeof paces)[number];

export interface UsageCadence {
  /** How often what changed is rated. */
  readonly rate: Pace;
  /** How often what is rated and not carried yet is put into batches. */
  readonly approve: Pace;
  /** `cycle`: a charge goes out when its period is over; `approval`: each approved line at once. */
  readonly invoice: "cycle" | "approval";
  /** Whether a person approves a batch before anything of it goes out. */
  readonly approval: "required" | "none";
  /** After the end of a period, for use that comes late. Milliseconds. */
  readonly graceMs: number;
}

export const usualCadence: UsageCadence = {
  rate: "hour",
  approve: "day",
  invoice: "cycle",
  approval: "required",
  graceMs: 86_400_000,
};
/** Nobody has to wait, or to approve. */
export const promptCadence: UsageCadence = {
  rate: "now",
  approve: "now",
  invoice: "approval",
  approval: "none",
  graceMs: 0,
};

const hourMs = 3_600_000;

/** The last instant at or before `now` at which it is time, epoch ms; days begin in the zone of the books. */
export const boundaryOf = (pace: Pace, now: number, zone: string): number =>
  pace === "now" ? now : pace === "hour" ? now - (now % hourMs) : startOfDay(localDay(now, zone), zone);

/** From when on a charge may go out; 0: at once. Epoch ms. */
export const dueOf = ({ invoice, graceMs }: UsageCadence, endsAt: number): number =>
  invoice === "approval" ? 0 : endsAt + graceMs;
