/** The route of approvals. */
import type { Hono } from "hono";
import { approvableActs } from "../../domain/controls/approval.ts";
import { type Ask, asItIs } from "../http/ask.ts";
import { among, listParameters } from "../http/parameters.ts";
import { approvalStates, approvalsPath } from "./operations.ts";
import { isApprovalCursor } from "./view.ts";

export const registerApprovals = (app: Hono, ask: Ask): void => {
  app.get(
    approvalsPath,
    ask((_, search) => {
      const { filters, limit, cursor } = listParameters(search, ["state", "act"], isApprovalCursor);
      const state = among("state", filters["state"] ?? null, approvalStates) ?? "waiting";
      return { name: "approvals", state, act: among("act", filters["act"] ?? null, approvableActs), limit, cursor };
    }, asItIs),
  );
};
