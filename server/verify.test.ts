/** Verify finds what was changed behind our back, and nothing else. */
import { strict as assert } from "node:assert";
import * as Effect from "effect/Effect";
import { it } from "vitest";
import { policies } from "../domain/lifecycle.ts";
import { surroundingsOf } from "./engine/surroundings.ts";
import { makeWorld, type World } from "./testing/world.ts";
import { type Verified, verify } from "./verify.ts";

const company = async (): Promise<World> => {
  const world = await makeWorld();
  const { operations } = world.stripe;
  for (let i = 0; i < 3; i++) {
    const customer = operations.createCustomer({ name: `Shop ${i}` });
    const invoice = operations.createInvoice({ customer, amountMinor: 1000 + i });
    await world.deliver();
    operations.finalizeInvoice(invoice);
    const charge = operations.payInvoice(invoice)!;
    await world.deliver();
    if (i === 1) operations.refundCharge(charge, { amountMinor: 100 });
    if (i === 2) operations.closeDispute(operations.openDispute(charge), "won");
    await world.deliver();
  }
  await world.post("{}");
  await world.post(JSON.stringify({ id: "evt_odd", object: "event", type: "customer.created", data: { object: {} } }));
  await world.host.idle();
  await Effect.runPromise(world.engine.snapshot);
  return world;
};
const check = (world: World): Promise<Verified> =>
  Effect.runPromise(
    verify(surroundingsOf({ systems: world.engine.systems, policy: policies["billing-led"], rules: new Map() })).pipe(
      Effect.provide(world.store.layer),
    ),
  );
const save = (world: World, over: object): Promise<void> =>
  Effect.runPromise(
    world.store.snapshots.save({
      through: world.engine.core.position,
      cells: [],
      owners: [],
      terms: [],
      accounts: [],
      ...over,
    }),
  );

it("[V1] what was folded in any batches is found to follow from the journal, also when the snapshot is behind", async () => {
  const world = await company();
  const clean = await check(world);
  assert.deepEqual(clean.findings, []);
  assert.equal(clean.entries, world.engine.core.position);
  assert.ok(clean.cells > 20 && clean.commands > 8, JSON.stringify(clean));
  world.stripe.operations.createCustomer({ name: "Later" });
  await world.deliver();
  assert.deepEqual((await check(world)).findings, []);
});

it("[V2] a changed, an extra and a missing cell are each named", async () => {
  const world = await company();
  const party = [...world.engine.core.parties.keys()].find((id) => id.startsWith("stripe:"))!;
  const name = [...world.engine.core.parties.get(party)!.evidence.registers.keys()].find((s) =>
    s.startsWith("invoice/"),
  )!;
  const body = world.engine.core.parties.get(party)!.cell(name)!;
  await save(world, { cells: [{ party, cell: name, body: body.replace(/"totalMinor":1000/g, '"totalMinor":1001') }] });
  assert.deepEqual((await check(world)).findings, [
    { where: `cell ${name} of ${party}`, what: "is not what the journal says" },
  ]);
  await save(world, { cells: [{ party, cell: name, body: null }] });
  assert.match((await check(world)).findings[0]!.what, /not stored/);
  await save(world, {
    cells: [
      { party, cell: name, body },
      { party, cell: "invoice/in_x", body: "{}" },
      { party: "stripe:ghost", cell: "acks", body: "1" },
    ],
  });
  assert.deepEqual((await check(world)).findings.map(({ where }) => where).sort(), [
    "cell acks of stripe:ghost",
    `cell invoice/in_x of ${party}`,
  ]);
});

it("[V3] an owner, an account row and a command that the journal does not bear out are named", async () => {
  const world = await company();
  const [subject] = [...world.engine.core.knownOwners.keys()];
  await save(world, {
    owners: [{ subject, party: "stripe:thief" }],
    accounts: [{ id: "acct_ghost", stage: "paid", sync: "agreed", body: "{}" }],
  });
  await Effect.runPromise(
    world.store.outbox.save(
      [{ key: "cmd_ghost", party: "stripe:cus_1", target: "netsuite", state: "pending", body: "{}" }],
      1,
    ),
  );
  const findings = (await check(world)).findings.map(({ where }) => where);
  assert.deepEqual(findings, [
    `the owner of ${subject}`,
    "account acct_ghost",
    "command cmd_ghost of stripe:cus_1 to netsuite",
  ]);
});
