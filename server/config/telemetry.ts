/** Logging and tracing, as the environment asks for them: `TIEOUT_LOG_*` are ours, `OTEL_*` OpenTelemetry's own. *Pure.* */
import { type LogFormat, type LogLevel, logLevels } from "../telemetry/log.ts";
import type { SamplerName, TracingSettings } from "../telemetry/tracing.ts";

export interface TelemetryConfig {
  readonly logLevel: LogLevel;
  /** Null: text on a terminal, else JSON. */
  readonly logFormat: LogFormat | null;
  /** Null: off, and nothing of it is loaded. */
  readonly tracing: TracingSettings | null;
}

const formats: ReadonlyArray<LogFormat> = ["json", "text"];
/** Of one export. Milliseconds, the specification's default. */
const exportTimeoutMs = 10_000;
/** Seconds. */
const linkAfter = 900;

/** `a=b,c=d`, percent-encoded as the specification has it. */
const pairsOf = (text: string): Readonly<Record<string, string>> | null => {
  const pairs: Record<string, string> = {};
  for (const pair of text.split(",").filter((part) => part.trim() !== "")) {
    const [, name, value] = /^\s*([^=\s]+)\s*=(.*)$/.exec(pair) ?? [];
    if (name === undefined || value === undefined) return null;
    try {
      pairs[name] = decodeURIComponent(value.trim());
    } catch {
      return null;
    }
  }
  return pairs;
};

/** `problem` is told each mistake; what is given back then does not matter. */
export const telemetryConfig = (
  given: (name: string) => string | null,
  problem: (text: string) => void,
): TelemetryConfig => {
  const chosen = <A extends string>(name: string, from: ReadonlyArray<A>): A | null => {
    const text = given(name);
    const found = from.find((one) => one === text?.toLowerCase());
    if (text !== null && found === undefined)
      problem(`${name}: ${JSON.stringify(text)} is not known; one of ${from.join(", ")}`);
    return found ?? null;
  };
  return {
    logLevel: chosen("TIEOUT_LOG_LEVEL", logLevels) ?? "info",
    logFormat: chosen("TIEOUT_LOG_FORMAT", formats),
    tracing: tracingOf(given, problem),
  };
};

const tracingOf = (given: (name: string) => string | null, problem: (text: string) => void): TracingSettings | null => {
  const whole = given("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  const base = given("OTEL_EXPORTER_OTLP_ENDPOINT");
  const off = given("OTEL_SDK_DISABLED")?.toLowerCase() === "true" || given("OTEL_TRACES_EXPORTER") === "none";
  if (off || (whole ?? base) === null) return null;
  const url = whole ?? `${base!.replace(/\/+$/, "")}/v1/traces`;
  const name = whole === null ? "OTEL_EXPORTER_OTLP_ENDPOINT" : "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
  // The address may hold a password, so it is not repeated.
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    problem(`${name}: is no http(s) URL, such as http://localhost:4318`);
  const protocol = given("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") ?? given("OTEL_EXPORTER_OTLP_PROTOCOL");
  if (protocol !== null && !protocol.startsWith("http/")) {
    problem(
      `OTEL_EXPORTER_OTLP_PROTOCOL: ${JSON.stringify(protocol)} is not spoken here; OTLP over HTTP only, port 4318`,
    );
  }
  const attributes = pairsOf(given("OTEL_RESOURCE_ATTRIBUTES") ?? "");
  if (attributes === null) problem("OTEL_RESOURCE_ATTRIBUTES: is no list of name=value, separated by commas");
  const timeoutText = given("OTEL_EXPORTER_OTLP_TIMEOUT") ?? String(exportTimeoutMs);
  const timeoutMs = /^\d{1,9}$/.test(timeoutText) ? Number(timeoutText) : 0;
  if (timeoutMs <= 0)
    problem(`OTEL_EXPORTER_OTLP_TIMEOUT: ${JSON.stringify(timeoutText)} is no number of milliseconds`);
  const serviceName = given("OTEL_SERVICE_NAME");
  return {
    url,
    sampler: samplerOf(given, problem),
    resource: {
      "service.name": "tieout",
      ...attributes,
      ...(serviceName === null ? {} : { "service.name": serviceName }),
    },
    timeoutMs,
    linkAfterMs: linkAfterOf(given, problem),
  };
};

const linkAfterOf = (given: (name: string) => string | null, problem: (text: string) => void): number => {
  const text = given("TIEOUT_TRACE_LINK_AFTER_SECONDS") ?? String(linkAfter);
  if (!/^\d{1,9}$/.test(text))
    problem(
      `TIEOUT_TRACE_LINK_AFTER_SECONDS: ${JSON.stringify(text)} is no whole number of seconds, such as ${linkAfter}`,
    );
  return Number(text) * 1000;
};

const samplers: ReadonlyArray<SamplerName> = ["always_on", "always_off", "traceidratio"];

const samplerOf = (
  given: (name: string) => string | null,
  problem: (text: string) => void,
): TracingSettings["sampler"] => {
  const text = given("OTEL_TRACES_SAMPLER")?.toLowerCase() ?? "parentbased_always_on";
  const parentBased = text.startsWith("parentbased_");
  const name = samplers.find((one) => one === text.replace(/^parentbased_/, ""));
  if (name === undefined) {
    const known = samplers.flatMap((one) => [one, `parentbased_${one}`]).join(", ");
    problem(`OTEL_TRACES_SAMPLER: ${JSON.stringify(text)} is not known; one of ${known}`);
  }
  const ratioText = given("OTEL_TRACES_SAMPLER_ARG") ?? "1";
  const ratio = Number(ratioText);
  if (name === "traceidratio" && !(ratio >= 0 && ratio <= 1))
    problem(`OTEL_TRACES_SAMPLER_ARG: ${JSON.stringify(ratioText)} is no share; a number from 0 to 1`);
  return { name: name ?? "always_on", ratio, parentBased };
};
