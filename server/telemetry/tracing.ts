/**
 * Spans, over OpenTelemetry: the only file that knows its SDK, which is loaded when tracing is on and not before. Parents are
 * given as `traceparent` texts, never taken from what happens to run: so a parent may have ended in a process long gone. An
 * export that fails is told in one line a minute, and harms nothing.
 */
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Sampler, SpanExporter } from "@opentelemetry/sdk-trace-base";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";

export type SamplerName = "always_on" | "always_off" | "traceidratio";

/** Plain data: it crosses to the engine's thread as it is. The exporter reads headers and certificates from `OTEL_EXPORTER_OTLP_*` itself. */
export interface TracingSettings {
  /** The whole address, `…/v1/traces` included. */
  readonly url: string;
  /** Of a trace that begins here; `ratio` counts for `traceidratio`. */
  readonly sampler: { readonly name: SamplerName; readonly ratio: number; readonly parentBased: boolean };
  readonly resource: Readonly<Record<string, string>>;
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
  readonly attributes: Attributes;
}

export interface Tracing {
  readonly start: (span: SpanStart) => Span;
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
  return parentBased ? new sdk.ParentBasedSampler({ root }) : root;
};

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

  const start = ({ name, kind, parent, attributes }: SpanStart): Span => {
    const above = parseTraceparent(parent);
    const context =
      above === null
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, {
            traceId: above.traceId,
            spanId: above.spanId,
            traceFlags: above.flags,
            isRemote: true,
          });
    const span = tracer.startSpan(name, { kind: kinds[kind], attributes: { ...attributes } }, context);
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
  return { start, close };
};
