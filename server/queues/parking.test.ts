/** What is kept back: one object, what a rule matches, an account with everyone who joins it; and what a release would let go. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { afterAll, it } from "vitest";
import { type Company, type Loose, scratch, within } from "../operators/testing/company.ts";
import { quick } from "./testing/quick.ts";

const { folder, remove } = scratch();
afterAll(remove);

const objectPath = (invoice: string, verb: string): string =>
  `/v1/objects/${encodeURIComponent(`stripe:invoice/${invoice}`)}/${verb}`;

const another = ({ server }: Company, customer: string, amountMinor: number): string => {
  const { operations } = server.sandbox!.stripe;
  const invoice = operations.createInvoice({ customer, amountMinor });
  operations.finalizeInvoice(invoice);
  return invoice;
};

it("[Q7 P7] a parked object sends nothing with all that applies to it, says so, and the rest of its account goes on; released it goes on where it was", async () => {
  await within(
    join(folder, "object"),
    async (company) => {
      const { operations } = company.server.sandbox!.stripe;
      const { customer, invoice } = company.invoiced(6000);
      await company.deliver();
      const parked = await company.done(objectPath(invoice, "park"), { reason: "wrong price" });
      assert.match(parked.exceptions[0].cause, /sandbox parked invoice\/in_\w+: wrong price/);
      operations.payInvoice(invoice);
      const free = another(company, customer, 800);
      operations.payInvoice(free);
      await company.deliver();
      assert.equal(company.committed("invoice").length, 2);
      assert.equal(company.committed("customerPayment").length, 1);
      const [held] = (await company.get(`/v1/commands?account=stripe:${customer}&state=held`)).items;
      assert.deepEqual([held.row, held.hold], ["payment.applied", "parked"]);
      assert.equal((await company.act(objectPath(invoice, "park"), { reason: "x" })).status, 409);
      assert.equal((await company.act(objectPath(free, "release"), { reason: "x" })).status, 409);
      assert.equal((await company.act(objectPath("in_no", "park"), { reason: "x" })).status, 404);
      const whole = `/v1/objects/${encodeURIComponent(`stripe:account/${customer}`)}/park`;
      assert.equal((await company.act(whole, { reason: "x" })).status, 422);
      await company.verified();
      await company.done(objectPath(invoice, "release"), {});
      await company.server.idle();
      assert.equal(company.committed("customerPayment").length, 2);
      assert.deepEqual((await company.account(customer)).exceptions, []);
      await company.verified();
    },
    { desk: quick() },
  );
});

it("[Q8] what comes to match a rule is held and says which, also after a restart; removed, only what it kept back goes", async () => {
  const dataDir = join(folder, "rule");
  const [customer, ruleId] = await within(
    dataDir,
    async (company) => {
      const wrong = await company.act("/v1/park-rules", {
        reason: "x",
        kind: "odd",
        amountOverMinor: 5,
        connection: "no",
      });
      assert.equal(wrong.status, 422);
      assert.equal(wrong.body.reasons.length, 3, JSON.stringify(wrong.body));
      assert.equal((await company.act("/v1/park-rules", { reason: "x" })).status, 422);
      const conditions = { kind: "invoice", currency: "USD", amountOverMinor: 5000, nameContains: "acme" };
      const rule = await company.done("/v1/park-rules", { ...conditions, reason: "audit" });
      assert.equal((await company.act("/v1/park-rules", { ...conditions, reason: "again" })).status, 409);
      const { customer, invoice } = company.invoiced(6000);
      another(company, customer, 5000);
      company.invoiced(9000, { name: "Bolt" });
      await company.deliver();
      assert.deepEqual(
        company.committed("invoice").map(({ amountMinor }: Loose) => amountMinor).length,
        2,
        "of three invoices the great one of Acme waits",
      );
      const found = await company.account(customer);
      assert.match(found.exceptions[0].cause, new RegExp(`${invoice} is parked by rule ${rule.id} of sandbox: audit`));
      assert.equal((await company.get("/v1/park-rules")).items[0].held, 1);
      const release = await company.act(objectPath(invoice, "release"), { reason: "x" });
      assert.match(release.body.detail, /remove the rule/);
      // And one that looks at where the account stands.
      const { customer: shop, invoice: due } = company.invoiced(100, { name: "Shop" });
      await company.deliver();
      await company.done("/v1/park-rules", { stage: "paid", reason: "books are shut" });
      company.server.sandbox!.stripe.operations.payInvoice(due);
      await company.deliver();
      assert.equal((await company.account(shop)).stage, "paid");
      assert.equal(company.committed("customerPayment").length, 0, "the very event that brings it there is held");
      await company.verified();
      return [customer, rule.id] as const;
    },
    { desk: quick() },
  );
  await within(
    dataDir,
    async (company) => {
      await company.server.idle();
      const posted = company.committed("invoice").length;
      assert.equal(company.committed("customerPayment").length, 0, "also of a rule that looks at the stage");
      const { items } = await company.get("/v1/park-rules");
      assert.equal(items.length, 2);
      const held = (await company.get(`/v1/commands?account=stripe:${customer}&state=held`)).items;
      assert.ok(held.length >= 1 && held.every(({ hold }: Loose) => hold === "parked"), JSON.stringify(held));
      assert.equal((await company.done(`/v1/park-rules/${ruleId}/remove`, {})).removed, true);
      for (const { id } of items.filter(({ id }: Loose) => id !== ruleId))
        await company.done(`/v1/park-rules/${id}/remove`, {});
      await company.server.idle();
      assert.equal((await company.get("/v1/commands?state=held")).items.length, 0);
      assert.ok(company.committed("invoice").length > posted);
      assert.equal(company.committed("customerPayment").length, 1);
      assert.equal((await company.act(`/v1/park-rules/${ruleId}/remove`, { reason: "x" })).status, 404);
      await company.verified();
    },
    { desk: quick() },
  );
});

it("[Q9] a party that joins a parked account is held with it, and goes on when the account is released", async () => {
  await within(
    join(folder, "joined"),
    async (company) => {
      const one = company.invoiced(1000, { name: "One" });
      const two = company.invoiced(2000, { name: "Two" });
      await company.deliver();
      await company.done(`/v1/accounts/stripe:${one.customer}/park`, {});
      await company.done("/v1/links", { party: `stripe:${two.customer}`, target: `stripe:${one.customer}` });
      const before = company.committed("invoice").length;
      another(company, two.customer, 300);
      await company.deliver();
      assert.equal(company.committed("invoice").length, before);
      const dry = `/v1/accounts/stripe:${one.customer}/release`;
      const told = await company.done(`${dry}?dryRun=true`, {});
      const would = told.wouldSend.items.find(({ row }: Loose) => row === "invoice.posted");
      assert.deepEqual(
        [would.moneyMinor, would.currency, would.becomes, told.wouldSend.moneyMinor],
        [300, "USD", "sent", { USD: "300" }],
      );
      await company.server.idle();
      assert.equal(company.committed("invoice").length, before, "asking lets nothing go");
      assert.equal((await company.account(two.customer)).regions.sync, "parked");
      const odd = await company.act(`${dry}?dryRun=1`, { reason: "x" });
      assert.deepEqual([odd.status, (await company.account(two.customer)).regions.sync], [422, "parked"]);
      await company.done(dry, {});
      await company.server.idle();
      assert.equal(company.committed("invoice").length, before + 1);
      await company.verified();
    },
    { desk: quick() },
  );
});
