/** The routes of reconciliation: how it stands, runs, and matching by hand. */
import type { Hono } from "hono";
import { legNames } from "../../domain/reconciliation/leg.ts";
import { type LineStatus, lineStatuses } from "../../domain/reconciliation/line.ts";
import { type Ask, asItIs, pageOfAccount } from "../http/ask.ts";
import { among, listParameters } from "../http/parameters.ts";
import { routePath } from "../openapi/operation.ts";
import { type DeskOptions, makeDesk } from "../operators/desk.ts";
import { linePlace } from "./latest.ts";
import { reconciliationPaths as paths } from "./paths.ts";
import { isLinesCursor, isRunCursor } from "./runs.ts";

const isCursor = (text: string): boolean => linePlace(text) !== null;

const statusesIn = (text: string | null): ReadonlyArray<LineStatus> | null =>
  text === null ? null : text.split(",").map((status) => among("status", status, lineStatuses)!);

export const registerReconciliation = (app: Hono, ask: Ask, options: DeskOptions): void => {
  const act = makeDesk(options);
  app.get(
    paths.latest,
    ask((_, search) => {
      const names = ["leg", "status", "account", "currency", "owner"];
      const { filters, limit, cursor } = listParameters(search, names, isCursor);
      return {
        name: "reconciliation",
        leg: among("leg", filters["leg"] ?? null, legNames),
        statuses: statusesIn(filters["status"] ?? null),
        account: filters["account"] ?? null,
        currency: filters["currency"] ?? null,
        owner: filters["owner"] ?? null,
        limit,
        cursor,
      };
    }, pageOfAccount),
  );
  app.post(
    paths.matches,
    act({ leg: "text", items: "texts?" }, (_, { text, value }) => ({
      type: "control",
      topic: "match",
      verb: "match",
      id: "",
      fields: { leg: text("leg"), items: value("items") },
    })),
  );
  app.post(
    paths.runs,
    act({ pull: "flag?" }, (_, { flag }) => ({
      type: "control",
      topic: "run",
      verb: "reconcile",
      id: "",
      fields: { pull: flag("pull") },
    })),
  );
  app.get(
    paths.runs,
    ask((_, search) => {
      const { limit, cursor } = listParameters(search, [], isRunCursor);
      return { name: "reconciliationRuns", limit, cursor };
    }, asItIs),
  );
  app.get(
    routePath(paths.run),
    ask(
      (c, search) => {
        const { filters, limit, cursor } = listParameters(search, ["leg", "status"], isLinesCursor);
        return {
          name: "reconciliationRun",
          id: c.req.param("id") ?? "",
          leg: among("leg", filters["leg"] ?? null, legNames),
          statuses: statusesIn(filters["status"] ?? null),
          limit,
          cursor,
        };
      },
      (found, c) =>
        found === null
          ? { problem: "no-such-run", detail: `no reconciliation has the id ${JSON.stringify(c.req.param("id"))}` }
          : { body: found },
    ),
  );
  app.post(
    routePath(paths.unmatch),
    act({}, (c) => ({ type: "control", topic: "match", verb: "unmatch", id: c.req.param("id") ?? "", fields: {} })),
  );
};
