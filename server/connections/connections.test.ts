/** Connections as they stand, tried by hand, and the age of their secrets. */
import assert from "node:assert/strict";
import { it } from "vitest";
import { type ConnectionRecord, connection } from "../../domain/controls/connection.ts";
import { scratch, within } from "../../property-tests/access/company.ts";
import { firstKey } from "../../property-tests/access/secrets.ts";
import { type Loose, makeWorld, type World } from "../testing/world.ts";

const act = async (world: World, path: string, body: object = {}): Promise<{ status: number; body: Loose }> => {
  const response = await world.app.request(`http://localhost${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ reason: "to see whether it answers", ...body }),
  });
  await world.host.idle();
  return { status: response.status, body: await response.json() };
};
const named = async (world: World, name: string): Promise<Loose> =>
  (await world.get("/v1/connections")).body.items.find((one: Loose) => one.name === name);

it("[CN1] each connection says what is owed to it, when it was last heard of, its limits and its breaker", async () => {
  const world = await makeWorld();
  const { operations } = world.stripe;
  assert.equal((await named(world, "stripe")).lastEntry, null);
  const customer = operations.createCustomer({ name: "Acme" });
  operations.finalizeInvoice(operations.createInvoice({ customer, amountMinor: 5000 }));
  Object.assign(world.netsuite.faults, { rejectCustomers: { has: () => true } });
  await world.deliver();
  const [stripe, netsuite] = [await named(world, "stripe"), await named(world, "netsuite")];
  assert.deepEqual([stripe.health, stripe.roles, stripe.entity], ["ok", ["billing", "payments"], "default"]);
  assert.deepEqual([stripe.lastEntry.kind, typeof stripe.lastEntry.at], ["webhook", "number"]);
  assert.match(stripe.lastEntry.type, /^[a-z_]+\.[a-z_]+$/);
  assert.deepEqual(netsuite.commands, { rejected: 1, pending: 1 });
  assert.ok(netsuite.limits.concurrency > 0 && netsuite.limits.freeNow === netsuite.limits.concurrency);
  assert.deepEqual(netsuite.breaker, { state: "closed", failures: 0, until: null });
  // What comes later is seen without reading everything again.
  operations.createCustomer({ name: "Later" });
  const before = stripe.lastEntry.position;
  await world.deliver();
  assert.ok((await named(world, "stripe")).lastEntry.position > before);
});

it("[CN2] trying a connection asks the system itself, changes nothing there or here, and stands in the journal with who asked and what came of it", async () => {
  const world = await makeWorld();
  const customer = world.stripe.operations.createCustomer({ name: "Acme" });
  world.stripe.operations.finalizeInvoice(world.stripe.operations.createInvoice({ customer, amountMinor: 5000 }));
  await world.deliver();
  const committed = world.netsuite.committed.length;
  const report = JSON.stringify(await world.host.ask({ name: "report" }));
  for (const [name, asked] of [
    ["stripe", `the object account/${customer}`],
    ["netsuite", "what changed lately"],
    ["salesforce", "what changed lately"],
  ] as const) {
    const { status, body } = await act(world, `/v1/connections/${name}/test`);
    assert.equal(status, 200, JSON.stringify(body));
    const { at, tookMs, ...test } = body.lastTest;
    const said = { by: "sandbox", reason: "to see whether it answers", detail: null };
    assert.deepEqual(test, { ...said, asked, outcome: "answered" });
    assert.ok(at > 0 && tookMs >= 0);
    assert.deepEqual((await named(world, name)).lastTest, body.lastTest);
  }
  assert.equal(world.netsuite.committed.length, committed);
  assert.equal(JSON.stringify(await world.host.ask({ name: "report" })), report);
  const { body: trail } = await world.get("/v1/audit?type=connection.tested");
  assert.equal(trail.items.length, 3);

  assert.equal((await act(world, "/v1/connections/nobody/test")).status, 404);
  assert.equal((await act(world, "/v1/connections/netsuite/test", { reason: "" })).status, 422);
});

it("[CN2] a system that does not answer, or refuses, is told as such; one that answers again closes its breaker", async () => {
  const world = await makeWorld();
  const { faults } = world.netsuite;
  Object.assign(faults, { outageUntil: Number.POSITIVE_INFINITY });
  const silent = (await act(world, "/v1/connections/netsuite/test")).body.lastTest;
  assert.equal(silent.outcome, "no-answer");
  assert.match(silent.detail, /503/);
  const gate = world.engine.gates.get("netsuite")!;
  for (let i = 0; i < 8; i++) gate.failed(Date.now());
  assert.equal((await named(world, "netsuite")).health, "down");
  Object.assign(faults, { outageUntil: 0 });
  const { body } = await act(world, "/v1/connections/netsuite/test");
  assert.deepEqual([body.lastTest.outcome, body.health, body.breaker.state], ["answered", "ok", "closed"]);
});

it("[CN3] a secret is as old as the start that first found it; the journal holds a mark of it and nothing else", async () => {
  const { folder, remove } = scratch();
  try {
    const starts: Loose[] = [];
    let text = "";
    const of = (secret: string) => ({
      "stripe-eu": { vendor: "stripe", entity: "eu", webhookSecrets: [{ env: secret }] },
    });
    for (const secret of ["ACCESS_SECRET", "ACCESS_SECRET", "TIEOUT_API_KEY"])
      await within(
        async ({ ask, server }) => {
          // What was noted at the start is folded.
          await server.idle();
          const { body } = await ask("/v1/connections", firstKey);
          starts.push(Object.fromEntries(body.items.map((one: Loose) => [one.name, one.secrets])));
          const head = ((await server.host.ask({ name: "health" })) as Loose).head;
          text += `${head} ${(await ask("/v1/audit?limit=200", firstKey)).text}`;
        },
        { connections: of(secret) },
        folder,
      );
    const [first, second, third] = starts;
    assert.deepEqual(Object.keys(first).sort(), ["netsuite", "stripe-eu", "stripe-us"]);
    assert.deepEqual(
      first["stripe-eu"].map(({ place }: Loose) => place),
      ["webhookSecrets.0"],
    );
    assert.deepEqual(second, first);
    assert.ok(third["stripe-eu"][0].since > first["stripe-eu"][0].since);
    assert.deepEqual(third["stripe-us"], first["stripe-us"]);
    assert.ok(!text.includes(firstKey));
  } finally {
    remove();
  }
});

it("[CN3] what is the same again changes nothing, and what is gone is no longer listed", () => {
  const said = { party: "@controls", by: "tieout", reason: null, connection: "stripe" } as const;
  const fold = (before: ConnectionRecord | null, marks: Record<string, string>, at: number) =>
    connection.fold(before, { ...said, type: "connection.secrets", marks }, { at, position: at });
  const one = fold(null, { a: "1", b: "2" }, 10)!;
  assert.equal(fold(one, { a: "1", b: "2" }, 20), one);
  const two = fold(one, { b: "3" }, 30)!;
  assert.deepEqual(two.secrets, { b: { mark: "3", since: 30 } });
});
