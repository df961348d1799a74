/** Acts on many at once: what they are called, what they are about, and how far one has come. *Types and words.* */
import type { Minor } from "../format.ts";

export type BulkAct = "retry" | "cancel" | "approve" | "release" | "resolve" | "assign" | "snooze";
export type Filter = Readonly<Record<string, string>>;

export interface Plan {
  readonly act: BulkAct;
  readonly filter: Filter;
}

export interface Preview {
  readonly count: number;
  readonly moneyMinor: Readonly<Record<string, Minor>>;
  readonly previewToken: string;
}
export interface Job {
  readonly id: string;
  readonly act: BulkAct;
  readonly filter: Filter;
  readonly state: "acting" | "settling" | "ended" | "stopped";
  readonly count: number;
  readonly moneyMinor: Readonly<Record<string, Minor>>;
  readonly acted: number;
  readonly succeeded: number | null;
  readonly failed: number;
  readonly by: string;
  readonly reason: string | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly failures: ReadonlyArray<{ readonly item: string; readonly state: string; readonly detail: string }>;
  readonly nextCursor: string | null;
}

export const bulkVerbs: Readonly<Record<BulkAct, string>> = {
  retry: "Send again",
  cancel: "Take back",
  approve: "Approve",
  release: "Release",
  resolve: "Resolve",
  assign: "Assign",
  snooze: "Snooze",
};

/** In an hour, tomorrow, in a week: ISO 8601 with its zone. */
export const inHours = (hours: number): string =>
  new Date(Date.now() + hours * 3_600_000).toISOString().replace(/\.\d+/, "");
/** Of an input of the kind datetime-local, in this browser's zone; empty: none. */
export const instantIn = (local: string): string =>
  local === "" ? "" : new Date(local).toISOString().replace(/\.\d+/, "");
