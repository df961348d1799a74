/** Batches of rated use: cut as differences, approved or rejected, released once, and charges of the ERP that sum to what is rated. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import { test } from "vitest";
import { amendment, byHand, Metered, terms, unitPrice, use } from "./metered.ts";

const jan = (day: number) => `2026-01-${String(day).padStart(2, "0")}T12:00:00Z`;

test("[UB1] A batch carries what is rated beyond what earlier ones carried, and says why", async () => {
  const company = await Metered.make();
  await company.send(terms("C-1"), use("a", jan(3), "100"), use("b", jan(4), "50"));
  assert.equal(await company.approve(), 1);
  await company.send(use("c", jan(5), "10"));
  await company.approve();
  await company.send(use("d", jan(5), "20", { corrects: "c" }));
  await company.approve();
  await company.send(
    amendment("A-1", {
      id: "A-1",
      on: "2026-01-01",
      do: "charge",
      meter: "calls",
      version: 2,
      charge: unitPrice("0.20"),
    }),
  );
  await company.approve();
  assert.deepEqual(await company.lines(), [
    "default/- calls 2026-01-01: 150 = 1500 + 0 (first)",
    "default/- calls 2026-01-01: 10 = 100 + 0 (late use)",
    "default/- calls 2026-01-01: 10 = 100 + 0 (corrected use)",
    "default/- calls 2026-01-01: 0 = 1700 + 0 (amended price)",
  ]);
  assert.equal(await company.approve(), 0);
  assert.deepEqual(
    company.charges().map(({ amount }) => amount),
    [15, 1, 1, 17],
  );
  await company.verified();
});

test("[UB2] Rejected lines come again in the next batch, as they are rated by then; what is decided stays decided", async () => {
  const company = await Metered.make();
  await company.send(terms("C-1"), use("a", jan(3), "100"));
  await company.run();
  const [{ id }] = (await company.get("/v1/usage-batches")).items;
  const rejected = await company.act(`/v1/usage-batches/${id}/reject`);
  assert.deepEqual([rejected.status, rejected.body.state], [200, "rejected"]);
  assert.equal((await company.act(`/v1/usage-batches/${id}/approve`)).status, 409);
  await company.send(use("b", jan(4), "1"));
  assert.equal(await company.approve(), 1);
  assert.deepEqual(await company.lines(), [
    "default/- calls 2026-01-01: 100 = 1000 + 0 (first)",
    "default/- calls 2026-01-01: 101 = 1010 + 0 (first)",
  ]);
  assert.deepEqual(
    company.charges().map(({ amount, quantity }) => [amount, quantity]),
    [[10.1, 101]],
  );
  assert.equal((await company.act("/v1/usage-batches/batch_none/approve")).status, 409);
});

test("[UB3] A batch is of one legal entity and currency, and each of its lines has the jurisdiction and tax of its place", async () => {
  const company = await Metered.make();
  const placements = {
    calls: { entity: null, jurisdiction: "US-NY", taxes: [{ id: "ny", percent: "8.875" }] },
    "calls@eu": { entity: "eu", jurisdiction: "DE", taxes: [{ id: "vat", percent: "19" }] },
  };
  await company.send(terms("C-1", { placements }), use("a", jan(3), "100"), use("b", jan(4), "300", { entity: "eu" }));
  assert.equal(await company.approve(), 2);
  assert.deepEqual([...(await company.lines())].sort(), [
    "default/US-NY calls 2026-01-01: 100 = 1000 + 89 (first)",
    "eu/DE calls 2026-01-01: 300 = 3000 + 570 (first)",
  ]);
  const placed = company
    .charges()
    .map((charge) => [
      charge.subsidiary.id,
      charge.custrecord_tieout_jurisdiction,
      charge.amount,
      charge.custrecord_tieout_tax,
    ]);
  assert.deepEqual(placed.sort(), [
    ["1", "US-NY", 10, 0.89],
    ["2", "DE", 30, 5.7],
  ]);
  // Moved to another entity: taken back where it was, and charged where it is.
  const moved = { ...placements, "calls@eu": { ...placements["calls@eu"], entity: "default" } };
  await company.send({ ...terms("C-1", { placements: moved }), id: "moved", time: "2026-01-02T00:00:00Z" });
  await company.approve();
  assert.deepEqual([...(await company.lines())].slice(2).sort(), [
    "default/DE calls 2026-01-01: 300 = 3000 + 570 (first)",
    "eu/DE calls 2026-01-01: -300 = -3000 + -570 (corrected use)",
  ]);
  const staged = await company.staged("usage:acme");
  assert.equal(
    staged.reduce((sum, { amountMinor }) => sum + amountMinor!, 0),
    4000,
  );
});

test("[UB4 P11] What was approved before a period is over goes out as one record when it is; each later line is a record that names the first", async () => {
  const now = Date.now();
  const day = new Date(now).toISOString().slice(0, 10);
  const company = await Metered.make({ ...byHand, graceMs: 0 });
  // A period that ends with this day.
  const meters = [
    {
      meter: "calls",
      aggregation: "sum" as const,
      product: "api-calls",
      cycle: { anchor: day, unit: "day" as const, every: 1 },
      versions: [{ version: 1, inForceFrom: "2026-01-01", charge: unitPrice("0.10") }],
    },
  ];
  const at = `${day}T00:00:00Z`;
  await company.send(terms("C-1", { meters }), use("a", at, "100"));
  await company.approve();
  await company.send(use("b", at, "11"));
  await company.approve();
  assert.deepEqual(company.charges(), []);
  const [held] = await company.staged("usage:acme");
  assert.match(held!.reason!, /waits for the end of its period/);
  assert.deepEqual([held!.state, held!.amountMinor], ["invoice_ready", 1110]);
  const due = company.world.engine.core.dueRecords.get("contracts:acme");
  assert.equal(due, Date.parse(at) + 86_400_000);
  // Time passes through the journal.
  const { ownEntry } = await import("../../server/engine/own-entry.ts");
  await Effect.runPromise(company.world.engine.append([ownEntry("time", { party: "contracts:acme" }, due!)]));
  await company.world.host.idle();
  assert.deepEqual(
    company.charges().map(({ amount }) => amount),
    [11.1],
  );
  await company.send(use("c", at, "-1"));
  await company.approve();
  const [first, second] = company.charges();
  assert.deepEqual([second.amount, second.custrecord_tieout_applies_to], [-0.1, `charge:${first.id}`]);
  await company.verified();
});

test("[UB5 P8] Use without a customer, a contract or a price is counted at an estimate, and closes by itself", async () => {
  const company = await Metered.make();
  const found = async (type: string) => (await company.get(`/v1/exceptions?type=${type}`)).items;
  await company.send(use("n", jan(3), "70", {}, { owner: null }), use("a", jan(3), "50", {}, { owner: "late" }));
  await company.run();
  assert.deepEqual(
    (await found("use-unpriced")).map(({ moneyMinor }: { moneyMinor: number | null }) => moneyMinor),
    [null, null],
  );
  await company.send(
    terms("C-1", {}, { owner: "other", link: "usage:other" }),
    use("o", jan(3), "1", {}, { owner: "other" }),
  );
  await company.run();
  const unpriced = await found("use-unpriced");
  assert.deepEqual(
    unpriced.map(({ moneyMinor, source }: { moneyMinor: number; source: string }) => [source, moneyMinor]),
    [
      ["usage:meter/calls", 700],
      ["usage:meter/calls", 500],
    ],
  );
  assert.match(
    unpriced[0].cause,
    /they name no customer; it may be worth 7.00 USD, estimated at version 1 of the price/,
  );
  assert.deepEqual((await company.checkpoints())[0], "1 raw USD: 1210 = 10 + 1200");
  const [nobodys] = await company.staged("usage:?");
  assert.deepEqual([nobodys!.party, nobodys!.amountMinor, nobodys!.estimated], [null, 700, true]);
  await company.send(terms("C-2", {}, { owner: "late", link: "usage:late" }));
  await company.run();
  assert.equal((await found("use-unpriced")).length, 1);
  await company.verified();
});

test("[UB6] More use than was agreed is an exception of the contract until an amendment agrees on more", async () => {
  const company = await Metered.make();
  const meters = [
    {
      meter: "calls",
      aggregation: "sum" as const,
      product: "api-calls",
      versions: [{ version: 1, inForceFrom: "2026-01-01", charge: unitPrice("0.10") }],
      entitled: "100",
    },
  ];
  await company.send(terms("C-1", { meters }), use("a", jan(3), "130"));
  const found = async () => (await company.get("/v1/exceptions?type=use-over-entitlement")).items;
  const [over] = await found();
  assert.equal(over.source, "contracts:terms/C-1");
  assert.match(over.cause, /130 of calls were used in the period from 2026-01-01 .* 100 are agreed: 30 more/);
  const more = terms("C-1", { meters: [{ ...meters[0]!, entitled: "200" }] });
  await company.send({ ...more, id: "more", time: "2026-01-02T00:00:00Z" });
  assert.deepEqual(await found(), []);
});
