/** The reports over HTTP, asked of the sample company's quarter: they tie, they are taken apart, they are made again only where something changed. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import * as Either from "effect/Either";
import { beforeAll, it } from "vitest";
import { reports } from "../../domain/books/reports/all.ts";
import { ownedBy } from "../../domain/books/rules.ts";
import { policies } from "../../domain/lifecycle.ts";
import { toDecimal } from "../../domain/money.ts";
import { decodeFile } from "../config/file.ts";
import { companies } from "../sandbox/companies.ts";
import type { Loose, World } from "../testing/world.ts";
import { shelfOf } from "./shelf.ts";
import { gets, sampleWorld } from "./testing/sample.ts";

let world: World;
let get: (path: string) => Promise<Loose>;
beforeAll(async () => {
  world = await sampleWorld();
  get = gets(world);
});

const asOf = "asOf=2026-08-31";
const sum = (rows: Loose, name: string, fits: (row: Loose) => boolean): number =>
  rows.filter(fits).reduce((all: number, row: Loose) => all + row[name], 0);

it("[BR1 P8] the sample company's quarter gives every report, in six currencies, and they tie to each other and to what was sold", async () => {
  const of = Object.fromEntries(
    await Promise.all(reports.map(async ({ name }) => [name, await get(`/v1/reports/${name}?${asOf}`)] as const)),
  ) as Readonly<Record<string, Loose>>;
  for (const report of Object.values(of)) {
    assert.deepEqual([report.unstated.total, report.notes, report.accounts >= 12], [0, [], true]);
    assert.deepEqual([report.basis, report.asOf], ["expected", "2026-08-31"]);
  }
  const balance = of["trial-balance"].rows;
  const currencies = [...new Set(balance.map((row: Loose) => row.currency))].sort() as ReadonlyArray<string>;
  assert.deepEqual(currencies, ["BHD", "EUR", "GBP", "JPY", "NOK", "USD"]);
  for (const currency of currencies) {
    const own = (row: Loose): boolean => row.currency === currency;
    const role = (name: string): number => sum(balance, "balanceMinor", (row) => own(row) && row.role === name);
    assert.equal(sum(balance, "balanceMinor", own), 0, currency);
    const closing = of["deferred-revenue"].rows.findLast(own).closingMinor;
    assert.equal(closing, 0 - role("DeferredRevenue"));
    assert.equal(sum(of["revenue-waterfall"].rows, "totalMinor", own), 0 - role("Revenue"), `${currency} revenue`);
    assert.equal(sum(of["aging"].rows, "totalMinor", own), role("AccountsReceivable"));
    const last = of["arr"].rows.findLast(own);
    // Everybody pays by the month; one of the euros cancelled.
    const sold = companies.filter(
      (company) => company.currency.toUpperCase() === currency && company.name !== "Kaffeehaus Linz",
    );
    assert.equal(
      last.endMinor,
      sold.reduce((all, { monthlyMinor }) => all + monthlyMinor, 0),
      toDecimal(last.endMinor, currency),
    );
    assert.equal(last.arrMinor, 12 * last.endMinor);
  }
  const euros = of["arr"].rows.filter((row: Loose) => row.currency === "EUR");
  assert.deepEqual([euros.at(-1).churnMinor, euros.at(-1).nrrPercent], [-12_900, "85.32"]);
  const dollars = of["arr"].rows.filter((row: Loose) => row.currency === "USD");
  assert.deepEqual(
    dollars.map((row: Loose) => row.newMinor),
    [524_800, 39_900, 0],
  );
});

it("[BR2] a report comes as JSON or CSV, with its parameters checked; one that is not there is told with the names of all", async () => {
  const list = await get("/v1/reports");
  assert.deepEqual(
    list.items.map(({ name }: Loose) => name),
    reports.map(({ name }) => name),
  );
  const text = async (path: string): Promise<Response> => world.app.request(path, { headers: { accept: "text/csv" } });
  const csv = await text(`/v1/reports/deferred-revenue?${asOf}&currency=JPY`);
  assert.match(csv.headers.get("content-type")!, /^text\/csv/);
  assert.equal(csv.headers.get("tieout-unstated"), '{"total":0,"moneyMinor":{}}');
  const [head, ...lines] = (await csv.text()).trimEnd().split("\n");
  assert.equal(
    head,
    "entity,currency,period,openingMinor,billingsMinor,recognizedMinor,adjustmentsMinor,closingMinor,basis,owner",
  );
  assert.equal(lines.length, 3);
  assert.match(lines[0]!, /^default,JPY,2026-06,0,98000,91467,0,6533,expected,revenue$/);
  const months = (await get(`/v1/reports/deferred-revenue?${asOf}&from=2026-07&to=2026-07`)).rows;
  assert.deepEqual([...new Set(months.map((row: Loose) => row.period))], ["2026-07"]);
  const refused: ReadonlyArray<readonly [path: string, status: number, says: RegExp]> = [
    ["/v1/reports/nothing", 404, /there are deferred-revenue, revenue-waterfall/],
    ["/v1/reports/nothing/entries?column=x", 404, /no report is named/],
    ["/v1/reports/aging?from=2026-01", 400, /unknown parameter "from": known are entity/],
    ["/v1/reports/arr?from=2026-13", 400, /from is a month/],
    ["/v1/reports/arr?from=2026-03&to=2026-02", 400, /to is before from/],
    ["/v1/reports/arr?asOf=yesterday", 400, /asOf is a date/],
    ["/v1/reports/arr?currency=usd", 400, /currency is an ISO 4217 code/],
    ["/v1/reports/arr?entity=mars", 400, /there is no legal entity "mars"; there are default/],
    ["/v1/reports/arr?account=stripe:nobody", 400, /no account, party or object is known/],
    ["/v1/reports/arr?knownAt=now", 400, /knownAt is an instant/],
    ["/v1/reports/renewals?within=0", 400, /within is a whole number of days/],
    ["/v1/reports/aging?measure=both", 400, /none of transaction, functional/],
    ["/v1/reports/aging/entries", 400, /column is missing/],
    ["/v1/revenue-schedules/stripe:il_nothing", 404, /no revenue line is known/],
    ["/v1/revenue-schedules?cursor=x", 400, /cursor is not one/],
  ];
  for (const [path, status, says] of refused) {
    const answer = await world.get(path);
    assert.equal(answer.status, status, path);
    assert.match(answer.body.detail, says, path);
  }
});

it("[BR3 P10] every cell is taken apart into parts that sum to it, and each part says where it is explained", async () => {
  let [cells, explained] = [0, 0];
  for (const [name, columns] of [
    ["deferred-revenue", ["openingMinor", "billingsMinor", "recognizedMinor", "adjustmentsMinor", "closingMinor"]],
    ["revenue-waterfall", ["2026-07", "totalMinor"]],
    ["arr", ["endMinor", "arrMinor", "churnMinor"]],
    ["bookings-billings-revenue", ["bookedMinor", "backlogMinor", "unrecognizedMinor"]],
    ["aging", ["1-30", "totalMinor"]],
    ["trial-balance", ["debitMinor", "balanceMinor"]],
    ["renewals", ["mrrMinor"]],
  ] as const) {
    const { rows } = await get(`/v1/reports/${name}?${asOf}`);
    for (const row of rows.slice(0, 8))
      for (const column of columns) {
        const cell = await get(`${row.entries}&column=${column}`);
        cells += 1;
        assert.equal(cell.amountMinor, row[column], `${name} ${row.entries} ${column}`);
        assert.equal(
          sum(cell.items, "amountMinor", () => true),
          row[column],
        );
        const [first] = cell.items;
        if (first === undefined || explained > 20) continue;
        explained += 1;
        const chain = await get(first.of.explain);
        assert.ok(chain.hops.length > 1, first.of.explain);
      }
  }
  assert.ok(cells > 80 && explained > 15, `${cells} cells, ${explained} explained`);
});

it("[BR4] a report as it was known is the one that was answered then, and one account's is its own", async () => {
  const path = `/v1/reports/trial-balance?${asOf}`;
  const bare = ({ rows }: Loose) => rows.map(({ entries: _, ...row }: Loose) => row);
  const before = await get(path);
  const then = new Date(Date.now() + 5).toISOString();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const customer = world.stripe.operations.createCustomer({ name: "Late", currency: "eur" });
  const invoice = world.stripe.operations.createInvoice({ customer, amountMinor: 777, currency: "eur" });
  world.clock.now = Date.now();
  const now = world.clock.now;
  world.stripe.operations.finalizeInvoice(invoice);
  await world.deliver();
  const day = new Date(now).toISOString().slice(0, 10);
  const own = await get(`/v1/reports/trial-balance?asOf=${day}&account=stripe:${customer}`);
  assert.deepEqual(
    own.rows.map((row: Loose) => [row.role, row.balanceMinor]),
    [
      ["AccountsReceivable", 777],
      ["DeferredRevenue", 0],
      ["Revenue", -777],
    ],
  );
  assert.equal(own.accounts, 1);
  const late = await get(`/v1/reports/trial-balance?asOf=${day}`);
  const asKnown = await get(`/v1/reports/trial-balance?asOf=${day}&knownAt=${then}`);
  assert.equal(sum(late.rows, "debitMinor", () => true) - sum(asKnown.rows, "debitMinor", () => true), 2 * 777);
  assert.deepEqual(bare(await get(`${path}&knownAt=${then}`)), bare(before));
});

it("[BR5] only what changed is made again", async () => {
  const shelf = shelfOf(world.engine);
  await get(`/v1/reports/arr?${asOf}`);
  const roots = [...world.engine.core.accounts.keys()];
  const booksOf = (root: string) => Effect.runPromise(shelf.booksOf(root));
  const before = await Promise.all(roots.map(booksOf));
  const [customer] = Object.keys(world.stripe.snapshot().tables.customer);
  const invoice = world.stripe.operations.createInvoice({ customer: customer!, amountMinor: 100 });
  world.stripe.operations.finalizeInvoice(invoice);
  await world.deliver();
  shelf.refresh();
  const after = await Promise.all(roots.map(booksOf));
  const changed = roots.filter((_, index) => after[index] !== before[index]);
  const party = `stripe:${customer}`;
  assert.deepEqual(changed, [world.engine.core.root(party)]);
});

it("[BR6] every figure says whose word it is: the system's that owns it, or ours where the owner table says so", () => {
  for (const policy of Object.values(policies)) {
    assert.deepEqual(ownedBy("revenue", policy, {}), { basis: "expected", owner: "revenue" });
    assert.deepEqual(ownedBy("rating", policy, {}), { basis: "expected", owner: "billing" });
    const ours = { authority: { revenue: ["tieout", "erp"] } };
    assert.deepEqual(ownedBy("revenue", policy, ours), { basis: "authoritative", owner: "tieout" });
    assert.equal(ownedBy("rating", policy, ours).owner, "billing");
    assert.equal(ownedBy("revenue", policy, { authority: { revenue: ["erp", "tieout"] } }).basis, "expected");
  }
});

it("[BR9] how the books are kept is read from the configuration, and what is wrong with it is told by its place", () => {
  const connections = { stripe: { vendor: "stripe", webhookSecrets: [{ env: "S" }] } };
  const read = (accounting: object) => decodeFile(JSON.stringify({ accounting, connections }));
  const good = read({
    products: { platform: { standalone: { USD: "1200" }, recognition: "month" } },
    bundles: [{ product: "suite", items: [{ product: "app", weight: 2 }] }],
    chart: [{ role: "Revenue", account: "4010", when: { product: "app" } }],
    functional: { default: "EUR" },
    authority: { revenue: ["tieout"] },
  });
  assert.ok(Either.isRight(good), JSON.stringify(good));
  assert.equal(good.right.accounting.timeZone, "UTC");
  assert.deepEqual(good.right.accounting.products, { platform: { standalone: { USD: "1200" }, recognition: "month" } });
  const bad = read({
    products: { platform: { recognition: "sometimes" } },
    chart: [{ role: "Profit", account: "1" }],
    functional: { default: "euro" },
    colour: "red",
  });
  const told = Either.isLeft(bad) ? bad.left.join("\n") : "";
  for (const place of [
    "products.platform.recognition",
    "chart.0.role: is no role of the books",
    "functional.default",
    "colour: there is no such setting",
  ])
    assert.ok(told.includes(`accounting.${place}`), `${place} in ${told}`);
});

it("[BR7] a revenue schedule is one line with its entries, by its id, its account or page by page", async () => {
  const seen: Loose[] = [];
  for (let cursor = ""; ; ) {
    const page = await get(`/v1/revenue-schedules?limit=7${cursor}`);
    assert.ok(page.items.length <= 7);
    seen.push(...page.items);
    if (page.nextCursor === null) break;
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
  assert.equal(new Set(seen.map(({ id }) => id)).size, seen.length);
  assert.ok(seen.length > 30);
  const line = seen.find(({ product, currency }) => product === "platform" && currency === "BHD");
  assert.equal(
    line.entries.reduce((all: number, entry: Loose) => all + entry.amountMinor, 0),
    line.scheduledMinor,
  );
  assert.deepEqual(
    [line.amountMinor, line.scheduledMinor, line.method, line.basis, line.owner],
    [250_500, 250_500, "day", "expected", "revenue"],
  );
  const one = await get(`/v1/revenue-schedules/${encodeURIComponent(line.id)}`);
  assert.deepEqual(one, { ...line, seq: one.seq });
  const own = await get(`/v1/revenue-schedules?account=${encodeURIComponent(line.party)}`);
  assert.deepEqual([...new Set(own.items.map(({ account }: Loose) => account))], [line.account]);
});
