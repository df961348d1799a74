/** What the desk of the two queues is told: plain data of the configuration, the same in both threads. */
import { type PriorityRules, usualPriorities } from "../../domain/priority.ts";
import { type ServiceLevel, usualServiceLevels } from "../../domain/service-levels.ts";

export interface QueueSettings {
  readonly priorities: PriorityRules;
  /** Connection → the team that answers for it; null or absent: nobody is named. */
  readonly teams: Readonly<Record<string, string | null>>;
  readonly serviceLevels: ReadonlyArray<ServiceLevel>;
  /** For how long a closed exception is still listed. */
  readonly keepClosedDays: number;
}

export const usualQueues: QueueSettings = {
  priorities: usualPriorities,
  teams: {},
  serviceLevels: usualServiceLevels,
  keepClosedDays: 30,
};

/** Where alerts go, and which. */
export interface AlertEndpoint {
  readonly url: string;
  /** `whsec_…` of Standard Webhooks. */
  readonly secret: string;
  /** `exception`, `fault`, `service-level`, or one type, kind or flow of these; empty: all. */
  readonly types: ReadonlyArray<string>;
  /** In the currency of the priorities; what has no money is not held back by it. */
  readonly minMoneyMinor: number;
  readonly windowMinutes: number;
  /** Its address may be on this machine or in a private network, and without https. */
  readonly allowPrivate: boolean;
}

/** Of a server that looks through its queues. */
export interface DeskSettings extends QueueSettings {
  readonly alerts: ReadonlyArray<AlertEndpoint>;
  /** How people reach this server; links in alerts begin with it. */
  readonly publicUrl: string;
  /** How often the queues are looked through at most. Milliseconds. */
  readonly everyMs: number;
  /** What is there for less is not worth a line: most of it is still on its way. Milliseconds. */
  readonly standsMs: number;
  /** Of an alert that was not taken. Milliseconds. */
  readonly retry: { readonly baseMs: number; readonly capMs: number };
  readonly timeoutMs: number;
}

export const usualDesk: Omit<DeskSettings, "publicUrl"> = {
  ...usualQueues,
  alerts: [],
  everyMs: 1000,
  standsMs: 1000,
  retry: { baseMs: 1000, capMs: 300_000 },
  timeoutMs: 10_000,
};
