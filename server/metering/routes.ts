/** The routes of batches of rated use. */
import type { Hono } from "hono";
import { batchStates } from "../../domain/controls/usage-batch.ts";
import { isPlaceCursor } from "../change/job-kind.ts";
import { type Ask, asItIs } from "../http/ask.ts";
import { among, listParameters } from "../http/parameters.ts";
import { routePath } from "../openapi/operation.ts";
import { type DeskOptions, makeDesk } from "../operators/desk.ts";
import { usagePaths as paths, type UsageVerb, usageVerbs } from "./paths.ts";

export const registerUsage = (app: Hono, ask: Ask, options: DeskOptions): void => {
  const act = makeDesk(options);
  const acting = (verb: UsageVerb) =>
    app.post(
      routePath(paths.on(verb)),
      act({}, (c) => ({ type: "control", topic: "usage-batch", verb, id: c.req.param("id") ?? "", fields: {} })),
    );
  for (const verb of usageVerbs) acting(verb);
  app.get(
    paths.batches,
    ask((_, search) => {
      const { filters, limit, cursor } = listParameters(search, ["state", "entity"], isPlaceCursor);
      const states = filters["state"]?.split(",").map((state) => among("state", state, batchStates)!) ?? null;
      return { name: "usageBatches", states, entity: filters["entity"] ?? null, limit, cursor };
    }, asItIs),
  );
  app.get(
    routePath(paths.batch),
    ask(
      (c, search) => {
        const { limit, cursor } = listParameters(search, [], isPlaceCursor);
        return { name: "usageBatch", id: c.req.param("id") ?? "", limit, cursor };
      },
      (found, c) =>
        found === null
          ? {
              problem: "no-such-batch",
              detail: `no batch of rated use has the id ${JSON.stringify(c.req.param("id"))}`,
            }
          : { body: found },
    ),
  );
};
