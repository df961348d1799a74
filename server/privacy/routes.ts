/** The routes of legal holds and of erasure. */
import { randomBytes } from "node:crypto";
import type { Hono } from "hono";
import { type Ask, getBare } from "../http/ask.ts";
import { routePath } from "../openapi/operation.ts";
import { type DeskOptions, makeDesk } from "../operators/desk.ts";
import { privacyPaths } from "./operations.ts";

export const registerPrivacy = (app: Hono, ask: Ask, options: DeskOptions): void => {
  const act = makeDesk(options);
  getBare(app, ask, privacyPaths.holds, "holds");
  app.post(
    privacyPaths.holds,
    act({ account: "text?", party: "party?", period: "text?", matter: "text?" }, (_, { text }) => ({
      type: "control",
      topic: "hold",
      verb: "place",
      id: "",
      fields: { account: text("account"), party: text("party"), period: text("period"), matter: text("matter") },
      sealed: { id: `hold_${randomBytes(8).toString("hex")}` },
    })),
  );
  app.post(
    routePath(privacyPaths.lift),
    act({}, (c) => ({ type: "control", topic: "hold", verb: "lift", id: c.req.param("id") ?? "", fields: {} })),
  );
  app.post(
    routePath(privacyPaths.erase),
    act({ force: "flag?" }, (c, { flag }) => ({
      type: "control",
      topic: "erasure",
      verb: "erase",
      id: c.req.param("id") ?? "",
      fields: { force: flag("force") },
    })),
  );
};
