/** A route that will go away says so with every answer, and in the document. */
import assert from "node:assert/strict";
import { Hono } from "hono";
import { it } from "vitest";
import { deprecation } from "./deprecation.ts";
import { documentOf } from "./document.ts";
import type { Operation } from "./operation.ts";

const base = {
  tag: "accounts",
  summary: "x",
  access: "read",
  answers: { 200: { description: "x" } },
  problems: [],
} as const;
const operations: ReadonlyArray<Operation> = [
  {
    ...base,
    method: "get",
    path: "/v1/old/{id}",
    operationId: "getOld",
    deprecated: { since: "2026-01-01T00:00:00Z", sunset: "2027-01-01T00:00:00Z", link: "https://example.org/new" },
  },
  { ...base, method: "get", path: "/v1/new/{id}", operationId: "getNew" },
];

it("[CC8] a deprecated route answers with Deprecation, Sunset and Link, errors too, and the document marks it; others say nothing", async () => {
  const app = new Hono();
  app.use("/v1/*", deprecation(operations));
  app.get("/v1/old/:id", (c) => (c.req.param("id") === "none" ? c.json({}, 404) : c.json({})));
  app.get("/v1/new/:id", (c) => c.json({}));
  for (const id of ["1", "none"]) {
    const { headers } = await app.request(`/v1/old/${id}`);
    assert.equal(headers.get("deprecation"), "@1767225600");
    assert.equal(headers.get("sunset"), "Fri, 01 Jan 2027 00:00:00 GMT");
    assert.equal(headers.get("link"), '<https://example.org/new>; rel="deprecation"; type="text/html"');
  }
  const { headers } = await app.request("/v1/new/1");
  assert.deepEqual([headers.get("deprecation"), headers.get("sunset"), headers.get("link")], [null, null, null]);
  const { paths } = documentOf(operations) as {
    readonly paths: Record<string, Record<string, { deprecated?: boolean }>>;
  };
  assert.equal(paths["/v1/old/{id}"]!["get"]!.deprecated, true);
  assert.equal(paths["/v1/new/{id}"]!["get"]!.deprecated, undefined);
});
