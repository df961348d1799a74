/** An account's use under its agreements: which price, whose share, what is left over, in any order of arrival. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "vitest";
import { agreementsOf } from "../../domain/agreement.ts";
import { canonical, type Json } from "../../domain/canonical.ts";
import type { AmendmentData, CanonicalEvent, ObjectData, TermsData, UseData } from "../../domain/event.ts";
import { policies } from "../../domain/lifecycle.ts";
import { type Metered, meteredOf } from "../../domain/metering/rated.ts";
import { Party } from "../../domain/party.ts";
import { surroundingsOf } from "../../server/engine/surroundings.ts";

const surroundings = surroundingsOf({ systems: new Map(), policy: policies["billing-led"], rules: new Map() });

const event = (subject: string, time: string, data: ObjectData): CanonicalEvent => ({
  id: subject,
  source: "cpq",
  type: "said.so",
  subject,
  time: Date.parse(time),
  owner: "acme",
  via: null,
  clock: { at: Date.parse(time), tick: 1, trust: 1 },
  read: false,
  data,
  links: [],
  externalId: null,
  correlationid: null,
  traceparent: null,
  dataschema: "tieout/x/1",
});

const tiers = (first: string, rest: string) =>
  ({
    price: {
      model: "graduated",
      tiers: [
        { upTo: "100", unit: first },
        { upTo: null, unit: rest },
      ],
    },
  }) as const;

const terms = (id: string, start: string, more: Partial<TermsData> = {}): CanonicalEvent =>
  event(`terms/${id}`, "2026-01-01T00:00:00Z", {
    status: "active",
    subscription: null,
    timeZone: "Europe/Berlin",
    contract: { id, currency: "EUR", start, months: 12, items: [] },
    meters: [
      {
        meter: "calls",
        aggregation: "sum",
        product: "api",
        versions: [{ version: 1, inForceFrom: "2026-01-01", charge: tiers("0.10", "0.05") }],
      },
    ],
    placements: { calls: { entity: "eu", jurisdiction: "DE", taxes: [{ id: "vat", percent: "19" }] } },
    ...more,
  });

const use = (id: string, time: string, quantity: string, more: Partial<UseData> = {}): CanonicalEvent =>
  event(`use/${id}`, time, { status: "recorded", meter: "calls", contract: null, quantity, ...more });

const metered = (events: ReadonlyArray<CanonicalEvent>): Metered => {
  const party = new Party("cpq:acme", surroundings);
  for (const one of events) if (one.subject.startsWith("use/")) party.use(one, false);
  for (const one of events) if (!one.subject.startsWith("use/")) party.observe(one);
  return meteredOf([party], agreementsOf(party));
};
const short = ({ lines }: Metered): ReadonlyArray<string> =>
  lines.map(
    ({ period, version, usedBy, quantity, ratedMinor, creditsMinor, taxMinor, placement }) =>
      `${period} v${version} ${usedBy ?? "-"}@${placement.jurisdiction} ${quantity} = ${ratedMinor} - ${creditsMinor} + ${taxMinor}`,
  );

describe("rated use", () => {
  const upgrade: AmendmentData = {
    status: "active",
    terms: "terms/C-1",
    publishedAt: null,
    change: { id: "A1", on: "2026-02-15", do: "charge", meter: "calls", version: 2, charge: tiers("0.10", "0.01") },
  };
  const uses = [
    use("a", "2026-02-01T08:00:00Z", "80"),
    // Midnight of the 15th in Berlin is 23:00 of the 14th in UTC.
    use("b", "2026-02-14T22:59:59Z", "40"),
    use("c", "2026-02-14T23:00:00Z", "100"),
    use("d", "2026-02-28T23:30:00Z", "1000"),
  ];
  const amended = [terms("C-1", "2026-01-01"), event("amendment/A1", "2026-02-10T00:00:00Z", upgrade)];

  it("[US9] each use has the price in force at its time, in the contract's own days, and tiers go on over versions", () => {
    assert.deepEqual(short(metered([...amended, ...uses])), [
      // 100 at 0.10, 20 at 0.05.
      "2026-02-01 v1 -@DE 120 = 1100 - 0 + 209",
      // Past the first tier: 100 at 0.01.
      "2026-02-01 v2 -@DE 100 = 100 - 0 + 19",
      "2026-03-01 v2 -@DE 1000 = 1900 - 0 + 361",
    ]);
  });

  it("[US10 P2] the order of terms, amendments and use changes nothing", () => {
    const all = [...amended, ...uses, use("e", "2026-02-02T00:00:00Z", "-5"), terms("C-2", "2027-01-01")];
    const expected = canonical(metered(all) as unknown as Json);
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (shuffled) => {
        assert.equal(canonical(metered(shuffled) as unknown as Json), expected);
      }),
      { numRuns: 200 },
    );
  });

  it("[US11] one price list over several entities: tiers count together, and each bears its share under its own tax", () => {
    const placements: TermsData["placements"] = {
      calls: { entity: "us", jurisdiction: "US-NY", taxes: [] },
      "calls@eu": { entity: "eu", jurisdiction: "DE", taxes: [{ id: "vat", percent: "19" }] },
    };
    const all = [
      terms("C-1", "2026-01-01", { placements }),
      use("a", "2026-02-01T08:00:00Z", "100", { entity: "eu" }),
      use("b", "2026-02-02T08:00:00Z", "200", { entity: "us" }),
    ];
    // 100 at 0.10 and 200 at 0.05 are 20.00: a third and two thirds.
    assert.deepEqual(short(metered(all)), [
      "2026-02-01 v1 eu@DE 100 = 667 - 0 + 127",
      "2026-02-01 v1 us@US-NY 200 = 1333 - 0 + 0",
    ]);
  });

  it("[US12] prepaid credits pay first, and what is left of them is told", () => {
    const grants = [{ id: "g", left: 1500 }];
    const metering = metered([terms("C-1", "2026-01-01", { grants }), ...uses]);
    assert.deepEqual(
      metering.lines.map(({ ratedMinor, creditsMinor, amountMinor }) => [ratedMinor, creditsMinor, amountMinor]),
      [
        [1600, 1500, 100],
        [5500, 0, 5500],
      ],
    );
    assert.deepEqual(metering.credits, { "cpq:terms/C-1": { g: 0 } });
  });

  it("[US13] contracts that follow each other each price what was used in their term; nothing is dropped", () => {
    const both = [terms("C-0", "2025-02-10"), terms("C-1", "2026-02-10")];
    const metering = metered([...both, ...uses, use("x", "2027-05-01T00:00:00Z", "7")]);
    assert.deepEqual(
      metering.lines.map(({ agreement, quantity }) => `${agreement} ${quantity}`),
      ["cpq:terms/C-0 80", "cpq:terms/C-1 140", "cpq:terms/C-1 1000"],
    );
    const [none, ...others] = metering.unpriced;
    assert.deepEqual([none!.quantity, others], ["7", []]);
    assert.match(none!.reason, /none of the 2 contracts with a price for calls ran then/);
  });

  it("[US14] more use than was agreed is told by period; a meter that counts what its uses do not state is told too", () => {
    const meters = [
      { ...(terms("C-1", "2026-01-01").data as TermsData).meters[0]!, entitled: "150" },
      {
        meter: "seats",
        aggregation: "max" as const,
        product: "seat",
        versions: [
          { version: 1, inForceFrom: "2026-01-01", charge: { price: { model: "per_unit" as const, unit: "9" } } },
        ],
      },
    ];
    const metering = metered([
      terms("C-1", "2026-01-01", { meters }),
      ...uses,
      use("s", "2026-02-03T00:00:00Z", "3", { meter: "seats" }),
    ]);
    assert.deepEqual(
      metering.over.map(({ period, used }) => `${period} ${used}`),
      ["2026-02-01 220", "2026-03-01 1000"],
    );
    assert.match(metering.unpriced[0]!.reason, /metered by max/);
  });
});
