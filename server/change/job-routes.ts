/** The routes that jobs of every kind have: stop one, list them, show one. */
import type { Hono } from "hono";
import { type Ask, asItIs } from "../http/ask.ts";
import { listParameters } from "../http/parameters.ts";
import { routePath } from "../openapi/operation.ts";
import type { makeDesk } from "../operators/desk.ts";
import { isPlaceCursor } from "./job-kind.ts";
import { paths } from "./paths.ts";

interface Routes {
  readonly topic: "bulk" | "replay";
  /** As people call it. */
  readonly noun: string;
  readonly stop: string;
}

export const registerJobs = (
  app: Hono,
  ask: Ask,
  act: ReturnType<typeof makeDesk>,
  { topic, noun, stop }: Routes,
): void => {
  app.post(
    routePath(stop),
    act({}, (c) => ({ type: "control", topic, verb: "stop", id: c.req.param("id") ?? "", fields: {} })),
  );
  app.get(
    paths[`${topic}s`],
    ask((_, search) => {
      const { limit, cursor } = listParameters(search, [], isPlaceCursor);
      return { name: `${topic}s`, limit, cursor };
    }, asItIs),
  );
  app.get(
    routePath(paths[topic]),
    ask(
      (c, search) => {
        const { limit, cursor } = listParameters(search, [], isPlaceCursor);
        return { name: topic, id: c.req.param("id") ?? "", limit, cursor };
      },
      (found, c) =>
        found === null
          ? { problem: "no-such-job", detail: `no ${noun} is known as ${JSON.stringify(c.req.param("id"))}` }
          : { body: found },
    ),
  );
};
