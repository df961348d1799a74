/** What reconciliation needs of Stripe's and NetSuite's adapters: lines by period, payouts and deposits, also where no webhook came. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, test } from "vitest";
import { makeReconciliationRunner } from "../../server/reconciliation/runner.ts";
import type { Loose } from "../../server/testing/world.ts";
import { Company, type Firm } from "./company.ts";
import { lineData } from "./plants.ts";
import { bill } from "./term-plants.ts";

const day = 86_400_000;
let company: Company;
let firms: ReadonlyArray<Firm>;

beforeAll(async () => {
  company = await Company.make();
  firms = [company.firm(0), company.firm(3)];
  await company.rest();
  for (const firm of firms) await company.beside(firm);
  await company.rest();
  company.pass();
});
afterAll(() => company.world.host.close(0));

const open = async (): Promise<ReadonlyArray<readonly unknown[]>> => {
  await company.rest();
  const { items } = await company.latest();
  return items.map(({ leg, status, breaks }: Loose) => [leg, status, breaks[0]?.ours, breaks[0]?.theirs]);
};

test("[RC17] Each period is billed for the whole quantity, a proration for none, and what came before the agreement by another", async () => {
  const [firm] = firms as [Firm];
  const link = { owner: firm.name, link: `salesforce:${firm.crm}` };
  const none = { name: null, number: null, amountMinor: null, startAt: null, endAt: null, quote: null };
  const contract = { status: "activated", currency: firm.currency, ...none };
  await company.say("cpq", "contract/C1", { ...contract, subscription: `stripe:${firm.subscription}` }, link);
  const agree = (more: object) =>
    company.say("cpq", "line/L1", lineData("contract/C1", { amountMinor: 10_000, ...more }), link);
  await agree({});
  bill(company, firm, null);
  assert.deepEqual(await open(), [], "two periods of five and a proration of one agree with five");
  bill(company, firm, { quantity: 6 });
  assert.deepEqual(await open(), [["terms", "field-break", "5", "6"]]);
  company.pass();
  await agree({ quantity: "7", periodStart: company.now + 40 * day });
  assert.deepEqual(await open(), [], "what was billed before began by another agreement");
  company.pass();
  await agree({ quantity: "7", periodStart: company.now - 40 * day });
  assert.deepEqual(await open(), [["terms", "field-break", "7", "5"]]);
  company.pass();
  await agree({ status: "deleted" });
  assert.deepEqual(await open(), []);
});

const seen = (kind: string): number =>
  [...company.world.engine.core.catalogue.keys()].filter((id) => id.includes(`:${kind}/`)).length;

test("[RC18] When a payout is paid, what it is made of is asked for", async () => {
  const [firm] = firms as [Firm];
  const { stripe, netsuite } = company.world;
  company.world.clock.now += 2000;
  const payout = stripe.operations.createPayout({ currency: firm.currency.toLowerCase(), charges: [firm.charge] });
  await company.rest();
  assert.deepEqual([seen("payout"), seen("payout_item")], [1, 0]);
  stripe.operations.payPayout(payout);
  await company.rest();
  assert.deepEqual([seen("payout"), seen("payout_item")], [1, 2]);
  const { amount } = stripe.get("payout", payout) as { readonly amount: number };
  netsuite.operations.deposit({ amountMinor: amount, currency: firm.currency, memo: payout });
  assert.deepEqual(await open(), []);
});

test("[RC18 P8] Payouts, what they are made of and deposits are found by a pull, and agree less fees, several on either side", async () => {
  const [, firm] = firms as [Firm, Firm];
  const { stripe, netsuite, engine, host } = company.world;
  const currency = firm.currency.toLowerCase();
  company.world.clock.now += 2000;
  const paid = (charge: string): { readonly id: string; readonly amount: number } => {
    const id = stripe.operations.createPayout({ currency, charges: [charge] });
    stripe.operations.payPayout(id);
    return stripe.get("payout", id) as never;
  };
  const first = paid(firm.charge);
  const second = paid(stripe.operations.payInvoice(firm.open)!);
  const total = first.amount + second.amount;
  const memo = `${first.id} ${second.id}`;
  const deposits = [total - 900, 900].map(
    (amountMinor) => netsuite.operations.deposit({ amountMinor, currency: firm.currency, memo }).internalId,
  );
  stripe.drainEvents();
  netsuite.drainEvents();
  const started = await company.act("/v1/reconciliations", { pull: true });
  const runner = makeReconciliationRunner(engine, () => {});
  for (let turn = 0; turn < 500 && (await Effect.runPromise(runner.turn)); turn++) await host.idle();
  const { body } = await company.world.get(`/v1/reconciliations/${started.id}`);
  assert.equal(body.state, "finished");
  assert.deepEqual(await open(), []);
  assert.deepEqual([seen("payout"), seen("payout_item"), seen("deposit")], [3, 5, 3]);
  // One that is wrong shows how they lie together.
  company.pass();
  netsuite.operations.setAmount("deposit", deposits[0]!, total - 901);
  await company.rest();
  const [line, ...others] = (await company.latest()).items as ReadonlyArray<Loose>;
  assert.deepEqual([line?.leg, line?.status, others], ["payouts", "amount-break", []]);
  assert.deepEqual([line?.systems.stripe.count, line?.systems.netsuite.count], [5, 2]);
  assert.deepEqual(line?.differenceMinor, { [firm.currency]: -1 });
});
