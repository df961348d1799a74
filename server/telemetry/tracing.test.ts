/** Spans and headers by themselves: parents, sampling, what leaves with a vendor request, and a collector that does not answer. */
import assert from "node:assert/strict";
import * as FetchHttpClient from "@effect/platform/FetchHttpClient";
import * as HttpClient from "@effect/platform/HttpClient";
import * as HttpClientRequest from "@effect/platform/HttpClientRequest";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as fc from "fast-check";
import { it } from "vitest";
import type { Entry } from "../../domain/ports/store.ts";
import { makeEngineMetrics } from "./engine-metrics.ts";
import { currentCause, makeEngineTelemetry } from "./engine-telemetry.ts";
import { observedClient } from "./http-client.ts";
import { traceparentOf } from "./stamp.ts";
import { collecting, startCollector } from "./testing/collector.ts";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";
import { openTracing, type TracingSettings } from "./tracing.ts";

const settings: TracingSettings = {
  url: "http://127.0.0.1:1/v1/traces",
  sampler: { name: "always_on", ratio: 1, parentBased: true },
  resource: { "service.name": "test" },
  timeoutMs: 500,
  linkAfterMs: 900_000,
};
const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const asked = { name: "work", kind: "internal", attributes: {} } as const;

const hex = (length: number) =>
  fc
    .array(fc.constantFrom(..."0123456789abcdef"), { minLength: length, maxLength: length })
    .map((digits) => digits.join(""))
    .filter((text) => !/^0+$/.test(text));

it("[OT11] a traceparent is read as it was written, and nothing else is taken for one", () => {
  fc.assert(
    fc.property(hex(32), hex(16), fc.constantFrom(0, 1), (traceId, spanId, flags) => {
      assert.deepEqual(parseTraceparent(formatTraceparent({ traceId, spanId, flags })), { traceId, spanId, flags });
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => assert.equal(parseTraceparent(text), null)));
  const zeros = "0".repeat(32);
  for (const text of [null, "", parent.toUpperCase(), `${parent}-more`, parent.replace(/^00/, "ff"), ` ${parent}`])
    assert.equal(parseTraceparent(text), null, String(text));
  assert.equal(parseTraceparent(`00-${zeros}-00f067aa0ba902b7-01`), null);
  assert.deepEqual(parseTraceparent(`${parent.replace(/^00/, "cc")}-later`)?.spanId, "00f067aa0ba902b7");
});

it("[OT12] a sampled parent is followed, one that is not sampled is not, and the share counts where a trace begins", async () => {
  const exporter = collecting();
  const sampler = { name: "traceidratio", ratio: 0, parentBased: true } as const;
  const tracing = await openTracing({ ...settings, sampler }, { warn: assert.fail, exporter });
  const followed = tracing.start({ ...asked, parent });
  const dropped = tracing.start({ ...asked, parent: parent.replace(/01$/, "00") });
  const begun = tracing.start({ ...asked, parent: null });
  for (const span of [followed, dropped, begun]) span.end();
  await tracing.close();
  assert.deepEqual(
    exporter.spans.map((span) => span.spanContext().traceId),
    [followed.traceId],
  );
  assert.match(dropped.traceparent, /^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-00$/);
  assert.notEqual(begun.traceId, followed.traceId);
});

it("[OT19] a vendor request inside a command carries its own span and no other header of tracing; outside of one, none", async () => {
  const exporter = collecting();
  const tracing = await openTracing(settings, { warn: assert.fail, exporter });
  const seen: Array<Record<string, string>> = [];
  const fetch = (async (_: unknown, init?: RequestInit) => {
    seen.push(Object.fromEntries(new Headers(init?.headers)));
    return new Response("{}", { status: seen.length === 1 ? 201 : 429 });
  }) as typeof globalThis.fetch;
  const metrics = makeEngineMetrics();
  const request = HttpClientRequest.post("https://vendor.test:8443/v1/eid?q=ada%40example.org").pipe(
    HttpClientRequest.setHeader("authorization", "Bearer secret"),
  );
  await Effect.gen(function* () {
    const client = observedClient(yield* HttpClient.HttpClient, "netsuite", metrics, tracing);
    yield* Effect.locally(Effect.scoped(client.execute(request)), currentCause, parent);
    yield* Effect.scoped(client.execute(request));
  }).pipe(
    Effect.provide(Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetch))),
    Effect.runPromise,
  );
  await tracing.close();
  const [span] = exporter.spans;
  assert.equal(exporter.spans.length, 1);
  const { traceId, spanId } = span!.spanContext();
  assert.equal(seen[0]!["traceparent"], `00-${traceId}-${spanId}-01`);
  assert.equal(span!.parentSpanContext?.spanId, "00f067aa0ba902b7");
  assert.deepEqual(Object.keys(seen[1]!).sort(), ["authorization"]);
  assert.equal(seen[0]!["b3"], undefined);
  assert.deepEqual(span!.attributes, {
    "http.request.method": "POST",
    "tieout.connection": "netsuite",
    "url.scheme": "https",
    "url.full": "https://vendor.test:8443/v1/eid",
    "server.address": "vendor.test",
    "server.port": 8443,
    "http.response.status_code": 201,
  });
  const text = await metrics.text("prometheus");
  assert.match(text, /duration_seconds_count\{connection="netsuite",method="POST",outcome="2xx"\} 1/);
  assert.match(text, /duration_seconds_count\{connection="netsuite",method="POST",outcome="429"\} 1/);
});

it("[OT20] a fold gives each trace its span, and what follows is caused by that; entries without a trace are left as they are", async () => {
  const exporter = collecting();
  const tracing = await openTracing(settings, { warn: assert.fail, exporter });
  const { folding } = makeEngineTelemetry({
    tracing,
    metrics: makeEngineMetrics(),
    startedAt: 0,
    recall: () => Effect.succeed([]),
  });
  const entry = (position: number, traceparent: string | null) =>
    ({
      position,
      at: 0,
      connection: "stripe",
      note: null,
      events: [{ traceparent }, { traceparent }],
    }) as unknown as Entry;
  const other = parent.replace("4bf9", "4bfa");
  const entries = [entry(1, parent), entry(2, null), entry(3, other), entry(4, parent)];
  const bare = [entry(1, null)];
  assert.equal(folding(bare, 0).entries, bare);
  const result = folding(entries, 0);
  assert.equal(result.entries[1], entries[1]);
  result.done({ commands: 3, transitions: 1 }, 0);
  await tracing.close();
  assert.deepEqual(
    exporter.spans.map((span) => [span.name, span.parentSpanContext?.spanId, span.attributes["tieout.position"]]),
    [
      ["step journal", "00f067aa0ba902b7", 1],
      ["step journal", "00f067aa0ba902b7", 3],
    ],
  );
  const ids = exporter.spans.map((span) => span.spanContext().spanId);
  const causes = result.entries.map((one) => parseTraceparent(traceparentOf(one))?.spanId ?? null);
  assert.deepEqual(causes, [ids[0], null, ids[1], ids[0]]);
});

it("[OT22] what is folded a quarter of an hour after it was taken in is a trace of its own for each, linked to the one before", async () => {
  const exporter = collecting();
  const tracing = await openTracing(settings, { warn: assert.fail, exporter });
  const { folding } = makeEngineTelemetry({
    tracing,
    metrics: makeEngineMetrics(),
    startedAt: 0,
    recall: () => Effect.succeed([]),
  });
  const entries = [{ position: 1, at: 1000, connection: "stripe", note: null, events: [{ traceparent: parent }] }];
  for (const now of [901_000, 901_001])
    folding(entries as unknown as ReadonlyArray<Entry>, now).done({ commands: 0, transitions: 0 }, now);
  await tracing.close();
  const [soon, late] = exporter.spans;
  assert.deepEqual([soon!.links, soon!.parentSpanContext?.spanId], [[], "00f067aa0ba902b7"]);
  assert.equal(late!.parentSpanContext, undefined);
  assert.notEqual(late!.spanContext().traceId, soon!.spanContext().traceId);
  const [{ context }] = late!.links as [(typeof soon & object)["links"][number]];
  assert.deepEqual([context.traceId, context.spanId], [soon!.spanContext().traceId, "00f067aa0ba902b7"]);
});

it("[OT21] a collector that refuses or hangs costs one line and at most two seconds at the end, and no error", async () => {
  const warned: string[] = [];
  const refused = await openTracing(settings, { warn: (line) => warned.push(line) });
  refused.start({ ...asked, parent: null }).end();
  await refused.close();
  assert.equal(warned.length, 1);
  assert.match(warned[0]!, /traces are not exported|not all exported/);
  const collector = await startCollector({ silent: true });
  try {
    const hanging = await openTracing(
      { ...settings, url: `${collector.url}/v1/traces`, timeoutMs: 60_000 },
      { warn: (line) => warned.push(line) },
    );
    hanging.start({ ...asked, parent: null }).end();
    const began = performance.now();
    await hanging.close();
    assert.ok(performance.now() - began < 3500);
    assert.match(warned.at(-1)!, /not all exported/);
  } finally {
    await collector.close();
  }
});
