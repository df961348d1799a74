/** The routes of explaining, and how an answer that is a refusal is told. */
import type { Hono } from "hono";
import type { Json } from "../../domain/canonical.ts";
import type { Ask, Refusal } from "../http/ask.ts";
import { BadParameter, listParameters, noParameters } from "../http/parameters.ts";
import type { ProblemName } from "../http/problem.ts";
import { stretchIn } from "../kpis/routes.ts";
import { routePath } from "../openapi/operation.ts";
import { explainKind, explainKinds } from "./kinds.ts";
import { isKpiCursor } from "./kpi.ts";

export const explainPath = "/v1/explain/{kind}/{id}";

/** Views say so in their answer; null: it is one. */
export const refusedOf = (answer: Json): Refusal | null => {
  const { refused } = (answer ?? {}) as {
    readonly refused?: { readonly problem: ProblemName; readonly detail: string };
  };
  return refused === undefined ? null : refused;
};

const idsOf = (kind: string | undefined): string =>
  kind === "kpi"
    ? "ids of figures stand at each of GET /v1/kpis as explain, as in sync-latency:stripe:netsuite"
    : "ids are written connection:id, as in stripe:in_1";

export const registerExplain = (app: Hono, ask: Ask): void => {
  app.get(
    routePath(explainPath),
    ask(
      (c, search) => {
        const kind = explainKind(c.req.param("kind") ?? "");
        if (kind === null)
          throw new BadParameter(
            "kind",
            `kind: ${JSON.stringify(c.req.param("kind"))} is none of ${explainKinds.join(", ")}`,
          );
        const id = c.req.param("id") ?? "";
        if (kind !== "kpi") {
          noParameters(search);
          return { name: "explain", kind, id };
        }
        const { limit, cursor } = listParameters(search, ["from", "to"], isKpiCursor);
        return { name: "explain", kind, id, kpi: { ...stretchIn(search), limit, cursor } };
      },
      (answer, c) =>
        answer === null
          ? {
              problem: "nothing-to-explain",
              detail: `no ${c.req.param("kind")} is known as ${JSON.stringify(c.req.param("id"))}; ${idsOf(c.req.param("kind"))}`,
            }
          : (refusedOf(answer) ?? { body: answer }),
    ),
  );
};
