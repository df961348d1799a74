/** The routes of replays. */
import type { Hono } from "hono";
import { registerJobs } from "../change/job-routes.ts";
import { paths } from "../change/paths.ts";
import type { Ask } from "../http/ask.ts";
import type { makeDesk } from "../operators/desk.ts";

export const registerReplay = (app: Hono, ask: Ask, act: ReturnType<typeof makeDesk>): void => {
  app.post(
    paths.replays,
    act({ filter: "any?", dryRun: "flag?", decoder: "text?" }, (_, { text, flag, value }) => ({
      type: "control",
      topic: "replay",
      verb: "start",
      id: "",
      fields: { filter: value("filter"), dryRun: flag("dryRun"), decoder: text("decoder") },
    })),
  );
  registerJobs(app, ask, act, { topic: "replay", noun: "replay", stop: paths.stopReplay });
};
