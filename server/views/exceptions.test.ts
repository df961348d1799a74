/** Finance's queue: each kind of disagreement is raised with its money and in words, and closes by itself when it ends. */
import { strict as assert } from "node:assert";
import { it } from "vitest";
import { type Loose, makeWorld, type World } from "../testing/world.ts";

const exceptionsOf = async (world: World, customer: string): Promise<Loose[]> =>
  (await world.get(`/v1/accounts/stripe:${customer}`)).body.exceptions;
const brief = (exceptions: Loose[]): unknown[] =>
  exceptions.map((e) => [e.type, e.source, e.moneyMinor, e.currency, e.owner]);
const complete = (exceptions: Loose[]): void => {
  for (const e of exceptions) {
    assert.ok(e.cause.length > 20 && e.evidence.length > 0 && e.acts.length > 0, JSON.stringify(e));
    assert.ok(e.ageFrom === null || Number.isSafeInteger(e.ageFrom));
  }
};
const invoiced = async (amountMinor = 10_000): Promise<{ world: World; customer: string; invoice: string }> => {
  const world = await makeWorld();
  const customer = world.stripe.operations.createCustomer({ name: "Acme" });
  const invoice = world.stripe.operations.createInvoice({ customer, amountMinor });
  world.stripe.operations.finalizeInvoice(invoice);
  return { world, customer, invoice };
};

it("[E1] a payment that names no invoice is unapplied cash until it is refunded", async () => {
  const { world, customer } = await invoiced();
  const charge = world.stripe.operations.createCharge({ customer, amountMinor: 300 });
  await world.deliver();
  const found = await exceptionsOf(world, customer);
  complete(found);
  assert.deepEqual(brief(found), [["unapplied", `stripe:payment/${charge}`, 300, "USD", "stripe"]]);
  assert.match(found[0].cause, /3\.00 USD/);
  world.stripe.operations.refundCharge(charge);
  await world.deliver();
  assert.deepEqual(await exceptionsOf(world, customer), []);
});

it("[E2] a refund without a credit opens the invoice again for exactly that amount; a credit note closes it", async () => {
  const { world, customer, invoice } = await invoiced();
  const charge = world.stripe.operations.payInvoice(invoice)!;
  await world.deliver();
  assert.deepEqual(await exceptionsOf(world, customer), []);
  world.stripe.operations.refundCharge(charge, { amountMinor: 2500 });
  await world.deliver();
  const found = await exceptionsOf(world, customer);
  complete(found);
  assert.deepEqual(brief(found), [["refund-without-credit", `stripe:invoice/${invoice}`, 2500, "USD", "stripe"]]);
  assert.notEqual((await world.get(`/v1/accounts/stripe:${customer}`)).body.invoices[0].stage, "paid");
  world.stripe.operations.createCreditNote({ invoice, amountMinor: 2500, settle: "balance" });
  await world.deliver();
  assert.deepEqual(await exceptionsOf(world, customer), []);
});

it("[E3] what the target refuses is raised with its words, beside the gap that it leaves under a payment", async () => {
  const { world, customer } = await invoiced();
  await world.deliver();
  for (const { internalId } of world.netsuite.committed.filter((entry) => entry.recordType === "customer")) {
    world.netsuite.faults.rejectCustomers.add(internalId);
  }
  const second = world.stripe.operations.createInvoice({ customer, amountMinor: 4000 });
  world.stripe.operations.finalizeInvoice(second);
  world.stripe.operations.payInvoice(second);
  await world.deliver();
  const found = await exceptionsOf(world, customer);
  complete(found);
  const types = found.map((e: Loose) => e.type).sort();
  assert.deepEqual(types, ["gap", "rejected"], JSON.stringify(found));
  const gap = found.find((e: Loose) => e.type === "gap");
  assert.deepEqual([gap.source, gap.moneyMinor], [`stripe:invoice/${second}`, 4000]);
  const account = (await world.get(`/v1/accounts/stripe:${customer}`)).body;
  const refused = account.obligations.find((o: Loose) => o.state === "rejected");
  assert.ok(refused.lastError.length > 0 && refused.attempts >= 1);
});

it("[E4] no gap while the posting is still on its way", async () => {
  const { world, customer, invoice } = await invoiced();
  world.stripe.operations.payInvoice(invoice);
  for (const event of world.stripe.drainEvents()) await world.post(JSON.stringify(event));
  const { Effect } = await import("effect");
  await Effect.runPromise(world.engine.fold);
  assert.deepEqual(await exceptionsOf(world, customer), []);
  await world.host.idle();
  assert.deepEqual(await exceptionsOf(world, customer), []);
});

it("[E5] a document voided behind our back in the target is drift, and sync says so", async () => {
  const { world, customer, invoice } = await invoiced();
  await world.deliver();
  await world.echo();
  assert.deepEqual(await exceptionsOf(world, customer), []);
  const before = (await world.get(`/v1/accounts/stripe:${customer}`)).body;
  const id = before.invoices[0].systems.netsuite.id;
  const party = world.engine.core.parties.get(`stripe:${customer}`)!;
  const slot = [...party.slots.values()].find((candidate) => candidate.kind === "receivable")!;
  const at = slot.held!.ackedAt + 5000;
  const event = {
    id: "ns-evt-void",
    source: "netsuite",
    type: "posting.updated",
    subject: `posting/invoice:${id}`,
    time: at,
    owner: null,
    via: null,
    clock: { at, tick: 1000, trust: 1000 },
    read: false,
    data: { status: "void", recordType: "invoice", number: null, currency: "USD", amountMinor: 10_000 },
    links: [],
    externalId: slot.held!.outsideId,
    correlationid: null,
    traceparent: null,
    dataschema: "tieout/posting/1",
  } as const;
  await world.host.accept([
    {
      kind: "webhook",
      connection: "netsuite",
      at,
      partition: 0,
      dedup: { id: event.id, type: "t", hash: "h" },
      events: [event as never],
      note: null,
      raw: null,
    },
  ]);
  await world.host.idle();
  const found = await exceptionsOf(world, customer);
  complete(found);
  assert.deepEqual(brief(found), [["drift", `stripe:invoice/${invoice}`, 10_000, "USD", "netsuite"]]);
  assert.match(found[0].cause, /status void, and should say posted/);
  assert.equal((await world.get(`/v1/accounts/stripe:${customer}`)).body.regions.sync, "drifting");
});

it("[E6] a tie that a re-read cannot settle is raised; the object that is gone is said to be gone", async () => {
  const world = await makeWorld();
  const at = Math.floor(world.clock.now / 1000) - 100;
  const body = (id: string, name: string): string =>
    JSON.stringify({
      id,
      object: "event",
      created: at,
      type: "customer.updated",
      data: { object: { id: "cus_gone", object: "customer", name, email: null, created: at, metadata: {} } },
    });
  await world.post(body("evt_a", "One"));
  await world.post(body("evt_b", "Two"));
  await world.host.idle();
  const found = await exceptionsOf(world, "cus_gone");
  complete(found);
  assert.deepEqual(
    found.map((e: Loose) => [e.type, e.source]),
    [["ambiguous", "stripe:account/cus_gone"]],
  );
  assert.match(found[0].cause, /no longer has the object/);
});

it("[E7 P8] money in another currency is never added to an invoice: an exception instead", async () => {
  const { world, customer, invoice } = await invoiced();
  world.stripe.operations.payInvoice(invoice);
  // Of the payment only what is not the invoice itself: an invoice that says paid stands for its own movement.
  const events = (world.stripe.drainEvents() as Loose[]).filter(
    ({ type, data }) => !(type.startsWith("invoice.") && data.object.status === "paid"),
  );
  for (const event of events) {
    if (event.data.object.object === "charge") event.data.object.currency = "eur";
    await world.post(JSON.stringify(event));
  }
  await world.host.idle();
  const found = await exceptionsOf(world, customer);
  complete(found);
  const other = found.find((e: Loose) => e.type === "currency");
  assert.deepEqual([other?.currency, other?.moneyMinor], ["EUR", 10_000], JSON.stringify(found));
  assert.equal((await world.get(`/v1/accounts/stripe:${customer}`)).body.invoices[0].settledMinor, 0);
});

it("[E8] reading makes nothing: an id that a system merely echoes is its owner's, not an account", async () => {
  const { world, customer } = await invoiced();
  await world.deliver();
  await world.echo();
  const { body } = await world.get(`/v1/accounts/stripe:${customer}`);
  const erpCustomer = world.netsuite.committed.find((entry) => entry.recordType === "customer")!.internalId;
  assert.equal((await world.get(`/v1/accounts/netsuite:${erpCustomer}`)).body?.id, body.id);
  await world.host.ask({ name: "report" });
  assert.equal((await world.get("/v1/accounts")).body.items.length, 1);
});

it("[E9 P6] a void after posting shows the document reversed, and nothing is left owing", async () => {
  const { world, customer, invoice } = await invoiced();
  await world.deliver();
  world.stripe.operations.voidInvoice(invoice);
  await world.deliver();
  const { body } = await world.get(`/v1/accounts/stripe:${customer}`);
  assert.deepEqual(body.invoices[0].systems, {
    stripe: { id: invoice, status: "void" },
    netsuite: { id: null, status: "reversed" },
  });
  assert.deepEqual(
    body.obligations.map((o: Loose) => [o.row, o.state]),
    [["customer.present", "acked"]],
  );
  assert.deepEqual(body.exceptions, []);
});
