/** The document: whole, true of every route and of what the running server answers, and readable as a page without a network. */
import { strict as assert } from "node:assert";
import { it } from "vitest";
import { makeCompany } from "../resources/testing/company.ts";
import { type Loose, makeWorld } from "../testing/world.ts";
import { document, documentOf } from "./document.ts";
import type { Node } from "./json-schema.ts";
import { allowedAt, routePath } from "./operation.ts";
import { operations } from "./operations.ts";
import { misfits } from "./testing/validate.ts";

const shown = document() as Loose;
const all: ReadonlyArray<{ path: string; method: string; operation: Loose }> = Object.entries<Loose>(
  shown.paths,
).flatMap(([path, methods]) =>
  Object.entries<Loose>(methods).map(([method, operation]) => ({ path, method, operation })),
);
const schemaOf = (path: string, status: number, type = "application/json"): Node =>
  shown.paths[path].get.responses[status].content[type].schema;
const fits = (path: string, status: number, body: unknown, type?: string): void =>
  assert.deepEqual(misfits(shown, schemaOf(path, status, type), body), [], path);

/** Every value of a tree under a key. */
const every = (tree: unknown, key: string): unknown[] => {
  if (tree === null || typeof tree !== "object") return [];
  const own = Object.entries(tree as Record<string, unknown>);
  return own.flatMap(([name, inner]) => [...(name === key ? [inner] : []), ...every(inner, key)]);
};

it("[OA1] every operation has an id of its own, a tag, a summary, answers, and its path's parameters", () => {
  assert.equal(shown.openapi, "3.1.0");
  const ids = all.map(({ operation }) => operation.operationId);
  assert.equal(new Set(ids).size, ids.length);
  const tags = new Set(shown.tags.map((tag: Loose) => tag.name));
  for (const { path, operation } of all) {
    assert.match(operation.operationId, /^[a-z][A-Za-z]+$/);
    assert.ok(operation.summary.length > 5 && operation.tags.every((tag: string) => tags.has(tag)), path);
    assert.ok(
      Object.keys(operation.responses).some((status) => status.startsWith("2")),
      path,
    );
    const braces = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const named = (operation.parameters ?? []).filter((one: Loose) => one.in === "path");
    assert.deepEqual(
      named.map((one: Loose) => one.name),
      braces,
      path,
    );
    assert.ok(named.every((one: Loose) => one.required === true));
    for (const scheme of operation.security.flatMap((way: Loose) => Object.keys(way))) {
      assert.ok(scheme in shown.components.securitySchemes, scheme);
    }
  }
});

it("[OA2] every reference leads somewhere, and every schema is one that the checker of the tests understands", () => {
  const refs = every(shown, "$ref") as string[];
  assert.ok(refs.length > 100);
  for (const ref of new Set(refs)) {
    const found = ref
      .slice(2)
      .split("/")
      .reduce((at: Loose, key) => at?.[key], shown);
    assert.ok(found !== undefined, ref);
  }
  const used = new Set(refs.map((ref) => ref.slice(ref.lastIndexOf("/") + 1)));
  for (const name of Object.keys(shown.components.schemas)) assert.ok(used.has(name), `${name} is used by nothing`);
});

it("[OA3] every example is one of its schema", () => {
  let seen = 0;
  for (const { path, operation } of all) {
    const contents = [operation.requestBody, ...Object.values<Loose>(operation.responses)].flatMap((one) =>
      Object.values<Loose>(one?.content ?? {}),
    );
    for (const { schema, example, examples } of contents) {
      const values = [
        ...(example === undefined ? [] : [example]),
        ...Object.keys(examples ?? {}).map((name) => shown.components.examples[name].value),
      ];
      for (const value of values) {
        seen += 1;
        assert.deepEqual(misfits(shown, schema, value), [], path);
      }
    }
  }
  assert.ok(seen > 100);
});

it("[OA4] every route that is served is in the document, and everything in the document is served", async () => {
  const { app } = await makeWorld({ internalToken: "t" });
  const served = app.routes.filter(({ method, path }) => method !== "ALL" && !path.startsWith("/internal/"));
  const written = operations.map(({ method, path }) => `${method.toUpperCase()} ${routePath(path)}`);
  const routed = served.map(({ method, path }) => `${method} ${path}`);
  const why = "give the route its entry in server/openapi/operations.ts, or in its folder's own list";
  assert.deepEqual([...new Set(routed)].sort(), [...written].sort(), why);
  assert.equal(new Set(written).size, written.length);
});

it("[OA5] what the running server answers is what the document says, for accounts with an object of every kind", async () => {
  const { world } = await makeCompany(3);
  const of = async (path: string, status = 200): Promise<Loose> => {
    const response = await world.app.request(path);
    const body = (await response.json()) as Loose;
    assert.equal(response.status, status, JSON.stringify(body));
    return body;
  };
  const accounts = await of("/v1/accounts?limit=200");
  fits("/v1/accounts", 200, accounts);
  assert.equal(accounts.items.length, 3);
  for (const { id } of accounts.items) {
    fits("/v1/accounts/{id}", 200, await of(`/v1/accounts/${id}`));
    fits("/v1/accounts/{id}/timeline", 200, await of(`/v1/accounts/${id}/timeline`));
  }
  fits("/v1/accounts/{id}/machine", 200, await of(`/v1/accounts/${accounts.items[0].id}/machine`));
  assert.deepEqual(misfits(shown, schemaOf("/v1/machine", 200), await of("/v1/machine")), []);
  fits("/healthz", 200, await of("/healthz"));
  fits("/readyz", 200, await of("/readyz"));
  const lists = operations.filter(({ tag, path }) => tag === "resources" && !path.includes("{"));
  let objects = 0;
  for (const { path } of lists) {
    const page = await of(`${path}?limit=200`);
    fits(path, 200, page);
    objects += page.items.length;
    for (const { id } of page.items.slice(0, 3)) {
      fits(`${path}/{id}`, 200, await of(`${path}/${encodeURIComponent(id)}`));
    }
    fits(`${path}/{id}`, 404, await of(`${path}/stripe:none`, 404), "application/problem+json");
    fits(path, 400, await of(`${path}?colour=red`, 400), "application/problem+json");
  }
  assert.ok(objects > 50, String(objects));
  const taken = await world.post(JSON.stringify({ id: "evt_x", object: "event", type: "x.y", data: { object: {} } }));
  const { post } = shown.paths["/webhooks/{connection}"];
  const answer = post.responses[taken.status].content;
  const type = (taken.headers.get("content-type") ?? "").split(";")[0]!;
  assert.deepEqual(misfits(shown, answer[type].schema, await taken.json()), []);
  const unsigned = await world.post("{}", {});
  const problem = post.responses[unsigned.status].content["application/problem+json"].schema;
  assert.deepEqual(misfits(shown, problem, await unsigned.json()), []);
});

it("[OA6] an answer with a field that the document does not name, or of another type, is found", () => {
  const schema = schemaOf("/v1/invoices/{id}", 200);
  const example = shown.paths["/v1/invoices/{id}"].get.responses[200].content["application/json"].example;
  assert.deepEqual(misfits(shown, schema, example), []);
  for (const change of [
    { extra: 1 },
    { totalMinor: "100" },
    { status: "happy" },
    { totalMinor: 1.5 },
    { id: "in_1" },
  ]) {
    assert.equal(misfits(shown, schema, { ...example, ...change }).length > 0, true, JSON.stringify(change));
  }
  const { status: _status, ...without } = example;
  assert.equal(misfits(shown, schema, without).length, 1);
});

it("[OA7] the document and its page need no key and nothing from elsewhere, and carry the security headers", async () => {
  const { app } = await makeWorld({ sandbox: false });
  const answered = await app.request("/openapi.json");
  assert.equal(answered.status, 200);
  assert.match(answered.headers.get("content-type") ?? "", /^application\/json/);
  assert.deepEqual(await answered.json(), JSON.parse(JSON.stringify(shown)));
  const response = await app.request("/docs");
  const page = await response.text();
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-security-policy") ?? "", /default-src 'none'/);
  assert.ok(!/<script|(src|href)="https?:|@import|url\(/.test(page));
  for (const { path, operation } of all) {
    assert.ok(page.includes(`id="${operation.operationId}"`) && page.includes(`<code>${path}</code>`), path);
  }
  for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) assert.ok(page.includes(`id="${target}"`), target);
  const odd = { ...operations[0]!, summary: `<script>alert("1")</script>` };
  const { docsPage } = await import("./page.ts");
  assert.ok(!docsPage(documentOf([odd])).includes("<script"));
});

it("[OA8] an address that is served answers other methods with 405 and the methods it takes; HEAD goes with GET", async () => {
  const { app } = await makeWorld();
  for (const { path, method } of operations) {
    const address = path.replaceAll(/\{\w+\}/g, "stripe:x");
    const allow = allowedAt(operations)(address)!;
    for (const other of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "GET"]) {
      if (allow.split(", ").includes(other)) continue;
      const response = await app.request(address, { method: other });
      assert.equal(response.status, 405, `${other} ${address}`);
      assert.equal(response.headers.get("allow"), allow);
      assert.equal(((await response.json()) as Loose).type, "urn:tieout:problem:method-not-allowed");
    }
    if (method !== "get") continue;
    const [get, head] = [await app.request(address), await app.request(address, { method: "HEAD" })];
    assert.equal(head.status, get.status);
    assert.equal(await head.text(), "");
    assert.equal(head.headers.get("content-type"), get.headers.get("content-type"));
    assert.ok(head.headers.get("x-request-id"));
  }
});
