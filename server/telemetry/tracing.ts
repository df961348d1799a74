/**
 * Spans, over OpenTelemetry: the only file that knows its SDK, which is loaded when tracing is on and not before. Parents are
 * given as `traceparent` texts, never taken from what happens to run: so a parent may have ended in a process long gone. An
 * export that fails is told in one line a minute, and harms nothing.
 */
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import {
  type Link,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import type { Sampler, SpanExporter } from "@opentelemetry/sdk-trace-base";
import { spansExported } from "./channels.ts";
import { formatTraceparent, parseTraceparent, type TraceParent } from "./traceparent.ts";

export type SamplerName = "always_on" | "always_off" | "traceidratio";

/** Plain data: it crosses to the engine's thread as it is. The exporter reads headers and certificates from `OTEL_EXPORTER_OTLP_*` itself. */
export interface TracingSettings {
  /** The whole address, `…/v1/traces` included. */
  readonly url: string;
  /** Of a trace that begins here; `ratio` counts for `traceidratio`. */
  readonly sampler: { readonly name: SamplerName; readonly ratio: number; readonly parentBased: boolean };
  readonly resource: Readonly<Record<string, string>>;
  /** From this age on, work begins a trace of its own, linked to the one that caused it. Milliseconds. */
  readonly linkAfterMs: number;
  /** Of one export. Milliseconds. */
  readonly timeoutMs: number;
}

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface Span {
  /** What a child names as its parent, wherever and whenever it begins. */
  readonly traceparent: string;
  readonly traceId: string;
  readonly set: (attributes: Attributes) => void;
  /** `error`: a class of failure, never its text. */
  readonly end: (attributes?: Attributes, error?: string | null) => void;
}

export interface SpanStart {
  readonly name: string;
  readonly kind: "server" | "client" | "producer" | "consumer" | "internal";
  /** Null, or no traceparent at all: a trace begins. */
  readonly parent: string | null | undefined;
  /** Of a trace that begins: what caused it, too long ago to be its parent. It is recorded where one of these was. */
  readonly links?: ReadonlyArray<string>;
  readonly attributes: Attributes;
}

export interface Tracing {
  readonly start: (span: SpanStart) => Span;
  /** As in the settings. */
  readonly linkAfterMs: number;
  /** Sends what is left, within `closeMs` whatever the collector does. */
  readonly close: () => Promise<void>;
}

export interface TracingOptions {
  /** One line at most a minute about exports that failed. */
  readonly warn: (line: string) => void;
  /** In place of OTLP over HTTP, for tests. */
  readonly exporter?: SpanExporter;
}

/** Milliseconds. */
const closeMs = 2000;
const warnEveryMs = 60_000;

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;

type Sdk = typeof import("./sdk.ts");

const samplerOf = (sdk: Sdk, { name, ratio, parentBased }: TracingSettings["sampler"]): Sampler => {
  const root =
    name === "always_on"
      ? new sdk.AlwaysOnSampler()
      : name === "always_off"
        ? new sdk.AlwaysOffSampler()
        : new sdk.TraceIdRatioBasedSampler(ratio);
  const own = parentBased ? new sdk.ParentBasedSampler({ root }) : root;
  return {
    shouldSample: (context, traceId, span, kind, attributes, links) =>
      links.length === 0
        ? own.shouldSample(context, traceId, span, kind, attributes, links)
        : { decision: recorded(links) ? sdk.SamplingDecision.RECORD_AND_SAMPLED : sdk.SamplingDecision.NOT_RECORD },
    toString: () => own.toString(),
  };
};

/** A share is drawn once for all that follows from one happening, however many traces that takes. */
const recorded = (links: ReadonlyArray<Link>): boolean =>
  links.some(({ context }) => (context.traceFlags & TraceFlags.SAMPLED) !== 0);

const contextOf = ({ traceId, spanId, flags }: TraceParent): SpanContext => ({
  traceId,
  spanId,
  traceFlags: flags,
  isRemote: true,
});

/** Says of each failed export that it is done: there is nobody above who could do better. */
const forgiving = (exporter: SpanExporter, warn: (line: string) => void): SpanExporter => {
  let lost = 0;
  let saidAt = Number.NEGATIVE_INFINITY;
  const failed = (spans: number, why: string): void => {
    lost += spans;
    const now = performance.now();
    if (now - saidAt < warnEveryMs) return;
    saidAt = now;
    warn(`traces are not exported (${why}); ${lost} spans lost so far, the work itself goes on`);
  };
  return {
    export: (spans, done) => {
      if (spansExported.hasSubscribers) for (const span of spans) spansExported.publish(span);
      try {
        exporter.export(spans, ({ code, error }) => {
          if (code !== 0) failed(spans.length, error?.name ?? "refused");
          done({ code: 0 });
        });
      } catch (error) {
        failed(spans.length, (error as Error).name);
        done({ code: 0 });
      }
    },
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
};

const otlp = (sdk: Sdk, { url, timeoutMs }: TracingSettings) => {
  // Ours, so that nothing of a collector that hangs outlives the server.
  const agent = url.startsWith("https:") ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const exporter = new sdk.OTLPTraceExporter({ url, timeoutMillis: timeoutMs, httpAgentOptions: () => agent });
  return { exporter, release: () => agent.destroy() };
};

export const openTracing = async (settings: TracingSettings, options: TracingOptions): Promise<Tracing> => {
  const sdk = await import("./sdk.ts");
  const { exporter, release } = options.exporter
    ? { exporter: options.exporter, release: () => {} }
    : otlp(sdk, settings);
  const provider = new sdk.BasicTracerProvider({
    resource: sdk.resourceFromAttributes(settings.resource),
    sampler: samplerOf(sdk, settings.sampler),
    spanProcessors: [new sdk.BatchSpanProcessor(forgiving(exporter, options.warn))],
  });
  const tracer = provider.getTracer("tieout");

  const start = ({ name, kind, parent, links = [], attributes }: SpanStart): Span => {
    const above = parseTraceparent(parent);
    const context = above === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, contextOf(above));
    const linked = links.flatMap((text) => parseTraceparent(text) ?? []).map((one) => ({ context: contextOf(one) }));
    const span = tracer.startSpan(
      name,
      { kind: kinds[kind], attributes: { ...attributes }, ...(linked.length === 0 ? {} : { links: linked }) },
      context,
    );
    const { traceId, spanId, traceFlags } = span.spanContext();
    return {
      traceparent: formatTraceparent({ traceId, spanId, flags: traceFlags }),
      traceId,
      set: (more) => void span.setAttributes({ ...more }),
      end: (more, error) => {
        if (more) span.setAttributes({ ...more });
        if (error) span.setAttribute("error.type", error).setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
  };

  const shutDown = async (): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), closeMs);
    });
    const ended = provider.shutdown().then(
      () => "ended" as const,
      () => "failed" as const,
    );
    if ((await Promise.race([ended, late])) === "late") options.warn("traces were not all exported before the end");
    clearTimeout(timer);
    release();
  };
  let closed: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closed ??= shutDown();
    return closed;
  };
  return { start, linkAfterMs: settings.linkAfterMs, close };
};
