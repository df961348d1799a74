/** The routes of explaining, and how an answer that is a refusal is told. */
import type { Hono } from "hono";
import type { Json } from "../../domain/canonical.ts";
import { BadParameter, noParameters } from "../http/parameters.ts";
import type { ProblemName } from "../http/problem.ts";
import { routePath } from "../openapi/operation.ts";
import type { Ask, Refusal } from "../resources/routes.ts";
import { explainKind, explainKinds } from "./kinds.ts";

export const explainPath = "/v1/explain/{kind}/{id}";

/** Views say so in their answer; null: it is one. */
export const refusedOf = (answer: Json): Refusal | null => {
  const { refused } = (answer ?? {}) as {
    readonly refused?: { readonly problem: ProblemName; readonly detail: string };
  };
  return refused === undefined ? null : refused;
};

export const registerExplain = (app: Hono, ask: Ask): void => {
  app.get(
    routePath(explainPath),
    ask(
      (c, search) => {
        noParameters(search);
        const kind = explainKind(c.req.param("kind") ?? "");
        if (kind === null)
          throw new BadParameter(
            "kind",
            `kind: ${JSON.stringify(c.req.param("kind"))} is none of ${explainKinds.join(", ")}`,
          );
        return { name: "explain", kind, id: c.req.param("id") ?? "" };
      },
      (answer, c) =>
        answer === null
          ? {
              problem: "nothing-to-explain",
              detail: `no ${c.req.param("kind")} is known as ${JSON.stringify(c.req.param("id"))}; ids are written connection:id, as in stripe:in_1`,
            }
          : (refusedOf(answer) ?? { body: answer }),
    ),
  );
};
