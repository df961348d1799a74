/** One account at another time: as known by one instant, as effective by another. */
import assert from "node:assert/strict";
import { expect, it } from "vitest";
import { type Loose, makeWorld, type World } from "../testing/world.ts";

const day = 86_400_000;

const at = async (world: World, customer: string, times: Record<string, number>): Promise<Loose> => {
  const search = new URLSearchParams(
    Object.entries(times).map(([name, time]) => [name, new Date(time).toISOString()] as [string, string]),
  );
  return world.get(`/v1/accounts/stripe:${customer}?${search}`);
};

/** What an answer says of an account, without the position and the instants that it was asked for. */
const told = ({ body: { seq: _, asOf: __, knownAt: ___, ...body } }: Loose): Loose => body;

it("[EX6 P11] known by an instant it is what was answered then, byte for byte, whatever came later", async () => {
  const world = await makeWorld();
  const { operations } = world.stripe;
  const customer = operations.createCustomer({ name: "Acme" });
  const path = `/v1/accounts/stripe:${customer}`;
  const moments: Array<{ readonly at: number; readonly answer: Loose }> = [];
  let first = "";
  const steps: ReadonlyArray<() => void> = [
    () => operations.finalizeInvoice(operations.createInvoice({ customer, amountMinor: 5000 })),
    () => operations.payInvoice(first),
    () => operations.finalizeInvoice(operations.createInvoice({ customer, amountMinor: 800 })),
  ];
  for (const step of steps) {
    step();
    await world.deliver();
    await world.echo();
    const answer = await world.get(path);
    first ||= answer.body.invoices[0].systems.stripe.id;
    // The engine stamps its own entries by the clock on the wall.
    await new Promise((resolve) => setTimeout(resolve, 3));
    moments.push({ at: Date.now(), answer });
    await new Promise((resolve) => setTimeout(resolve, 3));
    world.clock.now = Date.now();
  }
  for (const { at: knownAt, answer } of moments)
    expect(told(await at(world, customer, { knownAt }))).toEqual(told(answer));
  assert.equal((await at(world, customer, { knownAt: moments[0]!.at - day })).status, 404);
  assert.notDeepEqual(told(moments[0]!.answer), told(moments[2]!.answer));
});

it("[EX7] effective by an instant only what the vendors date by then counts; our documents count from the date of what they stand for", async () => {
  const world = await makeWorld();
  const { operations } = world.stripe;
  const start = world.clock.now;
  const customer = operations.createCustomer({ name: "Acme" });
  const invoice = operations.createInvoice({ customer, amountMinor: 5000 });
  operations.finalizeInvoice(invoice);
  world.clock.now = start + 2 * day;
  operations.payInvoice(invoice);
  world.clock.now = start + 4 * day;
  await world.deliver();
  const stage = async (asOf: number) => (await at(world, customer, { asOf })).body;
  const invoiced = await stage(start + day);
  assert.equal(invoiced.stage, "posted");
  assert.deepEqual([invoiced.invoices[0].settledMinor, invoiced.regions.cash], [0, "due"]);
  assert.equal((await stage(start + 3 * day)).stage, "paid");
  assert.equal((await at(world, customer, { asOf: start - day })).status, 404);
  // Nothing of it was taken in before the fourth day: effective on the first, known on the third, is nothing.
  assert.equal((await at(world, customer, { asOf: start + day, knownAt: start - day })).status, 404);
});

it("[EX8] accounts that were joined later are apart by what was known before, and together after", async () => {
  const world = await makeWorld();
  const { operations } = world.stripe;
  const [one, two] = [operations.createCustomer({ name: "One" }), operations.createCustomer({ name: "Two" })];
  for (const customer of [one, two])
    operations.finalizeInvoice(operations.createInvoice({ customer, amountMinor: 10 }));
  await world.deliver();
  await new Promise((resolve) => setTimeout(resolve, 5));
  const before = Date.now();
  await new Promise((resolve) => setTimeout(resolve, 5));
  world.clock.now = Date.now();
  const linked = await world.app.request("http://localhost/v1/links", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ party: `stripe:${one}`, target: `stripe:${two}`, reason: "one company" }),
  });
  assert.equal(linked.status, 200);
  const then = await at(world, one, { knownAt: before });
  assert.deepEqual(then.body.parties, [{ connection: "stripe", id: one }]);
  const now = await at(world, one, { knownAt: Date.now() + day });
  assert.deepEqual(now.body.parties.length, 2);
});

it("[EX9] an instant that is none is told, and what the journal no longer holds is said to be gone", async () => {
  const world = await makeWorld();
  const { operations } = world.stripe;
  const customer = operations.createCustomer({ name: "Acme" });
  operations.finalizeInvoice(operations.createInvoice({ customer, amountMinor: 10 }));
  await world.deliver();
  assert.equal((await world.get(`/v1/accounts/stripe:${customer}?asOf=yesterday`)).status, 400);
  const { journal } = world.engine;
  const read = journal.read;
  Object.assign(journal, { read: (after: number, limit: number) => read(Math.max(after, 2), limit) });
  const gone = await at(world, customer, { knownAt: Date.now() + day });
  assert.equal(gone.status, 410);
  assert.match(gone.body.detail, /begins at 3/);
});
