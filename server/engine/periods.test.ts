/** A closed period at the ERP: the document goes to the first open one, is decided once, and is still one document. */
import { strict as assert } from "node:assert";
import * as Effect from "effect/Effect";
import { it } from "vitest";
import { makeWorld } from "../testing/world.ts";

const monthOf = (at: number): string => new Date(at).toISOString().slice(0, 7);
const monthsAgo = (months: number): number => {
  const now = new Date();
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 15, 12);
};

const sell = async (at: number, closed: ReadonlyArray<number>) => {
  const world = await makeWorld();
  for (const month of closed) world.netsuite.faults.closedPeriods.add(monthOf(month));
  world.clock.now = at;
  const customer = world.stripe.operations.createCustomer({ name: "Late" });
  const invoice = world.stripe.operations.createInvoice({ customer, amountMinor: 5_000 });
  world.stripe.operations.finalizeInvoice(invoice);
  await world.deliver();
  const entries = await Effect.runPromise(world.engine.journal.read(0, 1000));
  const notes = entries.map(({ note }) => (note ?? {}) as { readonly type?: string; readonly from?: number });
  const posted = world.netsuite.committed.filter(({ recordType }) => recordType === "invoice");
  const account = (await world.get(`/v1/accounts/stripe:${customer}`)).body;
  return { assigned: notes.filter(({ type }) => type === "period.assigned"), posted, account, world, customer };
};

it("[PD1 P5 P9] what a closed period refuses goes to the first open one, by an entry that names its own date and the reason; one document, its own outside id", async () => {
  const { assigned, posted, account, world } = await sell(monthsAgo(3), [monthsAgo(3), monthsAgo(2)]);
  assert.equal(posted.length, 1);
  const document = world.netsuite.snapshot().docs.find(({ internalId }) => internalId === posted[0]!.internalId);
  assert.ok(JSON.stringify(document).includes(`"${monthOf(monthsAgo(1))}-01"`), JSON.stringify(document));
  assert.equal(assigned.length, 2);
  assert.equal(monthOf(assigned[0]!.from!), monthOf(monthsAgo(3)));
  assert.equal(account.stage, "posted");
  assert.deepEqual(account.exceptions, []);
});

it("[PD2 P9] where no period up to today is open it stays a rejection that a person sees, and goes on when one opens", async () => {
  const now = monthsAgo(0);
  const { assigned, posted, account, world, customer } = await sell(now, [now]);
  assert.deepEqual([assigned.length, posted.length], [0, 0]);
  assert.deepEqual(
    account.exceptions.map(({ type }: { type: string }) => type),
    ["rejected"],
  );
  world.netsuite.faults.closedPeriods.clear();
  world.stripe.operations.updateCustomer(customer, { name: "Late Ltd" });
  await world.deliver();
  assert.equal((await world.get(`/v1/accounts/stripe:${customer}`)).body.stage, "posted");
});
