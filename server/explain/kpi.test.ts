/** A figure of the operation, page by page down to its entries: the parts add up to it, and without one of them it is another. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, it, vi } from "vitest";
import type { CanonicalEvent } from "../../domain/event.ts";
import { type Figure, figureName, figuresOf, spreadOf } from "../../domain/kpis/figures.ts";
import { Kpis } from "../../domain/kpis/fold.ts";
import { histogramOf } from "../../domain/kpis/histogram.ts";
import type { Entry } from "../../domain/ports/store.ts";
import { atRate } from "../../domain/priority.ts";
import { run } from "../cli/explain.ts";
import { type Loose, scratch, within } from "../operators/testing/company.ts";
import { makeWorld, type World } from "../testing/world.ts";

let world: World;
let late = "";
let customer = "";
const day = 86_400_000;

beforeAll(async () => {
  world = await makeWorld();
  const { operations } = world.stripe;
  for (let i = 0; i < 3; i++) {
    customer = operations.createCustomer({ name: `C${i}` });
    operations.createSubscription({ customer, amountMinor: 700 });
    late = operations.createInvoice({ customer, amountMinor: 1000 + i });
    operations.finalizeInvoice(late);
    operations.payInvoice(late);
  }
  world.netsuite.faults.loseAnswers = 3;
  await world.deliver();
  for (let i = 0; i < 20; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    await world.host.idle();
  }
  const won = {
    ...{
      id: "won",
      source: "salesforce",
      type: "quote.updated",
      subject: "quote/q1",
      time: Date.now() - 9000,
      owner: "A1",
    },
    ...{ via: null, clock: { at: Date.now(), tick: 1000, trust: 1000 }, read: false, links: [], externalId: null },
    ...{
      correlationid: null,
      traceparent: null,
      dataschema: "tieout/quote/1",
      data: {
        status: "won",
        name: null,
        number: null,
        currency: null,
        amountMinor: null,
        deal: null,
        closedAt: Date.now() - 9000,
      },
    },
  } as unknown as CanonicalEvent;
  const said = { kind: "webhook", connection: "salesforce", at: Date.now(), partition: 0, dedup: null } as const;
  await Effect.runPromise(world.engine.append([{ ...said, events: [won], note: null, raw: null }]));
  const linked = await world.app.request("/v1/links", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ party: `stripe:${customer}`, target: "salesforce:A1", reason: "one company", force: true }),
  });
  assert.ok(linked.ok, await linked.text());
  const note = { type: "intake.counted", party: "@controls", duplicates: 4 };
  const entry = { kind: "decision", connection: "@controls", at: Date.now(), partition: 0, dedup: null } as const;
  const opened = {
    type: "desk.opened",
    party: "@controls",
    exception: "exc_1",
    seen: { source: `stripe:invoice/${late}` },
  };
  const closed = { type: "desk.closed", party: "@controls", exception: "exc_1" };
  await Effect.runPromise(
    world.engine.append(
      [note, opened, closed].map((one, i) => ({ ...entry, at: entry.at + i * 70, events: [], note: one, raw: null })),
    ),
  );
  await world.host.idle();
});

const get = async (path: string): Promise<Loose> => {
  const { status, body } = await world.get(path);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
};

/** Every page, at two contributions each. */
const pages = async (id: string): Promise<ReadonlyArray<Loose>> => {
  const all: Loose[] = [];
  for (let cursor: string | null = null; ; ) {
    const more: string = cursor === null ? "" : `&cursor=${cursor}`;
    const page = await get(`/v1/explain/kpi/${encodeURIComponent(id)}?limit=2${more}`);
    if (page.behind > 0) continue;
    all.push(page);
    cursor = page.nextCursor;
    if (cursor === null) return all;
  }
};
const contributionsOf = (page: Loose): ReadonlyArray<Loose> => {
  const byId = new Map(page.hops.map((hop: Loose) => [hop.id, hop]));
  return (byId.get(page.root) as Loose).because.map((id: string) => byId.get(id));
};
const total = (all: ReadonlyArray<Loose>, what: string): number =>
  all.reduce((sum, { says }) => sum + (says.adds[what] ?? 0), 0);

it("[EX10 P10] every figure's contributions, page by page, add up to it exactly, and each goes on to what it rests on", async () => {
  const { items } = await get("/v1/kpis");
  const made = new Set<string>();
  for (const figure of items as ReadonlyArray<Loose>) {
    const all = await pages(figure.explain);
    const parts = all.flatMap(contributionsOf);
    const root = all.at(-1).hops.find(({ id }: Loose) => id === all.at(-1).root);
    assert.equal(root.says.contributions, parts.length, figure.explain);
    assert.equal(new Set(parts.map(({ id }) => id)).size, parts.length);
    for (const page of all) assert.ok(contributionsOf(page).length <= 2);
    if (parts.length > 0) made.add(figure.id);
    if (figure.id === "reconciliation-variance") {
      const sums: Record<string, number> = {};
      for (const { says } of parts)
        for (const [currency, minor] of Object.entries(says.adds as Record<string, number>))
          sums[currency] = (sums[currency] ?? 0) + minor;
      assert.deepEqual(sums, root.says.atRiskMinor);
      const rates = world.engine.queues.priorities;
      const worth = Object.entries(sums).map(([currency, moneyMinor]) => atRate({ moneyMinor, currency }, rates) ?? 0n);
      assert.equal(Number(worth.reduce((a, b) => a + b, 0n)), figure.count);
      continue;
    }
    if (figure.spread !== null) {
      const told = parts.map(({ says }) => says.adds.milliseconds as number);
      assert.deepEqual(spreadOf(histogramOf(told)), figure.spread, figure.explain);
    } else if (figure.share !== null) {
      const { part, whole } = figure.share;
      assert.deepEqual([total(parts, "part"), total(parts, "whole")], [part, whole], figure.explain);
    } else assert.equal(total(parts, "commands"), figure.count, figure.explain);
    for (const page of all) {
      const known = new Set(page.hops.map(({ id }: Loose) => id));
      for (const { because, says } of contributionsOf(page)) {
        assert.ok(because.length > 0 && because.every((id: string) => known.has(id)), JSON.stringify(says));
        for (const next of says.explain as ReadonlyArray<string>) {
          const [kind, id] = [next.slice(0, next.indexOf(" ")), next.slice(next.indexOf(" ") + 1)];
          assert.ok((await get(`/v1/explain/${kind}/${encodeURIComponent(id)}`)).hops.length > 0, next);
        }
      }
    }
  }
  for (const id of [
    "order-to-activation",
    "sync-latency",
    "recovery-time",
    "duplicate-rate",
    "retries",
    "invoice-exception-rate",
  ])
    assert.ok(made.has(id), `${id} has contributions: ${[...made]}`);
});

it("[EX11 P10] a contributing entry, left out of a copy of the journal, changes the figure", async () => {
  const all = await Effect.runPromise(world.engine.journal.read(0, 10_000));
  const stretch = { from: Math.floor(Date.now() / day) - 29, to: Math.floor(Date.now() / day) + 1 };
  const figures = (entries: ReadonlyArray<Entry>): ReadonlyMap<string, Figure> => {
    const kpis = new Kpis();
    for (const entry of entries) kpis.apply(entry);
    return new Map(figuresOf(kpis, stretch, (party) => party).map((figure) => [figureName(figure), figure]));
  };
  const whole = figures(all);
  let tried = 0;
  for (const name of [
    "sync-latency:stripe:netsuite",
    "recovery-time",
    "retries",
    "duplicate-rate",
    "invoice-exception-rate",
  ])
    for (const { because } of (await pages(name)).flatMap(contributionsOf)) {
      const last = Number(because.at(-1).slice("entry:".length));
      const without = figures(all.filter(({ position }) => position !== last)).get(name);
      assert.notDeepEqual(without, whole.get(name), `${name} without ${last}`);
      tried += 1;
    }
  assert.ok(tried > 10, String(tried));
});

it("[EX10 P10] pages stay those of the first one when more comes in between; what is no figure, or no page, is said", async () => {
  const first = await get("/v1/explain/kpi/sync-latency:stripe:netsuite?limit=2");
  const { stripe } = world;
  stripe.operations.finalizeInvoice(
    stripe.operations.createInvoice({ customer: stripe.operations.createCustomer({ name: "New" }), amountMinor: 5 }),
  );
  await world.deliver();
  const second = await get(`/v1/explain/kpi/sync-latency:stripe:netsuite?limit=200&cursor=${first.nextCursor}`);
  const said = (page: Loose): Loose => page.hops.find(({ id }: Loose) => id === page.root).says;
  assert.deepEqual(said(second), said(first));
  assert.equal(contributionsOf(second).length + 2, said(first).contributions);
  const now = await get("/v1/explain/kpi/sync-latency:stripe:netsuite?limit=2");
  assert.ok(said(now).contributions > said(first).contributions);
  assert.equal((await world.get("/v1/explain/kpi/speed")).status, 404);
  assert.equal((await world.get("/v1/explain/kpi/retries?cursor=abc")).status, 400);
  assert.equal((await world.get("/v1/explain/kpi/retries?from=yesterday")).status, 400);
  assert.equal((await world.get("/v1/explain/account/stripe:cus_1?limit=2")).status, 400);
  const none = await get("/v1/explain/kpi/retries?from=2001-01-01T00:00:00Z&to=2001-02-01T00:00:00Z");
  assert.deepEqual([said(none).count, said(none).contributions], [0, 0]);
});

const { folder, remove } = scratch();
afterAll(remove);

it("[EX12 P10] the command line tells all pages as one, from a directory and from a running server", async () => {
  const cli = async (): Promise<Loose> => {
    const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    try {
      assert.equal(
        await run({
          KIND: "kpi",
          ID: "sync-latency:stripe:netsuite",
          json: true,
          "data-dir": folder,
          from: "2001-01-01",
        }),
        0,
      );
      return JSON.parse(String(written.mock.calls[0]![0]));
    } finally {
      written.mockRestore();
    }
  };
  const running = await within(folder, async (company) => {
    company.invoiced(4321);
    company.invoiced(77);
    await company.deliver();
    await company.server.idle();
    return cli();
  });
  assert.ok(contributionsOf(running).length >= 2);
  assert.deepEqual((await cli()).hops, running.hops);
});
