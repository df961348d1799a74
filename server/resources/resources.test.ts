/** The canonical resources: what each shows, how lists page and filter, and what a wrong question is told. */
import { strict as assert } from "node:assert";
import { afterAll, beforeAll, it } from "vitest";
import { blanks, dataSchemas } from "../../domain/event.ts";
import type { Loose, World } from "../testing/world.ts";
import { collections } from "./collections.ts";
import { type Company, makeCompany } from "./testing/company.ts";

let company: Company;
let world: World;
beforeAll(async () => {
  company = await makeCompany(5);
  world = company.world;
});
afterAll(() => world.host.close(0));

const everything = async (path: string, query = "limit=2", of: World = world): Promise<Loose[]> => {
  const items: Loose[] = [];
  for (let cursor: string | null = null; ; ) {
    const at = `/v1/${path}?${query}${cursor === null ? "" : `&cursor=${cursor}`}`;
    const { status, body }: { status: number; body: Loose } = await of.get(at);
    assert.equal(status, 200, JSON.stringify(body));
    items.push(...body.items);
    cursor = body.nextCursor;
    if (cursor === null) return items;
    assert.ok(items.length < 1000, "the pages never end");
  }
};
const problemOf = async (path: string, status: number, name: string, of: World = world): Promise<Loose> => {
  const response = await of.app.request(path);
  const body = (await response.json()) as Loose;
  assert.equal(response.status, status, JSON.stringify(body));
  assert.equal(body.type, `urn:tieout:problem:${name}`);
  assert.match(response.headers.get("content-type") ?? "", /^application\/problem\+json/);
  return body;
};

it("[RS1] every collection with evidence lists its objects, each once, whatever the size of the page", async () => {
  const counts: Record<string, number> = {};
  for (const { path } of collections) {
    const items = await everything(path);
    counts[path] = items.length;
    const ids = items.map(({ id }: Loose) => id);
    assert.equal(new Set(ids).size, ids.length, path);
    assert.deepEqual(await everything(path, "limit=200"), items, path);
  }
  assert.deepEqual(counts, {
    customers: 5,
    quotes: 0,
    contracts: 5,
    subscriptions: 5,
    invoices: 15,
    "credit-notes": 5,
    payments: 10,
    refunds: 5,
    disputes: 5,
    postings: counts["postings"],
  });
  // For each shop: three invoices, two payments, a credit memo, a refund, a chargeback.
  assert.equal(counts["postings"], 40);
});

it("[RS2] an object has every field of the domain's schema, and what is said of it agrees with its account", async () => {
  for (const { path, kind } of collections) {
    for (const item of await everything(path)) {
      for (const field of Object.keys(dataSchemas[kind].fields)) assert.ok(field in item, `${path} ${field}`);
      assert.deepEqual((await world.get(`/v1/${path}/${encodeURIComponent(item.id)}`)).body, item);
      assert.equal(item.connection, item.id.slice(0, item.id.indexOf(":")));
      assert.equal((await world.get(`/v1/accounts/${item.party}`)).body.id, item.account);
    }
  }
  const account = (await world.get(`/v1/accounts/stripe:${company.customers[0]}`)).body;
  for (const invoice of account.invoices) {
    const shown = (await world.get(`/v1/invoices/${invoice.id}`)).body;
    for (const [name, system] of Object.entries<Loose>(invoice.systems)) {
      const { id, status } = shown.systems[name];
      assert.deepEqual({ id, status }, system, name);
    }
    const { systems: _systems, ...fields } = invoice;
    for (const [field, value] of Object.entries(fields)) assert.deepEqual(shown[field], value, field);
    const { settledMinor, creditsMinor, totalMinor } = shown;
    assert.equal(shown.dueMinor, Math.max(0, totalMinor - settledMinor - creditsMinor));
  }
  assert.equal(account.invoices.length, 3);
  const ids = (await everything("contracts", `account=${account.id}`)).map(({ id, stage }: Loose) => ({ id, stage }));
  const ours = account.contracts.filter(({ id }: Loose) => !id.endsWith(":none"));
  assert.deepEqual(
    ids,
    ours.map(({ id, stage }: Loose) => ({ id, stage })),
  );
});

it("[RS3] money that moved is told where it moved: allocations, refunds, disputed funds, and the documents that stand for it", async () => {
  const [customer] = company.customers;
  const query = `account=stripe:${customer}`;
  const payments = await everything("payments", query);
  const refunded = payments.find(({ refundedMinor }: Loose) => refundedMinor > 0);
  const disputed = payments.find(({ withdrawnMinor }: Loose) => withdrawnMinor > 0);
  assert.deepEqual(refunded.allocations, [{ invoice: `stripe:${company.invoices[0]}`, amountMinor: 10_000 }]);
  assert.deepEqual([refunded.refundedMinor, refunded.withdrawnMinor], [1000, 0]);
  assert.deepEqual([disputed.refundedMinor, disputed.withdrawnMinor], [0, 4000]);
  const [dispute] = await everything("disputes", query);
  assert.deepEqual(
    [dispute.payment, dispute.funds.status, dispute.funds.amountMinor],
    [disputed.id, "withdrawn", 4000],
  );
  const [document] = dispute.systems.netsuite.documents;
  assert.equal(document.kind, "chargeback");
  const [refund] = await everything("refunds", query);
  const posting = (await world.get(`/v1/postings/netsuite:${refund.systems.netsuite.id}`)).body;
  assert.deepEqual(
    [posting.carries.source, posting.carries.sourceKind, posting.carries.kind, posting.amountMinor],
    [refund.id, "refund", "refund", 1000],
  );
  assert.equal(posting.carries.outsideId, refund.systems.netsuite.documents[0].outsideId);
});

it("[RS4] lists filter by account, in every form that finds one, and by status", async () => {
  const [customer] = company.customers;
  const { body } = await world.get(`/v1/accounts/stripe:${customer}`);
  for (const account of [body.id, `stripe:${customer}`, `stripe:${company.invoices[0]}`]) {
    const items = await everything("invoices", `account=${encodeURIComponent(account)}&limit=2`);
    assert.deepEqual(
      items.map(({ id }: Loose) => id).sort(),
      company.invoices
        .slice(0, 3)
        .map((id) => `stripe:${id}`)
        .sort(),
    );
    assert.ok(items.every((item: Loose) => item.account === body.id));
  }
  const open = await everything("invoices", "status=open");
  assert.equal(open.length, 5);
  assert.ok(open.every(({ status }: Loose) => status === "open"));
  assert.deepEqual(await everything("invoices", "status=void"), []);
  assert.equal((await everything("contracts", "status=activated")).length, 5);
  assert.equal((await everything("payments", `status=succeeded&account=stripe:${customer}`)).length, 2);
});

it("[RS5] a filter that is misspelt, unknown, repeated, empty or without such a value is 400 and named", async () => {
  const ofPayments = (await world.get("/v1/payments?limit=1")).body.nextCursor;
  const bad: ReadonlyArray<readonly [string, string]> = [
    ["/v1/invoices?statsu=open", "statsu"],
    ["/v1/invoices?status=Open", "status"],
    ["/v1/invoices?status=", "status"],
    ["/v1/invoices?status=open&status=paid", "status"],
    ["/v1/invoices?account=", "account"],
    ["/v1/invoices?account=stripe:cus_nobody", "account"],
    ["/v1/invoices?account=acct_00000000000000000000", "account"],
    ["/v1/invoices?limit=0", "limit"],
    ["/v1/invoices?limit=201", "limit"],
    ["/v1/invoices?cursor=zzz", "cursor"],
    [`/v1/invoices?cursor=${ofPayments}`, "cursor"],
    ["/v1/invoices/stripe:in_1?status=open", "status"],
  ];
  for (const [path, parameter] of bad) {
    assert.equal((await problemOf(path, 400, "bad-parameter")).parameter, parameter, path);
  }
});

it("[RS6] what is not there is 404, and says where to look", async () => {
  const [invoice] = company.invoices;
  const detail = async (path: string): Promise<string> => (await problemOf(path, 404, "no-such-object")).detail;
  assert.match(await detail(`/v1/payments/stripe:${invoice}`), /is an invoice: GET \/v1\/invoices\/stripe%3Ain_/);
  assert.match(await detail("/v1/invoices/stripe:in_none"), /stripe has reported no invoice "in_none"/);
  assert.match(await detail("/v1/credit-notes/strip:cn_1"), /no connection is named "strip": there are .*stripe/);
  for (const odd of ["x", "stripe:", ":x", "acct_1", "@stripe", "%F0%28"]) {
    assert.ok((await detail(`/v1/invoices/${odd}`)).length > 20, odd);
  }
  for (const path of ["/v1/entitlements", "/v1/products", "/v1/invoices/a/b"]) {
    await problemOf(path, 404, "no-such-route");
  }
});

it("[RS7] the tag of an object stays while others change, answers 304, and changes when the object does", async () => {
  const fresh = (await makeCompany(2)).world;
  const [one, other] = (await fresh.get("/v1/customers")).body.items;
  const ask = (headers: Record<string, string> = {}) => fresh.app.request(`/v1/customers/${one.id}`, { headers });
  const tag = (await ask()).headers.get("etag")!;
  assert.match(tag, /^W\/"[0-9a-f]{20}"$/);
  fresh.clock.now += 60_000;
  fresh.stripe.operations.updateCustomer(other.party.slice(7), { name: "Another" });
  await fresh.deliver();
  for (const given of [tag, `"x", ${tag}`, tag.slice(2), "*"]) {
    const same = await ask({ "if-none-match": given });
    assert.deepEqual([same.status, await same.text(), same.headers.get("etag")], [304, "", tag], given);
    assert.ok(same.headers.get("x-request-id"));
  }
  assert.equal((await ask({ "if-none-match": `"x"` })).status, 200);
  fresh.clock.now += 60_000;
  fresh.stripe.operations.updateCustomer(one.party.slice(7), { name: "Renamed" });
  await fresh.deliver();
  const changed = await ask({ "if-none-match": tag });
  assert.equal(changed.status, 200);
  assert.equal(((await changed.json()) as Loose).name, "Renamed");
});

it("[RS8] a cursor stays good while objects come: nothing that was there is missed or shown twice", async () => {
  const fresh = (await makeCompany(4)).world;
  const before = (await everything("invoices", "limit=200", fresh)).map(({ id }: Loose) => id);
  const first = (await fresh.get("/v1/invoices?limit=5")).body;
  const more = await makeMore(fresh);
  assert.ok(more > 0);
  const seen = first.items.map(({ id }: Loose) => id);
  for (let cursor = first.nextCursor; cursor !== null; ) {
    const page = (await fresh.get(`/v1/invoices?limit=5&cursor=${cursor}`)).body;
    seen.push(...page.items.map(({ id }: Loose) => id));
    cursor = page.nextCursor;
  }
  assert.equal(new Set(seen).size, seen.length);
  for (const id of before) assert.ok(seen.includes(id), id);
});

const makeMore = async ({ stripe, deliver }: World): Promise<number> => {
  for (let i = 0; i < 6; i++) {
    const customer = stripe.operations.createCustomer({ name: `Later ${i}` });
    stripe.operations.finalizeInvoice(stripe.operations.createInvoice({ customer, amountMinor: 100 }));
  }
  return (await deliver()).length;
};

it("[RS9 P4] two things said of one instant are both shown, with the rule's choice, until they settle", async () => {
  const fresh = (await makeCompany(1)).world;
  const [customer] = (await fresh.get("/v1/customers")).body.items;
  const at = fresh.clock.now + 5000;
  for (const name of ["Acme B", "Acme A"]) {
    await fresh.host.accept([reported(customer.party, { ...emptyAccount, name }, at, name)]);
  }
  const { Effect } = await import("effect");
  await Effect.runPromise(fresh.engine.fold);
  const shown = (await fresh.get(`/v1/customers/${customer.id}`)).body;
  assert.equal(shown.ambiguous, true);
  assert.equal(shown.name, "Acme A");
  assert.deepEqual(shown.kept.map(({ value }: Loose) => value.name).sort(), ["Acme A", "Acme B"]);
  assert.equal(shown.systems.stripe.status, "active (ambiguous)");
});

const emptyAccount = {
  status: "active",
  name: null,
  email: null,
  currency: null,
  parent: null,
  legalId: null,
} as const;

/** What an adapter would make of a webhook, taken in as an entry. */
const entryOf = (event: Loose) => ({
  kind: "webhook" as const,
  connection: event.source,
  at: event.time,
  partition: 0,
  dedup: { id: event.id, type: event.type, hash: event.id },
  events: [{ via: null, read: false, links: [], externalId: null, correlationid: null, traceparent: null, ...event }],
  note: null,
  raw: new Uint8Array(),
});
const reported = (party: string, data: Loose, at: number, id: string) =>
  entryOf({
    id,
    source: "stripe",
    type: "account.updated",
    subject: `account/${party.slice(7)}`,
    time: at,
    owner: party.slice(7),
    clock: { at, tick: 1000, trust: 1000 },
    data,
    dataschema: "tieout/account/1",
  });

it("[RS15] a contract of the CRM, told field by field, takes in its subscription; a field that ties shows what was said of it", async () => {
  const fresh = (await makeCompany(1)).world;
  const [subscription] = await everything("subscriptions", "", fresh);
  const at = fresh.clock.now;
  const told = (id: string, subject: string, data: Loose, fields: ReadonlyArray<string>, links: Loose[] = []) =>
    fresh.host.accept([
      entryOf({
        id,
        source: "salesforce",
        type: "contract.updated",
        subject,
        time: at,
        owner: "001A",
        clock: { at, tick: 1000, trust: 1000 },
        data,
        fields,
        links,
        dataschema: "tieout/contract/1",
      }),
    ]);
  const contract = { ...blanks.contract, status: "activated", name: "Gold", subscription: subscription.id };
  await told(
    "e1",
    "account/001A",
    { ...emptyAccount, name: "Acme" },
    ["name"],
    [{ rank: "external-id", target: subscription.party }],
  );
  await told("e2", "contract/800A", contract, ["status", "name", "subscription"]);
  await told("e3", "contract/800A", { ...contract, name: "Silver" }, ["name"]);
  const { Effect } = await import("effect");
  await Effect.runPromise(fresh.engine.fold);
  const listed = await everything("contracts", `account=${subscription.party}`, fresh);
  assert.deepEqual(
    listed.map(({ id, basis, account }: Loose) => [id, basis, account]),
    [["salesforce:800A", "contract", (await fresh.get(`/v1/accounts/${subscription.party}`)).body.id]],
  );
  const [shown] = listed;
  assert.deepEqual(
    [shown.status, shown.name, shown.subscription, shown.ambiguous],
    ["activated", "Gold", subscription.id, true],
  );
  assert.deepEqual(shown.kept.map(({ field, value }: Loose) => [field, value]).sort(), [
    ["name", "Gold"],
    ["name", "Silver"],
  ]);
  assert.notEqual(shown.stage, "prospect");
  const customers = await everything("customers", `account=salesforce:001A&limit=1`, fresh);
  assert.deepEqual(
    customers.map(({ id }: Loose) => id),
    ["salesforce:001A", subscription.party],
  );
  assert.deepEqual(await everything("contracts", "limit=1", fresh), listed);
  const detail = (await problemOf(`/v1/contracts/${subscription.id}`, 404, "no-such-object", fresh)).detail;
  assert.match(detail, /is a subscription: GET \/v1\/subscriptions\//);
});

it("[RS10 P1] what no customer is found for is listed and found, without an account", async () => {
  const fresh = (await makeCompany(1)).world;
  const { stripe } = fresh;
  const customer = stripe.operations.createCustomer({ name: "Unseen" });
  const invoice = stripe.operations.createInvoice({ customer, amountMinor: 900 });
  stripe.operations.finalizeInvoice(invoice);
  const charge = stripe.operations.payInvoice(invoice)!;
  const refund = stripe.operations.refundCharge(charge);
  const events = stripe.drainEvents() as ReadonlyArray<Loose>;
  for (const event of events.filter((one) => one.data.object.object === "refund"))
    await fresh.post(JSON.stringify(event));
  await fresh.host.idle();
  const listed = await everything("refunds", "limit=1", fresh);
  assert.equal(listed.length, 2);
  const { body } = await fresh.get(`/v1/refunds/stripe:${refund}`);
  assert.deepEqual(
    listed.find(({ id }: Loose) => id === body.id),
    body,
  );
  assert.deepEqual([body.account, body.party, body.amountMinor], [null, null, 900]);
  for (const event of events) await fresh.post(JSON.stringify(event));
  await fresh.host.idle();
  const attributed = (await fresh.get(`/v1/refunds/stripe:${refund}`)).body;
  assert.equal(attributed.party, `stripe:${customer}`);
  assert.equal((await everything("refunds", "limit=1", fresh)).length, 2);
});

it("[RS11] what is only stored is shown as what is in memory, and listing it loads nothing", async () => {
  const { world: fresh } = await makeCompany(3);
  const lists = collections;
  const before = await Promise.all(lists.map(({ path }) => everything(path, "limit=3", fresh)));
  const { Effect } = await import("effect");
  await Effect.runPromise(fresh.engine.snapshot);
  const { core } = fresh.engine;
  core.evict(0);
  assert.equal(core.parties.size, 0);
  const after = await Promise.all(lists.map(({ path }) => everything(path, "limit=3", fresh)));
  assert.deepEqual(after, before);
  assert.equal(core.parties.size, 0);
  for (const item of before.flat()) {
    const { path } = lists[before.findIndex((items) => items.includes(item))]!;
    assert.deepEqual((await fresh.get(`/v1/${path}/${encodeURIComponent(item.id)}`)).body, item);
  }
});

it("[RS12] the work for one page is bounded: a filter that finds nothing ends the page with a cursor", async () => {
  const { mostParties } = await import("./list.ts");
  const { makeWorld } = await import("../testing/world.ts");
  const fresh = await makeWorld();
  for (let i = 0; i < mostParties + 20; i++) fresh.stripe.operations.createCustomer({ name: `C ${i}` });
  await fresh.deliver();
  const first = (await fresh.get("/v1/invoices?status=void")).body;
  assert.deepEqual(first.items, []);
  assert.ok(first.nextCursor !== null);
  const second = (await fresh.get(`/v1/invoices?status=void&cursor=${first.nextCursor}`)).body;
  assert.deepEqual(second, { items: [], nextCursor: null });
});

it("[RS13] outside the sandbox every resource needs the key; a broken store is 503", async () => {
  const { makeWorld } = await import("../testing/world.ts");
  const locked = await makeWorld({ sandbox: false, apiKey: "k-1" });
  for (const { path } of collections) {
    await problemOf(`/v1/${path}`, 401, "unauthorized", locked);
    await problemOf(`/v1/${path}/stripe:x`, 401, "unauthorized", locked);
  }
  const headers = { authorization: "Bearer k-1" };
  assert.equal((await locked.app.request("/v1/invoices", { headers })).status, 200);
  const broken = await makeWorld();
  broken.fail.with = { code: "corrupt", reason: "page 7 of tieout.db is damaged" };
  assert.equal((await problemOf("/v1/invoices", 503, "store-unavailable", broken)).code, "corrupt");
});
