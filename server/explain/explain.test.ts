/** From a posting in the general ledger down to the bytes of the webhook, through the API and the command line. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, it, vi } from "vitest";
import type { Entry } from "../../domain/ports/store.ts";
import { run } from "../cli/explain.ts";
import { Core } from "../engine/core.ts";
import { traceTerm } from "../engine/trace.ts";
import { type Loose, scratch, within } from "../operators/testing/company.ts";
import { makeWorld, type World } from "../testing/world.ts";
import { wishedIn } from "./documents.ts";

let world: World;
let invoice: string;
let customer: string;

beforeAll(async () => {
  world = await makeWorld();
  const { operations } = world.stripe;
  customer = operations.createCustomer({ name: "Acme" });
  invoice = operations.createInvoice({ customer, amountMinor: 12_345 });
  operations.finalizeInvoice(invoice);
  world.clock.now += 5000;
  operations.payInvoice(invoice);
  await world.deliver();
  await world.echo();
});

const explained = async (kind: string, id: string): Promise<Loose> => {
  const { status, body } = await world.get(`/v1/explain/${kind}/${encodeURIComponent(id)}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
};
const hop = (chain: Loose, type: string): ReadonlyArray<Loose> => chain.hops.filter((one: Loose) => one.hop === type);
const postingId = (): string =>
  world.netsuite.committed.find((entry) => entry.recordType === "invoice" && entry.op === "create")!.internalId;

it("[EX1 P10] a posting is explained by its number in the ERP down to the bytes of the webhook, each hop with its foreign ids", async () => {
  const chain = await explained("posting", `netsuite:${postingId()}`);
  const byId = new Map<string, Loose>(chain.hops.map((one: Loose) => [one.id, one]));
  const path: string[] = [];
  for (let at = byId.get(chain.root); at !== undefined; ) {
    path.push(at.hop);
    const next: Loose = at.because
      .map((id: string) => byId.get(id))
      .find((one: Loose) => one.id !== undefined && wanted(one));
    at = next;
  }
  function wanted(one: Loose): boolean {
    const order = ["document", "command", "obligation", "stage", "value", "observation", "event", "entry", "raw"];
    return order.indexOf(one.hop) > order.indexOf(path.at(-1)!) && !one.id.startsWith("value:replica");
  }
  assert.deepEqual(path, [
    "document",
    "command",
    "obligation",
    "stage",
    "value",
    "observation",
    "event",
    "entry",
    "raw",
  ]);
  const [command] = hop(chain, "command");
  assert.equal(command.says.request.amountMinor, 12_345);
  assert.equal(command.says.answer.foreignId, postingId());
  assert.equal(command.ids.netsuite, postingId());
  const entry = hop(chain, "event").find((one) => one.ids.stripe === `invoice/${invoice}`)!.because[0];
  const raw = byId.get(byId.get(entry)!.because[0]);
  const event = JSON.parse(Buffer.from(raw.says.rawBase64, "base64").toString("utf8"));
  assert.equal(event.data.object.id, invoice);
  assert.equal(raw.says.rawBody, JSON.stringify(event));
  assert.ok(raw.personal && !byId.get(entry)!.personal);
  assert.equal(byId.get(entry)!.ids.stripe, event.id);
});

it("[EX2 P10] what any one hop rests on, left out of a copy of the journal, changes the figure", async () => {
  const { engine, stripe } = world;
  const unpaid = stripe.operations.createCustomer({ name: "Unpaid" });
  const owed = stripe.operations.createInvoice({ customer: unpaid, amountMinor: 999 });
  stripe.operations.finalizeInvoice(owed);
  await world.deliver();
  const { body: account } = await world.get(`/v1/accounts/stripe:${unpaid}`);
  const chain = await explained("posting", `netsuite:${account.invoices[0].systems.netsuite.id}`);
  const party = `stripe:${unpaid}`;
  const all = await Effect.runPromise(engine.journal.read(0, 10_000));
  const figure = (entries: ReadonlyArray<Entry>): string => {
    const core = new Core(engine.surroundings);
    core.apply(entries);
    core.restore(core.missingMembers, []);
    core.settleFold();
    const own = core.parties.get(party)!;
    const slot = [...own.slots.keys()].find((key) => key.endsWith("|receivable"));
    const held = slot === undefined ? null : own.slots.get(slot)!.held;
    return JSON.stringify([held?.foreignId ?? null, held?.observed ?? null, slot ? wishedIn(own, slot) : null]);
  };
  const whole = figure(all);
  assert.match(whole, /999/);
  const positions = (ids: ReadonlyArray<string>): ReadonlySet<number> => {
    const found = new Set<number>();
    const byId = new Map<string, Loose>(chain.hops.map((one: Loose) => [one.id, one]));
    for (const id of ids)
      if (id.startsWith("entry:")) found.add(Number(id.slice(6)));
      else if (id.startsWith("event:")) for (const one of positions(byId.get(id)!.because)) found.add(one);
    return found;
  };
  let tried = 0;
  for (const one of chain.hops as ReadonlyArray<Loose>) {
    if (one.hop !== "command" && one.hop !== "observation") continue;
    if (one.id.includes("replica")) continue;
    const groups =
      one.hop === "command"
        ? [...positions(one.because)].map((position) => new Set([position]))
        : [positions(one.because)];
    for (const out of groups) {
      assert.ok(out.size > 0, one.id);
      tried += 1;
      assert.notEqual(
        figure(all.filter(({ position }) => !out.has(position))),
        whole,
        `without ${[...out]} of ${one.id}`,
      );
    }
  }
  assert.ok(tried >= 3);
});

it("[EX3 P10] an invoice, its account, a payment, a command, an exception and an entry are explained; what is not there is 404", async () => {
  const chain = await explained("invoice", `stripe:${invoice}`);
  const figure = chain.hops.find((one: Loose) => one.id === chain.root);
  assert.equal(figure.says.settledMinor, 12_345);
  const stages = hop(chain, "stage").map(({ says }) => says.stage);
  assert.deepEqual([...new Set(stages)].sort(), ["invoiced", "paid", "posted"]);
  assert.ok(chain.complete && hop(chain, "raw").length > 0);
  const account = await explained("account", `stripe:${customer}`);
  assert.equal(account.hops[0].says.stage, "paid");
  assert.ok(hop(account, "figure").length === 1 && hop(account, "document").length >= 2);
  const [command] = hop(chain, "command");
  assert.equal((await explained("command", command.says.key)).root, command.id);
  const [entry] = hop(chain, "entry");
  assert.equal((await explained("entry", String(entry.says.position))).hops[0].says.position, entry.says.position);
  const payment = hop(chain, "value").find(({ ids }) => ids.stripe?.startsWith("payment/"))!.ids.stripe;
  assert.equal((await explained("payment", `stripe:${payment.slice(8)}`)).hops[0].says.data.amountMinor, 12_345);
  assert.equal((await world.get("/v1/explain/invoice/stripe:in_none")).status, 404);
  assert.equal((await world.get("/v1/explain/nothing/stripe:in_none")).status, 400);
  world.netsuite.faults.rejectCustomers.add(
    world.netsuite.committed.find((one) => one.recordType === "customer")!.internalId,
  );
  world.stripe.operations.finalizeInvoice(world.stripe.operations.createInvoice({ customer, amountMinor: 700 }));
  await world.deliver();
  const { body } = await world.get("/v1/exceptions");
  assert.ok(body.items?.length > 0, JSON.stringify(body));
  for (const { id } of body.items) assert.equal((await explained("exception", id)).hops[0].says.id, id);
});

it("[EX4 P10] the trace is an index of the journal: flushed in any pieces it is what one fold finds, and no state holds it", async () => {
  const { engine } = world;
  const core = new Core(engine.surroundings);
  core.apply(await Effect.runPromise(engine.journal.read(0, 10_000)));
  await Effect.runPromise(engine.snapshot);
  for (const [term, { positions }] of core.trace.all) {
    const found = await Effect.runPromise(engine.snapshots.find(term, false, 1000));
    assert.ok(found.length > 0 || positions.length === 0, term);
  }
  assert.ok(core.trace.all.has(traceTerm(`stripe:${customer}`, `invoice/${invoice}`)));
  for (const { cell } of core.allCells()) assert.ok(!cell.startsWith("Trace"));
});

const { folder, remove } = scratch();
afterAll(remove);

it("[EX5 P10] the command line tells the same chain with its link of the hash chain, from a directory and from a running server", async () => {
  const cli = async (KIND: string, ID: string): Promise<Loose> => {
    const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    try {
      assert.equal(await run({ KIND, ID, json: true, "data-dir": folder }), 0);
      return JSON.parse(String(written.mock.calls[0]![0]));
    } finally {
      written.mockRestore();
    }
  };
  const asked = await within(folder, async (company) => {
    const { invoice } = company.invoiced(4321);
    await company.deliver();
    const path = `/v1/explain/invoice/${encodeURIComponent(`stripe:${invoice}`)}`;
    const chain = await company.get(path);
    assert.deepEqual((await cli("invoice", `stripe:${invoice}`)).hops, chain.hops);
    return { invoice, chain };
  });
  const told = await cli("invoice", `stripe:${asked.invoice}`);
  assert.deepEqual(told.hops, asked.chain.hops);
  const [entry] = hop(told, "entry");
  assert.match(entry.says.link.hash, /^[0-9a-f]{64}$/);
  assert.ok(entry.says.link.first <= entry.says.position && entry.says.position <= entry.says.link.last);
});
