/** The routes of the canonical resources: parameters, the tag of an answer, and a 404 that says where to look instead. */
import { createHash } from "node:crypto";
import type { Hono } from "hono";
import type { Json } from "../../domain/canonical.ts";
import { canonical } from "../../domain/canonical.ts";
import { type Ask, pageOfAccount } from "../http/ask.ts";
import { among, listParameters, noParameters } from "../http/parameters.ts";
import { routePath } from "../openapi/operation.ts";
import { collections } from "./collections.ts";
import { placeOf } from "./cursor.ts";
import { listPath, onePath } from "./operations.ts";

export const resourceRoutes = (app: Hono, ask: Ask): void => {
  for (const { path, statuses, name } of collections) {
    app.get(
      routePath(listPath(path)),
      ask((_, search) => {
        const { limit, cursor, filters } = listParameters(
          search,
          ["account", "status"],
          (text) => placeOf(path, text) !== null,
        );
        const { account, status } = filters as { account: string | null; status: string | null };
        return {
          name: "resources",
          collection: path,
          account,
          status: among("status", status, statuses),
          limit,
          cursor,
        };
      }, pageOfAccount),
    );
    app.get(
      routePath(onePath(path)),
      ask(
        (c, search) => {
          noParameters(search);
          return { name: "resource", collection: path, id: c.req.param("id") ?? "" };
        },
        (answered) => {
          const { found, help } = answered as { readonly found?: Json; readonly help?: string };
          if (found === undefined) return { problem: "no-such-object", detail: help ?? `there is no such ${name}` };
          return { body: found, headers: { etag: tagOf(found) } };
        },
      ),
    );
  }
};

/** Weak, and without `seq`: what happened elsewhere since changes nothing of this object. */
const tagOf = (found: Json): string => {
  const { seq: _seq, ...content } = found as { readonly [key: string]: Json };
  return `W/"${createHash("sha256").update(canonical(content)).digest("hex").slice(0, 20)}"`;
};
