/** What is owed for a period in which nothing was used: a least that was agreed, or a flat price. */
import assert from "node:assert/strict";
import { test } from "vitest";
import type { TermsData } from "../../domain/event.ts";
import { Metered, terms, use } from "./metered.ts";

const committed = (start: string, months: number, more: Partial<TermsData> = {}) =>
  terms("C-1", {
    contract: { id: "C-1", currency: "USD", start, months, items: [] },
    meters: [
      {
        meter: "calls",
        aggregation: "sum",
        product: "api-calls",
        versions: [
          { version: 1, inForceFrom: start, charge: { price: { model: "per_unit", unit: "0.10" }, minimum: "50" } },
        ],
      },
    ],
    ...more,
  });

test("[UB17 P2] a least that was agreed is charged for periods without use too, once each, from the first day of the contract to its last", async () => {
  const company = await Metered.make();
  // 20 January to 20 April 2026: four periods, of which two had use.
  await company.send(committed("2026-01-20", 3), use("a", "2026-02-03T12:00:00Z", "100"));
  await company.approve();
  await company.send(use("b", "2026-03-03T12:00:00Z", "900"));
  await company.approve();
  const expected = [
    "default/- calls 2026-01-01: 0 = 5000 + 0 (first)",
    "default/- calls 2026-02-01: 100 = 5000 + 0 (first)",
    "default/- calls 2026-03-01: 0 = 5000 + 0 (first)",
    "default/- calls 2026-04-01: 0 = 5000 + 0 (first)",
    // 900 at 0.10 are 90.00: the least of 50.00 is carried already.
    "default/- calls 2026-03-01: 900 = 4000 + 0 (late use)",
  ];
  assert.deepEqual(await company.lines(), expected);
  assert.equal(await company.approve(), 0);
  assert.deepEqual(
    company.charges().map(({ amount }) => amount),
    [50, 50, 50, 50, 40],
  );
  const { body } = await company.world.get("/v1/exceptions?type=use-unpriced");
  assert.equal(body.total, 0);
  await company.verified();
});

test("[UB17] where no use costs nothing, nothing is written down; a charge for single events has no least of none", async () => {
  const company = await Metered.make();
  await company.send(terms("C-1"));
  await company.approve();
  const percentage = { price: { model: "percentage", ratePercent: "2" } } as const;
  await company.send(
    committed("2026-01-01", 3, {
      meters: [
        {
          meter: "volume",
          aggregation: "sum",
          product: "payments",
          versions: [{ version: 1, inForceFrom: "2026-01-01", charge: percentage }],
        },
      ],
    }),
  );
  await company.run();
  assert.deepEqual(await company.lines(), []);
});
