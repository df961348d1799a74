/**
 * Which operations a key that is limited to legal entities may use: those whose every answer goes through the engine's sight
 * (`sight.ts`) and is proven to leak nothing. A new operation is not among them until it is added here, with its test; why the
 * others are not says docs/security.md.
 */
import type { Operation } from "../openapi/operation.ts";
import { resourceOperations } from "../resources/operations.ts";

const ids: ReadonlySet<string> = new Set([
  ...resourceOperations.map(({ operationId }) => operationId),
  "listAccounts",
  "getAccount",
  "getAccountTimeline",
  "getAccountMachine",
  "getMachine",
  "getNow",
  "streamChanges",
  "listExceptions",
  "getException",
  "assignException",
  "snoozeException",
  "resolveException",
  "reopenException",
  "listCommands",
  "getCommand",
  "listCommandExchanges",
  "listApprovals",
  "retryCommand",
  "cancelCommand",
  "approveCommand",
  "linkParties",
  "separateParty",
  "parkAccount",
  "releaseAccount",
  "parkObject",
  "releaseObject",
  "listFaults",
  "listServiceLevels",
  "listParkRules",
  "addParkRule",
  "removeParkRule",
  "getLatestReconciliation",
  "matchByHand",
  "unmatchByHand",
  "listPeriods",
  "getPeriodReport",
  "closePeriod",
  "reopenPeriod",
  "listHolds",
  "placeHold",
  "liftHold",
  "listAudit",
]);

export const isSighted = ({ operationId }: Pick<Operation, "operationId">): boolean => ids.has(operationId);
