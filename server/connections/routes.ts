/** The routes of connections. */
import type { Hono } from "hono";
import { type Ask, asItIs } from "../http/ask.ts";
import type { Door } from "../http/door.ts";
import { noParameters } from "../http/parameters.ts";
import { routePath } from "../openapi/operation.ts";
import { type DeskOptions, makeDesk } from "../operators/desk.ts";
import { connectionPaths } from "./operations.ts";

export const registerConnections = (app: Hono, ask: Ask, { refused }: Door, options: DeskOptions): void => {
  const act = makeDesk(options);
  app.get(
    connectionPaths.all,
    ask((_, search) => {
      noParameters(search);
      return { name: "connections", refused: Object.fromEntries(refused) };
    }, asItIs),
  );
  app.post(
    routePath(connectionPaths.test),
    act({}, (c) => ({ type: "control", topic: "connection", verb: "test", id: c.req.param("id") ?? "", fields: {} })),
  );
};
