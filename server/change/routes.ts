/** Every route of explaining, bulk acts, replays and change control. */
import type { Hono } from "hono";
import { registerBulk } from "../bulk/routes.ts";
import { registerExplain } from "../explain/routes.ts";
import type { Ask } from "../http/ask.ts";
import { type DeskOptions, makeDesk } from "../operators/desk.ts";
import { registerReplay } from "../replay/routes.ts";
import { registerControl } from "./control-routes.ts";

export const registerChange = (app: Hono, ask: Ask, options: DeskOptions): void => {
  const act = makeDesk(options);
  registerExplain(app, ask);
  registerBulk(app, ask, act);
  registerReplay(app, ask, act);
  registerControl(app, ask, act);
};
