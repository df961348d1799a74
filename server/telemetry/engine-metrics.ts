/**
 * What is counted in the engine's thread: a registry of its own, that nobody else counts into. Times name a trace as their exemplar:
 * one that is recorded, and so can be looked at.
 */
import { Counter, Histogram } from "prom-client";
import { type Format, newRegistry, textOf } from "./exposition.ts";
import { parseTraceparent } from "./traceparent.ts";

export type Answer =
  | "acked"
  | "transient"
  | "throttled"
  | "unknown"
  | "rejected"
  | "impossible"
  | "interrupted"
  | "bug";
export type LookupAnswer = Exclude<Answer, "acked"> | "found" | "absent";

/** Seconds. A vendor's own time-out is minutes away. */
const exchangeBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
/** Seconds. */
const foldBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300];
/** Seconds, to a week: the source's event may be told late, and the target may be down. */
const syncBuckets = [0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400, 604_800];

export interface EngineMetrics {
  /** From the durable answer to the fold. `traceparent`: of what is timed, or null. */
  readonly folded: (connection: string, seconds: number, traceparent: string | null) => void;
  readonly sent: (target: string, verb: string, answer: Answer, seconds: number, traceparent: string | null) => void;
  readonly lookedUp: (target: string, answer: LookupAnswer) => void;
  /** From the source's event to the acknowledgement; a time below zero counts as zero. */
  readonly carried: (from: string, to: string, seconds: number, traceparent: string | null) => void;
  /** `outcome`: 2xx … 5xx, 429, or `error` where no answer came. */
  readonly requested: (
    connection: string,
    method: string,
    outcome: string,
    seconds: number,
    traceparent: string | null,
  ) => void;
  /** Without the end mark of OpenMetrics. */
  readonly text: (format: Format) => Promise<string>;
}

/** Empty where no trace is recorded. */
export const exemplarOf = (traceparent: string | null): { readonly exemplarLabels?: Record<string, string> } => {
  const trace = parseTraceparent(traceparent);
  if (trace === null || (trace.flags & 1) === 0) return {};
  return { exemplarLabels: { trace_id: trace.traceId, span_id: trace.spanId } };
};

export const makeEngineMetrics = (): EngineMetrics => {
  const own = newRegistry();
  const registers = [own];
  const sent = new Counter({
    name: "tieout_commands_sent_total",
    help: "Commands handed to a target's API, by the class of its answer",
    labelNames: ["target", "verb", "answer"] as const,
    registers,
  });
  const lookups = new Counter({
    name: "tieout_command_lookups_total",
    help: "Commands of unclear outcome read back from their target",
    labelNames: ["target", "answer"] as const,
    registers,
  });
  const timed = <L extends string>(name: string, help: string, labelNames: ReadonlyArray<L>, buckets: number[]) =>
    new Histogram({ name, help, labelNames: [...labelNames], buckets, registers, enableExemplars: true });
  const fold = timed(
    "tieout_ingest_to_fold_seconds",
    "From a webhook's durable answer until it is folded",
    ["connection"],
    foldBuckets,
  );
  const command = timed(
    "tieout_command_duration_seconds",
    "From handing a command to a target's API until its answer",
    ["target", "verb", "answer"],
    exchangeBuckets,
  );
  const sync = timed(
    "tieout_sync_latency_seconds",
    "From the time of the source's event to the acknowledged command; customer records are not counted",
    ["from", "to"],
    syncBuckets,
  );
  const request = timed(
    "tieout_vendor_request_duration_seconds",
    "Requests to vendors, until the head of the answer",
    ["connection", "method", "outcome"],
    exchangeBuckets,
  );
  return {
    folded: (connection, seconds, traceparent) =>
      fold.observe({ labels: { connection }, value: Math.max(0, seconds), ...exemplarOf(traceparent) }),
    sent: (target, verb, answer, seconds, traceparent) => {
      sent.inc({ target, verb, answer });
      command.observe({ labels: { target, verb, answer }, value: seconds, ...exemplarOf(traceparent) });
    },
    lookedUp: (target, answer) => lookups.inc({ target, answer }),
    carried: (from, to, seconds, traceparent) =>
      sync.observe({ labels: { from, to }, value: Math.max(0, seconds), ...exemplarOf(traceparent) }),
    requested: (connection, method, outcome, seconds, traceparent) =>
      request.observe({ labels: { connection, method, outcome }, value: seconds, ...exemplarOf(traceparent) }),
    text: (format) => textOf(own, format),
  };
};
