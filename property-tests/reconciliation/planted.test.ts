/** A clean company gives no line that is open; what is planted is found, typed, valued and owned, and nothing else; healed, none is left. */
import assert from "node:assert/strict";
import { test } from "vitest";
import type { Loose } from "../../server/testing/world.ts";
import { Company, type Firm } from "./company.ts";
import { morePlants } from "./more-plants.ts";
import { payoutPlants } from "./payout-plants.ts";
import { type Expected, plants } from "./plants.ts";
import { termPlants } from "./term-plants.ts";

const all = [...plants, ...morePlants, ...termPlants, ...payoutPlants];

const told = (line: Loose): Expected => {
  const money = Object.values(line.atRiskMinor) as ReadonlyArray<number>;
  return {
    leg: line.leg,
    status: line.status,
    owner: line.owner.connection,
    money: money.length === 0 ? null : Math.max(...money),
  };
};
const text = (items: ReadonlyArray<unknown>): ReadonlyArray<string> => items.map((item) => JSON.stringify(item)).sort();

test("[RC9 P8] Every planted difference is found, typed, valued and owned, no other is; after the right acts none is left", async () => {
  const company = await Company.make();
  const firms: Firm[] = all.map(({ without }, index) => company.firm(index, without));
  await company.rest();
  for (const firm of firms) await company.beside(firm);
  await company.rest();

  const cures: Array<() => Promise<unknown> | unknown> = [];
  const clean = await company.latest();
  const unlinked = all.findIndex(({ without }) => without === "link");
  assert.deepEqual(
    text(clean.items.map(told)),
    text(all[unlinked]!.found(firms[unlinked]!)),
    JSON.stringify(clean.items.slice(0, 3), null, 1),
  );

  company.pass();
  for (const [index, { plant }] of all.entries()) cures.push(await plant(company, firms[index]!));
  await company.rest();
  const found = await company.latest();
  const expected = all.flatMap((one, index) => one.found(firms[index]!));
  assert.ok(expected.length >= 40, `only ${expected.length} are planted`);
  assert.deepEqual(text(found.items.map(told)), text(expected));
  assert.equal(found.total, expected.length);
  for (const line of found.items) {
    assert.ok(line.cause.length > 20 && line.act?.says, JSON.stringify(line));
    assert.ok(line.evidence.length > 0 && line.ageFrom !== null, JSON.stringify(line));
    assert.equal(typeof line.owner.role, line.owner.role === null ? "object" : "string");
  }

  company.pass();
  for (const cure of cures) await cure();
  await company.rest();
  const healed = await company.latest();
  assert.deepEqual(
    healed.items.map(({ leg, status, cause }: Loose) => [leg, status, cause]),
    [],
  );
}, 120_000);
