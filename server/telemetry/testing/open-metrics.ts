/**
 * For tests: reads OpenMetrics by the grammar of its specification (1.0, "ABNF" and the rules beside it), knowing nothing of who
 * wrote it. Throws at the first line that is none.
 */
import assert from "node:assert/strict";

export interface Exemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly timestamp: number | null;
}
export interface OpenSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly exemplar: Exemplar | null;
}
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string | null;
  readonly samples: OpenSample[];
}

const types = ["counter", "gauge", "histogram", "gaugehistogram", "stateset", "info", "summary", "unknown"];
const suffixes: Readonly<Record<string, ReadonlyArray<string>>> = {
  counter: ["_total", "_created"],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count", "_created"],
};
const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const realNumber = /^[+-]?(\d+(\.\d*)?([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|[iI]nf(inity)?|[nN]a[nN])$/;

class Reader {
  private at = 0;
  constructor(private readonly line: string) {}
  get done(): boolean {
    return this.at === this.line.length;
  }
  fail(why: string): never {
    return assert.fail(`${why} at ${this.at} in ${JSON.stringify(this.line)}`);
  }
  take(text: string): boolean {
    if (!this.line.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }
  need(text: string): void {
    if (!this.take(text)) this.fail(`expected ${JSON.stringify(text)}`);
  }
  until(stops: string): string {
    const from = this.at;
    while (this.at < this.line.length && !stops.includes(this.line[this.at]!)) this.at += 1;
    return this.line.slice(from, this.at);
  }
  number(): number {
    const text = this.until(" ");
    if (!realNumber.test(text)) this.fail(`${JSON.stringify(text)} is no number`);
    return /inf/i.test(text) ? (text.startsWith("-") ? -Infinity : Infinity) : Number(text);
  }
  /** Every backslash begins an escape, every quotation mark has one. */
  quoted(): string {
    this.need('"');
    let text = "";
    for (;;) {
      if (this.done) this.fail("a label that does not end");
      const char = this.line[this.at++]!;
      if (char === '"') return text;
      if (char !== "\\") text += char;
      else {
        const next = this.line[this.at++];
        if (next !== "n" && next !== '"' && next !== "\\") this.fail("an escape that is none");
        text += next === "n" ? "\n" : next;
      }
    }
  }
  labels(): Readonly<Record<string, string>> {
    this.need("{");
    const found: Record<string, string> = {};
    if (this.take("}")) return found;
    for (;;) {
      const name = this.until("=");
      if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) this.fail("a label's name");
      if (name in found) this.fail(`label ${name} twice`);
      this.need("=");
      found[name] = this.quoted();
      if (this.take("}")) return found;
      this.need(",");
    }
  }
}

const sampleOf = (line: string): OpenSample => {
  const reader = new Reader(line);
  const name = reader.until("{ ");
  assert.match(name, metricName, line);
  const labels = line[name.length] === "{" ? reader.labels() : {};
  reader.need(" ");
  const value = reader.number();
  let exemplar: Exemplar | null = null;
  if (reader.take(" # ")) {
    const set = reader.labels();
    reader.need(" ");
    const seen = reader.number();
    const timestamp = reader.take(" ") ? reader.number() : null;
    const length = Object.entries(set).reduce((sum, [key, text]) => sum + [...key, ...text].length, 0);
    assert.ok(length <= 128, `an exemplar of ${length} characters: ${line}`);
    exemplar = { labels: set, value: seen, timestamp };
  }
  if (!reader.done) reader.fail("more than a sample");
  return { name, labels, value, exemplar };
};

const checkHistogram = ({ name, samples }: Family): void => {
  const rows = new Map<string, Array<readonly [bound: number, sample: OpenSample]>>();
  const others = (labels: OpenSample["labels"]): string =>
    JSON.stringify(Object.entries(labels).filter(([key]) => key !== "le"));
  for (const sample of samples) {
    if (sample.name !== `${name}_bucket`) {
      assert.equal(sample.exemplar, null, `${sample.name} has an exemplar`);
      continue;
    }
    const { le } = sample.labels;
    assert.match(le ?? "", /^(\+Inf|\d+\.\d+|\d+(\.\d+)?e[+-]\d+)$/, `${name}: a bound of ${le}`);
    const row = rows.get(others(sample.labels)) ?? [];
    rows.set(others(sample.labels), [...row, [le === "+Inf" ? Infinity : Number(le), sample]]);
  }
  for (const [labels, row] of rows) {
    assert.equal(row.at(-1)![0], Infinity, `${name}${labels} ends with +Inf`);
    for (const [i, [bound, { value, exemplar }]] of row.entries()) {
      const [below, before] = i === 0 ? [-Infinity, 0] : [row[i - 1]![0], row[i - 1]![1].value];
      assert.ok(bound > below && value >= before, `${name}${labels} rises`);
      if (exemplar) assert.ok(exemplar.value <= bound && exemplar.value > below, `${name}: an exemplar of its bucket`);
    }
    const count = samples.find((one) => one.name === `${name}_count` && others(one.labels) === labels);
    assert.equal(count?.value, row.at(-1)![1].value, `${name}${labels}: count`);
  }
};

export const readOpenMetrics = (text: string): ReadonlyMap<string, Family> => {
  assert.ok(text.endsWith("# EOF\n"), "ends with # EOF");
  const lines = text.slice(0, -"# EOF\n".length).split("\n");
  assert.equal(lines.pop(), "");
  const families = new Map<string, Family>();
  const open: Array<{ name: string; type: string; help: string | null; samples: OpenSample[] }> = [];
  for (const line of lines) {
    const [, keyword, name, rest] = /^# (TYPE|HELP|UNIT) (\S+) (.*)$/.exec(line) ?? [];
    const last = open.at(-1);
    if (keyword === undefined) {
      const sample = sampleOf(line);
      const family = last ?? assert.fail(`a sample of no family: ${line}`);
      const allowed = suffixes[family.type]!.map((suffix) => `${family.name}${suffix}`);
      assert.ok(allowed.includes(sample.name), `${sample.name} among ${family.type} ${family.name}`);
      if (sample.exemplar) assert.match(sample.name, /_(bucket|total)$/);
      family.samples.push(sample);
      continue;
    }
    assert.match(name!, metricName);
    const family =
      last !== undefined && last.name === name ? last : { name: name!, type: "unknown", help: null, samples: [] };
    if (family !== last) {
      assert.ok(!families.has(name!), `${name} is told twice`);
      open.push(family);
      families.set(name!, family);
    }
    assert.equal(family.samples.length, 0, `${name}: ${keyword} after its samples`);
    if (keyword === "TYPE") {
      assert.ok(types.includes(rest!) && suffixes[rest!], `${name}: type ${rest}`);
      family.type = rest!;
    } else if (keyword === "HELP") {
      assert.match(rest!, /^([^"\\]|\\[n"\\])*$/, `${name}: help`);
      family.help = rest!;
    }
  }
  const seen = new Set<string>();
  for (const one of families.values()) {
    for (const { name, labels } of one.samples) {
      const key = `${name} ${JSON.stringify(Object.entries(labels).sort())}`;
      assert.ok(!seen.has(key), `${key} twice`);
      seen.add(key);
    }
    if (one.type === "histogram") checkHistogram(one);
  }
  return families;
};
