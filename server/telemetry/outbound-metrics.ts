/** What is counted where commands are sent, in the engine's thread: a registry of its own, that nobody else counts into. */
import { Counter, Histogram, Registry } from "prom-client";

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
const buckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

export interface OutboundMetrics {
  readonly sent: (target: string, verb: string, answer: Answer) => void;
  readonly lookedUp: (target: string, answer: LookupAnswer) => void;
  /** `outcome`: 2xx … 5xx, 429, or `error` where no answer came. */
  readonly requested: (connection: string, method: string, outcome: string, seconds: number) => void;
  /** In Prometheus' text format. */
  readonly text: () => Promise<string>;
}

export const makeOutboundMetrics = (): OutboundMetrics => {
  const own = new Registry();
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
  const duration = new Histogram({
    name: "tieout_vendor_request_duration_seconds",
    help: "Requests to vendors, until the head of the answer",
    labelNames: ["connection", "method", "outcome"] as const,
    buckets,
    registers,
  });
  return {
    sent: (target, verb, answer) => sent.inc({ target, verb, answer }),
    lookedUp: (target, answer) => lookups.inc({ target, answer }),
    requested: (connection, method, outcome, seconds) => duration.observe({ connection, method, outcome }, seconds),
    text: () => own.metrics(),
  };
};
