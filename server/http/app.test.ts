/** The reading side: every route, every parameter, who may read, and the form of every error. */
import { strict as assert } from "node:assert";
import { it } from "vitest";
import { type Loose, makeWorld, type World } from "../testing/world.ts";
import { frame } from "./recorded.ts";

const company = async (
  options: Parameters<typeof makeWorld>[0] = {},
): Promise<{ world: World; customer: string; invoice: string }> => {
  const world = await makeWorld(options);
  const { operations } = world.stripe;
  const customer = operations.createCustomer({ name: "Acme", email: "ap@acme.test" });
  const subscription = operations.createSubscription({ customer, amountMinor: 10_000 });
  const invoice = operations.createInvoice({ subscription });
  operations.finalizeInvoice(invoice);
  operations.payInvoice(invoice);
  await world.deliver();
  world.clock.now = Date.now() + 2000;
  await world.host.idle();
  return { world, customer, invoice };
};
const expectProblem = async (response: Response, status: number, name: string): Promise<Loose> => {
  const body = (await response.json()) as Loose;
  assert.equal(response.status, status, JSON.stringify(body));
  assert.match(response.headers.get("content-type") ?? "", /^application\/problem\+json/);
  assert.equal(body.type, `urn:tieout:problem:${name}`);
  return body;
};

it("[H1 P2] an account has the shape of DESIGN section 6, at rest after its payment", async () => {
  const { world, customer, invoice } = await company();
  const { status, body } = await world.get(`/v1/accounts/stripe:${customer}`);
  assert.equal(status, 200);
  assert.match(body.id, /^acct_[0-9a-f]{20}$/);
  assert.equal(body.name, "Acme");
  assert.equal(body.stage, "paid");
  const regions = { lifecycle: "paid", subscription: "active", ledger: "posted", cash: "settled", sync: "agreed" };
  assert.deepEqual(body.regions, regions);
  assert.deepEqual(body.parties, [{ connection: "stripe", id: customer }]);
  assert.deepEqual(
    body.contracts.map((c: Loose) => [c.stage, c.recognizedShare]),
    [["paid", null]],
  );
  const [shown] = body.invoices;
  assert.equal(shown.id, `stripe:${invoice}`);
  assert.deepEqual(
    [shown.stage, shown.currency, shown.totalMinor, shown.settledMinor, shown.creditsMinor],
    ["paid", "USD", 10_000, 10_000, 0],
  );
  assert.deepEqual(shown.systems.stripe, { id: invoice, status: "paid" });
  assert.equal(shown.systems.netsuite.status, "posted");
  const held = world.netsuite.committed.find((entry) => entry.recordType === "invoice");
  assert.equal(shown.systems.netsuite.id, held?.internalId);
  const rows = body.obligations.map((o: Loose) => [o.row, o.target, o.verb, o.state, o.attempts, o.lastError]);
  assert.deepEqual(rows.sort(), [
    ["customer.present", "netsuite", "post", "acked", 1, null],
    ["invoice.posted", "netsuite", "post", "acked", 1, null],
    ["payment.applied", "netsuite", "post", "acked", 1, null],
  ]);
  assert.ok(body.obligations.every((o: Loose) => /^cmd_/.test(o.key)));
  assert.deepEqual(body.exceptions, []);
  assert.equal(body.seq, world.engine.core.position);
});

it("[H2] an account is found by its id, by its party, and by any object's foreign id in any system", async () => {
  const { world, customer, invoice } = await company();
  const byParty = (await world.get(`/v1/accounts/stripe:${customer}`)).body;
  const erpId = byParty.invoices[0].systems.netsuite.id;
  for (const id of [byParty.id, `stripe:${invoice}`, `netsuite:${erpId}`, `stripe%3A${customer}`]) {
    assert.equal((await world.get(`/v1/accounts/${id}`)).body.id, byParty.id, id);
  }
});

it("[H3] an account that is not there is 404, also for pools, prefixes and odd ids", async () => {
  const { world } = await company();
  for (const id of [
    "acct_00000000000000000000",
    "acct_",
    "stripe:cus_none",
    "stripe:",
    "@stripe",
    "@meta:x",
    "x",
    "%00",
    "%F0%28",
    "a%2Fb",
  ]) {
    const body = await expectProblem(await world.app.request(`/v1/accounts/${id}`), 404, "no-such-account");
    assert.ok(body.detail.length > 0);
  }
});

it("[H4] the list pages through everything once, filters by stage and sync, and finds by word", async () => {
  const world = await makeWorld();
  const { operations } = world.stripe;
  for (let i = 0; i < 7; i++) {
    const customer = operations.createCustomer({ name: `Shop ${i}`, email: `shop${i}@x.test` });
    if (i % 2 === 0) operations.finalizeInvoice(operations.createInvoice({ customer, amountMinor: 100 + i }));
  }
  await world.deliver();
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Loose = (await world.get(`/v1/accounts?limit=2${cursor ? `&cursor=${cursor}` : ""}`)).body;
    assert.ok(page.items.length <= 2);
    for (const item of page.items) {
      assert.deepEqual(Object.keys(item).sort(), ["billed", "id", "name", "regions", "stage"]);
      ids.push(item.id);
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  assert.equal(ids.length, 7);
  assert.equal(new Set(ids).size, 7);
  const names = async (query: string): Promise<string[]> =>
    (await world.get(`/v1/accounts?${query}`)).body.items.map((item: Loose) => item.name).sort();
  assert.deepEqual(await names("stage=posted"), ["Shop 0", "Shop 2", "Shop 4", "Shop 6"]);
  assert.deepEqual(await names("stage=prospect&sync=agreed"), ["Shop 1", "Shop 3", "Shop 5"]);
  assert.deepEqual(await names("q=SHOP%203"), ["Shop 3"]);
  assert.equal((await names("q=shop")).length, 7);
  assert.deepEqual(await names("q=shop4@x.test"), ["Shop 4"]);
  assert.deepEqual(await names("q=shop&stage=posted&limit=200"), ["Shop 0", "Shop 2", "Shop 4", "Shop 6"]);
  assert.deepEqual(await names("q=nobody"), []);
});

it("[H5] a parameter that is unknown, repeated or has no such value is 400 and named", async () => {
  const world = await makeWorld();
  const bad: ReadonlyArray<readonly [string, string]> = [
    ["/v1/accounts?stage=happy", "stage"],
    ["/v1/accounts?sync=1", "sync"],
    ["/v1/accounts?limit=0", "limit"],
    ["/v1/accounts?limit=201", "limit"],
    ["/v1/accounts?limit=1.5", "limit"],
    ["/v1/accounts?limit=-1", "limit"],
    ["/v1/accounts?cursor=zzz", "cursor"],
    ["/v1/accounts?cursor=", "cursor"],
    ["/v1/accounts?q=", "q"],
    ["/v1/accounts?stage=paid&stage=paid", "stage"],
    ["/v1/accounts?colour=red", "colour"],
    ["/v1/accounts/stripe:x?asOf=2026-01-01", "asOf"],
    ["/v1/accounts/stripe:x/timeline?limit=x", "limit"],
    ["/v1/accounts/stripe:x/machine?limit=1", "limit"],
    ["/?stage=happy", "stage"],
  ];
  for (const [path, parameter] of bad) {
    const body = await expectProblem(await world.app.request(path), 400, "bad-parameter");
    assert.equal(body.parameter, parameter, path);
  }
});

it("[H6 P10] the timeline tells events, commands and the machine's transitions, in order", async () => {
  const { world, customer } = await company();
  const { body } = await world.get(`/v1/accounts/stripe:${customer}/timeline`);
  const positions = body.items.map((item: Loose) => item.position);
  assert.deepEqual(
    positions,
    [...positions].sort((a: number, b: number) => a - b),
  );
  const types = body.items.flatMap((item: Loose) => item.events.map((event: Loose) => event.type));
  assert.ok(types.includes("invoice.finalized") && types.includes("invoice.paid"), types.join());
  const notes = body.items.map((item: Loose) => item.note?.type).filter(Boolean);
  assert.equal(notes.filter((type: string) => type === "command.acked").length, 3);
  assert.equal(body.complete, true);
  assert.equal(body.transitions.at(-1).to.lifecycle, "paid");
  const last = (await world.get(`/v1/accounts/stripe:${customer}/timeline?limit=2`)).body;
  assert.deepEqual(last.items, body.items.slice(-2));
  assert.equal(last.complete, false);
  await expectProblem(await world.app.request("/v1/accounts/stripe:no/timeline"), 404, "no-such-account");
});

it("[H7] the machine's definition names every state and guard, and its configuration is the account's", async () => {
  const { world, customer } = await company();
  const { body } = await world.get(`/v1/accounts/stripe:${customer}/machine`);
  assert.deepEqual(Object.keys(body.definition.regions), ["lifecycle", "subscription", "ledger", "cash", "sync"]);
  const { states } = body.definition.regions.lifecycle;
  assert.equal(Object.keys(states).length, 8);
  assert.deepEqual(states.paid.always.at(-1), { guard: "beforePaid", target: "posted" });
  for (const [region, { states: all }] of Object.entries<Loose>(body.definition.regions)) {
    assert.ok(body.configuration[region] in all);
  }
  assert.equal(body.configuration.lifecycle, "paid");
});

it("[H8 P12] health is the age of what is unprocessed; readiness is 503 until recovery has caught up", async () => {
  let ready = false;
  const world = await makeWorld({ ready: () => ready });
  await expectProblem(await world.app.request("/readyz"), 503, "not-ready");
  ready = true;
  assert.deepEqual((await world.get("/readyz")).body, { ready: true });
  const idle = (await world.get("/healthz")).body;
  assert.deepEqual([idle.status, idle.oldestUnprocessedMs, idle.oldestDueCommandMs], ["ok", 0, 0]);
  world.clock.now -= 120_000;
  world.stripe.operations.createCustomer({ name: "Late" });
  await world.post(JSON.stringify(world.stripe.drainEvents()[0]));
  const stalled = await world.get("/healthz");
  assert.equal(stalled.status, 503);
  assert.ok(stalled.body.oldestUnprocessedMs >= 119_000);
  await world.host.idle();
  assert.equal((await world.get("/healthz")).status, 200);
});

it("[H9] health and the API say 503 with the code when the store cannot be read", async () => {
  const world = await makeWorld();
  world.fail.with = { code: "corrupt", reason: "page 7 of tieout.db is damaged" };
  for (const path of ["/healthz", "/v1/accounts", "/v1/accounts/stripe:x", "/v1/now"]) {
    const body = await expectProblem(await world.app.request(path), 503, "store-unavailable");
    assert.equal(body.code, "corrupt");
  }
});

it("[H10] the page is HTML that needs nothing from elsewhere, says something without scripts too, and holds no word about anybody", async () => {
  const { world } = await company();
  await world.host.idle();
  const response = await world.app.request("/");
  const page = await response.text();
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^text\/html/);
  const policy = response.headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src 'none'/);
  assert.ok(!/unsafe|https?:|\*/.test(policy), policy);
  assert.ok(!page.includes("Acme"));
  assert.ok(!/(src|href)="(https?:|\/\/)/.test(page));
  assert.match(page, /<noscript>.*\/v1\/accounts.*\/docs.*<\/noscript>/s);
  const files = [...page.matchAll(/(?:src|href)="(\/console\/[^"]+)"/g)].map(([, file]) => file!);
  assert.equal(files.length, 3);
  for (const file of files) {
    const { status, headers } = await world.app.request(file);
    assert.equal(status, 200, file);
    assert.match(headers.get("cache-control") ?? "", /immutable/);
    assert.ok(headers.get("etag"));
  }
  assert.equal((await world.app.request("/search", { headers: { accept: "application/json" } })).status, 404);
  await expectProblem(await world.app.request("/?stage=happy"), 400, "bad-parameter");
  await expectProblem(await world.app.request("/console/../app.ts"), 404, "no-such-route");
});

it("[H11] outside the sandbox every read needs the key; health and readiness do not", async () => {
  const { world } = await company({ sandbox: false, apiKey: "k-1" });
  for (const path of [
    "/v1/accounts",
    "/v1/accounts/stripe:x",
    "/v1/accounts/stripe:x/timeline",
    "/v1/accounts/stripe:x/machine",
    "/v1/now",
    "/v1/stream",
  ]) {
    for (const authorization of [undefined, "Bearer wrong", "Basic ay0x", "Bearer"]) {
      const init = authorization === undefined ? {} : { headers: { authorization } };
      const response = await world.app.request(path, init);
      assert.equal(response.headers.get("www-authenticate"), "Bearer");
      await expectProblem(response, 401, "unauthorized");
    }
  }
  assert.equal((await world.app.request("/v1/accounts", { headers: { authorization: "Bearer k-1" } })).status, 200);
  assert.equal((await world.get("/healthz")).status, 200);
  assert.equal((await world.get("/readyz")).status, 200);
  const keyless = await makeWorld({ sandbox: false });
  await expectProblem(
    await keyless.app.request("/v1/accounts", { headers: { authorization: "Bearer x" } }),
    401,
    "unauthorized",
  );
});

it("[H12] the keyless sandbox answers only to this machine's own name, so that no foreign page can read it", async () => {
  const world = await makeWorld();
  for (const host of ["127.0.0.1:4000", "localhost:4000", "[::1]:4000"]) {
    assert.equal((await world.app.request("/v1/accounts", { headers: { host } })).status, 200, host);
  }
  for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:4000"]) {
    await expectProblem(await world.app.request("/v1/accounts", { headers: { host } }), 401, "unauthorized");
  }
});

it("[H13] HEAD answers like GET without a body; other methods are 405 with Allow; other addresses 404", async () => {
  const world = await makeWorld();
  for (const path of ["/", "/healthz", "/readyz", "/v1/accounts"]) {
    const head = await world.app.request(path, { method: "HEAD" });
    assert.equal(head.status, 200);
    assert.equal(await head.text(), "");
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const response = await world.app.request(path, { method });
      assert.equal(response.headers.get("allow"), "GET, HEAD");
      await expectProblem(response, 405, "method-not-allowed");
    }
  }
  for (const path of ["/v1/nothing", "/v1/accounts/a/b", "/webhooks", "/webhooks/a/b", "/.env", "/internal/report"]) {
    await expectProblem(await world.app.request(path), 404, "no-such-route");
  }
});

it("[H14] what the command line asks is behind its own token", async () => {
  const world = await makeWorld({ internalToken: "t-1", apiKey: "k-1" });
  for (const authorization of ["", "Bearer t-2", "Bearer k-1"]) {
    await expectProblem(
      await world.app.request("/internal/report", { headers: { authorization } }),
      401,
      "unauthorized",
    );
  }
  const headers = { authorization: "Bearer t-1" };
  const post = async (path: string, body?: Uint8Array<ArrayBuffer>): Promise<Loose> =>
    (await world.app.request(path, { method: "POST", headers, ...(body === undefined ? {} : { body }) })).json();
  world.stripe.operations.createCustomer({ name: "Imported" });
  const bytes = new TextEncoder().encode(JSON.stringify(world.stripe.drainEvents()[0]));
  assert.deepEqual(await post("/internal/import/stripe", frame([bytes, bytes, new Uint8Array([123])])), {
    outcomes: ["accepted", "duplicate", "not-an-envelope"],
  });

  assert.equal((await post("/internal/import/stripe", new Uint8Array([0, 0]))).status, 400);
  assert.equal((await post("/internal/import/nobody", frame([bytes]))).status, 404);
  assert.deepEqual(await post("/internal/idle"), { idle: true });
  const report = (await (await world.app.request("/internal/report", { headers })).json()) as Loose;
  assert.equal(report.accounts.length, 1);
});

it("[H15] every answer of the reading side carries the security headers and is not cached", async () => {
  const world = await makeWorld();
  for (const path of ["/", "/v1/accounts", "/healthz", "/readyz"]) {
    const { headers } = await world.app.request(path);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal(headers.get("x-frame-options"), "DENY");
    assert.ok(headers.get("x-request-id"));
  }
});

it("[H16] the list shows the name that the evidence has now, also when it came after everything else", async () => {
  const { world, customer } = await company();
  world.clock.now += 5000;
  world.stripe.operations.updateCustomer(customer, { name: "Acme Holdings" });
  await world.deliver();
  assert.equal((await world.get("/v1/accounts")).body.items[0].name, "Acme Holdings");
  assert.equal((await world.get("/v1/accounts?q=acme%20holdings")).body.items.length, 1);
});
