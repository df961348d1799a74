/** Acts of no one party: who takes those of each topic of `domain/controls`. */
import { approvalDesk } from "../access/approval-desk.ts";
import { keyDesk } from "../access/key-desk.ts";
import { bulkDesk } from "../bulk/desk.ts";
import { mappingDesk, policyDesk } from "../change/desks.ts";
import { connectionDesk } from "../connections/test-desk.ts";
import { usageDesk } from "../metering/desk.ts";
import { periodDesk } from "../periods/desk.ts";
import { eraseDesk } from "../privacy/erase-desk.ts";
import { holdDesk } from "../privacy/hold-desk.ts";
import { faultActs } from "../queues/fault-act.ts";
import { ruleActs } from "../queues/rule-act.ts";
import { matchDesk } from "../reconciliation/match-desk.ts";
import { runDesk } from "../reconciliation/runs.ts";
import { replayDesk } from "../replay/desk.ts";
import type { ControlDesk } from "./control-desk.ts";
import { exceptionDesk } from "./exceptions.ts";

/** By the name of the topic. */
const desks: Readonly<Record<string, ControlDesk>> = {
  approval: approvalDesk,
  key: keyDesk,
  bulk: bulkDesk,
  replay: replayDesk,
  policy: policyDesk,
  mapping: mappingDesk,
  connection: connectionDesk,
  desk: exceptionDesk,
  fault: faultActs,
  "park-rule": ruleActs,
  match: matchDesk,
  run: runDesk,
  period: periodDesk,
  hold: holdDesk,
  erasure: eraseDesk,
  "usage-batch": usageDesk,
};

export const deskOf = (topic: string): ControlDesk => {
  const found = desks[topic];
  if (found === undefined) throw new Error(`no desk takes acts of ${JSON.stringify(topic)}`);
  return found;
};
