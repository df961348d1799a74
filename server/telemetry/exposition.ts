/**
 * Metrics as text, in the two formats that Prometheus reads. OpenMetrics is written here: prom-client keeps exemplars, but its own
 * text takes `_total` off its counters for good, and with it off the other format.
 */
import { type OpenMetricsContentType, Registry } from "prom-client";

export type Format = "prometheus" | "openmetrics";

export const contentTypes: Readonly<Record<Format, string>> = {
  prometheus: Registry.PROMETHEUS_CONTENT_TYPE,
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
};

interface Range {
  readonly format: Format;
  readonly quality: number;
}

const rangeOf = (text: string): Range | null => {
  const [name = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const of = (key: string): string | undefined =>
    parameters
      .find((one) => one.startsWith(`${key}=`))
      ?.slice(key.length + 1)
      .replaceAll('"', "");
  const quality = Number(of("q") ?? 1);
  if (!(quality > 0)) return null;
  if (name === "application/openmetrics-text")
    return (of("version") ?? "1.0.0") === "1.0.0" ? { format: "openmetrics", quality } : null;
  return ["text/plain", "text/*", "*/*"].includes(name) ? { format: "prometheus", quality } : null;
};

/** Of an `Accept` header; Prometheus' own text for whoever does not ask for the other one. */
export const formatOf = (accept: string | null | undefined): Format =>
  (accept ?? "")
    .split(",")
    .flatMap((part) => rangeOf(part) ?? [])
    .reduce<Range>((best, one) => (one.quality > best.quality ? one : best), { format: "prometheus", quality: 0 })
    .format;

/** One whose histograms may keep exemplars; made before the first text is asked for. */
export const newRegistry = (): Registry => {
  const own = new Registry<OpenMetricsContentType>();
  own.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return own as unknown as Registry;
};

/** What prom-client answers, with what its types leave out. */
interface Sample {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly exemplar?: {
    readonly labelSet: Readonly<Record<string, string>>;
    readonly value: number;
    /** Seconds. */
    readonly timestamp: number;
  } | null;
}

const escaped = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');

const numberOf = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? "+Inf" : value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);

/** A bound is a label and compared as text: whole numbers have their `.0`. */
const boundOf = (bound: string | number): string =>
  typeof bound === "number" && Number.isInteger(bound) ? `${bound}.0` : String(bound);

const labelsOf = (labels: Sample["labels"]): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(name === "le" ? boundOf(value) : String(value))}"`)
    .join(",");

const lineOf = (name: string, { labels, value, exemplar }: Sample): string => {
  const set = labelsOf(labels);
  const told = exemplar ? ` # {${labelsOf(exemplar.labelSet)}} ${numberOf(exemplar.value)} ${exemplar.timestamp}` : "";
  return `${name}${set === "" ? "" : `{${set}}`} ${numberOf(value)}${told}`;
};

/** Without the `# EOF` that ends the whole. */
const openMetrics = async (own: Registry): Promise<string> => {
  const lines: string[] = [];
  for (const { name, help, type, values } of await own.getMetricsAsJSON()) {
    const counter = String(type) === "counter";
    const family = counter ? name.replace(/_total$/, "") : name;
    lines.push(`# TYPE ${family} ${type}`, `# HELP ${family} ${escaped(help)}`);
    for (const sample of values as ReadonlyArray<Sample>)
      lines.push(lineOf(counter ? `${family}_total` : (sample.metricName ?? family), sample));
  }
  return lines.join("\n");
};

const prometheus = (own: Registry): Promise<string> => {
  own.setContentType(Registry.PROMETHEUS_CONTENT_TYPE);
  return own.metrics();
};

export const textOf = (own: Registry, format: Format): Promise<string> =>
  format === "openmetrics" ? openMetrics(own) : prometheus(own);

/** Parts of several registries as one answer. */
export const joined = (parts: ReadonlyArray<string>, format: Format): string => {
  const told = parts.map((part) => part.trim()).filter((part) => part !== "");
  return format === "openmetrics" ? `${[...told, "# EOF"].join("\n")}\n` : `${told.join("\n\n")}\n`;
};
