/** Links and separations by operators, on a real server: what they join, what holds them, what goes on resolving. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { afterAll, it } from "vitest";
import { entriesOf } from "./entries.ts";
import { type Company, type Loose, scratch, within } from "./testing/company.ts";

const { folder, remove } = scratch();
afterAll(remove);

/** The accounts of `tieout accounts --json`; the instant of a person's act is no evidence of the order that is asked about. */
const report = async ({ server }: Company): Promise<Loose> =>
  JSON.parse(
    JSON.stringify(((await server.host.ask({ name: "report" })) as Loose).accounts, (name, value) =>
      name === "links" ? value.map((link: Loose) => (link.rank === "operator" ? { ...link, at: 0 } : link)) : value,
    ),
  );
const link = (company: Company, party: string, target: string | null, more: object = {}) =>
  company.done("/v1/links", { party, target, ...more });
const types = (account: Loose): string[] => account.exceptions.map((e: Loose) => e.type);

it("[OP1] a link that a person makes late ends as one made before anything was known", async () => {
  const [one, two] = ["stripe:cus_a", "salesforce:001A"];
  let events: ReadonlyArray<unknown> = [];
  let names: Record<string, string> = {};
  const late = await within(join(folder, "late"), async (company) => {
    const { customer } = company.invoiced(7000);
    const crm = company.server.sandbox!.salesforce.operations.create("Account", { Name: "Acme Inc" }) as Loose;
    names = { [one!]: `stripe:${customer}`, [two!]: `salesforce:${crm.Id ?? crm.id}` };
    events = await company.deliver();
    const before = await report(company);
    assert.equal(before.length, 2, JSON.stringify(before));
    const account = await link(company, names[one!]!, names[two!]!);
    assert.equal(account.parties.length, 2);
    await company.server.idle();
    await company.verified();
    return report(company);
  });
  const early = await within(join(folder, "early"), async (company) => {
    await link(company, names[one!]!, names[two!]!, { force: true });
    company.server.sandbox!.salesforce.operations.create("Account", { Name: "Acme Inc" });
    await company.tell(events);
    await company.verified();
    return report(company);
  });
  const withoutTimes = (accounts: Loose): Loose =>
    JSON.parse(JSON.stringify(accounts, (name, value) => (name === "at" || name === "readAt" ? 0 : value)));
  assert.deepEqual(withoutTimes(early), withoutTimes(late));
  assert.equal(late.length, 1);
});

it("[OP2] separated and linked again it is what it was, and every id that an account had goes on resolving", async () => {
  await within(join(folder, "again"), async (company) => {
    const a = company.invoiced(1000);
    const b = company.invoiced(2000);
    await company.deliver();
    const [root, member] = [`stripe:${a.customer}`, `stripe:${b.customer}`];
    const ids = [(await company.account(a.customer)).id, (await company.account(b.customer)).id];
    const joined = await link(company, member, root);
    assert.deepEqual([joined.id, joined.invoices.length, joined.parties.length], [ids[0], 2, 2]);
    const first = await report(company);
    for (const id of [...ids, root, member]) assert.equal((await company.get(`/v1/accounts/${id}`)).id, ids[0]);
    const alone = await company.done(`/v1/accounts/${ids[0]}/separate`, {});
    assert.deepEqual([alone.id, alone.parties.length], [ids[1], 1]);
    assert.equal((await company.get(`/v1/accounts/${ids[0]}`)).parties.length, 1);
    await link(company, member, root);
    await company.server.idle();
    assert.deepEqual(await report(company), first);
    const { items } = await company.get(`/v1/accounts/${ids[0]}/timeline`);
    const acts = items.filter((item: Loose) => item.kind === "operator").map((item: Loose) => item.note);
    assert.deepEqual(
      acts.map((note: Loose) => [note.type, note.party, note.target, note.by, note.reason]),
      [root, null, root].map((target) => ["link", member, target, "sandbox", "the test says so"]),
    );
    await company.verified();
  });
});

it("[OP3] a link is refused with everything that speaks against it at once", async () => {
  await within(join(folder, "refused"), async (company) => {
    const { customer } = company.invoiced(1000);
    await company.deliver();
    const party = `stripe:${customer}`;
    const reasons = async (path: string, body: object): Promise<string[]> => {
      const { status, body: problem } = await company.act(path, body);
      assert.deepEqual([status, problem.type], [422, "urn:tieout:problem:refused-act"], JSON.stringify(problem));
      return problem.reasons;
    };
    const all = await reasons("/v1/links", { party: "stripe:cus_none", target: "nobody:1", why: 1 });
    assert.equal(all.length, 4, JSON.stringify(all));
    for (const word of [/"why"/, /reason/, /cus_none: nothing is known/, /no connection is named "nobody"/])
      assert.ok(
        all.some((text) => word.test(text)),
        String(word),
      );
    assert.match((await reasons("/v1/links", { party, target: party, reason: "x" }))[0]!, /with itself/);
    assert.match((await reasons("/v1/links", { party: "cus", target: 7, reason: "x" })).join(), /party.*target/);
    assert.match((await reasons(`/v1/accounts/${party}/separate`, { reason: "x" })).join(), /nothing to separate/);
    assert.equal((await company.act("/v1/accounts/stripe:no/separate", { reason: "x" })).status, 404);
  });
});

it("[OP4] links of evidence that would join more than twenty parties are held, raised, and join when there is room", async () => {
  await within(join(folder, "many"), async (company) => {
    const { operations } = company.server.sandbox!.stripe;
    const target = operations.createCustomer({ name: "Hub" });
    const made = Array.from({ length: 21 }, (_, i) =>
      operations.createCustomer({ name: `S${i}`, metadata: { tieout_link: `salesforce:001HUB` } }),
    );
    await company.deliver();
    const hub = await company.get("/v1/accounts/salesforce:001HUB");
    assert.equal(hub.parties.length, 20);
    const { items, total } = await company.get("/v1/exceptions?type=link-held");
    assert.equal(total, 2);
    assert.match(items[0].cause, /21 parties, and 20 is the most/);
    const outside = items.map((item: Loose) => item.party.slice(7));
    assert.deepEqual(outside.sort(), [...made].sort().slice(19));
    assert.deepEqual(types(await company.account(outside[0])), ["link-held"]);
    const why = await company.act("/v1/links", { party: `stripe:${target}`, target: "salesforce:001HUB", reason: "x" });
    assert.match(why.body.reasons.join(), /21 parties; 20 is the most/);
    await company.done(`/v1/accounts/${hub.id}/separate`, { party: `stripe:${[...made].sort()[0]}` });
    assert.equal((await company.get("/v1/exceptions?type=link-held")).total, 1);
    assert.equal((await company.account(outside[0])).id, hub.id);
    await company.verified();
  });
});

it("[OP5] two legal ids are two companies: evidence of a link is held, a person's is refused, and one id's correction joins", async () => {
  await within(join(folder, "legal"), async (company) => {
    const account = (id: string, legalId: string | null, links: Loose[], at: number): Loose => ({
      kind: "webhook",
      connection: "stripe",
      at,
      partition: 0,
      dedup: { id: `evt_${id}_${at}`, type: "t", hash: "h" },
      events: [
        {
          id: `evt_${id}_${at}`,
          source: "stripe",
          type: "account.updated",
          subject: `account/${id}`,
          time: at,
          owner: id,
          via: null,
          clock: { at, tick: 1000, trust: 1000 },
          read: false,
          data: { status: "active", name: id, email: null, currency: null, parent: null, legalId },
          links,
          externalId: null,
          correlationid: null,
          traceparent: null,
          dataschema: "tieout/account/1",
        },
      ],
      note: null,
      raw: null,
    });
    const at = Date.now() - 100_000;
    const { host } = company.server;
    const toHub = [{ rank: "metadata", target: "stripe:hub" }];
    await host.accept([
      account("hub", "DE 811.234", [], at),
      account("same", "de811234", toHub, at),
      account("other", "DE 999", toHub, at),
    ]);
    await company.server.idle();
    assert.equal((await company.account("same")).parties.length, 2);
    const other = await company.account("other");
    assert.deepEqual([other.parties.length, types(other)], [1, ["link-held"]]);
    assert.match(other.exceptions[0].cause, /DE811234 and DE999/);
    const refused = await company.act("/v1/links", { party: "stripe:other", target: "stripe:same", reason: "x" });
    assert.deepEqual([refused.status, refused.body.reasons.length], [422, 1]);
    await company.verified();
    await host.accept([account("other", "DE811234", toHub, at + 50_000)]);
    await company.server.idle();
    const joined = await company.account("other");
    assert.deepEqual([joined.parties.length, types(joined)], [3, []]);
    await company.verified();
  });
});

it("[OP18] a person's later word counts, also when this machine's clock went back in between", async () => {
  await within(join(folder, "clock"), async (company) => {
    const [a, b] = [company.invoiced(1000).customer, company.invoiced(2000).customer];
    await company.deliver();
    const note = { type: "link", party: `stripe:${b}`, target: `stripe:${a}`, by: "x", reason: "x" } as const;
    await company.server.host.accept(entriesOf([note], { id: "ahead", hash: "1" }, Date.now() + 3_600_000));
    await company.server.idle();
    assert.equal((await company.account(b)).parties.length, 2);
    const alone = await link(company, `stripe:${b}`, null);
    assert.deepEqual(alone.parties, [{ connection: "stripe", id: b }]);
    await company.verified();
  });
});
