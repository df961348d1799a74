/** Telemetry of the thread that serves HTTP, from the configuration. */
import * as Redacted from "effect/Redacted";
import type { ServerConfig } from "../config/config.ts";
import { makeLogger, silent } from "./log.ts";
import { makeServerMetrics } from "./metrics.ts";
import { openTracing, type TracingOptions } from "./tracing.ts";
import type { ServerTelemetry } from "./webhook-telemetry.ts";

/** Counts, and tells nobody. */
export const quietTelemetry = (): ServerTelemetry => ({ tracing: null, log: silent, metrics: makeServerMetrics() });

const secretNames = /^(api|private)Key$|token|secret|password/i;

const textsIn = (value: unknown, name = ""): ReadonlyArray<string> =>
  typeof value === "string"
    ? secretNames.test(name)
      ? [value]
      : []
    : typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([key, inner]) => textsIn(inner, key))
      : [];

/** Every secret value that this server holds: none of them ever stands in a line. */
const secretsOf = ({ apiKey, connections }: ServerConfig): ReadonlyArray<string> => [
  ...(apiKey === null ? [] : [Redacted.value(apiKey)]),
  ...connections.flatMap(({ webhookSecrets, settings }) => [
    ...webhookSecrets.map(Redacted.value),
    ...(settings === null ? [] : textsIn(Redacted.value(settings))),
  ]),
];

export interface ServerTelemetryOptions {
  /** Takes each line, without its end. */
  readonly sink: (line: string) => void;
  readonly exporter: TracingOptions["exporter"] | undefined;
}

const sampleAll = { name: "always_on", ratio: 1, parentBased: true } as const;
const forExporter = {
  url: "",
  sampler: sampleAll,
  resource: { "service.name": "tieout" },
  timeoutMs: 1000,
  linkAfterMs: 900_000,
};

export const openServerTelemetry = async (
  config: ServerConfig,
  { sink, exporter }: ServerTelemetryOptions,
): Promise<ServerTelemetry> => {
  const { logLevel, logFormat, tracing: settings } = config.telemetry;
  const format = logFormat ?? (process.stderr.isTTY ? "text" : "json");
  const log = makeLogger({ level: logLevel, format, sink, secrets: secretsOf(config) });
  const wanted = settings ?? (exporter === undefined ? null : forExporter);
  const options: TracingOptions = { warn: (line) => log.warn(line), ...(exporter === undefined ? {} : { exporter }) };
  const tracing = wanted === null ? null : await openTracing(wanted, options);
  return { tracing, log, metrics: makeServerMetrics() };
};
