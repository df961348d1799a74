/** The door for CloudEvents: three forms on the wire, one sender each, whole or not at all. */
import assert from "node:assert/strict";
import { beforeAll, test } from "vitest";
import { makeCloudEvents } from "../../adapters/cloudevents.ts";
import { sign } from "../../adapters/standard-webhooks.ts";
import { type Loose, makeWorld, type World } from "../../server/testing/world.ts";

const secretOf = (name: string) => `whsec_${Buffer.from(`secret of ${name}`).toString("base64")}`;
let world: World;

beforeAll(async () => {
  const senders = (["avalara", "zendesk"] as const).map((connection) => ({
    system: makeCloudEvents({ connection, roles: [connection === "avalara" ? "tax" : "support"] }),
    secret: secretOf(connection),
  }));
  world = await makeWorld({ senders });
});

const event = (id: string, more: object = {}) => ({
  specversion: "1.0",
  id,
  source: "avalara",
  type: "account.told",
  subject: `account/${id}`,
  time: "2026-01-05T10:00:00Z",
  data: { status: "active", name: `Firm ${id}`, email: null, currency: null, parent: null, legalId: null },
  ...more,
});

const send = async (body: string, headers: Record<string, string>, by = "avalara") => {
  const signed = sign(body, { id: "m1", timestampSec: Math.floor(world.clock.now / 1000), secret: secretOf(by) });
  const response = await world.app.request("/events", { method: "POST", body, headers: { ...signed, ...headers } });
  return { status: response.status, body: (await response.json()) as Loose };
};
const structured = { "content-type": "application/cloudevents+json; charset=utf-8" };
const batched = { "content-type": "application/cloudevents-batch+json" };

test("[RC16 P1] The same event structured, batched and binary is the same event, taken in once", async () => {
  const one = event("C1");
  assert.deepEqual((await send(JSON.stringify(one), structured)).body.events, [{ id: "C1", status: "accepted" }]);
  const { body: both } = await send(JSON.stringify([one, event("C2")]), batched);
  assert.deepEqual(both.events, [
    { id: "C1", status: "duplicate" },
    { id: "C2", status: "accepted" },
  ]);
  const { data, ...attributes } = one;
  const headers = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, String(value)]));
  const binary = await send(JSON.stringify(data), { ...headers, "content-type": "application/json" });
  assert.deepEqual(binary.body.events, [{ id: "C1", status: "duplicate" }]);
  await world.host.idle();
  assert.equal((await world.get("/v1/customers/avalara:C2")).body.name, "Firm C2");
});

test("[RC16] Who signs speaks for itself alone, and what nobody signed is refused", async () => {
  const unsigned = await world.app.request("/events", { method: "POST", body: "{}", headers: structured });
  assert.equal(unsigned.status, 401);
  assert.equal((await send(JSON.stringify(event("C3")), structured, "nobody")).status, 401);
  // Kept, as what it is: a fault, and nothing that avalara said.
  assert.equal((await send(JSON.stringify(event("C4")), structured, "zendesk")).status, 202);
  await world.host.idle();
  assert.equal((await world.get("/v1/customers/avalara:C4")).status, 404);
  const { body } = await world.get("/v1/faults?kind=undecodable");
  assert.match(JSON.stringify(body.items), /is not the sender/);
});

test("[RC16] A batch with something that is no event is refused whole; a strange type or field is kept as a fault", async () => {
  const refused = await send(JSON.stringify([event("C5"), { id: "C6" }]), batched);
  assert.deepEqual([refused.status, /event 1: no CloudEvent/.test(refused.body.detail)], [400, true]);
  for (const [body, headers] of [
    ["{", structured],
    ["{}", batched],
    ["{}", { "content-type": "application/json" }],
  ] as const)
    assert.equal((await send(body, headers)).status, 400);
  const odd = [
    event("C7", { type: "weather.changed" }),
    event("C8", { data: { status: "sleepy" } }),
    event("C9", { subject: "invoice/C9" }),
    event("C10", { time: "yesterday" }),
  ];
  assert.equal((await send(JSON.stringify(odd), batched)).status, 202);
  await world.host.idle();
  for (const id of ["C5", "C7", "C8", "C9", "C10"])
    assert.equal((await world.get(`/v1/customers/avalara:${id}`)).status, 404, id);
  const { body } = await world.get("/v1/faults?connection=avalara");
  assert.equal(body.items.length, 4, JSON.stringify(body.items));
});
