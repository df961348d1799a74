/** The files of an export: one part of one table each, as lines of JSON or as Parquet, named with what is in it and its hash. */
import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { parquetReadObjects } from "hyparquet";
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import { type Cell, type Column, type Row, type TableName, tables } from "./tables.ts";

export const formats = ["ndjson", "parquet"] as const;
export type Format = (typeof formats)[number];

export interface Part {
  readonly file: string;
  readonly table: TableName;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

export const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const parquetTypes = { text: "STRING", whole: "INT64", flag: "BOOLEAN" } as const;

const columnOf = ({ name, type }: Column, index: number, rows: ReadonlyArray<Row>): ColumnSource => ({
  name,
  type: parquetTypes[type],
  nullable: true,
  data: rows.map((row) => {
    const cell = row[index] ?? null;
    return typeof cell === "number" ? BigInt(cell) : cell;
  }),
});

const encode = (table: TableName, format: Format, rows: ReadonlyArray<Row>): Uint8Array => {
  const columns: ReadonlyArray<Column> = tables[table];
  if (format === "parquet")
    return new Uint8Array(
      parquetWriteBuffer({ columnData: columns.map((column, index) => columnOf(column, index, rows)) }),
    );
  const line = (row: Row): string =>
    JSON.stringify(Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null])));
  return new TextEncoder().encode(rows.map((row) => `${line(row)}\n`).join(""));
};

/** There whole, or not at all. */
export const writeWhole = (path: string, bytes: Uint8Array): void => {
  const file = openSync(`${path}.new`, "w", 0o600);
  try {
    writeSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
};

/** A part with its bytes. */
export interface Encoded {
  readonly part: Part;
  readonly bytes: Uint8Array;
}

export const encodePart = (table: TableName, number: number, format: Format, rows: ReadonlyArray<Row>): Encoded => {
  const file = `${table}-${String(number).padStart(5, "0")}.${format}`;
  const bytes = encode(table, format, rows);
  return { part: { file, table, rows: rows.length, bytes: bytes.byteLength, sha256: hashOf(bytes) }, bytes };
};

export type Read = Readonly<Record<string, Cell>>;

/** The rows of a part that is as its manifest says. Whole numbers within ±2^53, as they were written. */
export const readPart = async (bytes: Uint8Array, format: Format): Promise<ReadonlyArray<Read>> => {
  if (format === "ndjson")
    return new TextDecoder()
      .decode(bytes)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Read);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const rows = (await parquetReadObjects({ file })) as ReadonlyArray<Record<string, Cell | bigint>>;
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, cell]) => [name, typeof cell === "bigint" ? Number(cell) : (cell ?? null)]),
    ),
  ) as ReadonlyArray<Read>;
};

export const readBytes = (path: string): Uint8Array | null => {
  try {
    return readFileSync(path);
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw failure;
  }
};
