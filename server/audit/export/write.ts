/**
 * Writes an export, part by part. What is written is noted after each group of parts, so that an export that was broken off goes on
 * where it was; the manifest comes last, and only a directory with a manifest is a whole export.
 */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Json } from "../../../domain/canonical.ts";
import type { ChainLink } from "../../../domain/ports/store.ts";
import type { Query } from "../../host/host.ts";
import type { Reported } from "../../periods/views.ts";
import { type Format, hashOf, type Part, readBytes, writePart, writeWhole } from "./files.ts";
import type { ExportPage } from "./page.ts";
import { figureRows, linkRow, type Row, type Rows, rowsOf, type TableName, tables } from "./tables.ts";

export interface Asked {
  /** Taken in from the one instant to before the other; epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly account: string | null;
  readonly format: Format;
  readonly unmasked: boolean;
}

export const manifestForm = "tieout-export/1";

export interface Manifest {
  readonly form: typeof manifestForm;
  /** The version of tieout that made it. */
  readonly tieout: string;
  readonly asked: Asked;
  /** The end of the journal when the export began; `links` lead from the first exported entry to it. */
  readonly head: { readonly position: number; readonly hash: string } | null;
  readonly counts: Readonly<Record<TableName, number>>;
  readonly files: ReadonlyArray<Part>;
}

interface State {
  readonly asked: Asked;
  readonly head: Manifest["head"];
  /** Entries up to here are in `files`; then the links up to `linked`; then the figures. */
  readonly after: number;
  readonly first: number | null;
  readonly linked: number | null;
  readonly files: ReadonlyArray<Part>;
}

/** What a part may hold before it is written. */
const mostRows = 5000;
const mostBytes = 16 * 1024 * 1024;

const statePath = (directory: string): string => join(directory, "export.json");
const manifestPath = (directory: string): string => join(directory, "manifest.json");
const same = (a: Asked, b: Asked): boolean => JSON.stringify(a) === JSON.stringify(b);
const readJson = <A>(path: string): A | null => {
  const bytes = readBytes(path);
  return bytes === null ? null : (JSON.parse(new TextDecoder().decode(bytes)) as A);
};
const writeJson = (path: string, value: unknown): Uint8Array => {
  const bytes = new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
  writeWhole(path, bytes);
  return bytes;
};

/** The directory holds something else: nothing was changed. */
export class OtherExport extends Error {}
/** What is asked for is not there. */
export class NothingThere extends Error {}

export type Ask = (query: Query) => Promise<Json>;
export interface Written {
  readonly manifest: Manifest;
  /** Of the manifest's bytes: whoever notes it outside has noted everything. */
  readonly sha256: string;
}

class Buffers {
  private rows = new Map<TableName, Row[]>();
  private size = 0;
  private count = 0;

  add({ table, row }: Rows): void {
    const held = this.rows.get(table) ?? [];
    this.rows.set(table, held);
    held.push(row);
    this.count += 1;
    for (const cell of row) this.size += typeof cell === "string" ? cell.length : 8;
  }

  get full(): boolean {
    return this.count >= mostRows || this.size >= mostBytes;
  }

  /** Everything that is held, as parts behind those there are. */
  flush(directory: string, format: Format, before: ReadonlyArray<Part>): ReadonlyArray<Part> {
    const parts = [...this.rows].map(([table, rows]) => {
      const number = before.filter((part) => part.table === table).length + 1;
      return writePart(directory, table, number, format, rows);
    });
    this.rows = new Map();
    this.size = this.count = 0;
    return [...before, ...parts];
  }
}

const begin = async (directory: string, asked: Asked, ask: Ask): Promise<State> => {
  const known = readJson<State>(statePath(directory));
  if (known !== null && !same(known.asked, asked))
    throw new OtherExport(`${directory} has an export of something else that was broken off; name another directory`);
  if (known === null && readdirSync(directory).length > 0)
    throw new OtherExport(`${directory} is not empty; name an empty directory`);
  if (known !== null) {
    const kept = new Set(["export.json", ...known.files.map(({ file }) => file)]);
    for (const file of readdirSync(directory)) if (!kept.has(file)) rmSync(join(directory, file));
    return known;
  }
  const { position, hash } = (await ask({ name: "auditHead" })) as { readonly position: number; readonly hash: string };
  const head = position === 0 ? null : { position, hash };
  const state: State = { asked, head, after: 0, first: null, linked: null, files: [] };
  writeJson(statePath(directory), state);
  return state;
};

export const writeExport = async (
  directory: string,
  asked: Asked,
  ask: Ask,
  version: string,
  progress: (done: number, of: number) => void = () => {},
): Promise<Written> => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const there = readBytes(manifestPath(directory));
  if (there !== null) {
    const manifest = JSON.parse(new TextDecoder().decode(there)) as Manifest;
    if (!same(manifest.asked, asked)) throw new OtherExport(`${directory} has another export; name another directory`);
    return { manifest, sha256: hashOf(there) };
  }
  let state = await begin(directory, asked, ask);
  const through = state.head?.position ?? 0;
  const buffers = new Buffers();
  const note = (change: Partial<State>): void => {
    state = { ...state, ...change, files: buffers.flush(directory, asked.format, state.files) };
    writeJson(statePath(directory), state);
  };

  const { from, to, account, unmasked } = asked;
  let { after, first } = state;
  while (after < through) {
    const query: Query = { name: "exportPage", from, to, account, after, through, unmasked };
    const page = (await ask(query)) as ExportPage | null;
    if (page === null) throw new NothingThere(`no account, party or object is known as ${JSON.stringify(account)}`);
    for (const item of page.items) {
      first ??= item.entry.position;
      for (const row of rowsOf(item)) buffers.add(row);
    }
    after = page.after;
    progress(after, through);
    if (buffers.full) note({ after, first });
  }
  note({ after, first });

  let linked = state.linked ?? (first === null ? through : first - 1);
  while (linked < through) {
    const links = (await ask({ name: "chainLinks", after: linked, through })) as unknown as ReadonlyArray<ChainLink>;
    if (links.length === 0) break;
    for (const link of links) buffers.add(linkRow(link));
    linked = links.at(-1)!.last;
    note({ linked });
  }

  for (const row of await figures(asked, ask)) buffers.add(row);
  const files = buffers.flush(directory, asked.format, state.files);
  const counts = Object.fromEntries(
    Object.keys(tables).map((table) => [
      table,
      files.filter((part) => part.table === table).reduce((sum, { rows }) => sum + rows, 0),
    ]),
  ) as Manifest["counts"];
  const manifest: Manifest = { form: manifestForm, tieout: version, asked, head: state.head, counts, files };
  const bytes = writeJson(manifestPath(directory), manifest);
  rmSync(statePath(directory), { force: true });
  return { manifest, sha256: hashOf(bytes) };
};

/** Of every period that was closed and that the range touches. */
const figures = async ({ from, to, account }: Asked, ask: Ask): Promise<ReadonlyArray<Rows>> => {
  const { items } = (await ask({ name: "periods", entity: null })) as {
    readonly items: ReadonlyArray<{ entity: string; period: string; from: number; until: number; state: string }>;
  };
  const id = account === null ? null : await accountOf(account, ask);
  const found: Rows[] = [];
  for (const { entity, period, from: start, until, state } of items) {
    if (state !== "closed" || until <= from || to <= start) continue;
    const reported = (await ask({ name: "periodReport", entity, period })) as unknown as Reported;
    if ("text" in reported) found.push(...figureRows(reported.text, reported.sha256, id));
  }
  return found;
};

const accountOf = async (account: string, ask: Ask): Promise<string> =>
  ((await ask({ name: "account", id: account })) as { readonly id: string } | null)?.id ?? account;
