/** Rows of the journal as the streams hold them. *Pure.* */
import { type Batch, positions } from "../embedded/batch.ts";
import { Damaged } from "../embedded/failure.ts";
import { fieldsOf, firstOf } from "./identity.ts";
import { listOf, numberOf, type Reply } from "./link.ts";

export type Row = Omit<Batch, "raw">;

export interface RawRow {
  readonly first: number;
  readonly count: number;
  readonly raw: Buffer;
}

/** Entries of the stream, in its order. */
export const rowsIn = (reply: Reply | undefined): ReadonlyArray<Row> =>
  listOf(reply).map((entry) => {
    const [id, content] = listOf(entry);
    const first = firstOf(id);
    const fields = fieldsOf(content);
    const bytes = (name: string): Buffer => {
      const value = fields.get(name);
      if (!Buffer.isBuffer(value)) throw new Damaged(`the row at position ${first} has no ${name}`);
      return value;
    };
    return {
      first,
      count: numberOf(bytes("count")),
      previous: bytes("previous"),
      hash: bytes("hash"),
      keys: bytes("keys"),
      events: bytes("events"),
    };
  });

export const rawRowsIn = (reply: Reply | undefined): ReadonlyArray<RawRow> =>
  listOf(reply).map((entry) => {
    const [id, content] = listOf(entry);
    const fields = fieldsOf(content);
    const raw = fields.get("raw");
    return {
      first: firstOf(id),
      count: numberOf(fields.get("count")),
      raw: Buffer.isBuffer(raw) ? raw : Buffer.alloc(0),
    };
  });

/** What to say of a hole in the journal. */
export const missing = (from: number, to: number): Damaged =>
  new Damaged(
    `the journal lost ${positions(from, to - from + 1)}; restore Redis' append-only files or RDB from a backup that holds them`,
  );
