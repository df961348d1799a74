/** `/metrics` in its two formats, and the traces that its times name. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { Counter, Histogram } from "prom-client";
import { afterAll, beforeAll, it } from "vitest";
import { loadConfig } from "../config/config.ts";
import { type RunningServer, startServer } from "../runtime.ts";
import { formatOf, joined, newRegistry, textOf } from "./exposition.ts";
import { collecting } from "./testing/collector.ts";
import { readOpenMetrics } from "./testing/open-metrics.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tieout-exposition-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const asked = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
const within = <A>(name: string, work: (server: RunningServer) => Promise<A>, exporter = collecting()): Promise<A> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const env = { PORT: "0", TIEOUT_DATA_DIR: join(folder, name) };
        const config = yield* loadConfig({ env, cwd: folder });
        const options = { mode: "inline", spanExporter: exporter, log: () => {}, fatal: assert.fail } as const;
        const server = yield* startServer(config, options);
        return yield* Effect.promise(async () => {
          await server.host.recovered;
          return work(server);
        });
      }),
    ),
  );

it("[OT24] OpenMetrics by its own grammar, whoever asks for it; the times name traces that were recorded", async () => {
  const exporter = collecting();
  const { open, plain } = await within(
    "open",
    async (server) => {
      const { operations, drainEvents } = server.sandbox!.stripe;
      const customer = operations.createCustomer({ name: "Acme" });
      operations.finalizeInvoice(operations.createInvoice({ customer, amountMinor: 5000 }));
      for (const event of drainEvents()) await server.sandbox!.deliver("stripe", event);
      await server.idle();
      const get = async (accept: string): Promise<Response> => fetch(`${server.url}/metrics`, { headers: { accept } });
      const [first, second] = [await get(asked), await get("text/plain")];
      const types = [first, second].map(({ headers }) => headers.get("content-type"));
      assert.match(types[0]!, /^application\/openmetrics-text; version=1\.0\.0/);
      assert.match(types[1]!, /^text\/plain; version=0\.0\.4/);
      return { open: await first.text(), plain: await second.text() };
    },
    exporter,
  );
  const families = readOpenMetrics(open);
  const known = new Set(exporter.spans.map((span) => span.spanContext().traceId));
  for (const name of [
    "tieout_ingest_to_fold_seconds",
    "tieout_command_duration_seconds",
    "tieout_sync_latency_seconds",
    "tieout_vendor_request_duration_seconds",
    "tieout_webhook_duration_seconds",
  ]) {
    const { type, samples } = families.get(name) ?? assert.fail(`no ${name} in\n${open}`);
    assert.equal(type, "histogram");
    const exemplars = samples.flatMap(({ exemplar }) => exemplar ?? []);
    assert.ok(exemplars.length > 0, `${name} has no exemplar`);
    for (const { labels, timestamp } of exemplars) {
      assert.ok(known.has(labels["trace_id"]!), `${name}: ${JSON.stringify(labels)}`);
      assert.ok(Math.abs(timestamp! * 1000 - Date.now()) < 60_000);
    }
  }
  // The other format is as it was: no exemplars, no end mark, the same families and counters under their own names.
  assert.doesNotMatch(plain, /# EOF|trace_id| # \{/);
  const told = [...plain.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
  const same = [...families.values()].map(({ name, type }) => `${name}${type === "counter" ? "_total" : ""} ${type}`);
  assert.deepEqual(told.sort(), same.sort());
  assert.match(plain, /^tieout_webhooks_total\{connection="stripe",outcome="accepted",reason=""\} \d/m);
  assert.match(plain, /^tieout_command_duration_seconds_bucket\{le="1",/m);
});

it("[OT24] the two formats may be asked for in turns, and what stands in names and words is escaped", async () => {
  const registry = newRegistry();
  const registers = [registry];
  new Counter({ name: "odd_total", help: 'says "so" \\ and\nmore', labelNames: ["of"], registers }).inc({
    of: 'a"b\\c\nd',
  });
  const times = new Histogram({ name: "times", help: "t", buckets: [0.5, 1], registers, enableExemplars: true });
  times.observe({ value: 0.7, exemplarLabels: { trace_id: "4bf9" } });
  times.observe({ value: 7 });
  const [plain, open, again] = [
    await textOf(registry, "prometheus"),
    joined([await textOf(registry, "openmetrics")], "openmetrics"),
    await textOf(registry, "prometheus"),
  ];
  assert.equal(plain, again);
  assert.match(plain, /^odd_total\{/m);
  const families = readOpenMetrics(open);
  assert.deepEqual(families.get("odd")!.samples[0]!.labels, { of: 'a"b\\c\nd' });
  const found = families
    .get("times")!
    .samples.map(({ labels, value, exemplar }) => [labels["le"], value, exemplar?.value]);
  assert.deepEqual(found.slice(0, 3), [
    ["0.5", 0, undefined],
    ["1.0", 1, 0.7],
    ["+Inf", 2, undefined],
  ]);
});

it("[OT25] who asks for nothing, or for anything, is told Prometheus' text", () => {
  const open = "application/openmetrics-text";
  for (const [accept, format] of [
    [null, "prometheus"],
    ["", "prometheus"],
    ["*/*", "prometheus"],
    ["text/html", "prometheus"],
    [open, "openmetrics"],
    [`${open}; version=1.0.0; charset=utf-8`, "openmetrics"],
    [`${open};version="1.0.0"`, "openmetrics"],
    [`${open};version=0.0.1`, "prometheus"],
    [`${open};version=2.0.0,text/plain;q=0.1`, "prometheus"],
    [`${open};q=0`, "prometheus"],
    [`text/plain;q=0.9,${open};q=0.8`, "prometheus"],
    [asked, "openmetrics"],
  ] as const)
    assert.equal(formatOf(accept), format, String(accept));
});
