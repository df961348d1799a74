/** One act on many items, on a real server: previewed, done once, its failures told. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { afterAll, it } from "vitest";
import { actOnAll } from "../../domain/rules.ts";
import { type Company, type Loose, scratch, within } from "../operators/testing/company.ts";

const { folder, remove } = scratch();
afterAll(remove);

const ended = async ({ get }: Company, id: string): Promise<Loose> => {
  for (let turn = 0; turn < 400; turn++) {
    const job = await get(`/v1/bulk/${id}`);
    if (job.state === "ended") return job;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`${id} did not end`);
};
const start = async (company: Company, body: object): Promise<Loose> => {
  const preview = await company.done("/v1/bulk", { ...body, dryRun: true });
  return company.done("/v1/bulk", { ...body, previewToken: preview.previewToken });
};

it("[BU1] a preview counts the items and their money by currency and writes nothing; the act repeats its token, and is 409 when something changed", async () => {
  await within(
    join(folder, "preview"),
    async (company) => {
      company.invoiced(5000);
      company.invoiced(700, { currency: "eur" });
      await company.deliver();
      const ask = { act: "approve", filter: { target: "netsuite" } };
      const head = async () => (await company.get("/healthz")).head;
      const before = await head();
      const preview = await company.done("/v1/bulk", { ...ask, dryRun: true });
      assert.equal(await head(), before);
      assert.equal(preview.count, 4);
      assert.equal(
        Object.values(preview.moneyMinor as Record<string, number>).reduce((a, b) => a + b, 0),
        5700,
      );
      const bare = await company.act("/v1/bulk", { ...ask, reason: "why" });
      assert.equal(bare.status, 422);
      company.invoiced(100);
      await company.deliver();
      const late = await company.act("/v1/bulk", { ...ask, reason: "why", previewToken: preview.previewToken });
      assert.deepEqual([late.status, late.body.type], [409, "urn:tieout:problem:conflict"]);
      const wrong = await company.act("/v1/bulk", {
        act: "retry",
        filter: { tragte: "x" },
        reason: "why",
        dryRun: true,
      });
      assert.match(wrong.body.detail, /tragte is not known/);
    },
    { rules: { ...actOnAll, mode: "propose" } },
  );
});

it("[BU2 P5] a job does each item's act once under an id of its own, and the same request again is the same job", async () => {
  await within(
    join(folder, "once"),
    async (company) => {
      for (let i = 0; i < 3; i++) company.invoiced(1000 + i);
      await company.deliver();
      const ask = { act: "approve", filter: {}, reason: "month end" };
      const preview = await company.done("/v1/bulk", { ...ask, dryRun: true });
      const body = { ...ask, previewToken: preview.previewToken };
      const first = await company.act("/v1/bulk", body, { "idempotency-key": "month-end" });
      const again = await company.act("/v1/bulk", body, { "idempotency-key": "month-end" });
      assert.deepEqual([again.status, again.body.id], [200, first.body.id]);
      const job = await ended(company, first.body.id);
      await company.server.idle();
      assert.deepEqual([job.count, job.succeeded, job.failures], [6, 6, []]);
      assert.deepEqual([company.committed("customer").length, company.committed("invoice").length], [3, 3]);
      assert.equal((await company.get("/v1/bulk")).items.length, 1);
      const [act] = (await company.get("/v1/commands?state=acked")).items;
      const chain = await company.get(`/v1/explain/command/${act.key}`);
      assert.ok(JSON.stringify(chain).includes(act.key));
      await company.verified();
    },
    { rules: { ...actOnAll, mode: "propose" } },
  );
});

it("[BU3] exceptions are assigned, put off and settled, and parked accounts released, by the filters of their lists", async () => {
  await within(join(folder, "queue"), async (company) => {
    const { customer } = company.invoiced(1000);
    await company.deliver();
    await company.done(`/v1/accounts/stripe:${customer}/park`, {});
    company.server.sandbox!.stripe.operations.finalizeInvoice(
      company.server.sandbox!.stripe.operations.createInvoice({ customer, amountMinor: 50 }),
    );
    await company.deliver();
    const assigned = await start(company, { act: "assign", filter: { type: "parked" }, assignee: "ada" });
    assert.equal((await ended(company, assigned.id)).succeeded, 1);
    const [exception] = (await company.get("/v1/exceptions?type=parked")).items;
    assert.equal(exception.assignee, "ada");
    const released = await start(company, { act: "release", filter: {} });
    assert.equal((await ended(company, released.id)).succeeded, 1);
    await company.server.idle();
    assert.equal((await company.account(customer)).regions.sync, "agreed");
    const early = await company.act("/v1/bulk", { act: "snooze", filter: {}, dryRun: true, reason: "later" });
    assert.match(early.body.detail, /until says when/);
    assert.equal((await company.ask("/v1/bulk/bulk_none")).status, 404);
  });
});
