/** Charges in the ERP: under whose customer, what the ERP makes of them, and what the CRM shows of it. */
import assert from "node:assert/strict";
import { test } from "vitest";
import type { Loose } from "../../server/testing/world.ts";
import { Metered, terms, use } from "./metered.ts";

const jan = (day: number) => `2026-01-${String(day).padStart(2, "0")}T12:00:00Z`;

/** A company of the CRM, billed by Stripe, with an invoice there if it is asked for. */
const sold = async (company: Metered, invoice: boolean) => {
  const { stripe, salesforce } = company.world;
  const crm = salesforce.operations.create("Account", { Name: "Acme" }).id;
  const customer = stripe.operations.createCustomer({ name: "Acme", metadata: { tieout_link: `salesforce:${crm}` } });
  const subscription = stripe.operations.createSubscription({ customer, amountMinor: 10_000 });
  if (invoice) stripe.operations.finalizeInvoice(stripe.operations.createInvoice({ subscription }));
  await company.world.deliver();
  await company.world.echo();
  return { crm, customer, subscription, party: `stripe:${customer}` };
};
const customersIn = ({ world }: Metered) =>
  world.netsuite.committed.filter(({ recordType, op }) => recordType === "customer" && op === "create").length;

test("[UB7] Charges go under the customer record of the account's billing party, with an invoice there or without; there is one record", async () => {
  for (const invoice of [false, true]) {
    const company = await Metered.make();
    const { party } = await sold(company, invoice);
    await company.send(terms("C-1", {}, { link: party }), use("a", jan(3), "100", {}, { link: party }));
    await company.approve();
    assert.equal(customersIn(company), 1);
    const [charge] = company.charges();
    const record = company.world.netsuite.record("customer", charge.billTo.id) as Loose;
    assert.equal(record.companyName, "Acme");
    await company.verified();
  }
});

test("[UB8] Terms that name a subscription wait for whoever is billed for it; those that name none have a record of their own", async () => {
  const company = await Metered.make();
  const { party, subscription } = await sold(company, false);
  const named = { subscription: `stripe:${subscription}` };
  await company.send(terms("C-1", named), use("a", jan(3), "100"));
  await company.approve();
  assert.deepEqual([customersIn(company), company.charges().length], [0, 0]);
  const { items } = await company.get("/v1/commands?account=contracts:acme");
  assert.match(items[0].blockedBy, /waits for the customer of stripe:sub_/);
  await company.send({ ...use("b", jan(3), "1", {}, { link: party }), time: jan(3) });
  await company.world.host.idle();
  assert.deepEqual([customersIn(company), company.charges().length], [1, 1]);
  const alone = await Metered.make();
  await alone.send(terms("C-1"), use("a", jan(3), "100"));
  await alone.approve();
  const [charge] = alone.charges();
  assert.deepEqual([customersIn(alone), charge.billTo.id], [1, "1"]);
});

test("[UB9] What NetSuite bills of our charges is shown in the CRM with its payment, is no difference, and counts as posted", async () => {
  const company = await Metered.make();
  const { crm, party } = await sold(company, true);
  const placements = { calls: { entity: null, jurisdiction: "US-NY", taxes: [{ id: "ny", percent: "10" }] } };
  await company.send(terms("C-1", { placements }, { link: party }), use("a", jan(3), "100", {}, { link: party }));
  await company.approve();
  const { netsuite } = company.world;
  await company.echo();
  const [charge] = company.charges();
  const [invoice] = netsuite.operations.billCharges(charge.billTo.id, "2026-02-01");
  await company.echo();
  const account = await company.get(`/v1/accounts/${party}`);
  assert.ok(
    account.parties.some(({ id }: Loose) => id === charge.billTo.id),
    JSON.stringify(account.parties),
  );
  const document = async () => {
    const { items } = await company.get(`/v1/commands?account=${party}&target=salesforce&state=acked`);
    return items.filter(({ source }: Loose) => source.startsWith("netsuite:posting/invoice:")).at(-1);
  };
  const open = (await document()).content;
  assert.deepEqual(
    [open.account, open.number, open.status, open.currency, open.amountMinor, open.paidMinor],
    [crm, invoice!.number, "open", "USD", 1100, 0],
  );
  netsuite.operations.payInvoice(invoice!.internalId, 400);
  await company.echo();
  const held = () => {
    const erp = company.world.engine.core.parties.get(`netsuite:${charge.billTo.id}`)!;
    return [...erp.slots.values()].find(({ kind }) => kind === "crm_invoice")!.held!.content;
  };
  assert.deepEqual([held()["status"], held()["paidMinor"]], ["open", 400]);
  netsuite.operations.payInvoice(invoice!.internalId);
  await company.echo();
  assert.deepEqual([held()["status"], held()["paidMinor"]], ["paid", 1100]);
  assert.deepEqual(
    await company.checkpoints(),
    ["1 raw", "2 attributed", "3 rated", "4 invoice_ready", "5 posted"].map((hop) => `${hop} USD: 1000 = 1000 + 0`),
  );
  const lines = (await company.get("/v1/reconciliations/latest")).items;
  assert.deepEqual(
    lines.filter(({ status }: Loose) => status === "extra"),
    [],
  );
  netsuite.operations.void("invoice", invoice!.internalId);
  await company.echo();
  assert.equal(held()["status"], "void");
  const [after] = await company.staged("usage:acme");
  assert.match(after!.reason!, /is in netsuite, and no invoice there bills it/);
  await company.verified();
});
