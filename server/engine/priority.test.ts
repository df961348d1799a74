/** Under a limit the rows that others rest on go first, whatever was planned first. */
import { strict as assert } from "node:assert";
import * as Effect from "effect/Effect";
import { it } from "vitest";
import { makeWorld } from "../testing/world.ts";

it("[G5] where not all may go at once, they go by the priority of their rows and not by their age", async () => {
  const world = await makeWorld();
  const { engine } = world;
  const { operations } = world.stripe;
  const invoice = (customer: string) =>
    operations.finalizeInvoice(operations.createInvoice({ customer, amountMinor: 700 }));
  const known = Array.from({ length: 8 }, (_, i) => operations.createCustomer({ name: `Known ${i}` }));
  for (const customer of known) invoice(customer);
  await world.deliver();

  const receive = async (): Promise<void> => {
    for (const event of world.stripe.drainEvents()) await world.post(JSON.stringify(event));
    await Effect.runPromise(engine.fold);
  };
  for (const customer of known) invoice(customer);
  await receive();
  for (let i = 0; i < 3; i++) invoice(operations.createCustomer({ name: `New ${i}` }));
  await receive();
  const jobs = engine.jobs(Date.now()).map((job) => (job._tag === "Send" ? job.open.planned.kind : job._tag));
  assert.ok(jobs.length < 11, "the limit is felt");
  assert.deepEqual(jobs.slice(0, 4), ["customer", "customer", "customer", "receivable"]);
});
