/** The checker finds what it is there for, one planted change at a time; and today's documents break nothing that was released. */
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { it } from "vitest";
import type { Loose } from "../testing/world.ts";
import type { Change, Comparison } from "./changes.ts";
import { compareDocuments, compareEvents, saysBreaking } from "./compatibility.ts";
import { apiVersion, document } from "./document.ts";
import { eventSchemas } from "./events.ts";

const copy = (value: unknown): Loose => JSON.parse(JSON.stringify(value));
const changed = (edit: (document: Loose) => void): Comparison => {
  const after = copy(document());
  edit(after);
  return compareDocuments(document(), after);
};
const told = (changes: ReadonlyArray<Change>): string =>
  changes.map(({ where, what }) => `${where}: ${what}`).join("\n");
const schema = (d: Loose, name: string): Loose => d.components.schemas[name];
const body = {
  required: true,
  content: { "application/json": { schema: { type: "object", properties: { a: { type: "string" } } } } },
};
/** One operation that takes a body, so that requests can be narrowed. */
const posting = (edit: (schema: Loose, operation: Loose) => void): Comparison => {
  const before = copy(document());
  before.paths["/v1/x"] = { post: { operationId: "x", security: [], requestBody: body, responses: {} } };
  const after = copy(before);
  const { post } = after.paths["/v1/x"];
  edit(post.requestBody.content["application/json"].schema, post);
  return compareDocuments(before, after);
};

it("[OA9] a document breaks nothing of itself", () => {
  assert.deepEqual({ ...changed(() => {}) }, { breaking: [], additions: [] });
  assert.deepEqual({ ...compareEvents(eventSchemas(), copy(eventSchemas())) }, { breaking: [], additions: [] });
});

const breaks: ReadonlyArray<readonly [string, (d: Loose) => void, RegExp]> = [
  ["a path removed", (d) => delete d.paths["/v1/invoices"], /^\/v1\/invoices: the path is gone$/],
  ["a method removed", (d) => delete d.paths["/healthz"].get, /^GET \/healthz: the method is gone$/],
  [
    "an operation renamed",
    (d) => (d.paths["/readyz"].get.operationId = "ready"),
    /^GET \/readyz: operationId was getReadiness/,
  ],
  [
    "an answer removed",
    (d) => delete d.paths["/v1/accounts/{id}"].get.responses[404],
    /accounts\/\{id\} 404: the answer is gone$/,
  ],
  [
    "a media type removed",
    (d) => delete d.paths["/readyz"].get.responses[200].content["application/json"],
    /application\/json is gone/,
  ],
  [
    "a header removed",
    (d) => delete d.paths["/v1/invoices/{id}"].get.responses[200].headers.ETag,
    /the header ETag is gone/,
  ],
  [
    "a property removed",
    (d) => delete schema(d, "Invoice").properties.dueMinor,
    /invoices 200 items\[\] dueMinor: the property is gone/,
  ],
  ["a property made optional", (d) => schema(d, "Invoice").required.pop(), /seq: may be absent now/],
  ["a type changed", (d) => (schema(d, "AmountMinor").type = "string"), /totalMinor: the type was integer, is string/],
  [
    "a value made null",
    (d) =>
      (schema(d, "Refund").properties.payment = {
        anyOf: [{ $ref: "#/components/schemas/ResourceId" }, { type: "null" }],
      }),
    /payment: may be null now/,
  ],
  [
    "an enum value removed",
    (d) => schema(d, "Invoice").properties.status.enum.pop(),
    /status: the value "deleted" is gone/,
  ],
  ["an enum opened", (d) => delete schema(d, "Stage").enum, /stage: is no longer one of a list/],
  [
    "items changed",
    (d) => (schema(d, "InvoicePage").properties.items.items = { type: "string" }),
    /items\[\]: the type was object, is string/,
  ],
  [
    "values by name changed",
    (d) => (schema(d, "SystemView").properties.status.type = "integer"),
    /by name status: the type was string/,
  ],
  [
    "a parameter removed",
    (d) => d.paths["/v1/invoices"].get.parameters.shift(),
    /query parameter account: the parameter is gone/,
  ],
  [
    "a parameter required",
    (d) => (d.paths["/v1/invoices"].get.parameters[0].required = true),
    /account: is required now/,
  ],
  [
    "a required parameter added",
    (d) => d.paths["/v1/invoices"].get.parameters.push({ name: "z", in: "query", required: true, schema: {} }),
    /parameter z: a new required parameter/,
  ],
  [
    "a parameter's value removed",
    (d) => d.paths["/v1/invoices"].get.parameters[1].schema.enum.shift(),
    /parameter status: the value "draft" is gone/,
  ],
  [
    "a limit lowered",
    (d) => (d.paths["/v1/invoices"].get.parameters[2].schema.maximum = 100),
    /limit: maximum was 200, is 100/,
  ],
  ["a key asked for", (d) => (d.paths["/readyz"].get.security = [{ key: ["read"] }]), /GET \/readyz: needs/],
  [
    "a wider scope asked for",
    (d) => (d.paths["/v1/invoices"].get.security = [{ key: ["admin"] }]),
    /is no longer enough/,
  ],
];

it.each(breaks)("[OA10] %s breaks, and is named with its place", (_, edit, expected) => {
  const { breaking } = changed(edit);
  assert.match(told(breaking), new RegExp(expected.source, "m"));
});

const allowed: ReadonlyArray<readonly [string, (d: Loose) => void, RegExp]> = [
  ["a path", (d) => (d.paths["/v1/new"] = { get: d.paths["/readyz"].get }), /^GET \/v1\/new: a new operation$/],
  ["a method", (d) => (d.paths["/readyz"].post = d.paths["/readyz"].get), /^POST \/readyz: a new operation$/],
  [
    "a property of an answer",
    (d) => (schema(d, "Invoice").properties.remindedAt = { type: "integer" }),
    /remindedAt: a new property/,
  ],
  [
    "an enum value of an answer",
    (d) => schema(d, "Invoice").properties.status.enum.push("written_off"),
    /status: the value "written_off"/,
  ],
  [
    "an optional parameter",
    (d) => d.paths["/v1/invoices"].get.parameters.push({ name: "z", in: "query", required: false, schema: {} }),
    /parameter z: a new parameter/,
  ],
  [
    "a problem",
    (d) => (d.paths["/readyz"].get.responses[410] = { description: "x", content: {} }),
    /GET \/readyz 410: a new answer/,
  ],
  [
    "a raised limit",
    (d) => (d.paths["/v1/invoices"].get.parameters[2].schema.maximum = 500),
    /limit: maximum was 200, is 500/,
  ],
  [
    "a value that is never null now",
    (d) => (schema(d, "Invoice").properties.number = { type: "string" }),
    /number: is never null now/,
  ],
];

it.each(allowed)("[OA11] %s is an addition, and breaks nothing", (_, edit, expected) => {
  const { breaking, additions } = changed(edit);
  assert.deepEqual(breaking, [], told(breaking));
  assert.match(told(additions), new RegExp(expected.source, "m"));
});

it("[OA12] a request may allow more, never less", () => {
  const narrowed: ReadonlyArray<(schema: Loose, operation: Loose) => void> = [
    (s) => (s.required = ["a"]),
    (s) => {
      s.properties.b = { type: "string" };
      s.required = ["b"];
    },
    (s) => (s.properties.a.type = "integer"),
    (s) => (s.properties.a.enum = ["x"]),
    (s) => (s.properties.a.pattern = "^x"),
    (s) => (s.properties.a.maxLength = 3),
    (s) => delete s.properties.a,
    (_, operation) => delete operation.requestBody.content["application/json"],
  ];
  for (const edit of narrowed) assert.ok(posting(edit).breaking.length > 0, String(edit));
  const widened: ReadonlyArray<(schema: Loose) => void> = [
    (s) => (s.properties.b = { type: "string" }),
    (s) => (s.properties.a = { anyOf: [{ type: "string" }, { type: "null" }] }),
  ];
  for (const edit of widened) {
    const { breaking, additions } = posting(edit);
    assert.deepEqual(breaking, []);
    assert.ok(additions.length > 0);
  }
});

it("[OA13] an event's schema must take what journals hold and give readers what they found", () => {
  const events = (edit: (schemas: Loose) => void): Comparison => {
    const after = copy(eventSchemas());
    edit(after);
    return compareEvents(eventSchemas(), after);
  };
  const name = "tieout/invoice/1";
  const bad: ReadonlyArray<readonly [(s: Loose) => void, RegExp]> = [
    [(s) => delete s[name], /tieout\/invoice\/1: the schema is gone/],
    [(s) => delete s[name].properties.number, /number: the property is gone/],
    [(s) => s[name].properties.status.enum.shift(), /status: the value "draft" is gone/],
    [
      (s) => {
        s[name].properties.remindedAt = { type: "number" };
        s[name].required.push("remindedAt");
      },
      /remindedAt: a new required property/,
    ],
    [(s) => (s[name].properties.totalMinor.type = "string"), /totalMinor: the type was number, is string/],
    [(s) => delete s["tieout/event/1"].properties.clock.properties.trust, /clock trust: the property is gone/],
  ];
  for (const [edit, expected] of bad) assert.match(told(events(edit).breaking), new RegExp(expected.source, "m"));
  const grown = events((s) => {
    s["tieout/invoice/2"] = s[name];
    s[name].properties.remindedAt = { type: "number" };
  });
  assert.deepEqual(grown.breaking, []);
  assert.equal(grown.additions.length, 2);
});

it("[OA14] what was released holds: a breaking change needs a version that says so", () => {
  const read = (file: string): Loose =>
    JSON.parse(readFileSync(new URL(`../../docs/openapi/${file}`, import.meta.url), "utf8"));
  const released = read("released.json");
  if (saysBreaking(released.info.version, apiVersion)) return;
  const advice = `raise apiVersion in server/openapi/document.ts, or take the change back (docs/api.md):\n`;
  const api = compareDocuments(released, document()).breaking;
  assert.deepEqual(api, [], advice + told(api));
  const events = compareEvents(read("events-released.json"), eventSchemas()).breaking;
  assert.deepEqual(events, [], advice + told(events));
});

it("[OA15] a version says that something breaks by its major, below 1.0 by its minor", () => {
  assert.deepEqual(
    [
      ["0.1.0", "0.2.0"],
      ["0.1.0", "1.0.0"],
      ["1.4.2", "2.0.0"],
    ].map(([a, b]) => saysBreaking(a!, b!)),
    [true, true, true],
  );
  assert.deepEqual(
    [
      ["0.1.0", "0.1.1"],
      ["1.4.2", "1.5.0"],
      ["2.0.0", "1.9.9"],
      ["0.1.0", "0.1.0"],
    ].map(([a, b]) => saysBreaking(a!, b!)),
    [false, false, false, false],
  );
});
