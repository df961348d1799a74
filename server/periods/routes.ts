/** The routes of periods: the list, closing and reopening, and the bytes that were reported. */
import type { Context, Hono } from "hono";
import { defaultEntity } from "../../domain/periods.ts";
import type { Ask } from "../http/ask.ts";
import { BadParameter, only } from "../http/parameters.ts";
import { routePath } from "../openapi/operation.ts";
import { type DeskOptions, makeDesk } from "../operators/desk.ts";
import type { PeriodVerb } from "./desk.ts";
import { periodPaths } from "./operations.ts";
import type { Reported } from "./views.ts";

const entityIn = (search: URLSearchParams): string | null => {
  only(search, ["entity"]);
  const entity = search.get("entity");
  if (entity === "") throw new BadParameter("entity", "entity is empty");
  return entity;
};

export const registerPeriods = (app: Hono, ask: Ask, options: DeskOptions): void => {
  const act = makeDesk(options);
  const acting = (verb: PeriodVerb, known: Parameters<typeof act>[0]) =>
    app.post(
      routePath(periodPaths.on(verb)),
      act(known, (c, { text, flag }) => ({
        type: "control",
        topic: "period",
        verb,
        id: `${text("entity") ?? defaultEntity}/${c.req.param("p") ?? ""}`,
        fields: { force: flag("force") },
      })),
    );
  acting("close", { entity: "text?", force: "flag?" });
  acting("reopen", { entity: "text?" });

  app.get(
    periodPaths.all,
    ask(
      (_, search) => ({ name: "periods", entity: entityIn(search) }),
      (found, c) =>
        found === null
          ? {
              problem: "bad-parameter",
              detail: `entity: there is no legal entity ${JSON.stringify(c.req.query("entity"))}`,
              members: { parameter: "entity" },
            }
          : { body: found },
    ),
  );
  app.get(
    routePath(periodPaths.report),
    ask(
      (c: Context, search) => ({
        name: "periodReport",
        entity: entityIn(search) ?? defaultEntity,
        period: c.req.param("p") ?? "",
      }),
      (answered) => {
        const found = answered as unknown as Reported;
        if ("missing" in found) return { problem: "no-such-period", detail: found.missing };
        if ("waiting" in found) return { problem: "not-ready", detail: found.waiting };
        // The text is canonical JSON: taken apart and put together again it is the same bytes.
        return {
          body: JSON.parse(found.text),
          headers: { digest: `sha-256=${Buffer.from(found.sha256, "hex").toString("base64")}` },
        };
      },
    ),
  );
};
