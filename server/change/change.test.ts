/** Policies, mappings and configurations: each from a date on, looked at before, and nothing taken back by a switch. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as FetchHttpClient from "@effect/platform/FetchHttpClient";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { afterAll, it, vi } from "vitest";
import { makeNetsuite, sandboxConfig, simulatorIds } from "../../adapters/netsuite/layer.ts";
import { policies } from "../../domain/lifecycle.ts";
import { settingsDiff } from "../cli/config.ts";
import { scratch, within } from "../operators/testing/company.ts";
import { type Loose, makeWorld, type World } from "../testing/world.ts";
import { withoutSecrets } from "./configuration.ts";
import { makeTimekeeper } from "./timekeeper.ts";

const { folder, remove } = scratch();
afterAll(remove);

const post = async (
  world: World,
  path: string,
  body: object,
): Promise<{ readonly status: number; readonly body: Loose }> => {
  const response = await world.app.request(`http://localhost${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ reason: "decided in the steering group", ...body }),
  });
  return { status: response.status, body: await response.json() };
};
const done = async (world: World, path: string, body: object): Promise<Loose> => {
  const answered = await post(world, path, body);
  assert.equal(answered.status, 200, JSON.stringify(answered.body));
  return answered.body;
};
const sold = async (world: World): Promise<string> => {
  const { operations } = world.stripe;
  const customer = operations.createCustomer({ name: "Acme" });
  const invoice = operations.createInvoice({ customer, amountMinor: 5000 });
  operations.finalizeInvoice(invoice);
  operations.payInvoice(invoice);
  await world.deliver();
  return `/v1/accounts/stripe:${customer}`;
};
const stage = async (world: World, path: string): Promise<string> => (await world.get(path)).body.stage;

it("[CC1] under erp-led nothing passes invoiced until the ERP itself reports the receivable, and what comes after waits", async () => {
  const world = await makeWorld();
  await done(world, "/v1/policies", { policy: "erp-led" });
  const path = await sold(world);
  assert.equal(await stage(world, path), "invoiced");
  const { body } = await world.get(path);
  const cash = body.obligations.find(({ row }: Loose) => row === "payment.applied");
  assert.match(cash.blockedBy, /waits until netsuite itself reports the receivable/);
  await world.echo();
  assert.equal(await stage(world, path), "paid");
});

it("[CC2] a switch of the policy takes nothing back that was done, whichever way it goes", async () => {
  const world = await makeWorld();
  const path = await sold(world);
  await world.echo();
  const before = world.netsuite.committed.length;
  for (const policy of [...Object.keys(policies), "billing-led"]) {
    const preview = await done(world, "/v1/policies", { policy, dryRun: true });
    assert.equal(preview.totals.inverses, 0, policy);
    await done(world, "/v1/policies", { policy });
    await world.host.idle();
    assert.equal(world.netsuite.committed.filter(({ op }) => op !== "update").length, before, policy);
  }
  assert.equal(await stage(world, path), "paid");
  const { findings } = (await world.host.ask({ name: "verify" })) as Loose;
  assert.deepEqual(findings, []);
});

it("[CC3 P11] a switch holds from its date on, which journal time reaches also when nothing comes in, and it holds after a restart", async () => {
  const world = await makeWorld();
  const path = await sold(world);
  const soon = Date.now() + 400;
  const answered = await done(world, "/v1/policies", { policy: "erp-led", effectiveAt: new Date(soon).toISOString() });
  assert.deepEqual([answered.inForce, answered.switches.length], ["billing-led", 1]);
  assert.equal(await stage(world, path), "paid");
  const keeper = makeTimekeeper(world.engine, () => {});
  assert.equal(await Effect.runPromise(keeper.turn), false);
  await new Promise((resolve) => setTimeout(resolve, Math.max(1, soon - Date.now() + 20)));
  assert.equal(await Effect.runPromise(keeper.turn), true);
  assert.equal((await world.get("/v1/policies")).body.inForce, "erp-led");
  assert.equal(await stage(world, path), "invoiced");
  const held: string[] = [];
  for (const policy of ["crm-led", null])
    await within(join(folder, "switched"), async ({ done, get }) => {
      if (policy !== null) await done("/v1/policies", { policy });
      held.push((await get("/v1/policies")).inForce);
    });
  assert.deepEqual(held, ["crm-led", "crm-led"]);
  const late = await post(world, "/v1/policies", { policy: "crm-led", effectiveAt: "2020-01-01T00:00:00Z" });
  assert.deepEqual([late.status, /lies in the past/.test(late.body.detail)], [422, true]);
});

it("[CC4] a mapping that arrives sends again what was refused because it lacked one, and nothing else", async () => {
  const world = await makeWorld();
  const http = Layer.provide(
    FetchHttpClient.layer,
    Layer.succeed(FetchHttpClient.Fetch, (async (input: string | URL | Request, init?: RequestInit) =>
      world.netsuite.app.fetch(new Request(input, init))) as typeof fetch),
  );
  const bare = sandboxConfig("http://netsuite.test", { ids: { ...simulatorIds, item: null }, settleWindowMs: 50 });
  const { outbound } = await Effect.runPromise(makeNetsuite(bare).pipe(Effect.provide(http)));
  Object.assign(world.engine.systems.get("netsuite")!, { outbound });
  const path = await sold(world);
  const refused = (await world.get("/v1/commands?state=rejected")).body.items;
  assert.equal(refused.length, 1);
  assert.match(refused[0].lastError, /no internal id is configured for item/);
  assert.equal((await post(world, "/v1/mappings", { target: "netsuite", name: "itme", to: "7" })).status, 422);
  await done(world, "/v1/mappings", { target: "netsuite", name: "item", to: simulatorIds.item });
  await world.host.idle();
  assert.equal((await world.get(`/v1/commands/${refused[0].key}`)).body.state, "acked");
  assert.equal(await stage(world, path), "paid");
  const { items } = (await world.get("/v1/mappings")).body;
  assert.deepEqual([items[0].target, items[0].name, items[0].to], ["netsuite", "item", simulatorIds.item]);
  const { findings } = (await world.host.ask({ name: "verify" })) as Loose;
  assert.deepEqual(findings, []);
});

it("[CC5 P10] the configuration of a start is written down when it changed, with its hash and without a secret", async () => {
  const loaded: Loose[] = [];
  for (let start = 0; start < 2; start++)
    await within(join(folder, "configured"), async ({ get, server }) => {
      await server.idle();
      loaded.push(await get("/v1/configurations"));
    });
  assert.match(loaded[0].hash, /^[0-9a-f]{64}$/);
  assert.deepEqual(loaded[1], loaded[0]);
  assert.equal(loaded[0].content.policy, "billing-led");
  const hidden = withoutSecrets({
    api: { apiKey: "sk_live", auth: { token: "t0ken", account: "A" } },
    list: [{ privateKey: "k" }],
  });
  assert.ok(!/sk_live|t0ken|"k"/.test(JSON.stringify(hidden)));
  assert.ok(JSON.stringify(hidden).includes('"account":"A"'));
});

it("[CC6] two configuration files are compared setting by setting, secrets as the places that they are in", () => {
  const diff = settingsDiff(
    { policy: "billing-led", connections: { a: { mode: "observe", api: { apiKey: { env: "OLD" } } } } },
    { policy: "erp-led", connections: { a: { mode: "act", api: { apiKey: { env: "NEW" } } }, b: { mode: "observe" } } },
  );
  assert.deepEqual(diff, [
    { setting: "connections.a.api.apiKey.env", from: "OLD", to: "NEW" },
    { setting: "connections.a.mode", from: "observe", to: "act" },
    { setting: "connections.b.mode", from: null, to: "observe" },
    { setting: "policy", from: "billing-led", to: "erp-led" },
  ]);
});

it("[CC7] the command line tells what another policy and another configuration would change, of a directory that nobody serves", async () => {
  const dataDir = join(folder, "promoted");
  mkdirSync(dataDir);
  await within(dataDir, async (company) => {
    company.invoiced(5000);
    await company.deliver();
  });
  const told = async (
    run: (values: Record<string, string | boolean>) => Promise<number>,
    values: Record<string, string>,
  ) => {
    const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    try {
      assert.equal(await run({ ...values, json: true, "data-dir": dataDir }), 0);
      return JSON.parse(String(written.mock.calls[0]![0])) as Loose;
    } finally {
      written.mockRestore();
    }
  };
  const [{ run: policy }, { run: config }, { run: replay }] = [
    await import("../cli/policy.ts"),
    await import("../cli/config.ts"),
    await import("../cli/replay.ts"),
  ];
  const other = await told(policy, { WHAT: "diff", policy: "erp-led" });
  assert.deepEqual(other.policy, { before: "billing-led", after: "erp-led" });
  const to = join(folder, "next.json");
  const webhookSecrets = [{ env: "NOWHERE" }];
  writeFileSync(to, JSON.stringify({ connections: { stripe: { vendor: "stripe", webhookSecrets } } }));
  const promoted = await told(config, { WHAT: "diff", to });
  assert.ok(promoted.settings.some(({ setting }: Loose) => setting === "connections.stripe.vendor"));
  assert.equal(promoted.whatIf.compared, 1);
  assert.equal((await told(replay, {})).counts.corrected, 0);
});
