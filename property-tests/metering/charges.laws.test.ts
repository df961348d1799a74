/** Whatever the order and whenever batches are cut, approved or rejected: the ERP's charges of each key sum to what is rated. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { it } from "vitest";
import { fromDecimal } from "../../domain/money.ts";
import { amendment, type cloudEvent, Metered, terms, unitPrice, use } from "./metered.ts";

const at = (month: number, day: number) => `2026-0${month}-${String(day).padStart(2, "0")}T12:00:00Z`;
const placements = {
  calls: { entity: null, jurisdiction: "US-NY", taxes: [{ id: "ny", percent: "8.875" }] },
  "calls@eu": { entity: "eu", jurisdiction: "DE", taxes: [{ id: "vat", percent: "19" }] },
};
const priced = (id: string, on: string, version: number, unit: string) =>
  amendment(id, { id, on, do: "charge", meter: "calls", version, charge: unitPrice(unit) });

/** One history: late and early prices, entities, corrections of corrections, a void, credits, a repetition. */
const history: ReadonlyArray<ReturnType<typeof cloudEvent>> = [
  terms("C-1", { placements }),
  priced("A-1", "2026-01-16", 2, "0.07"),
  priced("A-2", "2026-02-01", 3, "0.125"),
  use("a", at(1, 3), "100"),
  use("b", at(1, 20), "333"),
  use("c", at(1, 20), "41", { entity: "eu" }),
  use("d", at(2, 2), "17.5", { entity: "eu" }),
  use("e", at(2, 3), "-4"),
  use("e1", at(2, 3), "-6", { corrects: "e" }),
  use("f", at(2, 4), "50"),
  use("f1", at(2, 4), "0", { corrects: "f", void: true }),
  use("a1", at(1, 4), "90", { corrects: "a", correctedAt: 1 }),
  use("a2", at(1, 5), "80", { corrects: "a", correctedAt: 2 }),
  use("b", at(1, 20), "333"),
];

/** By period, meter, entity and jurisdiction, in minor units: without tax, and the tax. */
const charged = (company: Metered): Readonly<Record<string, readonly [number, number]>> => {
  const sums = new Map<string, readonly [number, number]>();
  for (const charge of company.charges()) {
    const key = ["period", "meter", "entity", "jurisdiction"]
      .map((name) => charge[`custrecord_tieout_${name}`])
      .join(" ");
    const [amount, tax] = [charge.amount, charge.custrecord_tieout_tax].map((one) => fromDecimal(String(one), "USD")!);
    const [before, beforeTax] = sums.get(key) ?? [0, 0];
    sums.set(key, [before + amount!, beforeTax + tax!]);
  }
  return Object.fromEntries([...sums].filter(([, [net, tax]]) => net !== 0 || tax !== 0).sort());
};

const rated = ({ world }: Metered): Readonly<Record<string, readonly [number, number]>> => {
  const { lines } = world.engine.core.meteredOf("usage:acme")!;
  const sums = new Map<string, readonly [number, number]>();
  for (const { period, meter, placement, amountMinor, taxMinor } of lines) {
    const key = [period, meter, placement.entity ?? "default", placement.jurisdiction].join(" ");
    const [before, beforeTax] = sums.get(key) ?? [0, 0];
    sums.set(key, [before + amountMinor, beforeTax + taxMinor]);
  }
  return Object.fromEntries([...sums].filter(([, [net, tax]]) => net !== 0 || tax !== 0).sort());
};

const expected: ReturnType<typeof charged> = {
  // 80 at 0.10 before the 16th, and 333 at 0.07: 800 + 2331, with 8.875 % of each line.
  "2026-01-01 calls default US-NY": [3131, 278],
  "2026-01-01 calls eu DE": [287, 55],
  // 17.5 less 6 are priced together: 11.5 at 0.125 is 1.4375, borne by who used it.
  "2026-02-01 calls eu DE": [144, 27],
};

it("[UB10 P2 P3 P8] any order of terms, amendments, use and corrections, with cuts, approvals and rejections in between, ends in the same charges", async () => {
  const step = fc.constantFrom("nothing", "cut", "approve", "reject" as const);
  const orders = fc.record({
    order: fc.shuffledSubarray([...history.keys()], { minLength: history.length }),
    steps: fc.array(step, { minLength: 5, maxLength: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(orders, async ({ order, steps }) => {
      const company = await Metered.make();
      for (const [index, what] of steps.entries()) {
        const part = order.slice(index * 3, index === steps.length - 1 ? undefined : index * 3 + 3);
        await company.send(...part.map((place) => history[place]!));
        if (what === "nothing") continue;
        await company.run();
        if (what === "approve") await company.approve();
        if (what !== "reject") continue;
        for (const { id } of (await company.get("/v1/usage-batches?state=rated")).items)
          assert.equal((await company.act(`/v1/usage-batches/${id}/reject`)).status, 200);
      }
      await company.approve();
      assert.deepEqual(charged(company), rated(company));
      assert.deepEqual(charged(company), expected);
    }),
    { numRuns: 12 },
  );
});
