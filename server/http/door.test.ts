/** The webhook door: who may come in, what is kept, and what is said. */
import { strict as assert } from "node:assert";
import { it } from "vitest";
import { signWebhook } from "../../adapters/stripe/layer.ts";
import { type Loose, makeWorld, otherSecret, secret, type World } from "../testing/world.ts";
import { bodyLimit } from "./body.ts";

const sec = (world: World, shift = 0): number => Math.floor(world.clock.now / 1000) + shift;
const bodyOf = (over: Record<string, unknown> = {}, object: Record<string, unknown> = {}): string =>
  JSON.stringify({
    id: "evt_1",
    object: "event",
    api_version: "2026-10-28.endive",
    created: Math.floor(Date.now() / 1000),
    type: "customer.created",
    data: {
      object: { id: "cus_1", object: "customer", name: "Acme", email: null, created: 1, metadata: {}, ...object },
    },
    ...over,
  });
const problemOf = async (response: Response, status: number, name: string): Promise<Loose> => {
  assert.equal(response.status, status);
  assert.match(response.headers.get("content-type") ?? "", /^application\/problem\+json/);
  const problem = (await response.json()) as Loose;
  assert.equal(problem.type, `urn:tieout:problem:${name}`);
  assert.equal(problem.status, status);
  assert.ok(problem.title && problem.detail && problem.requestId);
  return problem;
};
const stored = async (world: World) => {
  const { Effect } = await import("effect");
  return Effect.runPromise(world.store.journal.read(0, 100));
};

it("[D1 P1] a signed event is answered 202 with its id, and is in the journal byte for byte", async () => {
  const world = await makeWorld();
  const body = bodyOf();
  const response = await world.post(body);
  assert.equal(response.status, 202);
  assert.deepEqual(await response.json(), { events: [{ id: "evt_1", status: "accepted" }] });
  const { Effect } = await import("effect");
  const raw = await Effect.runPromise(world.store.journal.raw(1));
  assert.equal(new TextDecoder().decode(raw!), body);
});

it("[D2 P1] the same event again is a duplicate: 202, and nothing more is stored", async () => {
  const world = await makeWorld();
  await world.post(bodyOf());
  const response = await world.post(bodyOf({ pending_webhooks: 7 }));
  assert.deepEqual(await response.json(), { events: [{ id: "evt_1", status: "duplicate" }] });
  assert.equal((await stored(world)).length, 1);
});

it("[D3 P1] the same id with other content is kept, accepted, and is a fault", async () => {
  const world = await makeWorld();
  await world.post(bodyOf());
  const response = await world.post(bodyOf({}, { name: "Other" }));
  assert.deepEqual(await response.json(), { events: [{ id: "evt_1", status: "accepted" }] });
  await world.host.idle();
  assert.equal((await world.get("/healthz")).body.faults["conflicting-content"], 1);
});

it("[D4] a wrong, missing, stale, future or malformed signature is 401, stores nothing, and is counted", async () => {
  const world = await makeWorld();
  const body = bodyOf();
  const bad: ReadonlyArray<Record<string, string>> = [
    {},
    { "stripe-signature": "" },
    { "stripe-signature": "nonsense" },
    { "stripe-signature": signWebhook(body, "whsec_other", sec(world)) },
    { "stripe-signature": signWebhook(`${body} `, secret, sec(world)) },
    { "stripe-signature": signWebhook(body, secret, sec(world, -301)) },
    { "stripe-signature": signWebhook(body, secret, sec(world, 86_400)) },
  ];
  for (const headers of bad) {
    const problem = await problemOf(await world.post(body, headers), 401, "bad-signature");
    assert.ok(!JSON.stringify(problem).includes(secret));
  }
  assert.equal((await stored(world)).length, 0);
  assert.equal((await world.get("/healthz")).body.signatureFailures.stripe, bad.length);
});

it("[D5] during a rotation either secret opens the door, and one good signature among several is enough", async () => {
  const world = await makeWorld({ secrets: [secret, otherSecret] });
  const body = bodyOf();
  const good = signWebhook(body, otherSecret, sec(world));
  assert.equal((await world.post(body, { "stripe-signature": good })).status, 202);
  const several = `t=${sec(world)},v1=${"0".repeat(64)},${good.slice(good.indexOf("v1="))}`;
  assert.equal((await world.post(body, { "stripe-signature": several })).status, 202);
});

it("[D6] a connection without a secret lets nobody in", async () => {
  const world = await makeWorld({ secrets: [] });
  await problemOf(await world.post(bodyOf()), 401, "bad-signature");
});

it("[D7 P1] signed, but no envelope of that vendor: 400, and a sample is kept as a fault", async () => {
  for (const body of ["not json", "[]", "null", '{"id":1}', '{"id":"e","type":"t","object":"list"}', ""]) {
    const world = await makeWorld();
    await problemOf(await world.post(body), 400, "not-an-envelope");
    await world.host.idle();
    assert.equal((await stored(world)).length, 1, body);
    assert.equal((await world.get("/healthz")).body.faults.envelope, 1);
  }
});

it("[D8 P1] unknown types, unknown versions and undecodable content are accepted, stored and counted, never dropped", async () => {
  const world = await makeWorld();
  const odd: ReadonlyArray<readonly [string, string]> = [
    [bodyOf({ id: "evt_a", type: "radar.early_fraud_warning.created" }), "unknown-type"],
    [bodyOf({ id: "evt_b", api_version: "2031-01-01" }), "undecodable"],
    [
      bodyOf({ id: "evt_c", data: { object: { id: "cus_1", object: "customer", name: 7, metadata: {} } } }),
      "undecodable",
    ],
    [bodyOf({ id: "evt_d", type: "xstate.init" }), "undecodable"],
    [bodyOf({ id: "evt_e", type: "done.state.account" }), "undecodable"],
    [bodyOf({ id: "evt_f", created: "yesterday" }), "undecodable"],
  ];
  const wanted: Record<string, number> = {};
  for (const [body, state] of odd) {
    assert.equal((await world.post(body)).status, 202, body);
    wanted[state] = (wanted[state] ?? 0) + 1;
  }
  await world.host.idle();
  assert.deepEqual((await world.get("/healthz")).body.faults, wanted);
  assert.equal((await stored(world)).length, odd.length);
});

it("[D9 P8] negative, fractional, huge amounts and unknown currencies never become other money", async () => {
  const invoice = (over: Record<string, unknown>) => ({
    object: "invoice",
    customer: "cus_1",
    status: "open",
    number: "A-1",
    currency: "usd",
    total: 1000,
    subtotal: 1000,
    amount_due: 1000,
    amount_paid: 0,
    amount_remaining: 1000,
    starting_balance: 0,
    ending_balance: 0,
    period_start: 1,
    period_end: 2,
    created: 1,
    metadata: {},
    lines: { object: "list", data: [], has_more: false, url: "/" },
    parent: null,
    total_taxes: [],
    status_transitions: { finalized_at: 1, paid_at: null, voided_at: null, marked_uncollectible_at: null },
    pre_payment_credit_notes_amount: 0,
    post_payment_credit_notes_amount: 0,
    ...over,
  });
  const world = await makeWorld();
  const cases = [
    { total: -500 },
    { total: 10.5 },
    { total: 2 ** 53 },
    { total: 1e300 },
    { currency: "zzz" },
    { total: "1000" },
  ];
  for (const [index, over] of cases.entries()) {
    const body = bodyOf({
      id: `evt_${index}`,
      type: "invoice.finalized",
      data: { object: invoice({ id: `in_${index}`, ...over }) },
    });
    assert.equal((await world.post(body)).status, 202);
  }
  await world.host.idle();
  const { body } = await world.get("/v1/accounts/stripe:cus_1");
  const shown = body.invoices.map((i: Loose) => [i.id, i.totalMinor, i.systems.netsuite ?? null]);
  assert.deepEqual(shown, [["stripe:in_0", -500, null]]);
  assert.deepEqual(
    body.exceptions.map((e: Loose) => e.type),
    ["negative-total"],
  );
  assert.equal((await world.get("/healthz")).body.faults.undecodable, cases.length - 1);
  assert.equal(world.netsuite.committed.length, 0);
});

it("[D10] an event dated in our future is taken in: vendor clocks decide nothing at the door", async () => {
  const world = await makeWorld();
  assert.equal((await world.post(bodyOf({ created: sec(world, 10 * 365 * 86_400) }))).status, 202);
});

it("[D11] a connection that does not exist is 404, whatever is sent", async () => {
  const world = await makeWorld();
  for (const name of ["nobody", "constructor", "__proto__", "a%20b"]) {
    await problemOf(
      await world.app.request(`/webhooks/${name}`, { method: "POST", body: "x" }),
      404,
      "no-such-connection",
    );
  }
});

it("[D12] over 8 MiB is 413 with or without a truthful length, and exactly 8 MiB is read", async () => {
  const world = await makeWorld();
  const over = new Uint8Array(bodyLimit + 1);
  await problemOf(await world.app.request("/webhooks/stripe", { method: "POST", body: over }), 413, "body-too-large");
  const announced = { method: "POST", body: "x", headers: { "content-length": String(bodyLimit + 1) } };
  await problemOf(await world.app.request("/webhooks/stripe", announced), 413, "body-too-large");
  const lying = { method: "POST", body: over, headers: { "content-length": "10" } };
  await problemOf(await world.app.request("/webhooks/stripe", lying), 413, "body-too-large");
  const fits = await world.app.request("/webhooks/stripe", { method: "POST", body: over.slice(1) });
  assert.equal(fits.status, 401);
});

it("[D13 P1] when the store cannot take it there is no 2xx: 503 with the code and when to come again, and it works afterwards", async () => {
  const world = await makeWorld();
  for (const code of ["full", "not-writable", "io", "corrupt"]) {
    world.fail.with = { code, reason: `the disk is ${code}` };
    const response = await world.post(bodyOf());
    assert.equal(response.headers.get("retry-after"), "5");
    const problem = await problemOf(response, 503, "store-unavailable");
    assert.equal(problem.code, code);
  }
  world.fail.with = { code: "internal", reason: "secret stack" };
  const broken = await problemOf(await world.post(bodyOf()), 500, "internal");
  assert.ok(!JSON.stringify(broken).includes("secret stack"));
  world.fail.with = null;
  assert.equal((await world.post(bodyOf())).status, 202);
});

it("[D14] other methods are 405 and say which one is taken", async () => {
  const world = await makeWorld();
  for (const method of ["GET", "PUT", "DELETE", "PATCH"]) {
    const response = await world.app.request("/webhooks/stripe", { method });
    assert.equal(response.headers.get("allow"), "POST");
    await problemOf(response, 405, "method-not-allowed");
  }
});

it("[D15] every answer names its request: the caller's id when it is sane, ours otherwise", async () => {
  const world = await makeWorld();
  const headers = { "stripe-signature": signWebhook(bodyOf(), secret, sec(world)), "x-request-id": "abc-1" };
  assert.equal((await world.post(bodyOf(), headers)).headers.get("x-request-id"), "abc-1");
  const odd = await world.post(bodyOf(), { "x-request-id": "a b<script>" });
  assert.match(odd.headers.get("x-request-id") ?? "", /^[0-9a-f]{12}-[0-9a-z]+$/);
});

it("[D16 P7] the same invoice claimed by two customers is frozen and raised, and other accounts go on", async () => {
  const world = await makeWorld();
  const [one, two, three] = ["One", "Two", "Three"].map((name) => world.stripe.operations.createCustomer({ name }));
  const invoice = world.stripe.operations.createInvoice({ customer: one!, amountMinor: 5000 });
  await world.deliver();
  world.stripe.operations.finalizeInvoice(invoice);
  const events = world.stripe.drainEvents() as Array<Loose>;
  const stolen = structuredClone(events.find((event) => event.type === "invoice.finalized"));
  stolen.id = "evt_stolen";
  stolen.data.object.customer = two;
  for (const event of [...events, stolen]) assert.equal((await world.post(JSON.stringify(event))).status, 202);
  const other = world.stripe.operations.createInvoice({ customer: three!, amountMinor: 700 });
  world.stripe.operations.finalizeInvoice(other);
  await world.deliver();
  const account = (await world.get(`/v1/accounts/stripe:${one}`)).body;
  assert.equal(account.regions.sync, "parked");
  assert.ok(
    account.exceptions.some((e: Loose) => e.type === "contested" && e.moneyMinor === 5000),
    JSON.stringify(account),
  );
  assert.equal((await world.get(`/v1/accounts/stripe:${three}`)).body.regions.ledger, "posted");
});
