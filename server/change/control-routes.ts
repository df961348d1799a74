/** The routes of policies and mappings. */
import type { Hono } from "hono";
import { type Ask, getBare } from "../http/ask.ts";
import type { makeDesk } from "../operators/desk.ts";
import { paths } from "./paths.ts";

export const registerControl = (app: Hono, ask: Ask, act: ReturnType<typeof makeDesk>): void => {
  app.post(
    paths.policies,
    act({ policy: "text", effectiveAt: "instant?", dryRun: "flag?" }, (_, { text, instant, flag }) => ({
      type: "control",
      topic: "policy",
      verb: "switch",
      id: "switches",
      fields: { policy: text("policy"), effectiveAt: instant("effectiveAt"), dryRun: flag("dryRun") },
    })),
  );
  app.post(
    paths.mappings,
    act({ target: "text", name: "text", to: "text or null", effectiveAt: "instant?" }, (_, { text, instant }) => ({
      type: "control",
      topic: "mapping",
      verb: "set",
      id: "",
      fields: { target: text("target"), name: text("name"), to: text("to"), effectiveAt: instant("effectiveAt") },
    })),
  );
  getBare(app, ask, paths.policies, "policies");
  getBare(app, ask, paths.mappings, "mappings");
  getBare(app, ask, paths.configurations, "configurations");
};
