/** What a person may do to a command, on a real server: approve, retry, cancel; and that each is done once and survives. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { afterAll, it } from "vitest";
import { actOnAll, observeAll } from "../../domain/rules.ts";
import { entriesOf } from "./entries.ts";
import { type Company, type Loose, scratch, within } from "./testing/company.ts";

const { folder, remove } = scratch();
afterAll(remove);

const propose = { ...actOnAll, mode: "propose" } as const;
const commands = async ({ get }: Company, search: string): Promise<Loose[]> => {
  const found: Loose[] = [];
  for (let cursor = ""; ; ) {
    const page = await get(`/v1/commands?limit=2${search}${cursor}`);
    assert.ok(page.items.length <= 2);
    found.push(...page.items);
    if (page.nextCursor === null) return found;
    cursor = `&cursor=${page.nextCursor}`;
  }
};
const conflict = async (company: Company, path: string, words: RegExp): Promise<void> => {
  const { status, body } = await company.act(path, { reason: "try" });
  assert.deepEqual([status, body.type], [409, "urn:tieout:problem:conflict"], JSON.stringify(body));
  assert.match(body.detail, words);
};
/** A customer whose second invoice NetSuite refuses. */
const refused = async (company: Company) => {
  const { customer } = company.invoiced(1000);
  await company.deliver();
  const { stripe, netsuite } = company.server.sandbox!;
  const taken = netsuite.committed.filter((entry) => entry.recordType === "customer").map((entry) => entry.internalId);
  for (const id of taken) netsuite.faults.rejectCustomers.add(id);
  const invoice = stripe.operations.createInvoice({ customer, amountMinor: 4000 });
  stripe.operations.finalizeInvoice(invoice);
  await company.deliver();
  const [rejected] = await commands(company, "&state=rejected");
  return { customer, invoice, rejected: rejected as Loose };
};

it("[OP6 P5] in mode propose each command waits for approval, and an approved one is sent exactly once", async () => {
  await within(
    join(folder, "propose"),
    async (company) => {
      const { customer } = company.invoiced(5000);
      await company.deliver();
      assert.equal(company.server.sandbox!.netsuite.committed.length, 0);
      const [first, second] = (await commands(company, "&state=held")).sort((a, b) => (a.row < b.row ? -1 : 1));
      assert.deepEqual([first.row, first.hold, first.deadLetter], ["customer.present", "approval", false]);
      assert.deepEqual(first.acts, ["approve", "cancel"]);
      assert.equal((await company.get("/v1/exceptions?type=approval")).total, 2);
      await company.done(`/v1/commands/${first.key}/approve`, {});
      await company.server.idle();
      await conflict(company, `/v1/commands/${first.key}/approve`, /it is done/);
      assert.equal(company.committed("customer").length, 1);
      assert.equal(company.committed("invoice").length, 0);
      await company.done(`/v1/commands/${second.key}/approve`, {});
      await company.server.idle();
      assert.equal((await company.get(`/v1/commands/${second.key}`)).state, "acked");
      assert.deepEqual([company.committed("customer").length, company.committed("invoice").length], [1, 1]);
      assert.equal((await company.account(customer)).regions.sync, "agreed");
      await company.verified();
    },
    { rules: propose },
  );
});

it("[OP7] what mode observe keeps back is not approved: the answer says which setting to change", async () => {
  await within(
    join(folder, "observe"),
    async (company) => {
      company.invoiced(5000);
      await company.deliver();
      const [held] = await commands(company, "&state=held&target=netsuite");
      assert.equal(held.hold, "observe");
      await conflict(company, `/v1/commands/${held.key}/approve`, /mode observe.*connections\.netsuite\.mode/);
      await conflict(company, `/v1/commands/${held.key}/retry`, /approve it/);
      assert.equal(company.server.sandbox!.netsuite.committed.length, 0);
    },
    { rules: observeAll },
  );
});

it("[OP8] cancelling a rejected command closes its exception; taken up again it is sent once what was wrong is put right", async () => {
  await within(join(folder, "dead"), async (company) => {
    const { customer, rejected } = await refused(company);
    assert.deepEqual([rejected.deadLetter, rejected.row, rejected.acts], [true, "invoice.posted", ["retry", "cancel"]]);
    const types = async (): Promise<string[]> => (await company.account(customer)).exceptions.map((e: Loose) => e.type);
    assert.deepEqual(await types(), ["rejected"]);
    const cancelled = await company.done(`/v1/commands/${rejected.key}/cancel`, {});
    assert.deepEqual([cancelled.state, cancelled.acts], ["cancelled", ["retry"]]);
    assert.deepEqual(await types(), []);
    assert.deepEqual(await commands(company, "&state=rejected"), []);
    await conflict(company, `/v1/commands/${rejected.key}/cancel`, /cancelled already/);
    await company.done(`/v1/commands/${rejected.key}/retry`, {});
    await company.server.idle();
    assert.deepEqual(await types(), ["rejected"]);
    company.server.sandbox!.netsuite.faults.rejectCustomers.clear();
    await company.done(`/v1/commands/${rejected.key}/retry`, {});
    await company.server.idle();
    assert.deepEqual(await types(), []);
    assert.equal((await company.get(`/v1/commands/${rejected.key}`)).state, "acked");
    assert.equal(company.committed("invoice").length, 2);
    await company.verified();
  });
});

it("[OP9] the outbox pages by key, by state, target and account, and dead letters are told as such", async () => {
  await within(join(folder, "pages"), async (company) => {
    const { customer } = await refused(company);
    const { operations } = company.server.sandbox!.stripe;
    for (let i = 0; i < 4; i++) operations.finalizeInvoice(operations.createInvoice({ customer, amountMinor: 10 + i }));
    const other = company.invoiced(3);
    await company.deliver();
    const dead = await commands(company, "&state=rejected");
    assert.deepEqual([dead.length, dead.every((one) => one.deadLetter)], [5, true]);
    assert.deepEqual(
      dead.map(({ key }) => key).sort(),
      dead.map(({ key }) => key),
    );
    const all = await commands(company, "");
    assert.equal(new Set(all.map(({ key }) => key)).size, 9);
    assert.equal((await commands(company, `&account=stripe:${other.customer}`)).length, 2);
    assert.equal((await commands(company, "&state=acked,rejected&target=netsuite")).length, 9);
    assert.equal((await commands(company, "&target=salesforce")).length, 0);
    for (const search of ["state=dead", "limit=0", "cursor=x", "account=stripe:nobody", "state="]) {
      assert.equal((await company.ask(`/v1/commands?${search}`)).status, 400, search);
    }
    for (const path of ["/v1/commands/cmd_0", `/v1/commands/cmd_${"0".repeat(32)}`]) {
      const { status, body } = await company.ask(path);
      assert.deepEqual([status, body.type], [404, "urn:tieout:problem:no-such-command"]);
    }
    const many = await company.act(`/v1/commands/cmd_${"0".repeat(32)}/retry`, { reason: "x" });
    assert.equal(many.status, 404);
  });
});

it("[OP10] a restart keeps what is parked, approved and cancelled, and the journal bears it out", async () => {
  const dataDir = join(folder, "restart");
  const before = await within(
    dataDir,
    async (company) => {
      const [parked, mine, other] = [1000, 2000, 3000].map((amount) => company.invoiced(amount).customer);
      await company.deliver();
      const held = async (account: string | undefined, row: string): Promise<Loose> =>
        (await commands(company, `&state=held&account=stripe:${account}`)).find((one) => one.row === row);
      const customer = await held(mine, "customer.present");
      const invoice = await held(other, "invoice.posted");
      // Approved while nothing goes through, so that the approval alone has to survive.
      company.server.sandbox!.outage(60_000);
      await company.done(`/v1/commands/${customer.key}/approve`, {});
      await company.done(`/v1/commands/${invoice.key}/cancel`, {});
      await company.act(`/v1/accounts/stripe:${parked}/park`, { reason: "x" }, { "idempotency-key": "park-1" });
      await company.verified();
      return { parked: parked!, customer, invoice };
    },
    { rules: propose },
  );
  await within(
    dataDir,
    async (company) => {
      await company.server.idle();
      await company.verified();
      assert.equal((await company.account(before.parked)).regions.sync, "parked");
      const park = (reason: string) =>
        company.act(`/v1/accounts/stripe:${before.parked}/park`, { reason }, { "idempotency-key": "park-1" });
      assert.deepEqual([(await park("x")).status, (await park("y")).status], [200, 422]);
      assert.equal((await company.get(`/v1/commands/${before.customer.key}`)).state, "acked");
      const invoice = await company.get(`/v1/commands/${before.invoice.key}`);
      assert.deepEqual([invoice.state, invoice.acts], ["cancelled", ["retry"]]);
      assert.deepEqual([company.committed("customer").length, company.committed("invoice").length], [1, 0]);
    },
    { rules: propose },
  );
});

it("[OP11] an Idempotency-Key makes an act once: again it is answered, for something else it is refused", async () => {
  await within(join(folder, "once"), async (company) => {
    const { rejected } = await refused(company);
    company.server.sandbox!.netsuite.faults.rejectCustomers.clear();
    const path = `/v1/commands/${rejected.key}/retry`;
    const key = { "idempotency-key": "fix-1" };
    const send = (reason: string) => company.act(path, { reason }, key);
    const [one, two] = await Promise.all([send("mended"), send("mended")]);
    // The second comes while the first is worked on, or after it.
    const said = [one, two].map(({ status, body }) => (status === 409 ? body.type : status));
    assert.ok(said.includes(200), JSON.stringify(said));
    for (const each of said) assert.ok(each === 200 || each === "urn:tieout:problem:idempotency-in-progress", each);
    await company.server.idle();
    const again = await send("mended");
    assert.deepEqual([again.status, again.body.state], [200, "acked"]);
    assert.equal(again.headers.get("idempotent-replayed"), "true");
    assert.equal((await company.act(path, { reason: "mended" })).status, 409);
    const other = await send("another reason");
    assert.deepEqual([other.status, other.body.type], [422, "urn:tieout:problem:idempotency-conflict"]);
    const quoted = await company.act(path, { reason: "mended" }, { "idempotency-key": '"fix-1"' });
    assert.deepEqual([quoted.status, quoted.headers.get("idempotent-replayed")], [200, "true"]);
    const elsewhere = await company.act(`/v1/accounts/${rejected.account}/park`, { reason: "mended" }, key);
    assert.equal(elsewhere.status, 422);
    const { items } = await company.get(`/v1/accounts/${rejected.account}/timeline?limit=1000`);
    assert.equal(items.filter((item: Loose) => item.kind === "operator").length, 1);
    assert.deepEqual((await company.get("/v1/faults")).items, []);
    assert.equal((await company.act(path, { reason: "x" }, { "idempotency-key": "two words" })).status, 400);
    const note = { party: rejected.party, by: "x", reason: "x" };
    const at = Date.now();
    const { host } = company.server;
    await host.accept(entriesOf([{ ...note, type: "party.parked" }], { id: "race", hash: "1" }, at));
    await host.accept(entriesOf([{ ...note, type: "party.released" }], { id: "race", hash: "2" }, at));
    await company.server.idle();
    assert.equal((await company.get(`/v1/accounts/${rejected.account}`)).regions.sync, "parked");
    assert.deepEqual((await company.get("/v1/faults")).items, []);
    await company.verified();
  });
});

it("[OP17 P5] what began to be sent before it was cancelled or parked, and comes after that in the journal, is not sent", async () => {
  await within(
    join(folder, "void"),
    async (company) => {
      const [one, two] = [company.invoiced(1000).customer, company.invoiced(2000).customer];
      await company.deliver();
      const { host, idle } = company.server;
      const claim = async (customer: string): Promise<Loose> => {
        const found = await commands(company, `&account=stripe:${customer}&target=netsuite`);
        const { key, party, outsideId, verb, content } = found.find(({ row }) => row === "customer.present");
        const source = `account/${customer}`;
        const slot = `netsuite|${source}|customer`;
        const place = { target: "netsuite", source, part: "customer", kind: "customer" };
        const command = { key, outsideId, verb, content, ...place };
        const note = { type: "command.claimed", party, slot, owner: "another", command, settleAt: Date.now() + 60_000 };
        const rest = { partition: 0, dedup: null, events: [], raw: null };
        await host.accept([{ kind: "command", connection: "stripe", at: Date.now(), note: note as Loose, ...rest }]);
        // Folds.
        await host.ask({ name: "acted", id: "", hash: "" });
        return company.get(`/v1/commands/${key}`);
      };
      const [held] = (await commands(company, `&account=stripe:${one}`)).filter((c) => c.row === "customer.present");
      await company.done(`/v1/commands/${held.key}/cancel`, {});
      await company.done(`/v1/accounts/stripe:${two}/park`, {});
      assert.equal((await claim(one)).state, "cancelled");
      assert.deepEqual([(await claim(two)).state, (await claim(two)).hold], ["held", "parked"]);
      await idle();
      assert.equal((await claim(one)).state, "cancelled");
      await company.done(`/v1/commands/${held.key}/retry`, {});
      assert.equal((await claim(one)).state, "sending");
      const cancel = await company.act(`/v1/commands/${held.key}/cancel`, { reason: "x" });
      assert.deepEqual([cancel.status, /on its way/.test(cancel.body.detail)], [409, true]);
      await company.verified();
    },
    { rules: propose },
  );
});
