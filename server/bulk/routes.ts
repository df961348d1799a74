/** The routes of bulk acts. */
import type { Hono } from "hono";
import { allows } from "../../domain/scopes.ts";
import { callerOf } from "../access/caller.ts";
import { registerJobs } from "../change/job-routes.ts";
import { paths } from "../change/paths.ts";
import type { Ask } from "../http/ask.ts";
import { refused } from "../operators/act.ts";
import type { makeDesk } from "../operators/desk.ts";

export const registerBulk = (app: Hono, ask: Ask, act: ReturnType<typeof makeDesk>): void => {
  app.post(
    paths.bulks,
    act(
      { act: "text", filter: "any?", dryRun: "flag?", previewToken: "text?", assignee: "text?", until: "instant?" },
      (c, { text, flag, instant, value }) => {
        const { by, scopes } = callerOf(c);
        const wanted = text("act");
        // Either scope opens this door; each act is done with its own.
        const scope = wanted === "approve" ? "approve" : "operate";
        if (wanted !== null && !allows(scopes, scope))
          return refused("forbidden", `${wanted} in bulk needs the scope ${scope}, and ${by} has ${scopes.join(", ")}`);
        const fields = {
          act: wanted,
          filter: value("filter"),
          dryRun: flag("dryRun"),
          previewToken: text("previewToken"),
          assignee: text("assignee"),
          until: instant("until"),
        };
        return { type: "control", topic: "bulk", verb: "start", id: "", fields };
      },
    ),
  );
  registerJobs(app, ask, act, { topic: "bulk", noun: "bulk act", stop: paths.stopBulk });
};
