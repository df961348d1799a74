/** Parking, contested objects, the two queues, and who may act; on a real server. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { afterAll, it } from "vitest";
import { type Company, type Loose, scratch, within } from "./testing/company.ts";

const { folder, remove } = scratch();
afterAll(remove);

it("[OP12] a parked account sends nothing, says so, and goes on where it was when it is released", async () => {
  await within(join(folder, "park"), async (company) => {
    const { operations } = company.server.sandbox!.stripe;
    const { customer, invoice } = company.invoiced(6000);
    await company.deliver();
    const sent = company.server.sandbox!.netsuite.committed.length;
    const path = `/v1/accounts/stripe:${customer}`;
    const parked = await company.done(`${path}/park`, { reason: "their merger" });
    assert.equal(parked.regions.sync, "parked");
    assert.match(parked.exceptions[0].cause, /sandbox parked this company: their merger/);
    assert.equal((await company.act(`${path}/park`, { reason: "again" })).status, 409);
    operations.payInvoice(invoice);
    await company.deliver();
    assert.equal(company.server.sandbox!.netsuite.committed.length, sent);
    const [held] = (await company.get(`/v1/commands?account=stripe:${customer}&state=held`)).items;
    assert.deepEqual([held.row, held.hold], ["payment.applied", "parked"]);
    const approve = await company.act(`/v1/commands/${held.key}/approve`, { reason: "x" });
    assert.match(approve.body.detail, /release the account/);
    await company.done(`${path}/release`, {});
    await company.server.idle();
    assert.equal((await company.account(customer)).stage, "paid");
    assert.equal(company.committed("customerPayment").length, 1);
    assert.equal((await company.act(`${path}/release`, { reason: "again" })).status, 409);
    await company.verified();
  });
});

it("[OP19] an exception is assigned, put off and settled by a person; of another amount it is open again", async () => {
  await within(join(folder, "desk"), async (company) => {
    const { customer } = company.invoiced(6000);
    await company.deliver();
    await company.done(`/v1/accounts/stripe:${customer}/park`, { reason: "their merger" });
    const [found] = (await company.get("/v1/exceptions?type=parked")).items;
    assert.deepEqual([found.status, found.assignee], ["open", null]);
    const path = `/v1/exceptions/${found.id}`;
    assert.equal((await company.done(`${path}/assign`, { assignee: "maria" })).assignee, "maria");
    const late = await company.act(`${path}/snooze`, { reason: "x", until: "2001-01-01T00:00:00Z" });
    assert.deepEqual([late.status, late.body.reasons], [422, ["until lies in the past"]]);
    assert.equal((await company.done(`${path}/snooze`, { until: "2999-01-01T00:00:00Z" })).status, "snoozed");
    assert.equal((await company.done(`${path}/reopen`, {})).status, "open");
    assert.equal((await company.act(`${path}/reopen`, { reason: "again" })).status, 409);
    assert.equal((await company.done(`${path}/resolve`, { reason: "by hand" })).status, "resolved");
    assert.equal((await company.act("/v1/exceptions/exc_no/resolve", { reason: "x" })).status, 404);
    await company.verified();
  });
});

it("[OP13] an object that two claim is frozen until a person says whose it is, and then posted for that one", async () => {
  await within(join(folder, "contested"), async (company) => {
    const { operations, drainEvents } = company.server.sandbox!.stripe;
    const [one, two] = ["One", "Two"].map((name) => operations.createCustomer({ name })) as [string, string];
    const invoice = operations.createInvoice({ customer: one, amountMinor: 5000 });
    const events = drainEvents() as Loose[];
    const stolen = structuredClone(events.find(({ type }) => type === "invoice.created"));
    Object.assign(stolen, { id: "evt_stolen" });
    stolen.data.object.customer = two;
    await company.tell([...events, stolen]);
    operations.finalizeInvoice(invoice);
    await company.deliver();
    assert.equal(company.committed("invoice").length, 0);
    assert.equal((await company.get("/v1/exceptions?type=contested")).total, 2);
    const object = `stripe:invoice/${invoice}`;
    const release = `/v1/accounts/stripe:${one}/release`;
    const wrong = await company.act(release, { reason: "x", object, party: "stripe:cus_no" });
    assert.match(wrong.body.reasons.join(), /does not claim/);
    assert.equal((await company.act(release, { reason: "x", object: "stripe:invoice/in_no" })).status, 409);
    await company.done(release, { object });
    await company.server.idle();
    const posted = await company.account(one);
    assert.deepEqual([posted.stage, posted.exceptions], ["posted", []]);
    assert.equal((await company.account(two)).exceptions.length, 0);
    assert.equal(company.committed("invoice").length, 1);
    const { items } = await company.get(`/v1/accounts/stripe:${two}/timeline`);
    assert.equal(items.filter((item: Loose) => item.note?.type === "object.assigned").length, 1);
    await company.verified();
    await company.done(`/v1/accounts/stripe:${two}/release`, { object, party: `stripe:${two}` });
    await company.server.idle();
    // The other one's only has the draft, so nothing of it stands in the books.
    assert.equal((await company.account(one)).invoices.length, 1);
    assert.equal(company.committed("journalEntry").length, 1);
    await company.verified();
  });
});

const pages = async ({ get }: Company, search: string): Promise<Loose[]> => {
  const found: Loose[] = [];
  for (let cursor = ""; ; ) {
    const page = await get(`/v1/exceptions?limit=2${search}${cursor}`);
    found.push(...page.items);
    if (page.nextCursor === null) return found;
    cursor = `&cursor=${page.nextCursor}`;
  }
};

it("[OP14] exceptions of all accounts and of nobody's objects: counted, sorted, paged, and the same ids after a restart", async () => {
  const dataDir = join(folder, "exceptions");
  // The desk writes nothing down meanwhile: two lists are compared field by field.
  const later = { desk: { standsMs: 3_600_000 } };
  const before = await within(
    dataDir,
    async (company) => {
      const { operations, drainEvents } = company.server.sandbox!.stripe;
      const customers = [1, 2, 3].map((i) => operations.createCustomer({ name: `Shop ${i}` }));
      customers.forEach((customer, i) => {
        operations.createCharge({
          customer,
          amountMinor: [300, 90_000, 5000][i]!,
          ...(i === 1 ? { currency: "jpy" } : {}),
        });
      });
      const events = drainEvents() as Loose[];
      const nobody = structuredClone(events.filter(({ type }) => type === "charge.succeeded")[0]);
      nobody.id = "evt_nobody";
      Object.assign(nobody.data.object, { id: "ch_nobody", customer: null, amount: 777, amount_captured: 777 });
      await company.tell([...events, nobody]);
      const all = await company.get("/v1/exceptions");
      assert.equal(all.total, 4, JSON.stringify(all));
      assert.deepEqual(all.types, { unapplied: 3, unattributed: 1 });
      assert.deepEqual(all.moneyMinor, { JPY: 90_000, USD: 6077 });
      const byMoney = await pages(company, "");
      assert.deepEqual(
        byMoney.map(({ moneyMinor }) => moneyMinor),
        [90_000, 5000, 777, 300],
      );
      assert.deepEqual([byMoney[2]?.type, byMoney[2]?.account, byMoney[2]?.owner], ["unattributed", null, "stripe"]);
      const byAge = await pages(company, "&sort=age");
      assert.deepEqual(byAge.map(({ id }) => id).sort(), byMoney.map(({ id }) => id).sort());
      assert.ok(byAge.every((one, i) => i === 0 || byAge[i - 1]!.ageFrom <= one.ageFrom));
      assert.deepEqual((await pages(company, "&currency=JPY"))[0]?.source, byMoney[0]?.source);
      assert.equal((await pages(company, `&account=stripe:${customers[0]}`)).length, 1);
      assert.equal((await company.get("/v1/exceptions?owner=netsuite")).total, 0);
      assert.deepEqual(await company.get(`/v1/exceptions/${byMoney[1]!.id}`), byMoney[1]);
      for (const search of ["type=odd", "sort=name", "cursor=x", "account=stripe:no", "colour=red"])
        assert.equal((await company.ask(`/v1/exceptions?${search}`)).status, 400, search);
      assert.equal((await company.ask("/v1/exceptions/exc_0")).status, 404);
      const overview = (await company.server.host.ask({ name: "overview" })) as Loose;
      assert.deepEqual(overview.exceptions, all.types);
      const own = (await company.account(customers[0]!)).exceptions;
      assert.deepEqual(own[0].id, byMoney[3]!.id);
      return byMoney;
    },
    later,
  );
  await within(
    dataDir,
    async (company) => {
      assert.deepEqual(await pages(company, ""), before);
      const { operations } = company.server.sandbox!.stripe;
      operations.refundCharge(before[1]!.source.slice("stripe:payment/".length), { amountMinor: 1000 });
      await company.deliver();
      const [, less] = await pages(company, "");
      assert.deepEqual([less!.id, less!.moneyMinor], [before[1]!.id, 4000]);
    },
    later,
  );
});

it("[OP15] faults say what, where and what to do, apart from exceptions: stored, refused at the door, and a breaker", async () => {
  await within(join(folder, "faults"), async (company) => {
    const { netsuite, deliver } = company.server.sandbox!;
    const event = (id: string): Loose => ({ id, object: "event", type: "odd.thing", created: 1, data: { object: {} } });
    for (const id of ["evt_1", "evt_2", "evt_3"]) await deliver("stripe", event(id));
    await company.act("/webhooks/stripe", event("evt_4"), { "stripe-signature": "t=1,v1=00" });
    netsuite.faults.outageUntil = Date.now() + 60_000;
    for (let i = 0; i < 9; i++) company.invoiced(100 + i);
    for (const one of company.server.sandbox!.stripe.drainEvents()) await deliver("stripe", one);
    let all: Loose = null;
    for (let turn = 0; turn < 100; turn++) {
      all = await company.get("/v1/faults?limit=2");
      if (all.kinds["breaker-open"]) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { "unknown-type": unknown, "bad-signature": unsigned, "breaker-open": open } = all.kinds;
    assert.deepEqual([unknown, unsigned, open], [3, 1, 1], JSON.stringify(all));
    for (const fault of all.items)
      assert.ok(fault.what && fault.where && fault.todo.length > 20, JSON.stringify(fault));
    assert.deepEqual(
      all.items.map(({ live }: Loose) => live),
      [true, true, false, false],
    );
    const rest = await company.get(`/v1/faults?limit=2&cursor=${all.nextCursor}`);
    assert.deepEqual([rest.items.length, rest.nextCursor], [1, null]);
    assert.deepEqual([(await company.get("/v1/faults?kind=bad-signature")).total], [1]);
    assert.deepEqual([(await company.get("/v1/faults?connection=netsuite")).kinds], [{ "breaker-open": 1 }]);
    assert.equal((await company.ask("/v1/faults?kind=gap")).status, 400);
    const { types } = await company.get("/v1/exceptions");
    assert.ok(Object.keys(types).every((type) => !(type in all.kinds)));
    netsuite.faults.outageUntil = 0;
  });
});

it("[OP16] an act needs JSON and a reason; without a key it comes from this machine and no foreign page; with one its name is kept", async () => {
  const key = "a-key-of-sixteen-characters";
  const env = { TIEOUT_API_KEY: key };
  await within(
    join(folder, "access"),
    async (company) => {
      const { customer } = company.invoiced(100);
      await company.deliver();
      const path = `/v1/accounts/stripe:${customer}/park`;
      const body = { reason: "why not" };
      const status = async (given: unknown, headers: Record<string, string>): Promise<number> =>
        (await company.act(path, given, headers)).status;
      assert.equal(await status(body, { "content-type": "text/plain" }), 415);
      assert.equal(await status(body, { origin: "https://evil.example" }), 403);
      assert.equal(await status(body, { origin: "null" }), 403);
      assert.equal(await status(body, { authorization: "Bearer wrong" }), 401);
      assert.equal(await status("{", {}), 400);
      assert.equal(await status("[]", {}), 400);
      assert.equal(await status({}, {}), 422);
      assert.equal(await status({ reason: " " }, {}), 422);
      assert.equal((await company.ask(path)).status, 405);
      assert.equal((await company.account(customer)).regions.sync, "agreed");
      assert.equal(await status(body, { authorization: `Bearer ${key}`, origin: "https://tools.example" }), 200);
      assert.match((await company.account(customer)).exceptions[0].cause, /^TIEOUT_API_KEY parked/);
      const release = `/v1/accounts/stripe:${customer}/release`;
      assert.equal((await company.act(release, body, { origin: company.server.url })).status, 200);
    },
    { env, mode: "worker" },
  );
});
