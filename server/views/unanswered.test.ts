/** A question to a system that never answers is a fault that a person sees, for as long as it is asked. */
import { strict as assert } from "node:assert";
import { it } from "vitest";
import { type Loose, makeWorld } from "../testing/world.ts";

it("[H18 P7 P12] a re-read that is asked in vain again and again is a fault with its reason, and none once it is answered", async () => {
  const world = await makeWorld();
  const { operations, faults } = world.salesforce;
  const account = operations.create("Account", { Name: "Acme" });
  await world.echo();
  operations.gap("Account", account.id, { Name: "Acme Ltd" });
  faults.outageUntil = Number.POSITIVE_INFINITY;
  const unanswered = async (): Promise<ReadonlyArray<Loose>> => {
    await new Promise((resolve) => setTimeout(resolve, 8));
    await world.echo();
    return (await world.get("/v1/faults?kind=unanswered")).body.items;
  };
  let shown = await unanswered();
  assert.deepEqual(shown, [], "one failure is no fault");
  for (let turn = 0; turn < 400 && shown.length === 0; turn++) shown = await unanswered();
  assert.equal(shown.length, 1);
  assert.equal(shown[0].connection, "salesforce");
  assert.match(shown[0].what, /was asked \d+ times without an answer/);
  faults.outageUntil = 0;
  for (let turn = 0; turn < 800 && shown.length > 0; turn++) shown = await unanswered();
  assert.deepEqual(shown, []);
  assert.equal((await world.get(`/v1/accounts/salesforce:${account.id}`)).body.name, "Acme Ltd");
});
