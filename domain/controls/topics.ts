/** Every topic, in one place. */

import { type AbsenceNotes, absence } from "./absence.ts";
import { type AlertNotes, alert } from "./alert.ts";
import { type ApprovalNotes, approval } from "./approval.ts";
import { type BulkNotes, bulk } from "./bulk.ts";
import { type ConfigurationNotes, configuration } from "./configuration.ts";
import { type ConnectionNotes, connection } from "./connection.ts";
import { type DeskNotes, desk } from "./desk.ts";
import { type ErasureNotes, erasure } from "./erasure.ts";
import { type EscalationNotes, escalation } from "./escalation.ts";
import { type EvidenceNotes, evidence } from "./evidence.ts";
import { type FaultDeskNotes, faultDesk } from "./fault-desk.ts";
import { type HoldNotes, hold } from "./hold.ts";
import { type IntakeNotes, intakeTotals } from "./intake.ts";
import { type KeyNotes, key } from "./key.ts";
import { type MappingNotes, mapping } from "./mapping.ts";
import { type MatchNotes, match } from "./match.ts";
import { type ParkRuleNotes, parkRule } from "./park-rule.ts";
import { type PeriodNotes, period } from "./period.ts";
import { type PolicyNotes, policyTopic } from "./policy.ts";
import { type RunNotes, reconciliationRun } from "./reconciliation-run.ts";
import { type ReplayNotes, replay } from "./replay.ts";
import { type UsageBatchNotes, usageBatch } from "./usage-batch.ts";
import { type UsagePriceNotes, usagePrice } from "./usage-price.ts";

export const topics = [
  key,
  approval,
  desk,
  faultDesk,
  alert,
  parkRule,
  intakeTotals,
  period,
  hold,
  erasure,
  bulk,
  match,
  escalation,
  policyTopic,
  mapping,
  configuration,
  connection,
  replay,
  reconciliationRun,
  absence,
  evidence,
  usageBatch,
  usagePrice,
] as const;
/** Every note of a topic. */
export type TopicNote =
  | BulkNotes
  | PolicyNotes
  | MappingNotes
  | ConfigurationNotes
  | ConnectionNotes
  | ReplayNotes
  | KeyNotes
  | ApprovalNotes
  | DeskNotes
  | FaultDeskNotes
  | AlertNotes
  | ParkRuleNotes
  | IntakeNotes
  | PeriodNotes
  | HoldNotes
  | ErasureNotes
  | MatchNotes
  | RunNotes
  | AbsenceNotes
  | EscalationNotes
  | EvidenceNotes
  | UsageBatchNotes
  | UsagePriceNotes;
