/** Exceptions by legal entity, age, money and words, in the list and in bulk alike; and rules by name, whatever came first. */
import assert from "node:assert/strict";
import { it } from "vitest";
import { signWebhook } from "../../adapters/stripe/layer.ts";
import { type Loose, makeWorld, secret, type World } from "../testing/world.ts";
import { passes, type Sieve } from "./sieve.ts";

const refusedBy = async (amounts: ReadonlyArray<number>): Promise<{ world: World; customers: string[] }> => {
  const world = await makeWorld();
  const { operations } = world.stripe;
  const customers = amounts.map((amountMinor, i) => {
    const customer = operations.createCustomer({ name: `Customer ${i}` });
    operations.finalizeInvoice(operations.createInvoice({ customer, amountMinor }));
    return customer;
  });
  // A refund without a credit note is an exception, with its money.
  for (const [i, customer] of customers.entries()) {
    const invoice = operations.createInvoice({ customer, amountMinor: amounts[i]! });
    operations.finalizeInvoice(invoice);
    operations.refundCharge(operations.payInvoice(invoice)!);
  }
  await world.deliver();
  return { world, customers };
};
const act = async (world: World, path: string, body: object): Promise<{ status: number; body: Loose }> => {
  const response = await world.app.request(`http://localhost${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ reason: "the test says so", ...body }),
  });
  return { status: response.status, body: await response.json() };
};

it("[Q12] exceptions are found by legal entity, age, money and words; a bulk act takes the same, or items one by one", async () => {
  const { world, customers } = await refusedBy([500, 70_000]);
  const list = async (search: string): Promise<Loose> => (await world.get(`/v1/exceptions?${search}`)).body;
  const all: ReadonlyArray<Loose> = (await list("sort=age")).items;
  assert.equal(all.length, 2, JSON.stringify(all));
  const [less, more] = [500, 70_000].map((money) => all.find(({ moneyMinor }) => moneyMinor === money)!);
  const idsIn = async (search: string): Promise<ReadonlyArray<string>> =>
    (await list(search)).items.map(({ id }: Loose) => id).sort();
  const both = [less.id, more.id].sort();
  assert.deepEqual(await idsIn("entity=default"), both);
  assert.deepEqual(await idsIn("entity=elsewhere"), []);
  assert.deepEqual(await idsIn("amountOverMinor=499&currency=USD"), both);
  assert.deepEqual(await idsIn("amountOverMinor=500&currency=USD"), [more.id]);
  assert.equal((await world.get("/v1/exceptions?amountOverMinor=5")).status, 400);
  assert.equal((await world.get("/v1/exceptions?olderThanMinutes=soon")).status, 400);
  assert.deepEqual(await idsIn("olderThanMinutes=0"), both);
  assert.deepEqual(await idsIn("olderThanMinutes=99999999"), []);
  assert.deepEqual(await idsIn(`q=${less.source.slice(3).toUpperCase()}`), [less.id]);
  assert.deepEqual(await idsIn("q=nothing%20of%20the%20kind"), []);

  const previewed = async (filter: object): Promise<Loose> => {
    const { status, body } = await act(world, "/v1/bulk", { act: "assign", assignee: "ada", filter, dryRun: true });
    assert.equal(status, 200, JSON.stringify(body));
    return [body.count, body.moneyMinor];
  };
  assert.deepEqual(await previewed({ amountOverMinor: "500", currency: "USD" }), [1, { USD: 70_000 }]);
  assert.deepEqual(await previewed({ id: `${less.id},exc_00000000000000000000` }), [1, { USD: 500 }]);
  assert.deepEqual(await previewed({ q: "refund", overdue: "false", status: "open,snoozed" }), [2, { USD: 70_500 }]);
  assert.deepEqual(await previewed({ entity: "elsewhere" }), [0, {}]);
  for (const filter of [{ amountOverMinor: "9" }, { status: "gone" }, { olderThanMinutes: "-1" }, { id: "" }]) {
    const { status } = await act(world, "/v1/bulk", { act: "assign", assignee: "ada", filter, dryRun: true });
    assert.equal(status, 422, JSON.stringify(filter));
  }
  assert.equal(customers.length, 2);
});

it("[Q12] one of several keys names the commands of a bulk act", async () => {
  const { world } = await refusedBy([500, 600]);
  const { items } = (await world.get("/v1/commands?limit=200")).body;
  const [one] = items;
  const filter = { state: one.state, key: `${one.key},cmd_unknown` };
  const { body } = await act(world, "/v1/bulk", { act: "retry", filter, dryRun: true });
  assert.deepEqual([body.count, body.items], [1, [one.key]]);
});

it("[Q12] what is of no party is of the entity of what it is about, and what has no age or money is not found by them", () => {
  const exception = {
    ...{ id: "exc_1", type: "unattributed", source: "stripe-eu:refund/re_1", owner: "stripe-eu", cause: "Nobody's" },
    ...{ moneyMinor: null, currency: null, ageFrom: null, evidence: [], acts: [] },
  } as never;
  const accounting = { entities: { "stripe-eu": "eu" } } as never;
  const found = (sieve: Sieve): boolean => passes(sieve, { exception, party: null }, accounting, 10 ** 9);
  assert.ok(found({}) && found({ entity: "eu" }) && found({ text: "NOBODY" }));
  assert.ok(!found({ entity: "us" }) && !found({ olderThanMinutes: 0 }) && !found({ amountOverMinor: 0 }));
});

it("[Q13 P2] a rule by name holds back what came before the name as well as what came after", async () => {
  const world = await makeWorld();
  assert.equal((await act(world, "/v1/park-rules", { kind: "invoice", nameContains: "acme" })).status, 200);
  const { operations } = world.stripe;
  const customer = operations.createCustomer({ name: "Acme" });
  operations.finalizeInvoice(operations.createInvoice({ customer, amountMinor: 5000 }));
  const events = world.stripe.drainEvents();
  const isCustomer = ({ type }: Loose): boolean => type.startsWith("customer.");
  const late = [...events.filter((event) => !isCustomer(event)), ...events.filter(isCustomer)];
  // Nothing goes out before all of it is told.
  for (const event of late) {
    const body = JSON.stringify(event);
    await world.post(body, { "stripe-signature": signWebhook(body, secret, Math.floor(world.clock.now / 1000)) });
  }
  await world.host.idle();
  const { body } = await world.get(`/v1/accounts/stripe:${customer}`);
  assert.equal(body.regions.sync, "parked", JSON.stringify(body.obligations));
  assert.equal(world.netsuite.committed.filter(({ recordType }) => recordType === "invoice").length, 0);
});
