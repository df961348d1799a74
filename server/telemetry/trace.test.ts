/** One trace from a vendor's webhook to the request that it caused, over the server as it is run; also across a restart. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SpanKind } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, it } from "vitest";
import { signWebhook } from "../../adapters/stripe/layer.ts";
import { developmentSecrets, loadConfig } from "../config/config.ts";
import { type RunningServer, type StartOptions, startServer } from "../runtime.ts";
import { chainOf, collecting, startCollector } from "./testing/collector.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tieout-trace-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const within = <A>(
  name: string,
  options: StartOptions,
  work: (server: RunningServer) => Promise<A>,
  env: Record<string, string> = {},
): Promise<A> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const config = yield* loadConfig({
          env: { PORT: "0", TIEOUT_DATA_DIR: join(folder, name), ...env },
          cwd: folder,
        });
        const server = yield* startServer(config, {
          log: () => {},
          fatal: (reason) => assert.fail(reason),
          ...options,
        });
        return yield* Effect.promise(() => work(server));
      }),
    ),
  );

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const vendorSpan = "00f067aa0ba902b7";
const inbound = `00-${traceId}-${vendorSpan}-01`;

const post = async ({ url }: RunningServer, event: unknown, headers: Record<string, string> = {}): Promise<string> => {
  const body = JSON.stringify(event);
  const signature = signWebhook(body, developmentSecrets.stripe, Math.floor(Date.now() / 1000));
  const answer = await fetch(`${url}/webhooks/stripe`, {
    method: "POST",
    headers: { "stripe-signature": signature, ...headers },
    body,
  });
  assert.equal(answer.status, 202);
  return answer.text();
};

/** A finalized invoice; its last webhook comes inside the vendor's trace. */
const sell = async (server: RunningServer): Promise<void> => {
  const { operations, drainEvents } = server.sandbox!.stripe;
  const customer = operations.createCustomer({ name: "Acme", email: "buyer@example.org" });
  const invoice = operations.createInvoice({ customer, amountMinor: 987_654_321 });
  operations.finalizeInvoice(invoice);
  const events = drainEvents();
  for (const event of events.slice(0, -1)) await post(server, event);
  await post(server, events.at(-1), { traceparent: inbound });
};

const requestOf = (spans: ReadonlyArray<ReadableSpan>, command: string): ReadableSpan => {
  const parent = spans.find(({ name }) => name === command);
  assert.ok(parent, `no span ${command} among ${spans.map(({ name }) => name).join(", ")}`);
  const found = spans.find(
    (span) => span.kind === SpanKind.CLIENT && span.parentSpanContext?.spanId === parent.spanContext().spanId,
  );
  assert.ok(found, `no request inside ${command}`);
  return found;
};

const whole = [
  "post receivable",
  "step journal",
  "append journal",
  "POST /webhooks/:connection",
  // Of the vendor, in a process that is not ours.
  vendorSpan,
];

it("[OT1] a webhook continues the trace of its sender, and its append to the journal is a child of it", async () => {
  const exporter = collecting();
  await within("door", { mode: "inline", spanExporter: exporter }, async (server) => {
    await sell(server);
    await server.idle();
  });
  const { spans } = exporter;
  const append = spans.find((span) => span.name === "append journal" && span.spanContext().traceId === traceId);
  assert.ok(append);
  assert.deepEqual(chainOf(spans, append), ["append journal", "POST /webhooks/:connection", vendorSpan]);
  assert.deepEqual(chainOf(spans, requestOf(spans, "post receivable")).slice(1, 2), ["post receivable"]);
});

it("[OT2] webhook, journal, step, command and vendor request are one trace, each the child of the one before", async () => {
  const exporter = collecting();
  await within("whole", { mode: "inline", spanExporter: exporter }, async (server) => {
    await sell(server);
    await server.idle();
  });
  const request = requestOf(exporter.spans, "post receivable");
  assert.deepEqual(chainOf(exporter.spans, request).slice(1), whole);
  assert.equal(request.spanContext().traceId, traceId);
  const status = request.attributes["http.response.status_code"];
  assert.ok(Number(status) < 300, String(status));
});

it("[OT3] the trace goes on when the process ends between the step and the command", async () => {
  const before = collecting();
  await within("restart", { mode: "inline", spanExporter: before, room: { sending: false } }, async (server) => {
    await sell(server);
    await server.idle();
  });
  assert.ok(!before.spans.some(({ name }) => name === "post receivable"));
  const after = collecting();
  await within("restart", { mode: "inline", spanExporter: after }, async (server) => {
    await server.host.recovered;
    await server.idle();
  });
  const request = requestOf(after.spans, "post receivable");
  assert.deepEqual(chainOf([...before.spans, ...after.spans], request).slice(1), whole);
});

it("[OT4 OT13] with the engine in its own thread both threads export to one collector, and each counts its own", async () => {
  const collector = await startCollector();
  try {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SERVICE_NAME: "tieout-test" };
    const scraped = await within(
      "worker",
      { mode: "worker" },
      async (server) => {
        await sell(server);
        await server.idle();
        await fetch(`${server.url}/metrics`);
        return (await fetch(`${server.url}/metrics`)).text();
      },
      env,
    );
    assert.match(scraped, /^tieout_webhooks_total\{connection="stripe",outcome="accepted",reason=""\} 3$/m);
    assert.match(scraped, /^tieout_commands_sent_total\{target="netsuite",verb="post",answer="acked"\} 2$/m);
    const ours = collector.spans.filter((span) => span.traceId === traceId);
    const door = ours.find(({ name }) => name === "POST /webhooks/:connection");
    const append = ours.find(({ name }) => name === "append journal");
    assert.equal(door?.parentSpanId, vendorSpan);
    assert.equal(append?.parentSpanId, door?.spanId);
    assert.ok(collector.spans.some(({ name }) => name === "post customer"));
    assert.deepEqual([...collector.services], ["tieout-test"]);
  } finally {
    await collector.close();
  }
});

it("[OT5] nothing personal and no secret is in a span, and what makes an event a duplicate looks at no trace", async () => {
  const exporter = collecting();
  await within("private", { mode: "inline", spanExporter: exporter }, async (server) => {
    await sell(server);
    const { operations, drainEvents } = server.sandbox!.stripe;
    operations.createCustomer({ name: "Twice", email: null });
    const [event] = drainEvents();
    assert.match(await post(server, event), /"accepted"/);
    assert.match(await post(server, event, { traceparent: inbound }), /"duplicate"/);
    await server.idle();
  });
  const text = JSON.stringify(
    exporter.spans.map(({ name, attributes, events, resource }) => [name, attributes, events, resource.attributes]),
  );
  for (const word of ["Acme", "buyer@example.org", "987654321", "Twice", "whsec_", "Bearer", "sk_test"])
    assert.ok(!text.includes(word), word);
  const again = exporter.spans.filter(({ attributes }) => attributes["tieout.webhook.outcome"] === "duplicate");
  assert.equal(again.length, 1);
});
