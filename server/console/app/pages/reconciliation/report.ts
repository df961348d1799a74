/** The report's own words: its lines, its legs, and how each status is to be taken. *Pure.* */
import type {
  ReconciliationLatest,
  ReconciliationLine,
  ReconciliationRun,
} from "../../../../reconciliation/operations.ts";
import type { Tone } from "../../ui/badge.tsx";

export type Line = typeof ReconciliationLine.Type;
export type Latest = typeof ReconciliationLatest.Type;
export type Leg = Latest["legs"][number];
export type Run = typeof ReconciliationRun.Type;

export const statuses = [
  ...["extra", "missing", "duplicate", "wrong-currency", "amount-break", "wrong-entity"],
  ...["wrong-period", "field-break", "timing", "matched"],
];

export const toneOfStatus = (status: string): Tone =>
  status === "matched" ? "good" : status === "timing" ? "moving" : status === "field-break" ? "warn" : "bad";
