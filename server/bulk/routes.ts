/** The routes of bulk acts. */
import type { Hono } from "hono";
import { allows } from "../../domain/scopes.ts";
import { callerOf } from "../access/caller.ts";
import { paths } from "../change/paths.ts";
import { listParameters } from "../http/parameters.ts";
import { routePath } from "../openapi/operation.ts";
import { refused } from "../operators/act.ts";
import type { makeDesk } from "../operators/desk.ts";
import type { Ask } from "../resources/routes.ts";
import { isPlaceCursor } from "./views.ts";

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
  app.post(
    routePath(paths.stopBulk),
    act({}, (c) => ({ type: "control", topic: "bulk", verb: "stop", id: c.req.param("id") ?? "", fields: {} })),
  );
  app.get(
    paths.bulks,
    ask(
      (_, search) => {
        const { limit, cursor } = listParameters(search, [], isPlaceCursor);
        return { name: "bulks", limit, cursor };
      },
      (body) => ({ body }),
    ),
  );
  app.get(
    routePath(paths.bulk),
    ask(
      (c, search) => {
        const { limit, cursor } = listParameters(search, [], isPlaceCursor);
        return { name: "bulk", id: c.req.param("id") ?? "", limit, cursor };
      },
      (found, c) =>
        found === null
          ? { problem: "no-such-job", detail: `no bulk act is known as ${JSON.stringify(c.req.param("id"))}` }
          : { body: found },
    ),
  );
};
