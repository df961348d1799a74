/** What the console is made of, without a browser: the picture of the chart, walks, amounts as words, addresses, the hash, the counts. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { it } from "vitest";
import { amountTerm, amountWords } from "../../domain/amount-term.ts";
import { toDecimal } from "../../domain/money.ts";
import { chartText } from "../../scripts/chart.ts";
import { hash } from "../../server/console/app/browser-crypto.ts";
import { chart } from "../../server/console/app/chart.ts";
import { amountText, spanText } from "../../server/console/app/format.ts";
import { edgesOf, walkOf } from "../../server/console/app/pages/account/walk.ts";
import { matchPath, pagePaths } from "../../server/console/app/paths.ts";
import { Standings } from "../../server/console/standing.ts";
import { Core } from "../../server/engine/core.ts";
import { Moves } from "../../server/engine/moves.ts";
import { type Loose, makeWorld } from "../../server/testing/world.ts";

it("[CO11] the picture of the chart is what ELK makes of the machine today, with every state and every edge", async () => {
  const stored = readFileSync(new URL("../../server/console/app/chart.json", import.meta.url), "utf8");
  assert.equal(stored, await chartText(), "the machine changed: node --import tsx scripts/chart.ts");
  for (const { name, states, edges } of chart.regions) {
    for (const { points, from, to } of edges) assert.ok(points.length >= 2, `${name}: ${from} → ${to}`);
    for (const [at, one] of states.entries())
      for (const other of states.slice(at + 1))
        assert.ok(
          one.x + one.width <= other.x ||
            other.x + other.width <= one.x ||
            one.y + one.height <= other.y ||
            other.y + other.height <= one.y,
          `${name}: ${one.name} lies over ${other.name}`,
        );
  }
});

it("[CO12] between any two states of a region there is a walk along its edges, neighbour to neighbour", () => {
  for (const region of chart.regions) {
    const edges = new Set(region.edges.map(({ from, to }) => `${from}→${to}`));
    for (const { name: from } of region.states)
      for (const { name: to } of region.states) {
        const way = walkOf(region, from, to);
        if (from === to) assert.deepEqual(way, []);
        else assert.deepEqual([way[0], way.at(-1)], [from, to], `${region.name}: ${from} → ${to}`);
        for (const edge of edgesOf(way)) assert.ok(edges.has(edge), edge);
      }
  }
});

const currencies = fc.constantFrom("USD", "JPY", "BHD", "CLF", "EUR");
const minors = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

it("[CO13] an amount is shown to the minor unit, and is found by what is shown, with its currency and without", () => {
  fc.assert(
    fc.property(minors, currencies, (minor, currency) => {
      const shown = amountText(minor, currency);
      assert.equal(shown.replaceAll(",", ""), toDecimal(minor, currency));
      const term = amountTerm(minor, currency)!;
      for (const typed of [shown, `${shown} ${currency}`, `${currency} ${shown}`, shown.replaceAll(",", "")])
        assert.ok(
          amountWords(typed).some((word) => term.startsWith(word)),
          `${typed} does not lead to ${term}`,
        );
      const other = currency === "USD" ? "EUR" : "USD";
      assert.ok(!amountWords(`${shown} ${other}`).some((word) => term.startsWith(word)));
      assert.ok(!amountWords(`${shown}1`).some((word) => term.startsWith(word)));
    }),
  );
  for (const text of ["acme", "in_123", "12-34", "1,23", "USD", ""]) assert.deepEqual(amountWords(text), [], text);
  assert.equal(amountText("-123456789012345678901", "USD"), "−1,234,567,890,123,456,789.01");
  assert.deepEqual([0, 999, 61_000, 3_600_000 * 25].map(spanText), ["0 s", "0 s", "1 min 1 s", "1 d 1 h"]);
});

it("[CO14] every page's address leads to it and to no other, with its parts decoded", () => {
  for (const [name, path] of Object.entries(pagePaths)) {
    const address = path.replaceAll(/:(\w+)/g, encodeURIComponent("stripe:cus/1 ä"));
    const found = Object.entries(pagePaths).filter(([, pattern]) => matchPath(pattern, address) !== null);
    assert.deepEqual(
      found.map(([one]) => one),
      [name],
    );
    for (const value of Object.values(matchPath(path, address)!)) assert.equal(value, "stripe:cus/1 ä");
  }
  assert.deepEqual(matchPath("/accounts/:id", "/accounts/%E0%A4%A"), { id: "%E0%A4%A" });
});

it("[CO15] in a browser domain code hashes as it does here", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      assert.equal(hash("sha256", text, "hex"), createHash("sha256").update(text).digest("hex"));
    }),
    { numRuns: 40 },
  );
});

it("[CO16] what was touched since any number is told, each once, the last touch last; or that it is too long ago", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 40 }), fc.nat(45), (roots, from) => {
      const moves = new Moves();
      for (const root of roots) moves.add(root);
      const expected = from > roots.length ? null : [...new Set(roots.slice(from).reverse())].reverse();
      assert.deepEqual(moves.since(from), expected);
    }),
  );
  const moves = new Moves();
  for (let i = 0; i < 20_000; i++) moves.add(`r${i}`);
  assert.equal(moves.since(1), null);
  assert.deepEqual(moves.since(19_998), ["r19998", "r19999"]);
});

/** Counted anew from the answers of the accounts themselves. */
const counted = async (get: (path: string) => Promise<Loose>) => {
  const stages: Record<string, { accounts: number; billed: Record<string, number>; due: Record<string, number> }> = {};
  for (const { id, stage } of (await get("/v1/accounts?limit=200")).body.items) {
    stages[stage] ??= { accounts: 0, billed: {}, due: {} };
    const of = stages[stage];
    of.accounts += 1;
    for (const { currency, totalMinor, settledMinor, creditsMinor, stage: at } of (await get(`/v1/accounts/${id}`)).body
      .invoices) {
      if (at === "prospect") continue;
      of.billed[currency] = (of.billed[currency] ?? 0) + totalMinor;
      of.due[currency] = (of.due[currency] ?? 0) + Math.max(0, totalMinor - settledMinor - creditsMinor);
    }
  }
  return stages;
};
const told = (now: Loose) =>
  Object.fromEntries(
    now.stages
      .filter(({ accounts }: Loose) => accounts > 0)
      .map(({ stage, accounts, money }: Loose) => [
        stage,
        {
          accounts,
          billed: Object.fromEntries(money.map(({ currency, billedMinor }: Loose) => [currency, billedMinor])),
          due: Object.fromEntries(money.map(({ currency, dueMinor }: Loose) => [currency, dueMinor])),
        },
      ]),
  );

it("[CO17 P8] accounts and money by stage, kept as things happen, are what counting all accounts anew gives; also after joins and voids", async () => {
  const world = await makeWorld();
  const { operations } = world.stripe;
  const same = async (): Promise<void> => {
    await world.deliver();
    await world.host.idle();
    const { body } = await world.get("/v1/now");
    assert.equal(body.complete, true);
    assert.deepEqual(told(body), await counted((path) => world.get(path)));
  };
  await same();
  const made: Array<{ customer: string; invoice: string }> = [];
  for (const [at, currency] of ["usd", "usd", "jpy", "eur", "usd"].entries()) {
    const customer = operations.createCustomer({ name: `Shop ${at}` });
    const invoice = operations.createInvoice({ customer, amountMinor: 1000 + at, currency });
    made.push({ customer, invoice });
    if (at % 2 === 0) await same();
    operations.finalizeInvoice(invoice);
    await same();
  }
  operations.payInvoice(made[0]!.invoice);
  await same();
  operations.voidInvoice(made[1]!.invoice);
  await same();
  const link = {
    party: `stripe:${made[2]!.customer}`,
    target: `stripe:${made[3]!.customer}`,
    reason: "one company",
    force: true,
  };
  const linked = await world.app.request("/v1/links", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(link),
  });
  assert.equal(linked.status, 200, await linked.text());
  await same();
});

it("[CO18] counting goes on from the rows of the store after a start, a stretch with each question", async () => {
  const rows = Array.from({ length: 1200 }, (_, at) => {
    const id = `acct_${String(at).padStart(20, "0")}`;
    const regions = { lifecycle: at % 3 === 0 ? "paid" : "posted", sync: "agreed" };
    const billed = [{ currency: "USD", billedMinor: 10, dueMinor: at % 3 === 0 ? 0 : 10 }];
    return {
      id,
      stage: regions.lifecycle,
      sync: "agreed",
      body: JSON.stringify({ root: `stripe:${at}`, regions, billed }),
    };
  });
  const snapshots = {
    accounts: ({ after, limit }: { after: string | null; limit: number }) =>
      Effect.succeed(rows.filter(({ id }) => after === null || id > after).slice(0, limit)),
  };
  const world = await makeWorld();
  const standings = new Standings(new Core(world.engine.surroundings), snapshots as never);
  let standing = await Effect.runPromise(standings.standing(() => true));
  while (!standing.complete) standing = await Effect.runPromise(standings.standing(() => true));
  assert.equal(standing.accounts, 1200);
  assert.deepEqual(standing.stages.get("paid")!.money.get("USD"), { billedMinor: 4000n, dueMinor: 0n });
  assert.deepEqual(standing.stages.get("posted")!.money.get("USD"), { billedMinor: 8000n, dueMinor: 8000n });
  assert.equal((await Effect.runPromise(standings.standing((connection) => connection === "elsewhere"))).accounts, 0);
});
