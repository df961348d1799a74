/** The routes of the desk beside those of the two lists: service levels, rules, objects that are kept back, and acts on faults. */
import type { Context, Hono } from "hono";
import type { ParkConditions } from "../../domain/controls/park-rule.ts";
import { type Ask, getBare } from "../http/ask.ts";
import { routePath } from "../openapi/operation.ts";
import type { Fields } from "../operators/body.ts";
import { type DeskOptions, makeDesk } from "../operators/desk.ts";
import { faultVerbs } from "./fault-act.ts";
import { deskPaths } from "./paths.ts";
import { ruleIdOf } from "./rule-act.ts";

const idOf = (c: Context): string => c.req.param("id") ?? "";

const conditionsIn = ({ text, value }: Fields): ParkConditions => ({
  connection: text("connection"),
  kind: text("kind"),
  stage: text("stage"),
  currency: text("currency"),
  amountOverMinor: value("amountOverMinor") as number | null,
  nameContains: text("nameContains"),
});

export const registerQueues = (app: Hono, ask: Ask, options: DeskOptions): void => {
  const act = makeDesk(options);
  getBare(app, ask, deskPaths.serviceLevels, "serviceLevels");
  getBare(app, ask, deskPaths.rules, "parkRules");
  const conditions = {
    connection: "text?",
    kind: "text?",
    stage: "text?",
    currency: "text?",
    amountOverMinor: "whole?",
    nameContains: "text?",
  } as const;
  app.post(
    deskPaths.rules,
    act(conditions, (_, fields) => {
      const found = conditionsIn(fields);
      return { type: "control", topic: "park-rule", verb: "add", id: ruleIdOf(found), fields: { ...found } };
    }),
  );
  app.post(
    routePath(deskPaths.removeRule),
    act({}, (c) => ({ type: "control", topic: "park-rule", verb: "remove", id: idOf(c), fields: {} })),
  );
  for (const verb of ["park", "release"] as const) {
    app.post(
      routePath(deskPaths.onObject(verb)),
      act({}, (c) => ({ type: "object", verb, object: idOf(c) })),
    );
  }
  for (const verb of faultVerbs) {
    app.post(
      routePath(deskPaths.onFault(verb)),
      act(verb === "assign" ? { assignee: "text or null" } : {}, (c, { text }) => ({
        type: "control",
        topic: "fault",
        verb,
        id: idOf(c),
        fields: verb === "assign" ? { assignee: text("assignee") } : {},
      })),
    );
  }
};
