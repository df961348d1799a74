/** Every route, every scope, every state of a key, against an oracle that shares no code with the guard. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Hono } from "hono";
import { it } from "vitest";
import type { Caller } from "../../server/access/caller.ts";
import { makeGuard } from "../../server/access/guard.ts";
import { operations } from "../../server/openapi/operations.ts";
import { verdict } from "./oracle.ts";
import { document, documentPath, table } from "./table.ts";

it("[SE5] each route answers each kind of caller as the oracle says, nothing is written meanwhile, and docs/access.md is what was seen", async () => {
  const seen = await table();
  const { columns, rows } = seen;
  assert.equal(rows.length, operations.length);
  assert.ok(rows.length > 40 && columns.length > 15);
  const wrong = rows.flatMap(({ operation, verdicts }) =>
    columns.flatMap((column) => {
      const expected = verdict(operation, column);
      const found = verdicts[column.name];
      return found === expected
        ? []
        : [
            `${operation.method} ${operation.path} (${operation.access}) with ${column.name}: ${found}, not ${expected}`,
          ];
    }),
  );
  assert.deepEqual(wrong, []);
  for (const access of ["none", "signature", "read", "operate", "approve", "admin"])
    assert.ok(
      rows.some(({ operation }) => operation.access === access),
      access,
    );
  assert.equal(seen.acts, 0, "a request that was refused, or had an empty body, was written down as an act");
  for (const { key } of columns)
    if (key !== null && key.length > 40) assert.ok(seen.answers.filter((text) => text.includes(key)).length <= 1);
  assert.equal(
    readFileSync(documentPath, "utf8"),
    document(seen),
    "docs/access.md is not what the server does: node --import tsx property-tests/access/table.ts",
  );
});

it("[SE6] a route without an entry in the list of operations is refused to everybody, and its handler never runs", async () => {
  const app = new Hono();
  const everybody: Caller = {
    ...{ kind: "first-key" as const, by: "x", person: "x", scopes: ["read", "operate", "approve", "admin"] as const },
    ...{ personal: true, entities: null, approveUpToMinor: null, ratePerMinute: null, sight: null },
  };
  app.use(makeGuard({ operations, authenticate: async () => everybody }));
  app.get("/v1/forgotten", () => assert.fail("it ran"));
  app.post("/v1/accounts", () => assert.fail("it ran"));
  app.get("/v1/accounts", (c) => c.text("listed"));
  for (const [path, method] of [
    ["/v1/forgotten", "GET"],
    ["/v1/forgotten", "HEAD"],
    ["/v1/accounts", "POST"],
  ] as const)
    assert.equal((await app.request(path, { method })).status, 403, `${method} ${path}`);
  assert.equal((await app.request("/v1/accounts")).status, 200);
});
