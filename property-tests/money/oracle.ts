/**
 * The published worked examples, as data: inputs and expected figures with their source. A test is run on its example, and again with
 * each expected figure changed: where it then still passes, it does not assert that figure.
 */
import { readFileSync } from "node:fs";
import { it } from "vitest";

export interface Oracle<I, E> {
  readonly id: string;
  readonly source: string;
  readonly input: I;
  readonly expected: E;
}

export const oracles = JSON.parse(readFileSync(new URL("oracles.json", import.meta.url), "utf8")) as ReadonlyArray<
  Oracle<unknown, unknown>
>;

type Path = ReadonlyArray<string | number>;

/** Every figure and word of a JSON value, by where it is. */
const leavesOf = (value: unknown, at: Path = []): ReadonlyArray<Path> => {
  if (typeof value !== "object" || value === null) return [at];
  const entries = Array.isArray(value) ? value.map((each, index) => [index, each] as const) : Object.entries(value);
  return entries.flatMap(([key, each]) => leavesOf(each, [...at, key]));
};

/** Another value of the same kind; a date stays one. */
const changed = (leaf: unknown): unknown => {
  if (typeof leaf === "number") return leaf + 1;
  if (typeof leaf === "boolean") return !leaf;
  if (leaf === null) return 1;
  const text = String(leaf);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text))
    return text.endsWith("-01") ? text.replace(/01$/, "02") : text.replace(/..$/, "01");
  return /\d/.test(text)
    ? text.replace(/\d(?=\D*$)/, (digit) => (digit === "0" ? "1" : String(Number(digit) - 1)))
    : `${text}x`;
};

const changedAt = (value: unknown, path: Path): unknown => {
  const [key, ...rest] = path;
  if (key === undefined) return changed(value);
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[key] = changedAt(copy[key], rest);
  return copy;
};

/** The shapes are the test's: what is not there fails in it. */
export const published = <I, E>(
  id: string,
  sentence: string,
  body: (example: Oracle<I, E>) => void | Promise<void>,
  /** Figures that are not ours to give, by their path, with the reason. */
  except: Readonly<Record<string, string>> = {},
): void =>
  it(`[O ${id}] ${sentence}`, async () => {
    const example = oracles.find((each) => each.id === id) as Oracle<I, E> | undefined;
    if (!example) throw new Error(`oracles.json has no ${id}`);
    await body(example);
    const leaves = leavesOf(example.expected);
    if (leaves.length === 0) throw new Error(`${id} expects nothing`);
    const paths = leaves.map((path) => path.join("."));
    for (const path of Object.keys(except))
      if (!paths.includes(path)) throw new Error(`${id} has no ${path} to except`);
    for (const path of leaves) {
      const expected = changedAt(example.expected, path) as E;
      const held = await Promise.resolve()
        .then(() => body({ ...example, expected }))
        .then(
          () => true,
          () => false,
        );
      const excepted = Object.hasOwn(except, path.join("."));
      if (held && !excepted) throw new Error(`${id} expects ${path.join(".")}, and the test passes without it`);
      if (!held && excepted) throw new Error(`${id}: ${path.join(".")} is excepted, and asserted`);
    }
  });
