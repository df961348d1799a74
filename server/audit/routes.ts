/** The routes of the audit trail. */
import type { Hono } from "hono";
import { type Ask, getBare, pageOfAccount } from "../http/ask.ts";
import { BadParameter, listParameters } from "../http/parameters.ts";
import { auditPaths } from "./operations.ts";
import { auditPlace } from "./views.ts";

const form = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/;

/** A day begins at midnight UTC. */
export const instantIn = (name: string, text: string | null): number | null => {
  if (text === null) return null;
  const at = form.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(at)) return at;
  throw new BadParameter(name, `${name} is an instant, 2026-01-31T00:00:00Z, or a day, 2026-01-31`);
};

export const registerAudit = (app: Hono, ask: Ask): void => {
  app.get(
    auditPaths.trail,
    ask((_, search) => {
      const names = ["from", "to", "by", "type", "account"];
      const { filters, limit, cursor } = listParameters(search, names, (text) => auditPlace(text) !== null);
      return {
        name: "audit",
        from: instantIn("from", filters["from"] ?? null),
        to: instantIn("to", filters["to"] ?? null),
        by: filters["by"] ?? null,
        type: filters["type"] ?? null,
        account: filters["account"] ?? null,
        limit,
        cursor,
      };
    }, pageOfAccount),
  );
  getBare(app, ask, auditPaths.head, "auditHead");
};
