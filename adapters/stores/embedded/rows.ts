/** Many rows with few statements. */
import type { Row, Sqlite } from "./sqlite.ts";

/** The last row of each key, in the order in which the keys first came. *Pure.* */
export const lastOf = <A>(rows: ReadonlyArray<A>, key: (row: A) => string): ReadonlyArray<A> => {
  const last = new Map<string, A>();
  for (const row of rows) last.set(key(row), row);
  return [...last.values()];
};

const CHUNK = 256;

/** `head` and then `(…)` with these values, each once. Lists are filled up to a power of two, so that few statements are prepared. */
export const rowsIn = <R extends Row>(file: Sqlite, head: string, values: ReadonlyArray<string>): ReadonlyArray<R> => {
  const all = [...new Set(values)];
  const rows: Array<R> = [];
  for (let from = 0; from < all.length; from += CHUNK) {
    const chunk = all.slice(from, from + CHUNK);
    const filler = chunk[0] ?? "";
    while ((chunk.length & (chunk.length - 1)) !== 0) chunk.push(filler);
    for (const row of file.rows<R>(`${head} (${chunk.map(() => "?").join(",")})`, chunk)) rows.push(row);
  }
  return rows;
};
