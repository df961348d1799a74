/** Parent and child companies: shown beside the account, whatever came first, and never joined. */
import { strict as assert } from "node:assert";
import { it } from "vitest";
import { makeWorld } from "../testing/world.ts";

it("[H17] an account names the companies above and below it, as their system says it now, and stays an account of its own", async () => {
  const world = await makeWorld();
  const { create, update } = world.salesforce.operations;
  const parent = create("Account", { Name: "Acme Group" });
  const child = create("Account", { Name: "Acme France", ParentId: parent.id });
  await world.echo();
  const shown = async (id: string) => (await world.get(`/v1/accounts/salesforce:${id}`)).body;
  const [above, below] = [await shown(parent.id), await shown(child.id)];
  assert.notEqual(above.id, below.id);
  assert.deepEqual([above.parents, above.children], [[], [below.id]]);
  assert.deepEqual([below.parents, below.children], [[above.id], []]);
  world.clock.now += 5_000;
  update("Account", child.id, { ParentId: null });
  await world.echo();
  assert.deepEqual((await shown(parent.id)).children, []);
  assert.deepEqual((await shown(child.id)).parents, []);
});
