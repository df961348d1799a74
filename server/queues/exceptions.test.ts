/** Finance's queue as a desk, on a real server: what comes, is worked, goes by itself and comes again, by journal time. */
import assert from "node:assert/strict";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterAll, it } from "vitest";
import { type Loose, scratch, within } from "../operators/testing/company.ts";
import { makeWorld } from "../testing/world.ts";
import { makeDesk } from "./runner.ts";
import { type DeskSettings, usualDesk } from "./settings.ts";
import { listed, quick, until } from "./testing/quick.ts";

const { folder, remove } = scratch();
afterAll(remove);

it("[Q2 P11] it is first seen and worked, closes by itself with the entry that took its cause away, and comes back with its history; a restart keeps all of it", async () => {
  const dataDir = join(folder, "desk");
  const [id, evidence] = await within(
    dataDir,
    async (company) => {
      const { operations } = company.server.sandbox!.stripe;
      const customer = operations.createCustomer({ name: "Shop" });
      const charge = operations.createCharge({ customer, amountMinor: 5000 });
      await company.deliver();
      const [cash] = (await listed(company, "type=unapplied", 1)).items;
      assert.deepEqual([cash.owner, cash.team, cash.status, cash.overdue], ["stripe", "billing", "open", false]);
      assert.equal(cash.priority, "normal");
      assert.equal(cash.dueAt, cash.firstSeenAt + 3_600_000);
      await company.done(`/v1/exceptions/${cash.id}/assign`, { assignee: "maria" });
      assert.equal((await company.get("/v1/exceptions?assignee=maria")).total, 1);
      assert.equal((await company.get("/v1/exceptions?assignee=nobody")).total, 0);
      operations.refundCharge(charge, { amountMinor: 1000 });
      await company.deliver();
      await until(
        () => company.get(`/v1/exceptions/${cash.id}`),
        (one) => one.moneyMinor === 4000 && one.changedAt > cash.changedAt,
      );
      operations.refundCharge(charge, { amountMinor: 4000 });
      await company.deliver();
      const [gone] = (await listed(company, "status=closed", 1)).items;
      assert.deepEqual([gone.id, gone.status, gone.assignee], [cash.id, "closed", "maria"]);
      assert.equal((await company.get("/v1/exceptions")).total, 0);
      assert.equal((await company.act(`/v1/exceptions/${cash.id}/assign`, { reason: "x", assignee: "b" })).status, 409);
      const { items } = await company.get(`/v1/accounts/stripe:${customer}/timeline`);
      const touched = items.find(({ position }: Loose) => position === gone.closed.evidence);
      assert.ok(
        touched?.events.some(({ type }: Loose) => /refund/.test(type)),
        JSON.stringify([gone.closed, items.at(-1)]),
      );
      await company.verified();
      return [gone.id, gone.closed.evidence] as const;
    },
    { desk: quick() },
  );
  await within(
    dataDir,
    async (company) => {
      const [gone] = (await listed(company, "status=closed", 1)).items;
      assert.deepEqual([gone.id, gone.closed.evidence, gone.assignee], [id, evidence, "maria"]);
      const { customer } = company.invoiced(700);
      await company.deliver();
      const path = `/v1/accounts/stripe:${customer}`;
      await company.done(`${path}/park`, {});
      const [first] = (await listed(company, "type=parked", 1)).items;
      await company.done(`/v1/exceptions/${first.id}/snooze`, { until: "2999-01-01T00:00:00Z" });
      await company.done(`${path}/release`, {});
      await listed(company, "status=closed", 2);
      await company.done(`${path}/park`, {});
      const [again] = (await listed(company, "type=parked&status=open", 1)).items;
      assert.deepEqual([again.id, again.history.length, again.snoozedUntil], [first.id, 1, null]);
      assert.equal(again.history[0].openedAt, first.firstSeenAt);
      await company.verified();
    },
    { desk: quick() },
  );
});

it("[Q3 P11] a snooze ends and a time is overdue by journal time alone, without anything else happening", async () => {
  await within(
    join(folder, "time"),
    async (company) => {
      const { operations } = company.server.sandbox!.stripe;
      for (const [i, amountMinor] of [2_000_000, 3000].entries())
        operations.createCharge({ customer: operations.createCustomer({ name: `Shop ${i}` }), amountMinor });
      await company.deliver();
      const { items } = await listed(company, "sort=priority", 2);
      assert.deepEqual(
        items.map(({ priority }: Loose) => priority),
        ["urgent", "normal"],
      );
      assert.equal((await company.get("/v1/exceptions?priority=urgent")).total, 1);
      const [, small] = items;
      const ends = new Date(Date.now() + 500).toISOString();
      await company.done(`/v1/exceptions/${small.id}/snooze`, { until: ends });
      assert.equal((await company.get("/v1/exceptions?status=open,resolved")).total, 1);
      const late = await until(
        () => company.get("/v1/exceptions?overdue=true"),
        ({ total }) => total === 2,
      );
      // It is open again, and past its time.
      assert.ok(late.items.every(({ status, overdue }: Loose) => status === "open" && overdue));
      assert.equal((await company.get("/v1/exceptions?overdue=false")).total, 0);
      const metrics = await (await fetch(`${company.server.url}/metrics`)).text();
      assert.match(metrics, /tieout_exceptions_overdue\{priority="urgent"\} 1/);
      for (const search of ["status=odd", "priority=x", "overdue=yes", "sort=name"])
        assert.equal((await company.ask(`/v1/exceptions?${search}`)).status, 400, search);
      await company.verified();
    },
    { desk: quick(700) },
  );
});

it("[Q3 P11] where nothing else is written, the desk lets journal time pass at the very instants that something hangs on, and not before", async () => {
  const world = await makeWorld();
  const { engine, stripe } = world;
  const customer = stripe.operations.createCustomer({ name: "Shop" });
  stripe.operations.createCharge({ customer, amountMinor: 5000 });
  await world.deliver();
  const settings: DeskSettings = { ...usualDesk, publicUrl: "http://tieout.test", ...quick(200) };
  const desk = makeDesk(
    engine,
    settings,
    () => {},
    (line) => assert.fail(line),
  );
  const look = () => Effect.runPromise(Effect.zipRight(desk.look, engine.fold));
  const overdue = async (): Promise<number> => (await world.get("/v1/exceptions?overdue=true")).body.total;
  await look();
  const [cash] = (await world.get("/v1/exceptions")).body.items;
  assert.ok(cash.firstSeenAt !== null);
  const { position } = engine.core;
  await look();
  assert.deepEqual([engine.core.position, await overdue()], [position, 0]);
  await new Promise((resolve) => setTimeout(resolve, cash.dueAt - Date.now() + 5));
  assert.equal(await overdue(), 0, "no clock is read where it is shown");
  await look();
  assert.deepEqual([engine.core.position, await overdue()], [position + 1, 1]);
  const [entry] = await Effect.runPromise(engine.journal.read(position, 1));
  assert.equal(entry?.kind, "time");
  await look();
  assert.equal(engine.core.position, position + 1);
});

it("[Q4] a fault is seen, assigned and settled by a person, and listed apart then; a live one goes away by itself alone", async () => {
  await within(
    join(folder, "faults"),
    async (company) => {
      const { deliver, netsuite } = company.server.sandbox!;
      await deliver("stripe", { id: "evt_odd", object: "event", type: "odd.thing", created: 1, data: { object: {} } });
      await company.server.idle();
      const [fault] = (await company.get("/v1/faults?kind=unknown-type")).items;
      assert.deepEqual([fault.status, fault.team, fault.acknowledged], ["open", "billing", null]);
      const path = `/v1/faults/${fault.id}`;
      assert.equal((await company.done(`${path}/acknowledge`, {})).acknowledged.reason, "the test says so");
      assert.equal((await company.act(`${path}/acknowledge`, { reason: "x" })).status, 409);
      assert.equal((await company.done(`${path}/assign`, { assignee: "ops" })).assignee, "ops");
      assert.equal((await company.done(`${path}/resolve`, {})).status, "resolved");
      assert.equal((await company.get("/v1/faults")).total, 0);
      assert.deepEqual((await company.get("/v1/faults?status=resolved")).items[0].assignee, "ops");
      assert.deepEqual(((await company.server.host.ask({ name: "health" })) as Loose).faults, {});
      assert.equal((await company.done(`${path}/reopen`, {})).status, "open");
      assert.equal((await company.act(`${path}/reopen`, { reason: "x" })).status, 409);
      assert.equal((await company.act("/v1/faults/fault_999/resolve", { reason: "x" })).status, 404);
      netsuite.faults.outageUntil = Date.now() + 60_000;
      for (let i = 0; i < 9; i++) company.invoiced(100 + i);
      for (const one of company.server.sandbox!.stripe.drainEvents()) await deliver("stripe", one);
      const [open] = (
        await until(
          () => company.get("/v1/faults?kind=breaker-open"),
          ({ total }) => total === 1,
        )
      ).items;
      assert.match((await company.act(`/v1/faults/${open.id}/resolve`, { reason: "x" })).body.detail, /by itself/);
      assert.equal((await company.done(`/v1/faults/${open.id}/acknowledge`, {})).kind, "breaker-open");
      netsuite.faults.outageUntil = 0;
    },
    { desk: quick() },
  );
});
