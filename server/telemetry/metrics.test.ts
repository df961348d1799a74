/** `GET /metrics`: what it tells of a company, who may ask, and that it is bounded and well formed. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, it } from "vitest";
import type { Json } from "../../domain/canonical.ts";
import { loadConfig } from "../config/config.ts";
import { type RunningServer, startServer } from "../runtime.ts";
import { exceptionTotals } from "./exception-totals.ts";
import { makeServerMetrics } from "./metrics.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tieout-metrics-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const within = <A>(env: Record<string, string>, work: (server: RunningServer) => Promise<A>): Promise<A> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const config = yield* loadConfig({ env: { PORT: "0", ...env }, cwd: folder });
        const server = yield* startServer(config, { mode: "inline", log: () => {}, fatal: assert.fail });
        return yield* Effect.promise(async () => {
          await server.host.recovered;
          return work(server);
        });
      }),
    ),
  );

/** `name{labels}` → value. */
const samplesOf = (text: string): ReadonlyMap<string, number> =>
  new Map(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => {
        const space = line.lastIndexOf(" ");
        return [line.slice(0, space), Number(line.slice(space + 1))] as const;
      }),
  );
const scrape = async ({ url }: RunningServer): Promise<string> => {
  const answer = await fetch(`${url}/metrics`);
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  return answer.text();
};

it("[OT6] the states of a company are there: accounts, regions, commands, journal, faults, exceptions with their money", async () => {
  await within({ TIEOUT_DATA_DIR: join(folder, "company") }, async (server) => {
    const { stripe } = server.sandbox!;
    const { operations } = stripe;
    const paid = operations.createCustomer({ name: "Paid", email: null });
    const open = operations.createInvoice({ customer: paid, amountMinor: 5000 });
    operations.finalizeInvoice(open);
    operations.payInvoice(open);
    operations.createCustomer({ name: "Bare", email: null });
    const events = stripe.drainEvents();
    for (const event of events) assert.equal((await server.sandbox!.deliver("stripe", event))?.status, 202);
    await server.sandbox!.deliver("stripe", events[0]);
    await fetch(`${server.url}/webhooks/stripe`, { method: "POST", body: "{}" });
    await fetch(`${server.url}/webhooks/nobody-${Math.random()}`, { method: "POST", body: "{}" });
    await server.idle();
    const text = await scrape(server);
    const samples = samplesOf(text);
    const is = (name: string, value: number) => assert.equal(samples.get(name), value, `${name} in\n${text}`);
    is('tieout_accounts{stage="paid"}', 1);
    is('tieout_accounts{stage="churned"}', 0);
    is('tieout_account_regions{region="cash",state="settled"}', 1);
    is('tieout_account_regions{region="sync",state="agreed"}', 2);
    is("tieout_fold_lag_entries", 0);
    is("tieout_event_unprocessed_oldest_age_seconds", 0);
    is("tieout_command_due_oldest_age_seconds", 0);
    is('tieout_faults{kind="poison"}', 0);
    is("tieout_ready", 1);
    is("tieout_engine_scrape_success", 1);
    is('tieout_webhooks_total{connection="stripe",outcome="accepted",reason=""}', events.length);
    is('tieout_webhooks_total{connection="stripe",outcome="duplicate",reason=""}', 1);
    is('tieout_webhooks_total{connection="stripe",outcome="refused",reason="bad-signature"}', 1);
    is('tieout_webhooks_total{connection="",outcome="refused",reason="no-such-connection"}', 1);
    is('tieout_commands_sent_total{target="netsuite",verb="post",answer="acked"}', 3);
    assert.ok(samples.get("tieout_journal_position")! >= events.length);
    assert.equal(samples.get("tieout_journal_position"), samples.get("tieout_journal_head_position"));
    const requests = [...samples].filter(([name]) => name.startsWith("tieout_vendor_request_duration_seconds_count"));
    assert.ok(requests.some(([name, count]) => name.includes('connection="netsuite"') && count > 0));
    for (const name of ["process_cpu_seconds_total", "process_resident_memory_bytes"])
      assert.ok(samples.get(name)! > 0);
    assert.doesNotMatch(text, /acct_|cus_|Paid|Bare|nobody-/);
  });
});

it("[OT7] each family is told once, has its help and type, a name of its own and a unit", async () => {
  await within({ TIEOUT_DATA_DIR: join(folder, "form") }, async (server) => {
    await scrape(server);
    const text = await scrape(server);
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!] as const);
    assert.equal(new Set(types.map(([name]) => name)).size, types.length);
    assert.ok(types.length > 15);
    for (const [name, type] of types) {
      assert.match(name, /^(tieout|process|nodejs)_[a-z_]+$/);
      assert.equal(name.endsWith("_total"), type === "counter", name);
      assert.match(text, new RegExp(`^# HELP ${name} `, "m"));
    }
    assert.equal(new Set(samplesOf(text).keys()).size, text.split("\n").filter((l) => l && !l.startsWith("#")).length);
  });
});

it("[OT8] outside the sandbox it takes the key, as everything that is read", async () => {
  const path = join(folder, "config.json");
  const connections = { stripe: { vendor: "stripe", webhookSecrets: [{ env: "S" }] } };
  writeFileSync(path, JSON.stringify({ connections }));
  const env = { TIEOUT_CONFIG: path, S: "whsec_0123456789", TIEOUT_API_KEY: "key-0123456789abcdef" };
  await within({ ...env, TIEOUT_DATA_DIR: join(folder, "keyed") }, async ({ url }) => {
    assert.equal((await fetch(`${url}/metrics`)).status, 401);
    const headers = { authorization: "Bearer key-0123456789abcdef" };
    assert.equal((await fetch(`${url}/metrics`, { headers })).status, 200);
    assert.equal((await fetch(`${url}/metrics`, { method: "POST", headers })).status, 405);
  });
});

it("[OT9 P8] money at risk is added exactly, each currency alone, and strange currencies make no new series", () => {
  const one = { type: "gap", ageFrom: 1000 } as const;
  const most = Number.MAX_SAFE_INTEGER;
  const queue = [
    [
      { ...one, currency: "USD", moneyMinor: most },
      { ...one, currency: "USD", moneyMinor: most },
    ],
    [
      { ...one, currency: "EUR", moneyMinor: 7, ageFrom: null },
      { ...one, currency: "x\n1", moneyMinor: 1 },
    ],
    [{ ...one, currency: null, moneyMinor: null, ageFrom: 500 }],
  ];
  const { types, money } = exceptionTotals(queue, 3000);
  assert.deepEqual(types, [{ type: "gap", count: 5, oldestAgeMs: 2500 }]);
  assert.deepEqual(money, [
    { type: "gap", currency: "USD", minor: String(2n * BigInt(most)) },
    { type: "gap", currency: "EUR", minor: "7" },
    { type: "gap", currency: "other", minor: "1" },
  ]);
});

it("[OT10 P12] an engine that fails, or is not ready, costs a scrape only its own part, and says so", async () => {
  const metrics = makeServerMetrics();
  metrics.webhook("stripe", "accepted", "");
  const broken = samplesOf(await metrics.text(() => Promise.reject<Json>(new Error("gone"))));
  assert.equal(broken.get("tieout_engine_scrape_success"), 0);
  assert.equal(broken.get("tieout_ready"), 1);
  assert.equal(broken.get('tieout_webhooks_total{connection="stripe",outcome="accepted",reason=""}'), 1);
  assert.ok(![...broken.keys()].some((name) => name.startsWith("tieout_journal")));
  assert.equal(samplesOf(await metrics.text(null)).get("tieout_ready"), 0);
});
