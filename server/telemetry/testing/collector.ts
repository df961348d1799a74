/** For tests of telemetry: spans in memory, and a collector that speaks OTLP over HTTP on loopback. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace-base";

export interface Collected extends SpanExporter {
  readonly spans: ReadableSpan[];
}

/** Keeps what it is given, also after its end. */
export const collecting = (): Collected => {
  const spans: ReadableSpan[] = [];
  return {
    spans,
    export: (more, done) => {
      spans.push(...more);
      done({ code: 0 });
    },
    shutdown: () => Promise.resolve(),
  };
};

/** From a span upwards: names, and last the id of the parent that nobody here made, or null. */
export const chainOf = (spans: ReadonlyArray<ReadableSpan>, leaf: ReadableSpan): ReadonlyArray<string | null> => {
  const chain: Array<string | null> = [];
  for (let at: ReadableSpan | undefined = leaf; at; ) {
    chain.push(at.name);
    const above: string | undefined = at.parentSpanContext?.spanId;
    const next: ReadableSpan | undefined = spans.find(
      (one) => one.spanContext().spanId === above && one.spanContext().traceId === leaf.spanContext().traceId,
    );
    if (!next) chain.push(above ?? null);
    at = next;
  }
  return chain;
};

export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
}

/** `silent`: takes requests and never answers. */
export const startCollector = async (how: { readonly silent?: boolean } = {}) => {
  const spans: OtlpSpan[] = [];
  const services = new Set<string>();
  const server = createServer(async (request, response) => {
    if (how.silent) return;
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = JSON.parse(Buffer.concat(parts).toString()) as {
      readonly resourceSpans: ReadonlyArray<{
        readonly resource: { readonly attributes: ReadonlyArray<{ key: string; value: { stringValue?: string } }> };
        readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<OtlpSpan> }>;
      }>;
    };
    for (const { resource, scopeSpans } of body.resourceSpans) {
      for (const { key, value } of resource.attributes)
        if (key === "service.name") services.add(String(value.stringValue));
      for (const scope of scopeSpans) spans.push(...scope.spans);
    }
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    spans,
    services,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: (): Promise<void> =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
