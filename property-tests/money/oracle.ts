/** The published worked examples, as data: inputs and expected figures with their source. A test reads its own by id. */
import { readFileSync } from "node:fs";

export interface Oracle<I, E> {
  readonly id: string;
  readonly source: string;
  readonly input: I;
  readonly expected: E;
}

export const oracles = JSON.parse(readFileSync(new URL("oracles.json", import.meta.url), "utf8")) as ReadonlyArray<
  Oracle<unknown, unknown>
>;

/** The shapes are the test's: what is not there fails in it. */
export const oracle = <I, E>(id: string): Oracle<I, E> => {
  const found = oracles.find((each) => each.id === id);
  if (!found) throw new Error(`oracles.json has no ${id}`);
  return found as Oracle<I, E>;
};
