/** The routes of replays. */
import type { Hono } from "hono";
import { isPlaceCursor } from "../bulk/views.ts";
import { paths } from "../change/paths.ts";
import { listParameters } from "../http/parameters.ts";
import { routePath } from "../openapi/operation.ts";
import type { makeDesk } from "../operators/desk.ts";
import type { Ask } from "../resources/routes.ts";

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
  app.post(
    routePath(paths.stopReplay),
    act({}, (c) => ({ type: "control", topic: "replay", verb: "stop", id: c.req.param("id") ?? "", fields: {} })),
  );
  app.get(
    paths.replays,
    ask(
      (_, search) => {
        const { limit, cursor } = listParameters(search, [], isPlaceCursor);
        return { name: "replays", limit, cursor };
      },
      (body) => ({ body }),
    ),
  );
  app.get(
    routePath(paths.replay),
    ask(
      (c, search) => {
        const { limit, cursor } = listParameters(search, [], isPlaceCursor);
        return { name: "replay", id: c.req.param("id") ?? "", limit, cursor };
      },
      (found, c) =>
        found === null
          ? { problem: "no-such-job", detail: `no replay is known as ${JSON.stringify(c.req.param("id"))}` }
          : { body: found },
    ),
  );
};
