/** The routes that the console asks beside the others': how things stand, and the stream of what changes. */
import type { Context, Hono } from "hono";
import { callerOf } from "../access/caller.ts";
import type { Ask } from "../http/ask.ts";
import { storeProblem } from "../http/door.ts";
import { BadParameter, noParameters, only } from "../http/parameters.ts";
import { problem } from "../http/problem.ts";
import { requestIdOf } from "../http/request-id.ts";
import type { Pulse, Streams } from "./stream.ts";

const longestSeconds = 86_400;

const secondsOf = (search: URLSearchParams): number | null => {
  only(search, ["seconds"]);
  const text = search.get("seconds");
  if (text === null) return null;
  if (!/^\d{1,5}$/.test(text) || Number(text) > longestSeconds)
    throw new BadParameter("seconds", `seconds is a whole number from 0 to ${longestSeconds}`);
  return Number(text);
};

export interface LiveOptions {
  readonly streams: Streams;
  readonly refused: () => Readonly<Record<string, number>>;
}

export const registerLive = (app: Hono, ask: Ask, { streams, refused }: LiveOptions): void => {
  app.get(
    "/v1/now",
    ask(
      (_, search) => {
        noParameters(search);
        return { name: "pulse", since: null, refused: refused(), troubles: [] };
      },
      (answered) => ({ body: (answered as unknown as Pulse).now }),
    ),
  );
  app.get("/v1/stream", async (c: Context) => {
    const requestId = requestIdOf(c.req.header("x-request-id"));
    try {
      return await streams.open(c, callerOf(c), secondsOf(new URL(c.req.url).searchParams));
    } catch (failure) {
      if (!(failure instanceof BadParameter)) return storeProblem(failure, requestId);
      return problem("bad-parameter", failure.message, requestId, { members: { parameter: failure.parameter } });
    }
  });
};
