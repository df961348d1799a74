/** What is done too long after its cause is a trace of its own, linked to the cause's; under a clock that the test moves. */
import assert from "node:assert/strict";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import * as Effect from "effect/Effect";
import { it } from "vitest";
import { signWebhook } from "../../adapters/stripe/layer.ts";
import { correct } from "../replay/correct.ts";
import { makeWorld, secret, type World } from "../testing/world.ts";
import { type Collected, chainOf, collecting } from "./testing/collector.ts";
import { openTracing, type TracingSettings } from "./tracing.ts";

const minute = 60_000;
const day = 1440 * minute;
const settings: TracingSettings = {
  url: "http://127.0.0.1:1/v1/traces",
  sampler: { name: "always_on", ratio: 1, parentBased: true },
  resource: { "service.name": "test" },
  timeoutMs: 500,
  linkAfterMs: 15 * minute,
};
const vendorSpan = "00f067aa0ba902b7";
const traceOf = (n: number): string => `4bf92f3577b34da6a3ce929d0e0e473${n}`;

const traced = async (
  work: (world: World) => Promise<void>,
  more: Partial<TracingSettings> = {},
): Promise<ReadonlyArray<ReadableSpan>> => {
  const exporter: Collected = collecting();
  const tracing = await openTracing({ ...settings, ...more }, { warn: assert.fail, exporter });
  const world = await makeWorld({ tracing });
  await work(world);
  await tracing.close();
  return exporter.spans;
};

/** Delivers everything that Stripe has to say, inside one trace of the vendor. */
const tell = async ({ stripe, post, clock, host }: World, trace: string, flags = "01"): Promise<void> => {
  for (const event of stripe.drainEvents()) {
    const body = JSON.stringify(event);
    const signature = signWebhook(body, secret, Math.floor(clock.now / 1000));
    const traceparent = `00-${trace}-${vendorSpan}-${flags}`;
    assert.equal((await post(body, { "stripe-signature": signature, traceparent })).status, 202);
  }
  await host.idle();
};
const sell = ({ stripe: { operations } }: World): string => {
  const customer = operations.createCustomer({ name: "Acme" });
  operations.finalizeInvoice(operations.createInvoice({ customer, amountMinor: 5000 }));
  return customer;
};
const named = (spans: ReadonlyArray<ReadableSpan>, name: string): ReadonlyArray<ReadableSpan> =>
  spans.filter((span) => span.name === name);
const traceIdOf = (span: ReadableSpan): string => span.spanContext().traceId;

const outage =
  (world: World, ms: number, trace: string, flags = "01") =>
  async (): Promise<void> => {
    world.netsuite.faults.outageUntil = world.clock.now + ms;
    sell(world);
    await tell(world, trace, flags);
    world.clock.now += ms;
    await world.host.idle();
  };

it("[OT22] a command that comes through a quarter of an hour after its event is a new trace with a link to the webhook's; before, the same", async () => {
  const spans = await traced(async (world) => {
    await outage(world, 14 * minute, traceOf(1))();
    await outage(world, 16 * minute, traceOf(2))();
  });
  const done = named(spans, "post receivable").filter(({ attributes }) => attributes["tieout.answer"] === "acked");
  assert.equal(done.length, 2);
  const [soon, late] = done as [ReadableSpan, ReadableSpan];
  assert.equal(traceIdOf(soon), traceOf(1));
  assert.ok(![traceOf(1), traceOf(2)].includes(traceIdOf(late)));
  assert.deepEqual(chainOf(spans, late), ["post receivable", "resume command", null]);
  const resumed = named(spans, "resume command").find((span) => traceIdOf(span) === traceIdOf(late))!;
  assert.equal(resumed.links.length, 1);
  const { context } = resumed.links[0]!;
  assert.equal(context.traceId, traceOf(2));
  const cause = spans.find((span) => span.spanContext().spanId === context.spanId)!;
  assert.deepEqual(chainOf(spans, cause), ["step journal", "append journal", "POST /webhooks/:connection", vendorSpan]);
  assert.ok(Number(resumed.attributes["tieout.resumed.after_ms"]) >= 16 * minute);
});

it("[OT22] what a link of companies asks for days later is linked to the webhook that spoke of the object", async () => {
  let customer = "";
  const spans = await traced(async (world) => {
    const { operations } = world.stripe;
    customer = operations.createCustomer({ name: "Acme" });
    operations.createSubscription({ customer, amountMinor: 900 });
    await tell(world, traceOf(3));
    world.clock.now += 3 * day;
    const { id: account } = world.salesforce.operations.create("Account", { Name: "Acme" });
    await world.echo();
    const linked = await world.app.request("/v1/links", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ party: `stripe:${customer}`, target: `salesforce:${account}`, reason: "the same" }),
    });
    assert.ok(linked.status < 300, await linked.text());
    await world.host.idle();
  });
  const shown = spans.find(({ name }) => /crm_subscription|subscription/.test(name) && name.startsWith("post "));
  assert.ok(shown, spans.map(({ name }) => name).join(", "));
  const resumed = named(spans, "resume command").find((span) => traceIdOf(span) === traceIdOf(shown));
  assert.deepEqual([...new Set(resumed?.links.map(({ context }) => context.traceId))], [traceOf(3)]);
});

it("[OT22] a replay, and a journal folded again after long, are linked to the webhook's trace", async () => {
  const spans = await traced(async (world) => {
    const { engine } = world;
    sell(world);
    await tell(world, traceOf(4));
    const entries = await Effect.runPromise(engine.journal.read(0, 100));
    const entry = entries.find(({ events }) => events.some(({ subject }) => subject.startsWith("invoice/")))!;
    const after = entry.events.map((event) => ({ ...event, data: { ...event.data, number: "A-2" } }) as typeof event);
    await Effect.runPromise(correct(engine, "replay_1", entry, { before: entry.events, after, last: 0 }));
  });
  const again = named(spans, "step journal").filter((span) => traceIdOf(span) !== traceOf(4));
  assert.equal(again.length, 1);
  assert.equal(again[0]!.parentSpanContext, undefined);
  assert.deepEqual(
    again[0]!.links.map(({ context }) => context.traceId),
    [traceOf(4)],
  );
});

it("[OT23] a linked trace is recorded where the one that caused it was, whatever the share", async () => {
  const sampler = { name: "traceidratio", ratio: 0, parentBased: true } as const;
  const spans = await traced(
    async (world) => {
      await outage(world, 16 * minute, traceOf(5))();
      await outage(world, 16 * minute, traceOf(6), "00")();
    },
    { sampler },
  );
  const links = named(spans, "resume command").flatMap((span) => span.links.map(({ context }) => context.traceId));
  assert.deepEqual([...new Set(links)], [traceOf(5)]);
});
