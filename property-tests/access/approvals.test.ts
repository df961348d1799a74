/** Several persons: nothing is sent before the last of them, one person counts once, and who asked does not approve. */
import assert from "node:assert/strict";
import { it } from "vitest";
import { type ApprovalRule, approval, personsNeeded, standingOf } from "../../domain/controls/approval.ts";
import { scopeOf } from "../../server/approvals/view.ts";
import { document } from "../../server/openapi/document.ts";
import { operations } from "../../server/openapi/operations.ts";
import { misfits } from "../../server/openapi/testing/validate.ts";
import type { Loose } from "../../server/testing/world.ts";
import { type Company, firstKey, within } from "./company.ts";

/** Held for approval, towards an ERP that refuses every connection: what is let go is tried, and seen to be. */
const proposing = {
  approvals: [
    { act: "command.approve", persons: 2, aboveMinor: 5000, currency: "USD" },
    { act: "key.make", persons: 2 },
    { act: "policy.switch", persons: 2 },
    { act: "mapping.set", persons: 2 },
  ],
  connections: {
    netsuite: {
      ...{ vendor: "netsuite", mode: "propose", allowPrivate: true, webhookSecrets: [{ env: "ACCESS_SECRET" }] },
      api: { account: "1", baseUrl: "http://127.0.0.1:9", auth: { type: "bearer", token: { env: "ACCESS_SECRET" } } },
    },
  },
};

const held = async ({ ask, invoiced }: Company, customer: string): Promise<Loose> => {
  await invoiced("stripe-eu", customer);
  const { items } = (await ask("/v1/commands?state=held", firstKey)).body;
  return items.find((item: Loose) => item.row === "invoice.posted" && item.source.endsWith(`in_${customer}`));
};
const why = { reason: "looked at it" };

it("[AP1 AP2] above the amount the first approval is recorded and sends nothing, the same person under another key or token counts once, and another person's lets it go", async () => {
  await within(async (company) => {
    const { ask, act, issuer } = company;
    const command = await held(company, "cus_p");
    const path = `/v1/commands/${command.key}/approve`;
    const token = (sub: string) => issuer.token({ sub, scope: "tieout:approve" });
    const first = await act(path, await token("ada"), why);
    assert.equal(first.status, 200, first.text);
    assert.deepEqual([first.body.state, first.body.approvals.needed], ["held", 2]);
    assert.deepEqual(
      first.body.approvals.given.map((one: Loose) => one.by),
      ["oidc:ada"],
    );
    const same = await act(path, await token("Ada "), why);
    assert.equal(same.status, 409);
    assert.match(same.body.detail, /another person/);
    assert.equal((await ask(`/v1/commands/${command.key}`, firstKey)).body.state, "held");
    const second = await act(path, await token("grace"), why);
    assert.equal(second.status, 200, second.text);
    assert.notEqual(second.body.state, "held");
    assert.equal(second.body.approvals, null);
    const { items } = (await ask("/v1/commands?state=held", firstKey)).body;
    const customer = items.find((item: Loose) => item.row === "customer.present");
    assert.equal((await act(`/v1/commands/${customer.key}/approve`, await token("ada"), why)).status, 200);
    const tried = async (): Promise<Loose> => (await ask(`/v1/commands/${customer.key}`, firstKey)).body;
    for (let turn = 0; turn < 100 && (await tried()).lastError === null; turn++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.match(
      (await tried()).lastError,
      /ECONNREFUSED/,
      "what is let go is sent at once, by one person where no money is at stake",
    );
    const story = (await ask("/v1/accounts/stripe-eu:cus_p/timeline", firstKey)).body.items;
    const approved = story.filter((item: Loose) => item.note?.type === "command.approve");
    assert.deepEqual(
      approved.map((item: Loose) => item.note.by),
      ["oidc:grace", "oidc:ada"],
    );
  }, proposing);
});

it("[AP3] a key approves up to its amount in each currency and nothing in another; the rule binds the making of keys as well", async () => {
  await within(async (company) => {
    const { act, make, issuer, ask } = company;
    const admin = (sub: string) => issuer.token({ sub, scope: "tieout:admin" });
    const wanted = { name: "small", scopes: ["approve"], approveUpToMinor: { USD: 9999 }, reason: "small amounts" };
    const one = await act("/v1/keys", await admin("ada"), wanted);
    assert.deepEqual([one.body.status, one.body.needed, one.body.secret], ["waiting", 2, undefined]);
    assert.equal((await act("/v1/keys", await admin("ada"), wanted)).status, 409);
    assert.equal((await ask("/v1/keys", firstKey)).body.items.length, 0);
    const two = await act("/v1/keys", await admin("grace"), wanted);
    assert.match(two.body.secret, /^tieout_/);
    const command = await held(company, "cus_q");
    const over = await act(`/v1/commands/${command.key}/approve`, two.body.secret, why);
    assert.deepEqual([over.status, over.body.type], [403, "urn:tieout:problem:forbidden"], over.text);
    assert.match(over.body.detail, /may approve 9999/);
    const third = await act("/v1/keys", await admin("ada"), wanted);
    assert.equal(third.body.status, "waiting", "the next key begins anew");
    assert.ok(make);
  }, proposing);
});

it("[AP4] for any order of yeses: enough only with so many different persons, never with the one who asked, and done begins anew", () => {
  const people = ["ada", "Ada", "grace", "joan"];
  const orders = people.flatMap((a) => people.flatMap((b) => people.map((c) => [a, b, c])));
  for (const asked of [null, "ada", "joan"])
    for (const needed of [1, 2, 3])
      for (const order of orders) {
        const written = { at: 1, position: 1 };
        const note = { party: "@controls", approval: "x.y/z", by: "b", reason: null } as const;
        let record =
          asked === null ? null : approval.fold(null, { ...note, type: "approval.asked", person: asked }, written);
        const said = new Set<string>();
        for (const person of order) {
          const standing = standingOf(record, needed, person);
          const id = person.toLowerCase();
          if (id === asked) {
            assert.equal(standing.status, "barred");
            continue;
          }
          said.add(id);
          assert.equal(standing.status === "enough", said.size >= needed, `${order} of ${needed}`);
          if (standing.status === "enough") break;
          if (standing.status === "waiting")
            record = approval.fold(record, { ...note, type: "approval.given", person, needed }, written);
        }
        assert.equal(approval.fold(record, { ...note, type: "approval.done" }, written), null);
      }
  const rule: ApprovalRule = { act: "command.approve", aboveMinor: 100, currency: "USD", persons: 2 };
  const need = (amountMinor: number | null, currency: string | null) =>
    personsNeeded([rule], "command.approve", { amountMinor, currency });
  assert.deepEqual(
    [need(100, "USD"), need(101, "USD"), need(-101, "USD"), need(101, "EUR"), need(null, null)],
    [null, 2, 2, null, null],
  );
  assert.equal(personsNeeded([rule], "period.reopen"), null);
});

it("[AP5] in bulk the scope approve lets approvals alone go, and each command is judged as if it were approved by itself", async () => {
  await within(async (company) => {
    const { act, ask, issuer } = company;
    const command = await held(company, "cus_b");
    const approver = await issuer.token({ sub: "ada", scope: "tieout:approve" });
    const bulk = (key: string, body: object) => act("/v1/bulk", key, { reason: "all of them", ...body });
    for (const wanted of ["retry", "cancel", "resolve", "assign", "release", "snooze"]) {
      const refused = await bulk(approver, { act: wanted, filter: {}, dryRun: true });
      assert.equal(refused.status, 403, `${wanted}: ${refused.text}`);
    }
    const operator = await issuer.token({ sub: "grace", scope: "tieout:operate" });
    assert.equal((await bulk(operator, { act: "retry", filter: {}, dryRun: true })).status, 200);
    assert.equal((await bulk(operator, { act: "approve", filter: {}, dryRun: true })).status, 403);
    const preview = await bulk(approver, { act: "approve", filter: { state: "held" }, dryRun: true });
    assert.equal(preview.status, 200, preview.text);
    const { previewToken } = preview.body;
    const started = await bulk(approver, { act: "approve", filter: { state: "held" }, previewToken });
    assert.equal(started.status, 200, started.text);
    const waiting = async (): Promise<Loose> => (await ask(`/v1/commands/${command.key}`, firstKey)).body;
    for (let turn = 0; turn < 200 && (await waiting()).approvals === null; turn++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const now = await waiting();
    assert.deepEqual([now.state, now.approvals?.needed, now.approvals?.given.length], ["held", 2, 1]);
  }, proposing);
});

it("[AP6] a policy is switched and a mapping set by the last of the persons that a rule asks for, and by nobody alone", async () => {
  await within(async ({ act, ask, issuer }) => {
    const admin = (sub: string) => issuer.token({ sub, scope: "tieout:admin tieout:operate" });
    const inForce = async (): Promise<string> => (await ask("/v1/policies", firstKey)).body.inForce;
    const policy = (key: string) => act("/v1/policies", key, { policy: "crm-led", ...why });
    const before = await inForce();
    assert.notEqual(before, "crm-led");
    for (const sub of ["ada", "ada"]) await policy(await admin(sub));
    assert.equal(await inForce(), before);
    assert.equal((await policy(await admin("grace"))).status, 200);
    assert.equal(await inForce(), "crm-led");
    const mapped = async (): Promise<Loose> => (await ask("/v1/mappings", firstKey)).body.items;
    const mapping = (key: string, to: string) =>
      act("/v1/mappings", key, { target: "netsuite", name: "item", to, ...why });
    await mapping(await admin("ada"), "7");
    await mapping(await admin("grace"), "8");
    assert.deepEqual(await mapped(), [], "a yes to one mapping is no yes to another");
    assert.equal((await mapping(await admin("grace"), "7")).status, 200);
    assert.deepEqual(
      (await mapped()).map(({ name, to }: Loose) => [name, to]),
      [["item", "7"]],
    );
  }, proposing);
});

it("[AP7] what waits for a yes is listed with who asked, who may decide, its money and when it is due; what got it with everybody who gave it, page by page", async () => {
  await within(async (company) => {
    const { act, ask, issuer } = company;
    const shown = document() as Loose;
    const { schema } = shown.paths["/v1/approvals"].get.responses[200].content["application/json"];
    const list = async (query = "", key = firstKey): Promise<ReadonlyArray<Loose>> => {
      const found: Loose[] = [];
      for (let cursor = ""; ; ) {
        const { status, body, text } = await ask(`/v1/approvals?limit=1${query}${cursor}`, key);
        assert.equal(status, 200, text);
        assert.deepEqual(misfits(shown, schema, body), []);
        found.push(...body.items);
        if (body.nextCursor === null) return found;
        cursor = `&cursor=${body.nextCursor}`;
      }
    };
    const command = await held(company, "cus_l");
    await company.invoiced("stripe-us", "cus_us");
    const token = (sub: string) => issuer.token({ sub, scope: "tieout:approve tieout:admin" });
    const wanted = { name: "k", scopes: ["read"], ...why };
    assert.equal((await act("/v1/keys", await token("ada"), wanted)).body.status, "waiting");
    const waiting = await list();
    assert.deepEqual(
      waiting.map(({ act }) => act),
      [...waiting.map(({ act }) => act)].sort(),
    );
    const held4 = (await ask("/v1/commands?state=held&limit=200", firstKey)).body.items;
    assert.deepEqual(
      waiting.filter((one) => one.act === "command.approve").map(({ subject }) => subject),
      held4.map(({ key }: Loose) => key).sort(),
    );
    const one = waiting.find(({ subject }) => subject === command.key);
    assert.deepEqual([one.moneyMinor, one.currency, one.account], [10_000, "USD", command.account]);
    assert.deepEqual([one.needed, one.given, one.asked, one.decidedAt], [2, [], null, null]);
    assert.deepEqual(one.mayDecide, { scope: "approve", persons: 2, not: [] });
    assert.equal(one.dueAt, one.since + 3_600_000, "invoice-posting is due within an hour");
    const [key] = waiting.filter((item) => item.act === "key.make");
    assert.deepEqual(key.mayDecide, { scope: "admin", persons: 1, not: ["oidc:ada"] });
    assert.deepEqual(
      (await list("&act=key.make")).map(({ id }) => id),
      [key.id],
    );

    const path = `/v1/commands/${command.key}/approve`;
    assert.equal((await act(path, await token("ada"), why)).status, 200);
    const half = (await list()).find(({ subject }) => subject === command.key);
    assert.deepEqual(half.mayDecide, { scope: "approve", persons: 1, not: ["oidc:ada"] });
    assert.equal((await act(path, await token("grace"), why)).status, 200);
    const customer = held4.find(({ row, account }: Loose) => row === "customer.present" && account === command.account);
    assert.equal((await act(`/v1/commands/${customer.key}/approve`, await token("joan"), why)).status, 200);
    assert.equal((await act("/v1/keys", await token("grace"), wanted)).status, 200);
    const rest = await list();
    assert.ok(!rest.some(({ id }) => id === one.id || id === key.id || id.endsWith(customer.key)));
    const decided = await list("&state=decided");
    assert.deepEqual(
      decided.map(({ act, subject, needed, given, mayDecide }) => [
        ...[act, act === "key.make" ? "key" : subject, needed, mayDecide],
        given.map(({ by }: Loose) => by),
      ]),
      [
        ["key.make", "key", 2, null, ["oidc:ada", "oidc:grace"]],
        ["command.approve", customer.key, 1, null, ["oidc:joan"]],
        ["command.approve", command.key, 2, null, ["oidc:ada", "oidc:grace"]],
      ],
    );
    assert.equal(decided[2].moneyMinor, 10_000);

    // Of other legal entities, and of acts that are about everybody, a limited key is told nothing.
    assert.equal((await act("/v1/keys", await token("ada"), wanted)).body.status, "waiting");
    const limited = await issuer.token({ entities: ["us"], scope: "tieout:read" });
    const seen = [...(await list("", limited)), ...(await list("&state=decided", limited))];
    const own = new Set((await ask("/v1/accounts", limited)).body.items.map(({ id }: Loose) => id));
    assert.ok(seen.length > 0 && seen.every(({ account }) => own.has(account)), JSON.stringify(seen));
    assert.equal((await ask("/v1/approvals?state=odd", firstKey)).status, 400);
  }, proposing);
});

it("[AP7] the scope that an approval is said to need is the one that its route asks for", () => {
  const routes = {
    "command.approve": "approveCommand",
    "key.make": "makeKey",
    "period.close": "closePeriod",
    "period.reopen": "reopenPeriod",
    "hold.lift": "liftHold",
    "account.erase": "eraseAccount",
    "policy.switch": "switchPolicy",
    "mapping.set": "setMapping",
  } as const;
  for (const [act, id] of Object.entries(routes)) {
    const route = operations.find(({ operationId }) => operationId === id);
    assert.equal(scopeOf[act as keyof typeof routes], route?.access, `${act} by ${id}`);
  }
});
