/** What the routes of explaining, bulk acts, replays and change control promise, in one list. *Pure.* */
import { bulkOperations } from "../bulk/operations.ts";
import { explainOperations } from "../explain/operations.ts";
import type { Operation } from "../openapi/operation.ts";
import { replayOperations } from "../replay/operations.ts";
import { controlOperations } from "./control-operations.ts";

export const changeOperations: ReadonlyArray<Operation> = [
  ...explainOperations,
  ...bulkOperations,
  ...replayOperations,
  ...controlOperations,
];
