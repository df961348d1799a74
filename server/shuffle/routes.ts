/** The route of an account's own events. */
import type { Hono } from "hono";
import { refusedOf } from "../explain/routes.ts";
import type { Ask } from "../http/ask.ts";
import { limitOf, only } from "../http/parameters.ts";
import { routePath } from "../openapi/operation.ts";
import { accountEventsPath, mostEvents } from "./operations.ts";

export const registerShuffle = (app: Hono, ask: Ask): void => {
  app.get(
    routePath(accountEventsPath),
    ask(
      (c, search) => {
        only(search, ["limit"]);
        return {
          name: "accountEvents",
          id: c.req.param("id") ?? "",
          limit: limitOf(search, mostEvents, mostEvents),
        };
      },
      (found, c) =>
        found === null
          ? {
              problem: "no-such-account",
              detail: `no account, party or object is known as ${JSON.stringify(c.req.param("id"))}`,
            }
          : (refusedOf(found) ?? { body: found }),
    ),
  );
};
